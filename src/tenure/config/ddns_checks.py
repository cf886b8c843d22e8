"""The rules that make sure that every name a lease can get is covered by a zone that we can update."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import SubnetSection
from tenure.config.dns import Updates, ZoneSection
from tenure.config.dns_checks import check_key_is_defined
from tenure.config.domains import DomainPlan, all_plans, domain_plans, own_zone, uncovered_address
from tenure.config.naming_levels import global_levels, level_of
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.config.subnets import lease_values, naming_policy
from tenure.config.zones import DNS_PORT, is_reverse, policy_of
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, from_labels, from_text, is_within, labels, to_text
from tenure.naming.hostname import normalise, split_text
from tenure.naming.levels import source_of
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction
from tenure.naming.reverse import reverse_name

OFF = "set ddns-send-updates = false if leases are not to be in DNS"


def check_ddns(configuration: Configuration) -> Iterator[Problem]:
    """Domains are complete, and each subnet that registers names is covered in both directions."""
    yield from _check_domains(configuration)
    if configuration.dhcp4 is None:
        return
    for at, section in configuration.dhcp4.placed_subnets():
        policy = naming_policy(configuration, section)
        if policy.send_updates:
            yield from _check_forward(section, policy, at)
            yield from _check_reverse(configuration, section, at)
            yield from _check_ttl(configuration, section, policy, at)


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
        if not plan.servers:
            yield Problem(
                plan.written_at,
                f"no server is known for {to_text(plan.zone)}",
                'set servers = ["10.1.0.1:53"], or serve the zone under [[dns.zones]]',
            )
        if plan.key is not None and plan.written_at[0] == "ddns":
            yield from check_key_is_defined(configuration, plan.key, (*plan.written_at, "key"))
        zone = own_zone(configuration, plan.zone)
        if zone is not None and plan.key is not None and _updates_ourselves(configuration, plan):
            yield from _check_may_update(configuration, plan, zone, plan.key)


def _check_direction(configuration: Configuration, direction: Direction) -> Iterator[Problem]:
    wrong = "is a reverse zone" if direction is Direction.FORWARD else "is no reverse zone"
    other = Direction.REVERSE if direction is Direction.FORWARD else Direction.FORWARD
    for plan in domain_plans(configuration, direction):
        if is_reverse(plan.zone) is (direction is Direction.FORWARD):
            yield Problem((*plan.written_at, "zone"), wrong, f"write it under [[ddns.{other}]]")


def _updates_ourselves(configuration: Configuration, plan: DomainPlan) -> bool:
    """Whether this server takes the updates itself."""
    listen = configuration.dns.listen if configuration.dns else []
    ours = {place.or_port(DNS_PORT).reachable() for place in listen}
    return any(server in ours for server in plan.servers)


def _check_may_update(
    configuration: Configuration, plan: DomainPlan, zone: ZoneSection, key: Name
) -> Iterator[Problem]:
    """The zone takes updates, and its policy lets the key write all that a lease needs."""
    assert configuration.dns is not None
    zone_at = ("dns", "zones", configuration.dns.zones.index(zone))
    if configuration.dhcp4 is not None and zone.updates is Updates.NONE:
        right = f'write "{Updates.POLICY}", or name other zones under [[ddns.forward]] and [[ddns.reverse]]'
        yield Problem((*zone_at, "updates"), "keeps the names of leases out of the zone", right)
    grants = [rule for rule in policy_of(zone) if rule.grant and rule.names_key(key)]
    needed = (RRType.PTR if is_reverse(zone.name) else RRType.A, RRType.DHCID)
    missing = [rtype.name for rtype in needed if not any(rule.covers_type(rtype) for rule in grants)]
    if missing:
        yield Problem(
            (*plan.written_at, "key") if plan.written_at[0] == "ddns" else (*zone_at, "policy"),
            f"the policy of {to_text(plan.zone)} grants {to_text(key)} no {' and no '.join(missing)} records",
            f'add "grant {to_text(key)} zonesub ANY" to its policy, or name a key that has this grant',
        )


def _check_forward(section: SubnetSection, policy: NamingPolicy, at: Location) -> Iterator[Problem]:
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
    if not _covered(suffix, policy):
        key = (*at, "ddns-qualifying-suffix") if section.ddns_qualifying_suffix else ("ddns", "ddns-qualifying-suffix")
        yield Problem(key, "no forward zone covers it", f"write a domain inside one of {zones}, or add its zone")
        return
    yield from _check_names(section, policy, suffix, at)


def _check_names(section: SubnetSection, policy: NamingPolicy, suffix: Name, at: Location) -> Iterator[Problem]:
    prefix = policy.generated_prefix
    if normalise([f"{prefix}-1".encode()]) != (f"{prefix}-1".encode(),) or len(prefix) > 40:
        key = (*at, "ddns-generated-prefix") if section.ddns_generated_prefix else ("ddns", "ddns-generated-prefix")
        yield Problem(key, "cannot begin a host name", "write up to 40 lower-case letters, digits and hyphens")
    for index, one in enumerate(section.reservations):
        if one.hostname is None:
            continue
        key = (*at, "reservations", index, "hostname")
        parts, complete = split_text(one.hostname.encode("ascii", "replace"))
        lower = tuple(part.lower() for part in parts)
        if isinstance(fit := normalise(lower), Reason) or fit != lower:
            yield Problem(key, "is no host name", "write letters, digits and hyphens, such as printer-2")
        elif complete and not _covered(from_text(one.hostname).lower(), policy):
            yield Problem(key, "no forward zone covers it", f"leave the final dot out to add {to_text(suffix)}")


def _covered(name: Name, policy: NamingPolicy) -> bool:
    return any(is_within(name, zone) for zone in policy.forward_zones)


def _check_reverse(configuration: Configuration, section: SubnetSection, at: Location) -> Iterator[Problem]:
    zones = [plan.zone for plan in domain_plans(configuration, Direction.REVERSE)]
    inside = range(int(section.subnet[0]), int(section.subnet[-1]) + 1)
    ranges = [((*at, "pools", index, "pool"), one.pool.first, one.pool.last) for index, one in enumerate(section.pools)]
    ranges += [
        ((*at, "reservations", index, "ip-address"), one.ip_address, one.ip_address)
        for index, one in enumerate(section.reservations)
        if one.ip_address is not None
    ]
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


def _check_ttl(
    configuration: Configuration, section: SubnetSection, policy: NamingPolicy, at: Location
) -> Iterator[Problem]:
    assert configuration.dhcp4 is not None
    valid = lease_values(configuration.dhcp4, section)["valid_lifetime"]

    def where(key: str) -> Location:
        return (*at, key) if getattr(section, key.replace("-", "_")) is not None else ("ddns", key)

    if policy.ttl is not None and policy.ttl >= valid:
        yield Problem(
            where("ddns-ttl"),
            f"is not shorter than the lease ({valid} seconds), so caches would keep a record longer",
            f"write less than {valid}; a third of the lease is usual",
        )
    levels = [level_of(section, at), *global_levels(configuration)]
    floor_is_written = source_of(levels, "ttl_min") is not None  # the usual one gives way to a ceiling below it
    if policy.ttl_max is not None and policy.ttl_max < policy.ttl_min and floor_is_written and policy.ttl is None:
        yield Problem(
            where("ddns-ttl-max"), f"is less than ddns-ttl-min ({policy.ttl_min})", f"write at least {policy.ttl_min}"
        )
