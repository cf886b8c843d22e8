"""The DHCPv6 service."""

from __future__ import annotations

import secrets
from uuid import uuid4

from tenure.assembly.dhcp import host_name_hash, leases_beside_zones, own_addresses, remark_on, spread_of
from tenure.assembly.store import wake_updater
from tenure.config.configuration import Configuration
from tenure.config.dhcp6 import Dhcp6
from tenure.config.load_balance import share_of
from tenure.config.reserved_hosts import reserved_hosts
from tenure.config.subnets6 import client_classes6, subnets6
from tenure.leasing.v6.inquiry import Server
from tenure.leasing.v6.link import SubnetTable
from tenure.ledger.leases import LeaseLedger
from tenure.serving.dhcp.service6 import Dhcp6Service
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop

DHCP_PORT = 547
DUID_SECRET, ADDRESSES_SECRET = "dhcp6-duid", "dhcp6-addresses"


def run(configuration: Configuration, report: Report, stop: Stop) -> None:
    """Serve DHCPv6 until the stop."""
    if configuration.dhcp6 is None:
        missing = "neither [dhcp4] nor [dhcp6] is configured"
        raise ServiceError("the DHCP service", missing, "add one of them, or do not run this service")
    if configuration.dhcp4 is None:
        remark_on(configuration, report)
    ledger = leases_beside_zones(configuration)
    listen = [place.or_port(DHCP_PORT) for place in configuration.dhcp6.listen]
    Dhcp6Service(
        ledger,
        subnet_table(configuration, configuration.dhcp6, host_name_hash(ledger)),
        common_server(configuration.dhcp6.server_id, ledger),
        configuration.dhcp6.interfaces,
        listen,
        wake_updater(configuration),
        report,
        spread=spread_of(configuration, configuration.dhcp6),
    ).run(stop)
    ledger.close()


def common_server(configured: bytes | None, ledger: LeaseLedger) -> Server:
    """What DHCPv6 servers on one store have in common, made once: a DUID of a UUID (RFC 6355), and a secret."""
    duid = configured or ledger.secrets.shared(DUID_SECRET, b"\0\4" + uuid4().bytes)
    return Server(duid, ledger.secrets.shared(ADDRESSES_SECRET, secrets.token_bytes(32)))


def subnet_table(configuration: Configuration, dhcp6: Dhcp6, hash_key: bytes) -> SubnetTable:
    """The subnets of the DHCPv6 server, with its classes."""
    return SubnetTable(
        subnets6(configuration, hash_key, own_addresses()),
        share_of(dhcp6.load_balance),
        client_classes6(dhcp6),
        dhcp6.identifier_expression,
        reserved_hosts(configuration),
    )
