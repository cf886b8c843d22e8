"""What an operator configures for one served zone. Values only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Final, NamedTuple

from tenure.authority.owner import Role
from tenure.authority.policy import Rule
from tenure.authority.zone import Record
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, to_text

_ADDRESS_TYPES: Final = frozenset(map(int, (RRType.A, RRType.AAAA)))


class ZonePlace(NamedTuple):
    """What tells one zone from all others: the view that it is in, and its apex."""

    view: str  # empty: it is shared by all views that have no zone of this name of their own
    name: Name  # lower-cased

    def __str__(self) -> str:
        return f"{to_text(self.name)} in view {self.view}" if self.view else to_text(self.name)


class RemoteServer(NamedTuple):
    """Another name server: a primary of a zone, or who is told of its changes."""

    host: str  # an address
    port: int
    key: Name | None = None  # signs what is sent there, and what comes from there

    def __str__(self) -> str:
        return f"{self.host}#{self.port}"


class ReservedAddresses(NamedTuple):
    """The addresses that DHCP sets aside, each for one client."""

    addresses: frozenset[bytes]  # 4 or 16 octets, as A and AAAA records hold them
    names: frozenset[Name]  # their reverse names, lower-cased

    def among(self, records: Iterable[Record]) -> list[Record]:
        """Those of the records that hold such an address, or stand at its reverse name."""
        addresses, names = self.addresses, self.names
        return [
            record
            for record in records
            if record.name in names or (record.rtype in _ADDRESS_TYPES and record.rdata in addresses)
        ]


@dataclass(frozen=True, slots=True)
class RecordLifetimes:
    """How long records that updates add may live, in seconds (RFC 9664)."""

    shortest: int = 30
    longest: int = 7 * 86400
    longest_of_keys: int = 14 * 86400  # of KEY records
    of_keys: Mapping[Name, int] = field(default_factory=dict)  # what a TSIG key's updates add lives without being asked


_LIFETIMES: Final = RecordLifetimes()


class AgingIntervals(NamedTuple):
    """How the records of a zone age, in seconds: the words and the meaning are those of Windows DNS."""

    no_refresh: int = 7 * 86400  # since a timestamp was set: a refresh leaves it as it is
    refresh: int = 7 * 86400  # behind that: a refresh sets it; what was not refreshed until then is stale


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """One zone as it is served. Nothing is allowed unless it is said here."""

    name: Name  # lower-cased
    policy: tuple[Rule, ...] = ()  # who may update; the first match decides
    updates: bool = True  # False: every update is refused, whatever the policy
    signed_only: bool = False  # an update that is not signed is refused, whatever the policy
    protect_static: bool = True  # static records change only by rules that cover them by name
    lease_keys: frozenset[Name] = frozenset()  # keys of DHCP servers: what they write is of class lease,
    reserved: ReservedAddresses | None = None  # but for these addresses of class reservation
    transfer_keys: frozenset[Name] = frozenset()  # keys that may transfer the zone
    transfer_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # places that may transfer it without a key
    primaries: tuple[RemoteServer, ...] = ()  # where a secondary zone comes from, in this order; none: it is a primary
    also_notify: tuple[RemoteServer, ...] = ()  # who is told of each change (RFC 1996)
    notify_names: bool = False  # the zone's name servers are told too, as far as their addresses are known here
    forwarding_keys: frozenset[Name] = frozenset()  # keys whose updates of a secondary zone go on to a primary
    forwarding_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # places whose updates do
    lifetimes: RecordLifetimes = _LIFETIMES  # of records that updates add
    aging: AgingIntervals | None = None  # None: no record ages
    roles: tuple[Role, ...] | None = None  # who may change names together; None: names have no owners here
    most_names: int = 0  # that may be owned by one that is no role; 0: any number
    view: str = ""  # that it is in; empty: it is shared by the views
    place: ZonePlace = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", ZonePlace(self.view, self.name))

    @property
    def has_neighbours(self) -> bool:
        """Whether there is another server to talk to about it."""
        return bool(self.primaries or self.also_notify or self.notify_names)
