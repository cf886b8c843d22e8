"""What a comparison of DNS with the registrations comes to: values, and their words for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.naming.registration import Direction


class Kind(StrEnum):
    """How DNS and the registrations differ at one name or address."""

    MISSING = "missing"
    WRONG = "wrong"
    TTL = "ttl"
    TXT_MARKER = "txt-marker"
    FREE = "free"
    RIGHT = "right"
    STALE = "stale"
    LEFT_MARKER = "left-marker"
    ORPHANED = "orphaned"
    FOREIGN = "foreign"


KIND_WORDS: Final[dict[Kind, str]] = {
    Kind.MISSING: "registered, and not in DNS any more: it is written again",
    Kind.WRONG: "registered, and something else stands in DNS: it is written again as far as the name is ours",
    Kind.TTL: "registered, and in DNS with another TTL: it is written again",
    Kind.TXT_MARKER: "the client's TXT marker of ISC dhcpd stands at its name: it becomes a DHCID",
    Kind.FREE: "refused once, and what stood in the way is gone: it is tried again",
    Kind.RIGHT: "refused once, and DNS holds it all the same: it counts as registered",
    Kind.STALE: "tenure wrote it, and no lease wants it any longer: it is taken away",
    Kind.LEFT_MARKER: "tenure's marker of a client without a lease stays beside an address that is not tenure's, and "
    "keeps the name for that client: delete the DHCID, or that address",
    Kind.ORPHANED: "a client's marker stands there, and nothing shows that tenure wrote it: it is left alone",
    Kind.FOREIGN: "somebody else wrote it, without a marker: it is left alone",
}
WRITES_AGAIN: Final = frozenset({Kind.MISSING, Kind.WRONG, Kind.TTL, Kind.TXT_MARKER, Kind.FREE})


def is_clean(counts: Mapping[Kind, int]) -> bool:
    """Whether nothing of ours is otherwise than it should be."""
    return not any(counts.get(kind) for kind in (*WRITES_AGAIN, Kind.STALE))


class Finding(NamedTuple):
    """One difference. What DNS holds there is told in words, because people decide about it."""

    kind: Kind
    direction: Direction
    name: Name
    address: bytes | None  # None: only a marker stands at the name
    dhcid: bytes  # of the registration, or the marker that stands there; empty: there is none
    generation: int  # of the registration; 0: there is none
    correlation: str
    there: str  # `A 10.1.0.9, another client's DHCID`; empty: nothing
    reverse_too: bool = False  # the reverse record was refused with the forward one, and is tried again with it


class Source(StrEnum):
    """What became of reading one zone. Only the first four say what is in it, and only those lead to repairs."""

    TRANSFER = "transfer"  # all of it, by AXFR
    DIFFERENCES = "differences"  # what changed since it was last read, by IXFR and questions
    QUERIES = "queries"  # the names that are registered, because the server gives no transfer
    EMPTY = "empty"  # all of it, and there are none but the records of the apex
    UNCHANGED = "unchanged"  # it has the serial that it had when it was last read
    UNREACHABLE = "unreachable"
    TRUNCATED = "truncated"  # the transfer broke off, or could not be believed


READ: Final = frozenset({Source.TRANSFER, Source.DIFFERENCES, Source.QUERIES, Source.EMPTY})


class ZoneResult(NamedTuple):
    """What reconciling one zone came to."""

    zone: Name
    direction: Direction
    source: Source
    server: str  # which server was read; empty: none
    serial: int | None
    read_at: float  # UTC seconds: what DNS said from then on was seen
    names: int  # owner names in the zone with records of the kinds that leases have
    registered: int  # registrations that should be in it
    counts: Mapping[Kind, int]
    repaired: int  # written again, or taken away, by the updater's next messages
    stopped: str  # why stale records were left where they are; empty: none were
    trouble: str  # why it was not read, in words
    whole_because: str = ""  # why it was read as a whole where what changed was asked for
