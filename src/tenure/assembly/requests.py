"""The service of name change requests."""

from __future__ import annotations

from tenure.assembly.store import wake_updater
from tenure.config.configuration import Configuration
from tenure.config.dhcp_ddns_checks import allowed_hosts
from tenure.config.naming_levels import policy_of_levels
from tenure.hearing.decide import Terms
from tenure.ledger.opening import open_leases
from tenure.serving.errors import ServiceError
from tenure.serving.hearers.request_socket import RequestSocket, open_request_socket
from tenure.serving.hearers.requests import RequestService
from tenure.serving.report import Report
from tenure.serving.stop import Stop


def run(configuration: Configuration, report: Report, stop: Stop) -> None:
    """Takes name change requests until the stop."""
    section = configuration.dhcp_ddns
    if section is None:
        raise ServiceError(
            "the requests service", "[dhcp-ddns] is not configured", "add it, or do not run this service"
        )
    ledger = open_leases(configuration.store_url)
    inlet = RequestSocket(open_request_socket(section.ip_address, section.port), allowed_hosts(section))
    RequestService(
        ledger,
        inlet,
        Terms(policy_of_levels(configuration, []), section.valid_lifetime),
        wake_updater(configuration),
        report,
    ).run(stop)
    inlet.close()
    ledger.close()
