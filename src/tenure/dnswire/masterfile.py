"""Master files (RFC 1035 section 5), read line by line: every record with its place, and every line that cannot be one.

With $ORIGIN, $INCLUDE, $TTL (RFC 2308 section 4) and BIND's $GENERATE. What is wrong with one line does not stop the
reading of the next. RDATA of the plainest types is read here, because large zones are made of them; any other by
dnspython. What the records mean together is not judged here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple, TypeAlias

from tenure.dnswire.codes import META_TYPES, RRType, type_from_text
from tenure.dnswire.generate import generate
from tenure.dnswire.logical_lines import LogicalLine, logical_lines
from tenure.dnswire.name import MAX_NAME, Name, from_text, is_within, to_text
from tenure.dnswire.zonefile import rdata_from_text

MOST_TTL: Final = 2**31 - 1
MOST_RDATA: Final = 65535
MOST_INCLUDES: Final = 16  # files within files

_SOA: Final = int(RRType.SOA)
_A: Final = int(RRType.A)
_AAAA: Final = int(RRType.AAAA)
_ONE_NAME: Final = frozenset(map(int, (RRType.NS, RRType.CNAME, RRType.PTR, RRType.DNAME)))
# NID, L64 (RFC 6742): four groups, which BIND writes without leading zeros.
_NODE_IDENTIFIERS: Final = frozenset({104, 106})
_SHORT_GROUP: Final = re.compile(r"(?<=:)[0-9A-Fa-f]{1,3}\b|\b[0-9A-Fa-f]{1,3}(?=:)")
_TTL: Final = re.compile(r"\d+|(?:\d+[wdhms])+", re.IGNORECASE)
_UNIT: Final = re.compile(r"(\d+)([wdhms])", re.IGNORECASE)
_UNITS: Final = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_CLASSES: Final = {"IN": 1, "CH": 3, "HS": 4, "CS": 2}
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+").fullmatch


class Place(NamedTuple):
    """Where something stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Found(NamedTuple):
    """One record of class IN, whose owner is lower-cased and within the zone."""

    name: Name
    rtype: int
    ttl: int  # seconds
    rdata: bytes
    place: Place


class Fault(NamedTuple):
    """A line that is not taken, and why."""

    place: Place
    reason: str


Include: TypeAlias = Callable[[str, str], tuple[str, Iterable[str]]]
"""Opens a file that another one names: (its name as written, the file that names it) to (name, lines); `ValueError`."""


class MasterFileReader:
    """Reads one zone. `zone` is known once a record was read; without one, the first record says it.

    That is the owner of an SOA record, else the $ORIGIN in force there.
    """

    def __init__(self, zone: Name | None, include: Include) -> None:
        self.zone = zone.lower() if zone is not None else None
        self._include = include
        self._origin = zone
        self._owner: Name | None = None
        self._default_ttl: int | None = None  # of $TTL
        self._last_ttl: int | None = None  # that a record had
        self._negative_ttl: int | None = None  # of the SOA
        self._types: dict[str, int] = {}

    def read(self, file: str, lines: Iterable[str], depth: int = 0) -> Iterator[Found | Fault]:
        """The records and faults of a file and of those that it includes, in their order."""
        for line in logical_lines(lines):
            place = Place(file, line.number)
            if line.fault:
                yield Fault(place, line.fault)
                continue
            try:
                if line.text.startswith("$"):
                    yield from self._directive(line.text, place, depth)
                else:
                    yield self._record(line, place)
            except ValueError as error:
                yield Fault(place, str(error) or "it cannot be read")

    def _directive(self, text: str, place: Place, depth: int) -> Iterator[Found | Fault]:
        word, *rest = text.split()
        match word.upper():
            case "$ORIGIN" if len(rest) == 1:
                self._origin = self._name(rest[0])
            case "$TTL" if len(rest) == 1:
                self._default_ttl = _ttl(rest[0])
            case "$INCLUDE" if rest and len(rest) <= 2:
                yield from self._included(rest, place, depth)
            case "$GENERATE" if len(rest) >= 4:
                yield from self._generated(text.split(None, 3), place)
            case "$ORIGIN" | "$TTL" | "$INCLUDE" | "$GENERATE":
                raise ValueError(f"{word} has not the words that it needs")
            case _:
                raise ValueError(f"{word} is no directive that is known")

    def _included(self, words: list[str], place: Place, depth: int) -> Iterator[Found | Fault]:
        if depth >= MOST_INCLUDES:
            raise ValueError(f"more than {MOST_INCLUDES} files are within one another")
        origin, owner = self._origin, self._owner
        inner = self._name(words[1]) if len(words) == 2 else origin
        name, lines = self._include(words[0].strip('"'), place.file)
        self._origin = inner
        yield from self.read(name, lines, depth + 1)
        self._origin, self._owner = origin, owner

    def _generated(self, words: list[str], place: Place) -> Iterator[Found | Fault]:
        """The records up to the first that cannot be one: with the numbers, the faults could go on without end."""
        for owner, rest in generate(words[1], words[2], words[3]):
            try:
                yield self._record(LogicalLine(place.line, f"{owner} {rest}", False), place)
            except ValueError as error:
                yield Fault(place, f"{owner}: {error}; nothing behind it is generated")
                return

    def _record(self, line: LogicalLine, place: Place) -> Found:
        owner, rest = self._take_owner(line)
        ttl: int | None = None
        seen_class = False
        while True:
            word, _, rest = rest.partition(" ")
            rest = rest.lstrip()
            if not word:
                raise ValueError("the record has no type")
            if ttl is None and word[0].isdigit() and _TTL.fullmatch(word):
                ttl = _ttl(word)
            elif not seen_class and (rclass := _class_number(word)) is not None:
                if rclass != 1:
                    raise ValueError(f"class {word} is not served; only IN is")
                seen_class = True
            else:
                break
        rtype = self._type(word)
        if self._origin is None and rtype == _SOA:
            self._origin = owner
        rdata = self._rdata(rtype, rest)
        ttl = self._settle_ttl(rtype, ttl, rdata)
        return Found(self._settle_zone(owner, rtype), rtype, ttl, rdata, place)

    def _take_owner(self, line: LogicalLine) -> tuple[Name, str]:
        if line.continues:
            if self._owner is None:
                raise ValueError("no owner stands before this line")
            return self._owner, line.text
        word, _, rest = line.text.partition(" ")
        self._owner = owner = self._name(word).lower()
        return owner, rest.lstrip()

    def _settle_ttl(self, rtype: int, ttl: int | None, rdata: bytes) -> int:
        if rtype == _SOA:
            self._negative_ttl = min(int.from_bytes(rdata[-4:], "big"), MOST_TTL)
        if ttl is not None:
            self._last_ttl = ttl
            return ttl
        for known in (self._default_ttl, self._last_ttl, self._negative_ttl):
            if known is not None:
                return known
        raise ValueError("the record has no TTL, and there is no $TTL before it")

    def _settle_zone(self, owner: Name, rtype: int) -> Name:
        if self.zone is None:
            if rtype != _SOA and self._origin is None:
                raise ValueError("which zone this is cannot be seen: begin with $ORIGIN or the SOA, or name the zone")
            assert self._origin is not None
            self.zone = owner if rtype == _SOA else self._origin.lower()
        if not is_within(owner, self.zone):
            raise ValueError(f"{to_text(owner)} is outside of {to_text(self.zone)}")
        if rtype == _SOA and owner != self.zone:
            raise ValueError(f"an SOA record stands at the apex of the zone only, which is {to_text(self.zone)}")
        return owner

    def _type(self, word: str) -> int:
        rtype = self._types.get(word)
        if rtype is None:
            try:
                rtype = type_from_text(word)
            except ValueError:
                raise ValueError(f"{word!r} is no type, class or TTL") from None
            if rtype in META_TYPES or rtype == 0:
                raise ValueError(f"{word} records exist in messages only")
            self._types[word] = rtype
        return rtype

    def _rdata(self, rtype: int, text: str) -> bytes:
        text = text.rstrip()
        if rtype in _ONE_NAME and " " not in text and text and text[0] != "\\":
            return self._name(text)
        if rtype in (_A, _AAAA) and not ("\\" in text or "%" in text):
            return (IPv4Address(text) if rtype == _A else IPv6Address(text)).packed
        if rtype in _NODE_IDENTIFIERS:
            text = _SHORT_GROUP.sub(lambda group: group[0].rjust(4, "0"), text)
        rdata = rdata_from_text(rtype, text, self._origin or b"\0")
        if len(rdata) > MOST_RDATA:
            raise ValueError(f"RDATA has {len(rdata)} octets; at most {MOST_RDATA} can be")
        return rdata

    def _name(self, text: str) -> Name:
        if text == "@":
            return self._needed_origin()
        if _PLAIN(text) and len(text) < 64:
            name = bytes((len(text),)) + text.encode() + self._needed_origin()
        elif _is_absolute(text):
            return from_text(text)
        else:
            name = from_text(text + ".")[:-1] + self._needed_origin()
        if len(name) > MAX_NAME:
            raise ValueError("a name has at most 255 octets")
        return name

    def _needed_origin(self) -> Name:
        if self._origin is None:
            raise ValueError("a relative name, and no $ORIGIN before it; name the zone")
        return self._origin


def _is_absolute(text: str) -> bool:
    """Whether it ends in a dot that is not escaped."""
    stem = text[:-1]
    return text.endswith(".") and (len(stem) - len(stem.rstrip("\\"))) % 2 == 0


def _ttl(text: str) -> int:
    if not _TTL.fullmatch(text):
        raise ValueError(f"{text!r} is no TTL; write seconds, or 1h30m")
    ttl = (
        int(text) if text.isdigit() else sum(int(number) * _UNITS[unit.lower()] for number, unit in _UNIT.findall(text))
    )
    if ttl > MOST_TTL:
        raise ValueError(f"a TTL is at most {MOST_TTL} (RFC 2181 section 8)")
    return ttl


def _class_number(word: str) -> int | None:
    upper = word.upper()
    if upper in _CLASSES:
        return _CLASSES[upper]
    digits = upper.removeprefix("CLASS")
    return int(digits) if digits != upper and digits.isdecimal() and len(digits) < 6 else None
