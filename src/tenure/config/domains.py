"""Where leases are registered: the domains of `[ddns]`, or, where none are written, the zones under `[dns]`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tenure.authority.settings import ZonePlace
from tenure.config.configuration import Configuration
from tenure.config.ddns import DomainSection
from tenure.config.dns import ZoneSection
from tenure.config.fields import Endpoint
from tenure.config.gss_tsig import UpdateSecurityLevel
from tenure.config.problem import Location
from tenure.config.zones import DNS_PORT, UPDATER_KEY, granted_key, is_reverse, policy_of, updater_key
from tenure.dnswire.name import Name, labels
from tenure.naming.policy import TxtMarkers
from tenure.naming.registration import Direction
from tenure.naming.reverse import IN_ADDR_ARPA, IP6_ARPA, classless_range
from tenure.signing.key import Key
from tenure.updating.routing import CHECKING, ConflictMode, Domain, GssTsig, Routes

LAST_ADDRESS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class DomainPlan:
    """A domain with its defaults filled in; the key is still a name."""

    zone: Name
    servers: tuple[Endpoint, ...]  # empty: none is known, which a check reports
    key: Name | None
    server_keys: Mapping[Endpoint, Name]  # of servers that know another one
    mode: ConflictMode
    written_at: Location  # for messages: the key in the file that it came from
    gss_tsig: GssTsig | None  # then there is no key
    own: ZoneSection | None  # the zone under `[dns]`; None: it is somebody else's


def domain_plans(configuration: Configuration, direction: Direction) -> list[DomainPlan]:
    """The domains of one direction."""
    ddns = configuration.ddns
    written = ddns.forward if direction is Direction.FORWARD else ddns.reverse
    if written is not None:
        return [_plan(configuration, section, ("ddns", str(direction), index)) for index, section in enumerate(written)]
    found: dict[Name, DomainPlan] = {}
    for index, zone in enumerate(configuration.dns.zones if configuration.dns else []):
        if is_reverse(zone.name) is not (direction is Direction.REVERSE) or zone.name in found:
            continue
        if configuration.names_leases or len(own_views(configuration, zone.name)) == 1:  # a check wants one
            section = DomainSection.model_construct(zone=zone.name, view=zone.view)
            found[zone.name] = _plan(configuration, section, ("dns", "zones", index))
    return list(found.values())


def _plan(configuration: Configuration, section: DomainSection, written_at: Location) -> DomainPlan:
    ours = own_zone(configuration, section.zone, section.view)
    written = section.servers or []
    servers: Sequence[Endpoint] = [Endpoint(server.host, server.port) for server in written]
    server_keys = {Endpoint(server.host, server.port): server.key for server in written if server.key is not None}
    if ours is not None and configuration.dns is not None and not servers:
        servers = [configuration.dns.listen[0].reachable()]
    gss_tsig = _gss_tsig(section)
    key = section.key or (granted_key(ours) if ours is not None and gss_tsig is None else None)
    mode = section.ddns_conflict_resolution_mode or configuration.ddns.ddns_conflict_resolution_mode
    servers = [server.or_port(DNS_PORT) for server in servers]
    return DomainPlan(section.zone, tuple(servers), key, server_keys, mode, written_at, gss_tsig, ours)


def _gss_tsig(section: DomainSection) -> GssTsig | None:
    if not section.gss_tsig:
        return None
    unsecure_first = section.update_security_level is UpdateSecurityLevel.UNSECURE_FIRST
    return GssTsig(section.server_principal or "", unsecure_first)


def own_zone(configuration: Configuration, zone: Name, view: str | None) -> ZoneSection | None:
    """The zone under `[dns]` of this name; None where it is somebody else's. No view written: the shared one first."""
    named = own_zones(configuration, zone)
    if view is not None:
        return next((one for one in named if one.view == view), None)
    return next((one for one in named if not one.view), next(iter(named), None))


def own_zones(configuration: Configuration, zone: Name) -> list[ZoneSection]:
    """The zones under `[dns]` of this name, in all views."""
    return [one for one in (configuration.dns.zones if configuration.dns else []) if one.name == zone]


def own_views(configuration: Configuration, zone: Name) -> list[str]:
    """The views that have a zone of this name under `[dns]`; empty for the shared one."""
    return list(dict.fromkeys(one.view for one in own_zones(configuration, zone)))


def own_places(configuration: Configuration) -> dict[Name, ZonePlace]:
    """The forward zones that this store is the primary of and that refuse who has no right to a name, by name.

    Not those for which `[[ddns.forward]]` names other servers: what stands there is not known here.
    """
    return {zone: place for zone, (place, _) in _own_plans(configuration).items()}


def proving_places(configuration: Configuration) -> frozenset[Name]:
    """Those of the `own_places` that refuse a name to whose DHCID is not the one there."""
    plans = _own_plans(configuration)
    return frozenset(zone for zone, (_, mode) in plans.items() if mode is ConflictMode.CHECK_WITH_DHCID)


def recognises_markers(configuration: Configuration) -> bool:
    """Whether the TXT markers of ISC dhcpd are proofs."""
    return configuration.ddns.ddns_txt_markers is TxtMarkers.RECOGNISE


def _own_plans(configuration: Configuration) -> dict[Name, tuple[ZonePlace, ConflictMode]]:
    dns = configuration.dns
    if dns is None:
        return {}
    ours = {place.or_port(DNS_PORT).reachable() for place in dns.listen}
    return {
        plan.zone: (ZonePlace(plan.own.view, plan.zone), plan.mode)
        for plan in domain_plans(configuration, Direction.FORWARD)
        if plan.own is not None and not plan.own.primaries and plan.mode in CHECKING and ours.issuperset(plan.servers)
    }


def routes(configuration: Configuration, keys: Mapping[Name, Key] | None) -> Routes:
    """The routes of the updater; `keys` holds the configured keys and the generated one.

    None: no secret is needed, because nothing will be sent.
    """

    def domains(direction: Direction) -> list[Domain]:
        return [
            Domain(
                plan.zone,
                tuple((server.host, server.port) for server in plan.servers),
                keys[plan.key] if keys is not None and plan.key is not None else None,
                plan.mode,
                {(server.host, server.port): keys[key] for server, key in plan.server_keys.items()} if keys else {},
                recognises_markers(configuration),
                plan.gss_tsig,
            )
            for plan in domain_plans(configuration, direction)
        ]

    return Routes(domains(Direction.FORWARD), domains(Direction.REVERSE))


def needed_updater_keys(configuration: Configuration) -> set[Name]:
    """The keys that must be made and kept in the store: a zone grants them, or an update is signed with them."""
    dns = configuration.dns
    ours = {updater_key(view) for view in ("", *(view.name for view in dns.views))} if dns else {UPDATER_KEY}
    granted = {rule.identity for zone in (dns.zones if dns else []) for rule in policy_of(zone)}
    plans = all_plans(configuration)
    signing = {plan.key for plan in plans} | {key for plan in plans for key in plan.server_keys.values()}
    return (ours & (granted | signing)) - {key.name for key in configuration.keys}


def all_plans(configuration: Configuration) -> list[DomainPlan]:
    """The domains of both directions."""
    return [plan for direction in Direction for plan in domain_plans(configuration, direction)]


def uncovered_address(
    first: int, last: int, zones: Iterable[Name], range_of: Callable[[Name], tuple[int, int] | None] | None = None
) -> int | None:
    """The first address in `first`..`last` whose reverse name lies in none of the zones; None where all are covered.

    The addresses are IPv4's, unless `range_of` is another family's.
    """
    range_of = range_of or reverse_range
    for start, end in sorted(found for zone in zones if (found := range_of(zone)) is not None):
        if start > first:
            break
        first = max(first, end + 1)
    return first if first <= last else None


def reverse_range(zone: Name) -> tuple[int, int] | None:
    """The first and last IPv4 address of a zone such as `1.10.in-addr.arpa.`; None for any other zone.

    Of a zone of less than an octet (RFC 2317) too.
    """
    if (part := classless_range(zone)) is not None:
        return part
    parts = labels(zone)
    if not zone.endswith(IN_ADDR_ARPA) or len(parts) > 6:
        return None
    octets = [part.decode("ascii", "replace") for part in parts[-3::-1]]
    if not all(octet.isdecimal() and octet.isascii() and int(octet) <= 255 for octet in octets):
        return None
    host_bits = 8 * (4 - len(octets))
    start = int.from_bytes(bytes(int(octet) for octet in octets), "big") << host_bits
    return start, start + (1 << host_bits) - 1


def reverse_range6(zone: Name) -> tuple[int, int] | None:
    """The first and last IPv6 address of a zone such as `8.b.d.0.1.0.0.2.ip6.arpa.`; None for any other zone."""
    parts = labels(zone)
    if not zone.endswith(IP6_ARPA) or len(parts) > 34:
        return None
    nibbles = b"".join(parts[-3::-1])
    if any(len(part) != 1 for part in parts[:-2]) or nibbles.strip(b"0123456789abcdef"):
        return None
    host_bits = 128 - 4 * len(nibbles)
    start = int(nibbles or b"0", 16) << host_bits
    return start, start + (1 << host_bits) - 1
