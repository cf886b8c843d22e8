"""A place in the configuration as somebody names it, `10.1.0.0/16/10.1.0.77/phones`, and the levels that count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeAlias

from tenure.config.classes import ClientClass6Section, ClientClassSection
from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4, ReservationSection, SubnetSection
from tenure.config.dhcp6 import Dhcp6, Reservation6Section, Subnet6Section
from tenure.config.naming_levels import NamingLevel, naming_settings, subnet_levels
from tenure.config.subnets import identity_keys
from tenure.config.subnets6 import identity6_keys
from tenure.dhcpwire.identity import client_id_key, duid_key_from_text, hardware_key
from tenure.leasing.classes import late_names
from tenure.leasing.expression.parser import Expression

AnySubnet: TypeAlias = SubnetSection | Subnet6Section


def levels_at(configuration: Configuration, target: str) -> list[NamingLevel]:
    """The levels below the global ones, the most specific first; `ValueError` says what is wrong with the target.

    A subnet as it is written in the file; then, in any order, an address (of a pool, or reserved), a class's name, a
    reservation's identifier or host name. With a reservation come its classes, and the pool that its address lies in.
    """
    words = [word.strip() for word in target.split("/")]
    dhcp, section = _subnet(configuration, "/".join(words[:2]))
    parts = _Parts(dhcp, section)
    found = sorted((part for word in words[2:] for part in parts.named(word)), key=lambda part: part.rank)
    once = {part.level.where: part.level for part in found}
    return [*once.values(), *subnet_levels(section)]


class _Part(NamedTuple):
    """One part of a target and its place in the precedence."""

    rank: tuple[int, ...]  # the smallest counts first
    level: NamingLevel


_RESERVATION, _CLASS, _POOL = 0, 1, 2  # first of a rank
_BY_TEST, _BY_RESERVATION, _BY_LATE_TEST = 0, 1, 2  # of a class: in which order they are found (`leasing.classes`)


class _Parts:
    """What can be named in a subnet."""

    def __init__(self, dhcp: Dhcp4 | Dhcp6, section: AnySubnet) -> None:
        self._dhcp, self._section = dhcp, section
        self._classes: Sequence[ClientClassSection | ClientClass6Section] = dhcp.client_classes
        of_subnets = [one for place in dhcp.placed_subnets() for one in place.section.reservations]
        given = {name for one in [*of_subnets, *dhcp.reservations] for name in one.client_classes}
        tests: list[tuple[str, Expression[Any] | None]] = [(one.name, one.test) for one in self._classes]
        self._late = late_names(tests, given)

    def named(self, word: str) -> list[_Part]:
        """What a word names, with all that comes with it; `ValueError`."""
        address = _address(word)
        found = [*self._reserved(word, address), *self._class(word), *self._pools([address])]
        if not found:
            known = [one.name for one in self._classes]
            raise ValueError(
                f"{word!r} is no address of a pool and no reservation of {self._section.subnet}, and no class"
                f" ({', '.join(known) or 'there is none'})"
            )
        return found

    def _reserved(self, word: str, address: bytes | None) -> Iterator[_Part]:
        """The reservation of this subnet, or else of the whole server, that is meant."""
        for one in [*self._section.reservations, *self._dhcp.reservations]:
            if not _is_meant(one, word, address):
                continue
            yield _Part((_RESERVATION,), NamingLevel(f"reservation {word}", naming_settings(one)))
            for number, name in enumerate(one.client_classes):
                for part in self._class(name):
                    yield part._replace(rank=(_CLASS, _BY_RESERVATION, number))
            yield from self._pools(_addresses_of(one))
            return

    def _class(self, name: str) -> Iterator[_Part]:
        for number, one in enumerate(self._classes):
            if one.name == name:
                kind = _BY_RESERVATION if one.test is None else _BY_LATE_TEST if name in self._late else _BY_TEST
                yield _Part((_CLASS, kind, number), NamingLevel(f"class {name}", naming_settings(one)))

    def _pools(self, addresses: Sequence[bytes | None]) -> Iterator[_Part]:
        for pool in self._section.pools:
            if any(address is not None and pool.pool.first <= address <= pool.pool.last for address in addresses):
                first, last = ip_address(pool.pool.first), ip_address(pool.pool.last)
                yield _Part((_POOL,), NamingLevel(f"pool {first}-{last}", naming_settings(pool)))


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


def _addresses_of(section: ReservationSection | Reservation6Section) -> Sequence[bytes | None]:
    return section.ip_addresses if isinstance(section, Reservation6Section) else [section.ip_address]


def _is_meant(section: ReservationSection | Reservation6Section, word: str, address: bytes | None) -> bool:
    if word == section.hostname or (address is not None and address in _addresses_of(section)):
        return True
    identities = identity6_keys(section) if isinstance(section, Reservation6Section) else identity_keys(section)
    for parse in (hardware_key, client_id_key, duid_key_from_text):
        try:
            if parse(word) in identities.values():
                return True
        except ValueError:
            continue
    return False
