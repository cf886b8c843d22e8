"""The rules about names that hold on every level: a subnet, a pool, a class, a reservation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from tenure.config.configuration import Configuration
from tenure.config.ddns import DdnsParameters
from tenure.config.dhcp6 import Subnet6Section
from tenure.config.naming_levels import naming_settings, policy_of_levels, subnet_levels
from tenure.config.problem import Location, Problem
from tenure.dnswire.name import Name, is_within, to_text
from tenure.naming.hostname import normalise
from tenure.naming.policy import ConflictAction, NamingPolicy, RandomizedMac
from tenure.naming.template import Device, NameTemplate

_LONGEST = 63
# as long as they come
_ADDRESS = bytes([255, 255, 255, 255])
_ADDRESS6 = bytes.fromhex("ffff" * 8)
_DEVICE = Device(b"\1", b"\1\xff\xff\xff\xff\xff\xff", _ADDRESS, b"1", b"key")


class Place(NamedTuple):
    """One table that says something about names, and the policy that counts there."""

    at: Location
    section: DdnsParameters
    policy: NamingPolicy
    longest_address: bytes = _ADDRESS

    def key(self, name: str) -> Location:
        """Where the key stands that counts here: in the table itself, or below `[ddns]`."""
        written = getattr(self.section, name.replace("-", "_")) is not None
        return (*self.at, name) if written else ("ddns", name)

    def writes(self, *names: str) -> bool:
        """Whether one of the keys stands in the table itself."""
        return any(getattr(self.section, name.replace("-", "_")) is not None for name in names)


def check_naming(configuration: Configuration) -> Iterator[Problem]:
    """Guests have a domain, and generated names are host names; what is wrong at one key is said once."""
    said = set()
    for place in _places(configuration):
        if place.policy.send_updates:
            for problem in (*_check_guests(place), *_check_generated(place)):
                if problem.key not in said:
                    said.add(problem.key)
                    yield problem


def suffixes(configuration: Configuration) -> set[Name]:
    """The domains below which leases have names, those of guests and of followed servers among them."""
    policies = [place.policy for place in _places(configuration) if place.policy.send_updates]
    names = [policy_of_levels(configuration, []).qualifying_suffix]
    names += [policy.qualifying_suffix for policy in policies]
    names += [policy.guest_suffix for policy in policies if _guest_words(policy)]
    names += [source.ddns_qualifying_suffix for source in configuration.lease_sources]
    return {name for name in names if name is not None}


def covered(name: Name, policy: NamingPolicy) -> bool:
    """Whether a forward zone covers the name."""
    return any(is_within(name, zone) for zone in policy.forward_zones)


def _places(configuration: Configuration) -> Iterator[Place]:
    """Every subnet, and what stands above it if it says anything about names; what is for all stands above each."""
    for table, dhcp in configuration.dhcp_tables:
        for at, subnet in dhcp.placed_subnets():
            policy = policy_of_levels(configuration, subnet_levels(subnet))
            longest = _ADDRESS6 if isinstance(subnet, Subnet6Section) else _ADDRESS
            yield Place(at, subnet, policy, longest)
            above: list[tuple[Location, Sequence[DdnsParameters]]] = [
                ((*at, "pools"), subnet.pools),
                ((*at, "reservations"), subnet.reservations),
                ((table, "client-classes"), dhcp.client_classes),
                ((table, "reservations"), dhcp.reservations),
            ]
            for here, sections in above:
                for number, section in enumerate(sections):
                    if settings := naming_settings(section):
                        yield Place((*here, number), section, replace(policy, **settings), longest)


def _check_guests(place: Place) -> Iterator[Problem]:
    policy = place.policy
    wanted = _guest_words(policy)
    if policy.guest_suffix is None:
        for name in wanted:
            right = 'set ddns-guest-suffix = "guest.example.internal.", inside a forward zone'
            yield Problem(place.key(name), "puts devices into a guest zone, and there is none", right)
    elif (wanted or place.writes("ddns-guest-suffix")) and not covered(policy.guest_suffix, policy):
        zones = ", ".join(sorted(map(to_text, policy.forward_zones)))
        right = f"write a domain inside one of {zones}, or add its zone"
        yield Problem(place.key("ddns-guest-suffix"), "no forward zone covers it", right)


def _guest_words(policy: NamingPolicy) -> list[str]:
    """The keys that put devices into a guest zone."""
    words = (
        ("ddns-conflict-action", policy.conflict_action is ConflictAction.GUEST_ZONE),
        ("ddns-randomized-mac", policy.randomized_mac is RandomizedMac.GUEST),
    )
    return [name for name, is_so in words if is_so]


def _check_generated(place: Place) -> Iterator[Problem]:
    prefix, template = place.policy.generated_prefix, place.policy.name_template
    if normalise([f"{prefix}-1".encode()]) != (f"{prefix}-1".encode(),) or len(prefix) > 40:
        right = "write up to 40 lower-case letters, digits and hyphens"
        yield Problem(place.key("ddns-generated-prefix"), "cannot begin a host name", right)
        return
    if not template.tells_devices_apart:
        wrong = "gives every device the same name"
        right = "add one of {address}, {mac}, {hash}, {circuit}"
        yield Problem(place.key("ddns-name-template"), wrong, right)
    elif (longest := _longest(template, prefix, place.longest_address)) > _LONGEST:
        wrong = f"gives names of up to {longest} characters"
        right = f"leave a word out, so that {_LONGEST} are enough"
        yield Problem(place.key("ddns-name-template"), wrong, right)


def _longest(template: NameTemplate, prefix: str, address: bytes) -> int:
    """How long a name can get; a circuit's length is not known here, one that is too long gets no name."""
    return len(template.fill(prefix, address, _DEVICE._replace(network=address)) or b"")
