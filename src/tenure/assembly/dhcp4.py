"""The DHCPv4 service."""

from __future__ import annotations

from tenure.assembly.dhcp import host_name_hash, leases_beside_zones, own_addresses, remark_on, spread_of
from tenure.assembly.store import wake_updater
from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4
from tenure.config.load_balance import share_of
from tenure.config.subnets import client_classes, limits, subnets
from tenure.leasing.v4.link import SubnetTable
from tenure.serving.dhcp.service4 import Dhcp4Service
from tenure.serving.report import Report
from tenure.serving.stop import Stop

DHCP_PORT = 67


def run(configuration: Configuration, report: Report, stop: Stop) -> None:
    """Serve DHCPv4 until the stop."""
    assert configuration.dhcp4 is not None
    remark_on(configuration, report)
    ledger = leases_beside_zones(configuration)
    listen = [place.or_port(DHCP_PORT) for place in configuration.dhcp4.listen]
    wake = wake_updater(configuration)
    interfaces, spread = configuration.dhcp4.interfaces, spread_of(configuration, configuration.dhcp4)
    table = subnet_table(configuration, configuration.dhcp4, host_name_hash(ledger))
    Dhcp4Service(ledger, table, interfaces, listen, wake, report, spread=spread).run(stop)
    ledger.close()


def subnet_table(configuration: Configuration, dhcp4: Dhcp4, hash_key: bytes) -> SubnetTable:
    """The subnets of the DHCPv4 server, with its classes and limits."""
    return SubnetTable(
        subnets(configuration, hash_key, own_addresses()),
        client_classes(dhcp4),
        dhcp4.identifier_expression,
        limits(dhcp4),
        share_of(dhcp4.load_balance),
    )
