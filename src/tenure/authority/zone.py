"""What a decision sees of a zone, and what it wants changed. Values and one protocol; no rule.

NamedTuples, because one change is built for every update on the hot path.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, TypeAlias

from tenure.authority.owner import NameOwner
from tenure.dnswire.edns import ExtendedError
from tenure.dnswire.name import Name

RRset: TypeAlias = tuple[int, tuple[bytes, ...]]  # TTL in seconds, RDATAs: one TTL for all (RFC 2181 section 5.2)
Node: TypeAlias = Mapping[int, RRset]  # all RRsets of one name by type; empty: the name owns nothing

EMPTY_NODE: Final[Node] = {}


class ZoneUnavailable(Exception):
    """The zone is one of ours, and there is nothing of it that may be served now; `error` says why."""

    def __init__(self, error: ExtendedError) -> None:
        super().__init__(error.text)
        self.error = error


class ZoneView(Protocol):
    """The committed records of one zone, with the changes already decided in the same batch. Failing raises.

    Names are lower-cased. The SOA is not among the RRsets of the apex; it stands alone.
    """

    @property
    def soa(self) -> tuple[int, bytes]:
        """TTL and RDATA of the zone's SOA record."""

    def rrsets_at(self, name: Name) -> Node:
        """The RRsets that the name owns, without the SOA."""

    def has_names_below(self, name: Name) -> bool:
        """Whether any name strictly below owns a record: the name then exists, if only as an empty non-terminal."""


class QueryableView(ZoneView, Protocol):
    """A zone as a server of many questions sees it."""

    def nodes_at(self, names: Collection[Name]) -> Mapping[Name, Node]:
        """What `rrsets_at` gives, of many names together."""

    def names_below(self, names: Sequence[Name]) -> AbstractSet[Name]:
        """Those of many names of which `has_names_below` is true."""

    def nodes_after(self, name: Name | None, most: int) -> Sequence[tuple[Name, Node]]:
        """Some of the next names that own records, and what: parents first, as transfers have them; none: at the end.

        None: from the first one on. There may be fewer than `most` before the end, but not none.
        """


class UpdatableView(ZoneView, Protocol):
    """A zone as a decision about an update sees it."""

    def static_types(self, name: Name) -> AbstractSet[int]:
        """The types of the RRsets at the name in which a record is of class static."""

    def owner_at(self, name: Name) -> NameOwner | None:
        """Who owns the name; None: nobody does, or it has no records."""

    def names_owned_by(self, owner: str) -> int:
        """How many names it owns."""


class RecordClass(StrEnum):
    """Who wrote a record."""

    STATIC = "static"  # a person, in a zone file or by an update that the policy lets write static records
    RESERVATION = "reservation"  # the configuration, for an address that is set aside for one client
    LEASE = "lease"  # a DHCP server, by an update
    FOREIGN = "foreign"  # somebody else, by an update


class Record(NamedTuple):
    """One record of a zone's content; the class is the zone's."""

    name: Name  # lower-cased
    rtype: int
    ttl: int  # seconds
    rdata: bytes


class KeptRecord(NamedTuple):
    """A record with what only the store knows of it."""

    record: Record
    origin: str  # its class, a `RecordClass`
    ends_at: int | None  # it goes by itself then, in UTC seconds
    timestamp: int = 0  # see `aging`


class ZoneChange(NamedTuple):
    """The net difference that one update makes. A changed TTL is a deletion and an addition of the same RDATA."""

    soa_ttl: int
    soa_rdata: bytes  # with the new serial
    deletions: tuple[Record, ...]
    additions: tuple[Record, ...]


class Refusal(NamedTuple):
    """Why a request was not carried out: the code for the peer, the reason for the operator.

    A requestor that can hear it is told the reason too; `more` is for the operator alone: what the zone had.
    """

    rcode: int
    reason: str
    more: str = ""
