"""The rules that make sure that every name a lease can get is covered by a zone that we can update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address

from tenure.authority.views import choose_view
from tenure.config.configuration import Configuration
from tenure.config.ddns import DomainSection
from tenure.config.dhcp4 import ReservationSection, SubnetSection
from tenure.config.dhcp6 import Reservation6Section, Subnet6Section
from tenure.config.dns import Updates, ZoneSection
from tenure.config.dns_checks import check_key_is_defined
from tenure.config.dns_views import seen_zone, view_settings
from tenure.config.domains import DomainPlan, all_plans, domain_plans, own_views, uncovered_address
from tenure.config.fields import Endpoint, view_word
from tenure.config.naming_checks import covered
from tenure.config.naming_levels import global_levels, source_of, subnet_levels
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.config.subnets import lease_values, naming_policy
from tenure.config.zones import DNS_PORT, is_reverse, policy_of
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, from_labels, labels, to_text
from tenure.naming.hostname import normalise, split_text
from tenure.naming.international import A_LABEL
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction
from tenure.naming.reverse import reverse_name

OFF = "set ddns-send-updates = false if leases are not to be in DNS"


def check_ddns(configuration: Configuration) -> Iterator[Problem]:
    """Domains are complete, and each subnet that registers names is covered in both directions.

    Where no leases are named and no domain is written, zones owe nothing to an updater.
    """
    if not configuration.names_leases and configuration.ddns.forward is None and configuration.ddns.reverse is None:
        return
    yield from _check_views(configuration)
    yield from _check_domains(configuration)
    dhcp4 = configuration.dhcp4
    if dhcp4 is None:
        return
    named = []
    for at, section in dhcp4.placed_subnets():
        policy = naming_policy(configuration, section)
        if policy.send_updates:
            named.append(policy)
            yield from check_forward(section, policy, at)
            yield from _check_reverse(configuration, section, at)
            yield from _check_reserved(configuration, section, dhcp4.reservations, ("dhcp4", "reservations"))
            valid = lease_values(dhcp4, section)["valid_lifetime"]
            yield from check_ttl(configuration, section, policy, at, valid)
    for policy in named[:1]:  # which zones there are is the same everywhere
        yield from check_names(dhcp4.reservations, policy, None, ("dhcp4", "reservations"))


def _check_domains(configuration: Configuration) -> Iterator[Problem]:
    for direction in Direction:
        yield from _check_direction(configuration, direction)
        plans = domain_plans(configuration, direction)
        for index, first in repeated(plan.zone for plan in plans):
            at = (*plans[index].written_at, "zone")
            if at[0] == "ddns":  # of two zones under [dns] that is said there
                yield Problem(
                    at, f"is the zone of {direction}[{first}] too", "write each zone once, with all its servers"
                )
    for plan in all_plans(configuration):
        if not plan.servers and not own_views(configuration, plan.zone):
            yield Problem(
                plan.written_at,
                f"no server is known for {to_text(plan.zone)}",
                'set servers = ["10.1.0.1:53"], or serve the zone under [[dns.zones]]',
            )
        if plan.key is not None and plan.written_at[0] == "ddns":
            yield from check_key_is_defined(configuration, plan.key, (*plan.written_at, "key"))
        for server, key in plan.server_keys.items():
            at = (*plan.written_at, "servers", plan.servers.index(server))
            yield from check_key_is_defined(configuration, key, at)
        zone = plan.own
        if zone is not None and plan.key is not None and _updates_ourselves(configuration, plan):
            yield from _check_may_update(configuration, plan, zone, plan.key)
            yield from _check_falls_into_view(configuration, plan, zone, plan.key)


def _check_views(configuration: Configuration) -> Iterator[Problem]:
    """It is said in which view a zone is that leases belong to, where there are several."""
    for direction in Direction:
        written = configuration.ddns.forward if direction is Direction.FORWARD else configuration.ddns.reverse
        for index, section in enumerate(written or ()):
            yield from _check_view_of(configuration, section, ("ddns", str(direction), index))
        for plan in domain_plans(configuration, direction) if written is None else ():
            views = [view_word(view) for view in own_views(configuration, plan.zone)]
            if len(views) > 1:
                zone = to_text(plan.zone)
                wrong = f"{zone} is in several views ({', '.join(views)}), and nothing says which one leases belong to"
                block = f'[[ddns.{direction}]] with zone = "{zone}" and view = "{views[0]}"'
                yield Problem(plan.written_at, wrong, f"write {block}, and such a table for each other zone; {OFF}")


def _check_view_of(configuration: Configuration, section: DomainSection, at: Location) -> Iterator[Problem]:
    views = own_views(configuration, section.zone)
    words = ", ".join(map(view_word, views))
    zone = to_text(section.zone)
    if section.view is not None and section.view not in views:
        remedy = f"write one of {words}" if views else "leave it out; at another server the key chooses the view"
        yield Problem((*at, "view"), f"{zone} is no zone of this view under [[dns.zones]]", remedy)
    elif section.view is None and len(views) > 1 and "" not in views:
        wrong = f"{zone} is in several views, and nothing says which one leases belong to"
        yield Problem((*at, "zone"), wrong, f"set view to one of {words}")


def _check_falls_into_view(
    configuration: Configuration, plan: DomainPlan, zone: ZoneSection, key: Name
) -> Iterator[Problem]:
    """What our updater signs with the key falls into a view that has this zone, and no other one of its name."""
    views = view_settings(configuration)
    ours = [server.host for server in plan.servers if _is_ours(configuration, server)]
    is_written = plan.written_at[0] == "ddns"
    if not views or not ours or not (is_written or configuration.names_leases):
        return
    fell = choose_view(views, ours[0], key)  # who connects to an address of its own machine comes from this address
    if seen_zone(configuration, fell, plan.zone) is zone:
        return
    into = "no view" if fell is None else f"view {fell}"
    place = f"view {zone.view}" if zone.view else "a view that has the shared zone"
    name = to_text(key)
    remedy = f'write "key {name}" into match-clients of {place}, and "!key {name}" into the lists before it'
    yield Problem(
        (*plan.written_at, "key" if is_written else "policy"),
        f"an update from {ours[0]} that is signed with {name} falls into {into}, not into {place}",
        remedy if is_written else f"{remedy}; or name the zones that leases belong to under [[ddns.{_way(plan)}]]",
    )


def _way(plan: DomainPlan) -> Direction:
    return Direction.REVERSE if is_reverse(plan.zone) else Direction.FORWARD


def _check_direction(configuration: Configuration, direction: Direction) -> Iterator[Problem]:
    wrong = "is a reverse zone" if direction is Direction.FORWARD else "is no reverse zone"
    other = Direction.REVERSE if direction is Direction.FORWARD else Direction.FORWARD
    for plan in domain_plans(configuration, direction):
        if is_reverse(plan.zone) is (direction is Direction.FORWARD):
            yield Problem((*plan.written_at, "zone"), wrong, f"write it under [[ddns.{other}]]")


def _updates_ourselves(configuration: Configuration, plan: DomainPlan) -> bool:
    """Whether this server takes the updates itself."""
    return any(_is_ours(configuration, server) for server in plan.servers)


def _is_ours(configuration: Configuration, server: Endpoint) -> bool:
    listen = configuration.dns.listen if configuration.dns else []
    return server in {place.or_port(DNS_PORT).reachable() for place in listen}


def _check_may_update(
    configuration: Configuration, plan: DomainPlan, zone: ZoneSection, key: Name
) -> Iterator[Problem]:
    """The zone takes updates, and its policy lets the key write all that a lease needs."""
    assert configuration.dns is not None
    zone_at = ("dns", "zones", configuration.dns.zones.index(zone))
    if configuration.names_leases and zone.updates is Updates.NONE:
        right = f'write "{Updates.POLICY}", or name other zones under [[ddns.forward]] and [[ddns.reverse]]'
        yield Problem((*zone_at, "updates"), "keeps the names of leases out of the zone", right)
    if plan.written_at[0] != "ddns" and not configuration.names_leases:
        return  # nothing is registered there, so the zone may be for others alone
    grants = [rule for rule in policy_of(zone) if rule.grant and rule.names_key(key)]
    needed = (*_written_types(configuration, zone), RRType.DHCID)
    missing = [rtype.name for rtype in needed if not any(rule.covers_type(rtype) for rule in grants)]
    if missing:
        yield Problem(
            (*plan.written_at, "key") if plan.written_at[0] == "ddns" else (*zone_at, "policy"),
            f"the policy of {to_text(plan.zone)} grants {to_text(key)} no {' and no '.join(missing)} records",
            f'add "grant {to_text(key)} zonesub ANY" to its policy, or name a key that has this grant',
        )


def _written_types(configuration: Configuration, zone: ZoneSection) -> list[RRType]:
    """The types of record by which leases are registered in the zone."""
    if is_reverse(zone.name):
        return [RRType.PTR]
    families = ((RRType.A, configuration.dhcp4), (RRType.AAAA, configuration.dhcp6))
    return [rtype for rtype, section in families if section is not None] or [RRType.A]


def check_forward(section: SubnetSection | Subnet6Section, policy: NamingPolicy, at: Location) -> Iterator[Problem]:
    """The names of a subnet's leases are covered by a forward zone, and can be names."""
    if not policy.forward_zones:
        yield Problem(at, "no forward zone covers the names of leases", f"add [[ddns.forward]] or [[dns.zones]]; {OFF}")
        return
    zones = ", ".join(sorted(to_text(zone) for zone in policy.forward_zones))
    suffix = policy.qualifying_suffix
    if suffix is None:
        yield Problem(
            (*at, "ddns-qualifying-suffix"),
            "is missing, and there are several forward zones",
            f"set it here or under [ddns], inside one of {zones}",
        )
        return
    if not covered(suffix, policy):
        key = (*at, "ddns-qualifying-suffix") if section.ddns_qualifying_suffix else ("ddns", "ddns-qualifying-suffix")
        yield Problem(key, "no forward zone covers it", f"write a domain inside one of {zones}, or add its zone")
        return
    yield from check_names(section.reservations, policy, suffix, (*at, "reservations"))


def check_names(
    reservations: Sequence[ReservationSection | Reservation6Section],
    policy: NamingPolicy,
    suffix: Name | None,
    at: Location,
) -> Iterator[Problem]:
    """The names that reservations give can be names, and are covered; no `suffix`: that of whichever subnet."""
    for index, one in enumerate(reservations):
        hostname = one.hostname
        if hostname is None or one.ddns_send_updates is False:
            continue
        key = (*at, index, "hostname")
        parts, complete = split_text(hostname.encode())
        fit = normalise(parts)
        if isinstance(fit, Reason) or not all(map(_is_same, parts, fit)):
            yield Problem(key, "is no host name", "write letters, digits and hyphens, such as printer-2")
        elif complete and not covered(from_labels(fit), policy):
            added = "the suffix of the subnet" if suffix is None else to_text(suffix)
            yield Problem(key, "no forward zone covers it", f"leave the final dot out to add {added}")


def _is_same(written: bytes, fit: bytes) -> bool:
    """Whether nothing of a label was dropped: it is the same, or beyond ASCII and an A-label now."""
    return written.lower() == fit or (not written.isascii() and fit.startswith(A_LABEL))


def _check_reverse(configuration: Configuration, section: SubnetSection, at: Location) -> Iterator[Problem]:
    ranges = [((*at, "pools", index, "pool"), one.pool.first, one.pool.last) for index, one in enumerate(section.pools)]
    yield from _check_ranges(configuration, section, ranges)
    yield from _check_reserved(configuration, section, section.reservations, (*at, "reservations"))


def _check_reserved(
    configuration: Configuration, section: SubnetSection, reservations: Sequence[ReservationSection], at: Location
) -> Iterator[Problem]:
    """Reserved addresses of the subnet, wherever they are reserved."""
    found = [
        ((*at, index, "ip-address"), one.ip_address, one.ip_address)
        for index, one in enumerate(reservations)
        if one.ip_address is not None and one.ddns_send_updates is not False
    ]
    yield from _check_ranges(configuration, section, found)


def _check_ranges(
    configuration: Configuration, section: SubnetSection, ranges: Sequence[tuple[Location, bytes, bytes]]
) -> Iterator[Problem]:
    zones = [plan.zone for plan in domain_plans(configuration, Direction.REVERSE)]
    inside = range(int(section.subnet[0]), int(section.subnet[-1]) + 1)
    for key, first, last in ranges:
        gap = uncovered_address(int.from_bytes(first, "big"), int.from_bytes(last, "big"), zones)
        if gap is not None and gap in inside:  # what is elsewhere has been said to be
            name = to_text(reverse_name(gap.to_bytes(4, "big")))
            zone = to_text(_zone_for(section, gap))
            right = f"add a reverse zone such as {zone} under [[dns.zones]] or [[ddns.reverse]]; {OFF}"
            yield Problem(key, f"no reverse zone covers {IPv4Address(gap)} ({name})", right)


def _zone_for(section: SubnetSection, address: int) -> Name:
    """The smallest reverse zone at a dot that holds the whole subnet, or the address' own /24."""
    dots = max(1, min(3, section.subnet.prefixlen // 8))
    return from_labels(labels(reverse_name(address.to_bytes(4, "big")))[4 - dots :])


def check_ttl(
    configuration: Configuration,
    section: SubnetSection | Subnet6Section,
    policy: NamingPolicy,
    at: Location,
    valid: int,
) -> Iterator[Problem]:
    """The TTLs of a subnet's records go together, and with leases of `valid` seconds."""

    def where(key: str) -> Location:
        return (*at, key) if getattr(section, key.replace("-", "_")) is not None else ("ddns", key)

    levels = [*subnet_levels(section), *global_levels(configuration)]
    if policy.ttl is not None and policy.ttl >= valid:
        level = source_of(levels, "ttl")
        by = f"{policy.ttl} by the {level.where}, " if level is not None and level.where.startswith("profile") else ""
        yield Problem(
            where("ddns-ttl"),
            f"is {by}not shorter than the lease ({valid} seconds), so caches would keep a record longer",
            f"write less than {valid}; a third of the lease is usual",
        )
    floor_is_written = source_of(levels, "ttl_min") is not None  # the usual one gives way to a ceiling below it
    if policy.ttl_max is not None and policy.ttl_max < policy.ttl_min and floor_is_written and policy.ttl is None:
        yield Problem(
            where("ddns-ttl-max"), f"is less than ddns-ttl-min ({policy.ttl_min})", f"write at least {policy.ttl_min}"
        )
