"""Which zone, servers and key a record belongs to: the configured domains, and the longest match among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.naming.registration import Direction, Registration
from tenure.naming.reverse import classless_name, classless_range, reverse_name
from tenure.signing.key import Key


class ConflictMode(StrEnum):
    """How the right to a name is proved before it is written (Kea's `ddns-conflict-resolution-mode`)."""

    CHECK_WITH_DHCID = "check-with-dhcid"  # RFC 4703: only the client whose marker stands there
    CHECK_EXISTS_WITH_DHCID = "check-exists-with-dhcid"  # whoever has a marker there: takes over other clients' names
    NO_CHECK_WITH_DHCID = "no-check-with-dhcid"  # overwrites anything, leaves a marker
    NO_CHECK_WITHOUT_DHCID = "no-check-without-dhcid"  # overwrites anything, no marker


_REVERSE: Final = Direction.REVERSE
CHECKING: Final = frozenset({ConflictMode.CHECK_WITH_DHCID, ConflictMode.CHECK_EXISTS_WITH_DHCID})


class GssTsig(NamedTuple):
    """The updates of a zone are signed in security contexts, by Kerberos (RFC 3645)."""

    server_principal: str = ""  # DNS/HOST or DNS/HOST@REALM; empty: HOST is the primary that the zone's SOA names
    unsecure_first: bool = False  # an update goes out unsigned, and signed only where that is refused


@dataclass(frozen=True, slots=True)
class Domain:
    """One zone that we may update, where, and with what proof."""

    zone: Name  # the apex; any case
    servers: tuple[tuple[str, int], ...]  # address and port, in the order in which they are tried
    key: Key | None  # None: unsigned, for servers that go by address
    mode: ConflictMode = ConflictMode.CHECK_WITH_DHCID
    server_keys: Mapping[tuple[str, int], Key] = field(default_factory=dict)  # of servers that know another key
    txt_markers: bool = True  # ISC dhcpd's markers from before DHCID prove whose a name is, too
    gss_tsig: GssTsig | None = None  # then there is no key

    def key_of(self, server: tuple[str, int]) -> Key | None:
        """What signs the updates that go to a server."""
        return self.server_keys.get(server, self.key)


def mode_of(row: Registration, domain: Domain | None) -> ConflictMode:
    """How the right to a row's name is proved: as who asked for it has said, else as its zone says."""
    if row.conflict_mode is not None:
        return ConflictMode(row.conflict_mode)
    return domain.mode if domain is not None else ConflictMode.CHECK_WITH_DHCID


@dataclass(frozen=True, slots=True)
class Routes:
    """All the domains of both directions."""

    forward: Sequence[Domain]
    reverse: Sequence[Domain]
    _by_zone: dict[Direction, dict[Name, Domain]] = field(init=False, repr=False, compare=False)
    _classless: Sequence[tuple[int, int, Domain]] = field(
        init=False, repr=False, compare=False
    )  # first and last address

    def __post_init__(self) -> None:
        by_zone = {
            Direction.FORWARD: {domain.zone.lower(): domain for domain in self.forward},
            Direction.REVERSE: {domain.zone.lower(): domain for domain in self.reverse},
        }
        object.__setattr__(self, "_by_zone", by_zone)
        ranges = ((classless_range(domain.zone), domain) for domain in self.reverse)
        classless = [(*found, domain) for found, domain in ranges if found is not None]
        object.__setattr__(self, "_classless", sorted(classless, key=lambda one: one[1] - one[0]))

    def route(self, direction: Direction, owner: Name) -> Domain | None:
        """The domain with the longest zone that holds `owner` (lower-cased), None when none covers it."""
        zones = self._by_zone[direction]
        while (domain := zones.get(owner)) is None:
            if not owner[0]:
                return None
            owner = owner[owner[0] + 1 :]
        return domain

    def route_pointer(self, address: bytes) -> tuple[Name, Domain | None]:
        """The name that holds the PTR record of an address, and its domain.

        Where a domain of less than an octet covers the address (RFC 2317), the smallest, it stands in there.
        """
        if self._classless and len(address) == 4:
            number = int.from_bytes(address, "big")
            for first, last, domain in self._classless:
                if first <= number <= last:
                    return classless_name(address, domain.zone.lower()), domain
        owner = reverse_name(address)
        return owner, self.route(_REVERSE, owner)
