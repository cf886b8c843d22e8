"""What loads and may not be meant: words for the operator, which nothing waits for (`tenure check-config`, the log)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from ipaddress import ip_address

from tenure.config.aging_remarks import aging_remarks
from tenure.config.configuration import Configuration
from tenure.config.ddns import DdnsParameters
from tenure.config.dhcp4 import ReservationSection, SubnetSection
from tenure.config.dhcp6 import Reservation6Section, Subnet6Section
from tenure.config.dns import Updates
from tenure.config.naming_levels import policy_of_levels, subnet_levels
from tenure.config.network_devices import Devices, devices, devices6
from tenure.config.option_remarks import option_remarks
from tenure.config.ownership_checks import ownership_remarks
from tenure.config.problem import Location, Problem
from tenure.config.reservation_remarks import AnyReservation, reservation_remarks
from tenure.config.reverse_remarks import reverse_remarks
from tenure.dnswire.name import to_text
from tenure.leasing.pool import Pool
from tenure.naming.hostname import split_text


def remarks(configuration: Configuration, ours: Collection[bytes] = ()) -> Iterator[Problem]:
    """Everything that an operator should know of a configuration that is right; `ours`: addresses of this host."""
    yield from _reserved_names(configuration)
    yield from reservation_remarks(configuration)
    yield from _open_zones(configuration)
    yield from _unregistered_reservations(configuration)
    yield from _registered_nowhere(configuration)
    yield from _devices_in_pools(configuration, dict.fromkeys(ours, "this host"))
    yield from option_remarks(configuration)
    yield from reverse_remarks(configuration)
    yield from aging_remarks(configuration)
    yield from ownership_remarks(configuration)


def _reserved_names(configuration: Configuration) -> Iterator[Problem]:
    """A name that is kept from clients because of what it does to others is given to one host."""
    labels = configuration.ddns.ddns_reserved_labels
    for key, hostname in _host_names(configuration):
        spoken, _ = split_text(hostname.encode())
        label = spoken[0].decode(errors="replace").lower() if spoken else ""
        if label in labels:
            wrong = f"gives this host the name {label}, which no client can claim (ddns-reserved-labels)"
            yield Problem(key, wrong, "write another name if that is not meant: hosts of the whole domain follow it")


def _unregistered_reservations(configuration: Configuration) -> Iterator[Problem]:
    """A reservation whose name was to be in DNS from the beginning, and is there with the lease only."""
    for _, dhcp in configuration.dhcp_tables:
        for at, subnet in dhcp.placed_subnets():
            policy = policy_of_levels(configuration, subnet_levels(subnet))
            tables: list[tuple[Location, Sequence[AnyReservation]]] = [
                ((*at, "reservations"), subnet.reservations),
                ((at[0], "reservations"), dhcp.reservations),
            ]
            for table, sections in tables:
                for number, one in enumerate(sections):
                    written = one.ddns_register_reservations
                    if policy.register_reservations if written is None else written:
                        yield from _unregistered((*table, number), one, subnet)


def _registered_nowhere(configuration: Configuration) -> Iterator[Problem]:
    """Pools and classes are found for a client that asks, and reservations are registered before anybody does."""
    for table, dhcp in configuration.dhcp_tables:
        places: list[tuple[Location, Sequence[DdnsParameters]]] = [((table, "client-classes"), dhcp.client_classes)]
        places += [((*at, "pools"), subnet.pools) for at, subnet in dhcp.placed_subnets()]
        for at, sections in places:
            for number, one in enumerate(sections):
                if one.ddns_register_reservations is not None:
                    key = (*at, number, "ddns-register-reservations")
                    wrong = "changes nothing, because reservations are registered before anybody asks for a lease"
                    yield Problem(key, wrong, "write it for the reservation, its subnet or shared network, or [ddns]")


def _unregistered(at: Location, one: AnyReservation, subnet: SubnetSection | Subnet6Section) -> Iterator[Problem]:
    addresses = one.ip_addresses if isinstance(one, Reservation6Section) else [one.ip_address] if one.ip_address else []
    if not one.hostname or not any(ip_address(address) in subnet.subnet for address in addresses):
        return
    known_by = "flex-id" if one.flex_id is not None else ""
    if isinstance(one, ReservationSection) and one.circuit_id is not None:
        known_by = "circuit-id"
    if known_by:
        wrong = "says where the client is and not who, so the name is in DNS with the lease only"
        right = "name the client by hw-address, client-id or duid, or set ddns-register-reservations = false here"
        yield Problem((*at, known_by), wrong, right)


def _open_zones(configuration: Configuration) -> Iterator[Problem]:
    """Zones that anybody may change."""
    for index, zone in enumerate(configuration.dns.zones if configuration.dns else []):
        if zone.updates is Updates.NONSECURE_AND_SECURE:
            wrong = f"lets everybody who reaches this server change what is not static in {to_text(zone.name)}"
            right = f'write "{Updates.SECURE_ONLY}" where all clients can sign'
            yield Problem(("dns", "zones", index, "updates"), wrong, right)


def _host_names(configuration: Configuration) -> Iterator[tuple[Location, str]]:
    for _, dhcp in configuration.dhcp_tables:
        for at, one in dhcp.placed_reservations():
            if one.hostname:
                yield (*at, "hostname"), one.hostname


def _devices_in_pools(configuration: Configuration, ours: Devices) -> Iterator[Problem]:
    """A pool has the address of a router, a relay or this host in it, which is not leased, whatever the file says."""
    if (dhcp4 := configuration.dhcp4) is not None:
        for at, section in dhcp4.placed_subnets():
            for index, one in enumerate(section.pools):
                found = ours | devices(configuration, dhcp4, section, one)
                yield from _in_pool((*at, "pools", index, "pool"), one.pool, found)
    if (dhcp6 := configuration.dhcp6) is not None:
        for at6, section6 in dhcp6.placed_subnets():
            for index, one6 in enumerate(section6.pools):
                found = ours | devices6(configuration, section6)
                yield from _in_pool((*at6, "pools", index, "pool"), one6.pool, found)


def _in_pool(key: Location, pool: Pool, found: Devices) -> Iterator[Problem]:
    for address, words in sorted(found.items()):
        if pool.holds(address):
            wrong = f"has the address of {words} {ip_address(address)} in it, which is leased to nobody"
            yield Problem(key, wrong, "leave it out of the pool, or reserve it for the device")
