"""What the cache of replies keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tenure.authority.plain import PlainKind
from tenure.serving.dns.reads import KeptZone, Read, SoaFrame
from tenure.serving.dns.tallies import Tally


class Ready:
    """A reply that is kept. Compiled, an object costs what a tuple costs, and can be written to."""

    __slots__ = ("is_asked", "octets", "tally")

    def __init__(self, octets: bytes, tally: Tally) -> None:
        self.octets = octets  # without the id
        self.tally = tally  # what counts it
        self.is_asked = True  # somebody got it since the last look (`QueryCache.take_asked`)


class Frame(NamedTuple):
    """A reply without the serial in it, and what it rests on."""

    before: bytes
    after: bytes
    zone: KeptZone
    soa: SoaFrame
    tally: Tally


class KnownKind:
    """A kind of plain questions (`authority.plain`), what its replies rest on, and what counts them."""

    def __init__(self, kind: PlainKind, zone: KeptZone, reads: Sequence[Read], missing_reads: Sequence[Read]) -> None:
        self.kind = kind
        self.zone = zone
        self.reads = tuple(reads)
        self.missing_reads = tuple(missing_reads)  # of those, besides, that say that a name does not exist
        self.tallies: dict[int, Tally] = {}  # by RCODE


class Shelf:
    """The replies to one kind of queries, by the octets of the query without the id; the reply's are left off too."""

    def __init__(self) -> None:
        self.ready: dict[bytes, Ready] = {}
        self.frames: dict[bytes, Frame] = {}

    def clear(self) -> None:
        """Forgets everything."""
        self.ready.clear()
        self.frames.clear()
