"""The transfer service."""

from __future__ import annotations

from functools import partial

from tenure.assembly.service import Service
from tenure.assembly.store import live_keys
from tenure.config.configuration import Configuration
from tenure.config.zones import zone_settings
from tenure.ledger.opening import open_leases, open_zones
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.transfers.service import TransferService


def run(configuration: Configuration, report: Report, stop: Stop) -> None:
    """Tell other servers of changes and keep secondary zones fresh, until the stop."""
    zones = [zone for zone in zone_settings(configuration) if zone.has_neighbours]
    if not zones:
        remedy = "add also-notify or primaries to a zone, or do not run this service"
        raise ServiceError("the transfer service", "no zone has another server to talk to", remedy)
    leases = open_leases(configuration.store_url)
    keys = live_keys(configuration, leases, Service.TRANSFERS, report)
    TransferService(
        partial(open_zones, configuration.store_url), zone_settings(configuration), keys.keys, report, keys.look
    ).run(stop)
    keys.close()
    leases.close()
