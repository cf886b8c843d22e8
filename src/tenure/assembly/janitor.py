"""The janitor, with the passes that reconcile and that scavenge beside it."""

from __future__ import annotations

from functools import partial

from tenure.assembly.reconciling import beside_the_janitor
from tenure.assembly.scavenging import scavenging_beside
from tenure.assembly.service import Service
from tenure.assembly.store import live_keys, wake_updater
from tenure.config.configuration import Configuration
from tenure.config.standing_names import standing_names
from tenure.config.zones import journal_sizes
from tenure.ledger.opening import open_leases, open_zones
from tenure.serving.janitor.service import JanitorService
from tenure.serving.janitor.standing import StandingKeeper
from tenure.serving.report import Report
from tenure.serving.stop import Stop


def run(configuration: Configuration, report: Report, stop: Stop) -> None:
    """End what has expired, and prune, until the stop."""
    ledger = open_leases(configuration.store_url)
    wake = wake_updater(configuration)
    zones = open_zones(configuration.store_url) if configuration.dns is not None else None
    store = configuration.store
    janitor = JanitorService(
        ledger,
        zones,
        wake,
        report,
        history_days=store.history_days,
        history_entries=store.history_entries,
        journal_days=store.journal_days,
        journal_octets=journal_sizes(configuration),
        grace=configuration.ddns.expiry_grace,
        requested_seconds=(configuration.dhcp_ddns and configuration.dhcp_ddns.valid_lifetime) or 0,
        standing=StandingKeeper(ledger, standing_names(configuration), wake, report),
    )
    open_keys = partial(live_keys, configuration, service=Service.JANITOR, report=report)
    with (
        beside_the_janitor(configuration, ledger, open_keys, wake, report, stop),
        scavenging_beside(configuration, ledger, zones, report, stop),
    ):
        janitor.run(stop)
    ledger.close()
    if zones is not None:
        zones.close()
