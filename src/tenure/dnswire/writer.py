"""Writing a message record by record, with name compression (RFC 1035 section 4.1.4).

Owner names are compressed, and names in the RDATA of the RFC 1035 types. Only octets that are equal, case included, are
replaced by a pointer, so that the case of every name survives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final

from tenure.dnswire.codes import RRClass
from tenure.dnswire.name import Name
from tenure.dnswire.rr import RR, Fields, Question
from tenure.dnswire.shapes import COMPRESSED, Shape

MAX_MESSAGE: Final = 65535
HEADER_SIZE: Final = 12

_HEADER: Final = Struct("!6H")
_FIXED: Final = Struct("!HHIH")  # type, class, TTL, RDLENGTH
_HEAD: Final = Struct("!HHI")  # the same without RDLENGTH
_LAST_TARGET: Final = 0x3FFF
_IN: Final = int(RRClass.IN)


class Writer:
    """A message in the making. What was written stays; `cut` takes back the end of it."""

    __slots__ = ("_octets", "_targets")

    def __init__(self) -> None:
        self._octets = bytearray(HEADER_SIZE)
        self._targets: dict[Name, bytes] = {}  # a name that was written: the pointer to it

    @property
    def size(self) -> int:
        """Octets so far, the header included."""
        return len(self._octets)

    def question(self, question: Question) -> None:
        """Write an entry of the question (zone) section."""
        self._name(question.name)
        self._octets += question.rtype.to_bytes(2, "big") + question.rclass.to_bytes(2, "big")

    def record(self, record: RR) -> None:
        """Write a record of any other section."""
        name, rtype, rclass, ttl, rdata = record
        self.put(name, rtype, rclass, ttl, rdata)

    def put(self, name: Name, rtype: int, rclass: int, ttl: int, rdata: bytes) -> None:
        """Write a record by its parts: who writes hundreds makes no value of each."""
        octets = self._octets
        pointer = self._targets.get(name)
        if pointer is None:
            self._name(name)
        else:
            octets += pointer
        shape = COMPRESSED.get(rtype) if rdata else None
        if shape is None:
            octets += _FIXED.pack(rtype, rclass, ttl, len(rdata)) + rdata
        else:
            octets += _FIXED.pack(rtype, rclass, ttl, 0)
            self._named_rdata(rdata, shape)

    def records(self, records: Iterable[RR]) -> None:
        """Write several records."""
        for record in records:
            self.record(record)

    def fill(self, records: Iterator[Fields], room: int) -> tuple[int, Fields | None]:
        """Write records of class IN until the message has `room` octets; how many, and the one that went past that.

        Of an empty message the first record is written however large it is. Made for whole zones: most names are one
        label before a name that was written, and records of one name follow one another.
        """
        octets, targets = self._octets, self._targets
        heads: dict[tuple[int, int], bytes] = {}
        start, count = len(octets), 0
        for record in records:
            name, rtype, ttl, rdata = record
            size = len(rdata)
            at = len(octets)
            if at + size > room and at > start:
                return count, record
            count += 1
            owner = targets.get(name)
            if owner is None:
                label = name[0] + 1
                above = targets.get(name[label:])
                if above is None or at > _LAST_TARGET:
                    self._name(name)
                    owner = b""
                else:
                    targets[name] = (0xC000 | at).to_bytes(2, "big")
                    owner = name[:label] + above
            if rtype in COMPRESSED and rdata:
                octets += owner + _FIXED.pack(rtype, _IN, ttl, 0)
                self._named_rdata(rdata, COMPRESSED[rtype])
                continue
            head = heads.get((rtype, ttl))
            if head is None:
                head = heads[rtype, ttl] = _HEAD.pack(rtype, _IN, ttl)
            octets += owner + head + size.to_bytes(2, "big") + rdata
        return count, None

    def raw(self, octets: bytes) -> None:
        """Append octets as they are: a record that has no name to compress, such as OPT."""
        self._octets += octets

    def cut(self, size: int) -> None:
        """Take back all that was written past `size`."""
        del self._octets[size:]
        end = 0xC000 + size
        self._targets = {n: p for n, p in self._targets.items() if int.from_bytes(p, "big") < end}

    def finish(self, message_id: int, flags: int, counts: tuple[int, int, int, int]) -> bytes:
        """The message with this header; counts of question, answer, authority and additional section."""
        _HEADER.pack_into(self._octets, 0, message_id, flags, *counts)
        return bytes(self._octets)

    def _name(self, name: Name) -> None:
        octets = self._octets
        targets = self._targets
        start = len(octets)
        at = 0
        while length := name[at]:
            suffix = name[at:]
            pointer = targets.get(suffix)
            if pointer is not None:
                octets += name[:at] + pointer
                return
            if start + at <= _LAST_TARGET:
                targets[suffix] = (0xC000 | start + at).to_bytes(2, "big")
            at += length + 1
        octets += name

    def _named_rdata(self, rdata: bytes, shape: Shape) -> None:
        """RDATA with its names compressed; RDLENGTH, already written as 0, is then filled in."""
        octets = self._octets
        start = len(octets)
        at, names, _ = shape
        octets += rdata[:at]
        for _ in range(names):
            end = at
            while length := rdata[end]:
                end += length + 1
            end += 1
            self._name(rdata[at:end])
            at = end
        octets += rdata[at:]
        octets[start - 2 : start] = (len(octets) - start).to_bytes(2, "big")
