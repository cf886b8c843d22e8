"""The names that the configuration's reservations keep in DNS, leased or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tenure.config.configuration import Configuration
from tenure.config.subnets import subnets
from tenure.config.subnets6 import subnets6
from tenure.dhcpwire.identity import key_identity
from tenure.leasing.v4.subnet import Reservation, Subnet
from tenure.leasing.v6.subnet import Reservation as Reservation6
from tenure.leasing.v6.subnet import Subnet as Subnet6
from tenure.naming.choice import name_lease
from tenure.naming.policy import OnMove
from tenure.naming.standing import StandingName


def standing_names(configuration: Configuration) -> list[StandingName]:
    """All of them, each address once, by the very policy by which its lease is named."""
    if not _are_wanted(configuration):
        return []
    found: dict[bytes, StandingName] = {}
    every: list[Subnet | Subnet6] = [*subnets(configuration), *subnets6(configuration)]
    for subnet in every:
        for one in _of_subnet(subnet):
            found.setdefault(one.address, one)
    return list(found.values())


def _are_wanted(configuration: Configuration) -> bool:
    """Whether any place says so: who has a hundred thousand reservations and no such name need not look at each."""
    if configuration.ddns.ddns_register_reservations:
        return True
    for _, dhcp in configuration.dhcp_tables:
        sections = [*dhcp.shared_networks, *(one.section for one in dhcp.placed_subnets())]
        if any(one.ddns_register_reservations for one in sections):
            return True
        if any(one.section.ddns_register_reservations for one in dhcp.placed_reservations()):
            return True
    return False


def _of_subnet(subnet: Subnet | Subnet6) -> Iterator[StandingName]:
    """A reservation of the subnet goes before one of the whole server with the same key."""
    kept: Mapping[bytes, Reservation | Reservation6] = {**subnet.shared_reservations, **subnet.reservations}
    for reservation in kept.values():
        if "stands_at" not in reservation.level.naming:
            continue
        policy = replace(subnet.naming, **reservation.level.naming)
        assert policy.proved_by is not None
        identity = key_identity(policy.proved_by)
        for address in sorted(policy.stands_at):
            naming = name_lease(None, None, reservation.host_name, identity, address, 0, policy)
            if naming.fqdn is not None and naming.dhcid is not None:  # else no zone covers it, which a check reports
                gives_way = policy.on_move is not OnMove.ALL
                yield StandingName(address, naming.fqdn, naming.dhcid, naming.ttl, gives_way)
