"""A place in the configuration as somebody names it, `10.1.0.0/16/10.1.0.77/phones`, and the levels that count."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import ReservationSection, SubnetSection
from tenure.config.dhcp6 import Subnet6Section
from tenure.config.naming_levels import NamingLevel, naming_settings, subnet_levels
from tenure.config.subnets import identity_keys
from tenure.dhcpwire.identity import client_id_key, hardware_key


def levels_at(configuration: Configuration, target: str) -> list[NamingLevel]:
    """The levels below the global ones, the most specific first; `ValueError` says what is wrong with the target.

    A subnet as it is written in the file; then, in any order, an address (of a pool, or reserved), a class's name, a
    reservation's identifier or host name.
    """
    words = [word.strip() for word in target.split("/")]
    section = _subnet(configuration, "/".join(words[:2]))
    if isinstance(section, Subnet6Section):
        if words[2:]:
            raise ValueError(f"nothing in {section.subnet} has naming parameters of its own; leave {words[2]!r} out")
        return subnet_levels(section)
    found = [_Part.of(configuration, section, word) for word in words[2:]]
    return [part.level for part in sorted(found, key=lambda part: part.rank)] + subnet_levels(section)


class _Part:
    """One part of a target and its place in the precedence."""

    def __init__(self, rank: int, level: NamingLevel) -> None:
        self.rank = rank  # 0 counts first
        self.level = level

    @classmethod
    def of(cls, configuration: Configuration, section: SubnetSection, word: str) -> _Part:
        """The pool, class or reservation of this name; `ValueError`."""
        for candidate in cls._candidates(configuration, section, word):
            return candidate
        known = [one.name for one in configuration.dhcp4.client_classes] if configuration.dhcp4 else []
        raise ValueError(
            f"{word!r} is no address of a pool and no reservation of {section.subnet}, and no class"
            f" ({', '.join(known) or 'there is none'})"
        )

    @classmethod
    def _candidates(cls, configuration: Configuration, section: SubnetSection, word: str) -> Iterator[_Part]:
        address = _address(word)
        assert configuration.dhcp4 is not None
        for one in [*section.reservations, *configuration.dhcp4.reservations]:
            if _is_meant(one, word, address):
                yield cls(0, NamingLevel(f"reservation {word}", naming_settings(one)))
        for client_class in configuration.dhcp4.client_classes:
            if client_class.name == word:
                yield cls(1, NamingLevel(f"class {word}", naming_settings(client_class)))
        for pool in section.pools:
            if address is not None and pool.pool.first <= address <= pool.pool.last:
                first, last = IPv4Address(pool.pool.first), IPv4Address(pool.pool.last)
                yield cls(2, NamingLevel(f"pool {first}-{last}", naming_settings(pool)))


def _subnet(configuration: Configuration, network: str) -> SubnetSection | Subnet6Section:
    subnets: list[SubnetSection | Subnet6Section] = []
    if configuration.dhcp4 is not None:
        subnets += [one.section for one in configuration.dhcp4.placed_subnets()]
    if configuration.dhcp6 is not None:
        subnets += configuration.dhcp6.subnets
    found = next((one for one in subnets if str(one.subnet) == network), None)
    if found is None:
        known = ", ".join(str(one.subnet) for one in subnets) or "none"
        raise ValueError(f"{network!r} is no subnet of the configuration; subnets: {known}")
    return found


def _address(word: str) -> bytes | None:
    try:
        return IPv4Address(word).packed
    except ValueError:
        return None


def _is_meant(section: ReservationSection, word: str, address: bytes | None) -> bool:
    if word == section.hostname or (address is not None and address == section.ip_address):
        return True
    for parse in (hardware_key, client_id_key):
        try:
            if parse(word) in identity_keys(section).values():
                return True
        except ValueError:
            continue
    return False
