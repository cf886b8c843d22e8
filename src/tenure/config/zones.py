"""What the `[dns]` table means: how each zone is served, and the records that a new zone starts with."""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

from tenure.authority.policy import Rule, parse_rule, rule_for_anybody
from tenure.authority.settings import AgingIntervals, RecordLifetimes, ReservedAddresses, ZonePlace, ZoneSettings
from tenure.config.configuration import Configuration
from tenure.config.dns import Dns, Notify, StaticRecords, Updates, ZoneSection
from tenure.config.gss_tsig import client_identity
from tenure.config.roles import role_of
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, from_labels, is_within, labels, to_text
from tenure.naming.reverse import IN_ADDR_ARPA, IP6_ARPA, reverse_name

UPDATER_KEY: Name = b"\x07updater\x06tenure\x00"  # made and kept in the store; a view has one of its own
DNS_PORT = 53


class StartRecord(NamedTuple):
    """A record of a new zone."""

    name: Name
    rtype: int
    ttl: int  # seconds
    rdata: bytes


def zone_settings(configuration: Configuration) -> tuple[ZoneSettings, ...]:
    """How the zones are served; empty without `[dns]`."""
    zones = configuration.dns.zones if configuration.dns else []
    ddns = configuration.ddns
    of_leases = {*(one.key for one in (*(ddns.forward or ()), *(ddns.reverse or ())) if one.key)}
    if ddns.gss_tsig is not None and (identity := client_identity(ddns.gss_tsig)) is not None:
        of_leases.add(identity)
    lifetimes = record_lifetimes(configuration.dns) if configuration.dns else RecordLifetimes()
    reserved = reserved_addresses(configuration)
    return tuple(
        ZoneSettings(
            name=zone.name,
            policy=policy_of(zone),
            updates=zone.updates is not Updates.NONE,
            signed_only=zone.updates is Updates.SECURE_ONLY,
            protect_static=zone.static_records is StaticRecords.PROTECT,
            lease_keys=frozenset(
                of_leases | {updater_key(zone.view)} | ({granted_key(zone)} if configuration.names_leases else set())
            ),
            reserved=reserved,
            transfer_keys=_transfer_keys(zone),
            transfer_networks=tuple(place.network for place in zone.allow_transfer if place.network is not None),
            primaries=tuple(zone.primaries),
            also_notify=tuple(zone.also_notify) if zone.notify is not Notify.NO else (),
            notify_names=zone.notify is Notify.YES,
            forwarding_keys=frozenset(place.key for place in zone.allow_update_forwarding if place.key is not None),
            forwarding_networks=tuple(place.network for place in zone.allow_update_forwarding if place.network),
            lifetimes=lifetimes,
            aging=aging_intervals(configuration.dns, zone) if configuration.dns else None,
            roles=tuple(map(role_of, configuration.dns.roles)) if configuration.dns and zone.ownership else None,
            most_names=zone.max_names_per_owner or 0,
            view=zone.view,
        )
        for zone in zones
    )


def aging_intervals(dns: Dns, zone: ZoneSection) -> AgingIntervals | None:
    """How the records of the zone age; None: they do not."""
    if not zone.aging:
        return None
    return AgingIntervals(
        zone.no_refresh_interval or dns.scavenging.no_refresh_interval,
        zone.refresh_interval or dns.scavenging.refresh_interval,
    )


def _transfer_keys(zone: ZoneSection) -> frozenset[Name]:
    """Who may transfer by a key: as written, and our own updater, which reads back what it wrote."""
    return frozenset(place.key for place in zone.allow_transfer if place.key is not None) | {updater_key(zone.view)}


def reserved_addresses(configuration: Configuration) -> ReservedAddresses | None:
    """The addresses of all reservations; None: no reservation has one."""
    dhcp4, dhcp6 = configuration.dhcp4, configuration.dhcp6
    reservations = [] if dhcp4 is None else dhcp4.placed_reservations()
    reservations6 = [] if dhcp6 is None else dhcp6.placed_reservations()
    found = [one.section.ip_address for one in reservations if one.section.ip_address is not None]
    addresses = frozenset(found + [address for one in reservations6 for address in one.section.ip_addresses])
    return ReservedAddresses(addresses, frozenset(map(reverse_name, addresses))) if addresses else None


def record_lifetimes(dns: Dns) -> RecordLifetimes:
    """How long records that updates add may live."""
    terms = dns.update_lease
    of_keys = {one.key: one.lifetime for one in terms.lifetimes}
    return RecordLifetimes(terms.min_lease, terms.max_lease, terms.max_key_lease, of_keys)


def journal_sizes(configuration: Configuration) -> dict[ZonePlace, int]:
    """How many octets of the past are kept of the zones for which that is written."""
    zones = configuration.dns.zones if configuration.dns else []
    return {place_of(zone): zone.max_journal_size for zone in zones if zone.max_journal_size is not None}


def place_of(zone: ZoneSection) -> ZonePlace:
    """What tells the zone from all others."""
    return ZonePlace(zone.view, zone.name)


def updater_key(view: str) -> Name:
    """The key of our own updater for the zones of a view; for shared zones if that is empty."""
    return from_labels([b"updater", view.encode(), b"tenure"]) if view else UPDATER_KEY


def policy_of(zone: ZoneSection) -> tuple[Rule, ...]:
    """The zone's policy; where none is written, our own updater may change everything."""
    rules = tuple(zone.policy) or (parse_rule(f"grant {to_text(updater_key(zone.view))} zonesub ANY"),)
    if zone.updates is Updates.NONSECURE_AND_SECURE:
        return (*rules, rule_for_anybody(f"updates = {zone.updates}"))
    return rules


def granted_key(zone: ZoneSection) -> Name:
    """The key that the zone's policy grants first; the generated one where the policy names none by its name."""
    granted = (rule.only_key for rule in policy_of(zone) if rule.grant and rule.only_key is not None)
    return next(granted, updater_key(zone.view))


def is_reverse(zone: Name) -> bool:
    """Whether a zone holds the names of addresses."""
    return is_within(zone, IN_ADDR_ARPA) or is_within(zone, IP6_ARPA)


def server_name(dns: Dns) -> Name:
    """The name of this server in zones made from the configuration."""
    if dns.server_name is not None:
        return dns.server_name
    home = next((zone.name for zone in dns.zones if not is_reverse(zone.name)), dns.zones[0].name)
    return from_labels([b"ns", *labels(home)])


def start_records(dns: Dns, zone: ZoneSection) -> tuple[StartRecord, ...]:
    """SOA, NS and the server's own addresses, for a zone without a file. The SOA comes first; its serial is 1."""
    server = server_name(dns)
    mailbox = b"\x0ahostmaster" + zone.name
    timers = (1, 3600, 600, 1209600, zone.negative_ttl)
    soa = server + mailbox + b"".join(number.to_bytes(4, "big") for number in timers)
    records = [
        StartRecord(zone.name, RRType.SOA, zone.default_ttl, soa),
        StartRecord(zone.name, RRType.NS, zone.default_ttl, server),
    ]
    if _is_longest_match(dns, server, zone):
        addresses = dict.fromkeys(ip_address(place.host).packed for place in dns.listen if place.is_specific())
        records += [
            StartRecord(server, RRType.A if len(address) == 4 else RRType.AAAA, zone.default_ttl, address)
            for address in addresses
        ]
    return tuple(records)


def _is_longest_match(dns: Dns, name: Name, zone: ZoneSection) -> bool:
    """Whether the name is one of this zone's, among the zones that are seen beside it."""
    covering = [one.name for one in dns.zones if is_within(name, one.name) and one.view in ("", zone.view)]
    return bool(covering) and max(covering, key=len) == zone.name


def reserved_names(configuration: Configuration) -> frozenset[Name]:
    """The names that no client can claim: apexes, our own name, and what the operator adds."""
    dns = configuration.dns
    ours = {server_name(dns), *(zone.name for zone in dns.zones)} if dns else set()
    return frozenset(ours | set(configuration.ddns.ddns_reserved_names))
