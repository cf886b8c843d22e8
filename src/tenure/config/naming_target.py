"""A place in the configuration as somebody names it, `10.1.0.0/16/10.1.0.77/phones`, and the levels that count."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TypeAlias

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4, ReservationSection, SubnetSection
from tenure.config.dhcp6 import Dhcp6, Reservation6Section, Subnet6Section
from tenure.config.naming_levels import NamingLevel, naming_settings, subnet_levels
from tenure.config.subnets import identity_keys
from tenure.config.subnets6 import identity6_keys
from tenure.dhcpwire.identity import client_id_key, duid_key_from_text, hardware_key

AnySubnet: TypeAlias = SubnetSection | Subnet6Section


def levels_at(configuration: Configuration, target: str) -> list[NamingLevel]:
    """The levels below the global ones, the most specific first; `ValueError` says what is wrong with the target.

    A subnet as it is written in the file; then, in any order, an address (of a pool, or reserved), a class's name, a
    reservation's identifier or host name.
    """
    words = [word.strip() for word in target.split("/")]
    dhcp, section = _subnet(configuration, "/".join(words[:2]))
    found = [_Part.of(dhcp, section, word) for word in words[2:]]
    return [part.level for part in sorted(found, key=lambda part: part.rank)] + subnet_levels(section)


class _Part:
    """One part of a target and its place in the precedence."""

    def __init__(self, rank: int, level: NamingLevel) -> None:
        self.rank = rank  # 0 counts first
        self.level = level

    @classmethod
    def of(cls, dhcp: Dhcp4 | Dhcp6, section: AnySubnet, word: str) -> _Part:
        """The pool, class or reservation of this name; `ValueError`."""
        for candidate in cls._candidates(dhcp, section, word):
            return candidate
        known = [one.name for one in dhcp.client_classes]
        raise ValueError(
            f"{word!r} is no address of a pool and no reservation of {section.subnet}, and no class"
            f" ({', '.join(known) or 'there is none'})"
        )

    @classmethod
    def _candidates(cls, dhcp: Dhcp4 | Dhcp6, section: AnySubnet, word: str) -> Iterator[_Part]:
        address = _address(word)
        for one in [*section.reservations, *dhcp.reservations]:
            if _is_meant(one, word, address):
                yield cls(0, NamingLevel(f"reservation {word}", naming_settings(one)))
        for client_class in dhcp.client_classes:
            if client_class.name == word:
                yield cls(1, NamingLevel(f"class {word}", naming_settings(client_class)))
        for pool in section.pools:
            if address is not None and pool.pool.first <= address <= pool.pool.last:
                first, last = ip_address(pool.pool.first), ip_address(pool.pool.last)
                yield cls(2, NamingLevel(f"pool {first}-{last}", naming_settings(pool)))


def _subnet(configuration: Configuration, network: str) -> tuple[Dhcp4 | Dhcp6, AnySubnet]:
    """The subnet that is written so, and the server that has it."""
    known = []
    for _, dhcp in configuration.dhcp_tables:
        for one in dhcp.placed_subnets():
            if str(one.section.subnet) == network:
                return dhcp, one.section
            known.append(str(one.section.subnet))
    raise ValueError(f"{network!r} is no subnet of the configuration; subnets: {', '.join(known) or 'none'}")


def _address(word: str) -> bytes | None:
    try:
        return ip_address(word).packed
    except ValueError:
        return None


def _is_meant(section: ReservationSection | Reservation6Section, word: str, address: bytes | None) -> bool:
    addresses: list[bytes | None]
    if isinstance(section, Reservation6Section):
        addresses, identities = [*section.ip_addresses], identity6_keys(section)
    else:
        addresses, identities = [section.ip_address], identity_keys(section)
    if word == section.hostname or (address is not None and address in addresses):
        return True
    for parse in (hardware_key, client_id_key, duid_key_from_text):
        try:
            if parse(word) in identities.values():
                return True
        except ValueError:
            continue
    return False
