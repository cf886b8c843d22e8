"""DNS beside the registrations: two sorted streams go in, differences come out. Pure.

A registration that changed since the reading began is passed over: DNS may have heard of it after it was read. What
nobody claims is ours to take away only with a marker and a witness (invariant 5): the marker proves to the server that
the name belongs to that client, the witness that tenure wrote it for that client.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from ipaddress import ip_address
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple, Protocol, TypeAlias

from tenure.dnswire.codes import RRType, type_to_text
from tenure.dnswire.name import Name, to_text
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import PROVED, UNMARKED, Direction, Part, Registration, State
from tenure.upkeep.finding import Finding, Kind

LEAST_BRAKE: Final = 50  # names
BRAKE_SHARE: Final = 0.05  # of the names of a zone

_A: Final = int(RRType.A)
_AAAA: Final = int(RRType.AAAA)
_CNAME: Final = int(RRType.CNAME)
_PTR: Final = int(RRType.PTR)
_DHCID: Final = int(RRType.DHCID)
LEASE_TYPES: Final = frozenset({_A, _AAAA, _CNAME, _PTR, _DHCID})  # others are mostly known only to be there: type 0
OTHER: Final = 0
TXT: Final = int(RRType.TXT)  # of which only the markers of ISC dhcpd count

# owner name, or address of a reverse name; type; RDATA, names lower-cased; TTL in seconds
Found: TypeAlias = tuple[bytes, int, bytes, int]

_HOLDING: Final = frozenset({State.REGISTERED, State.PENDING, State.REMOVING})
# What a TXT marker may be behind.
_MARKED: Final = frozenset({Reason.NAME_TAKEN, Reason.NAME_STATIC, Reason.CLIENT_WROTE, Reason.MARKER_GONE})
_POLICY: Final = frozenset({Reason.SERVER_REFUSED, Reason.UPDATE_REJECTED, Reason.NO_ZONE})
_NOBODY: Final[Sequence[Registration]] = ()
_NOTHING: Final[Sequence[Found]] = ()


class Place(NamedTuple):
    """One owner: what the registrations want of it, and what stands there."""

    key: bytes  # a name; of the reverse direction an address
    rows: Sequence[Registration]
    records: Sequence[Found]


class Witness(Protocol):
    """What the ledger knows of records that no registration claims."""

    def wrote(self, name: Name, address: bytes | None, dhcid: bytes) -> bytes | None:
        """The address for which tenure wrote the name with this marker; None: nothing shows that it did."""

    def txt_markers(self, address: bytes, dhcid: bytes) -> Collection[bytes]:
        """The TXT markers of ISC dhcpd that the client of this registration may have; none where it is not known."""

    def leases(self, address: bytes) -> bool:
        """Whether it is an address of our pools, or one that a name is registered for."""


class Reading(NamedTuple):
    """How a zone was read."""

    began_at: float  # UTC seconds
    marked: bool = True  # names of leases have a DHCID there (not in `no-check-without-dhcid`)
    insists: bool = False  # what the server refused by its policy is tried again too
    whole: bool = True  # every record at a place is known, and not only those of the types that leases have
    txt_markers: bool = True  # those of ISC dhcpd prove whose a name is
    proved: bool = True  # a name with another client's DHCID is not this one's (only in `check-with-dhcid`)


def key_of_name(row: Registration) -> bytes:
    """By what forward rows are sorted."""
    return row.name


def key_of_address(row: Registration) -> bytes:
    """By what reverse rows are sorted."""
    return row.address


def meet(
    rows: Iterable[Registration], key_of: Callable[[Registration], bytes], records: Iterable[Found]
) -> Iterator[Place]:
    """The places of both streams in their order, each of which is sorted by its key; nothing else is held."""
    wanted, found = groupby(rows, key_of), groupby(records, itemgetter(0))
    left, right = next(wanted, None), next(found, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield Place(left[0], tuple(left[1]), _NOTHING)
            left = next(wanted, None)
        elif left is None or right[0] < left[0]:
            yield Place(right[0], _NOBODY, tuple(right[1]))
            right = next(found, None)
        else:
            yield Place(left[0], tuple(left[1]), tuple(right[1]))
            left, right = next(wanted, None), next(found, None)


def compare(direction: Direction, place: Place, reading: Reading, witness: Witness) -> list[Finding]:
    """How the place differs from what it should be; mostly it does not."""
    return (_forward if direction is Direction.FORWARD else _reverse)(place, reading, witness)


def most_removals(names: int) -> int:
    """How many names one pass may take out of a zone that has so many; one more, and it takes none."""
    return max(LEAST_BRAKE, int(names * BRAKE_SHARE))


def _forward(place: Place, reading: Reading, witness: Witness) -> list[Finding]:
    name, rows, records = place
    addresses = {rdata for _, rtype, rdata, _ in records if rtype in (_A, _AAAA)}
    markers = {rdata for _, rtype, rdata, _ in records if rtype == _DHCID}
    texts = {rdata for _, rtype, rdata, _ in records if rtype == TXT} if reading.txt_markers else set()
    claimed = {row.address for row in rows if _claims(row, row.forward)}
    found: list[Finding] = []
    for row in rows:
        part = row.forward
        if row.cause or part.changed_at >= reading.began_at:
            continue
        stands = row.address in addresses and _is_proof(markers, row, reading)
        if texts and markers <= {row.dhcid} and _may_be_upgraded(row, texts, witness):
            found.append(_of_row(Kind.TXT_MARKER, Direction.FORWARD, row, records)._replace(reverse_too=_waits(row)))
        elif part.state == State.REGISTERED:
            if stands:
                family = _A if len(row.address) == 4 else _AAAA
                sharing = [other for other in rows if len(other.address) == len(row.address)]
                found += _other_ttl(Direction.FORWARD, row, family, row.address, sharing, records)
                continue
            others = {one for one in addresses - claimed if len(one) == len(row.address)}
            contradicted = row.address in addresses or others or markers - {row.dhcid} or _is_alias(records)
            kind = Kind.WRONG if contradicted else Kind.MISSING
            found.append(_of_row(kind, Direction.FORWARD, row, records))
        elif part.state == State.REFUSED and stands:
            found.append(_of_row(Kind.RIGHT, Direction.FORWARD, row, records))
        elif part.state == State.REFUSED and _name_is_free(row, place, markers, addresses, reading):
            found.append(_of_row(Kind.FREE, Direction.FORWARD, row, records)._replace(reverse_too=_waits(row)))
    unclaimed = [
        finding
        for address in sorted(addresses - claimed)
        for finding in _unclaimed(Direction.FORWARD, name, address, markers, records, witness)
    ]
    if (markers or texts) and not any(_holds(row, markers) for row in rows):
        if not addresses:
            is_wanted = any(row.forward.state != State.NONE for row in rows)  # who was refused it says why already
            lone = _lone_marker(name, markers, records, witness)
            return found + [one for one in lone if one.kind is Kind.STALE or not is_wanted]
        if not any(one.kind is Kind.STALE for one in unclaimed):
            return found + (_left_marker(name, markers, records, witness) or unclaimed)
    return found + unclaimed


def _reverse(place: Place, reading: Reading, witness: Witness) -> list[Finding]:
    address, rows, records = place
    pointers = {rdata for _, rtype, rdata, _ in records if rtype == _PTR}
    markers = {rdata for _, rtype, rdata, _ in records if rtype == _DHCID}
    found: list[Finding] = []
    for row in rows:
        part = row.reverse
        if row.cause or part.changed_at >= reading.began_at:
            continue
        # a pointer without a marker is a person's, and may be right
        marked = _is_marked(row, reading)
        stands = row.name in pointers and (not marked or not markers or markers == {row.dhcid})
        if part.state == State.REGISTERED:
            if stands:
                if markers or not marked:  # else it is a person's
                    found += _other_ttl(Direction.REVERSE, row, _PTR, row.name, rows, records)
                continue
            kind = Kind.WRONG if pointers or _is_alias(records) else Kind.MISSING
            found.append(_of_row(kind, Direction.REVERSE, row, records))
        elif part.state == State.REFUSED and stands and row.forward.state != State.REFUSED:
            found.append(_of_row(Kind.RIGHT, Direction.REVERSE, row, records))
        elif part.state == State.REFUSED and _pointer_is_free(part, row.name, pointers, markers, reading):
            found.append(_of_row(Kind.FREE, Direction.REVERSE, row, records))
    claiming = [row for row in rows if _claims(row, row.reverse)]
    ours = {row.dhcid for row in claiming}
    for pointer in sorted(pointers - {row.name for row in claiming}):
        # beside a marker of ours it is a person's: to take it away by that marker would take ours
        found += _unclaimed(Direction.REVERSE, pointer, address, markers - ours, records, witness)
    return found


def _is_proof(markers: set[bytes], row: Registration, reading: Reading) -> bool:
    """Whether these are the markers of a name that the row has.

    In the modes in which a marker proves nothing, that of whoever wrote last does: two leases of one family each share
    the name, and would else write it in turns.
    """
    if not _is_marked(row, reading) or markers == {row.dhcid}:
        return True
    is_proved = reading.proved if row.conflict_mode is None else row.conflict_mode == PROVED
    return bool(markers) and not is_proved


def _is_marked(row: Registration, reading: Reading) -> bool:
    """Whether a DHCID belongs to the row's records."""
    return reading.marked if row.conflict_mode is None else row.conflict_mode != UNMARKED


def _other_ttl(
    direction: Direction,
    row: Registration,
    rtype: int,
    rdata: bytes,
    sharing: Sequence[Registration],
    records: Sequence[Found],
) -> list[Finding]:
    """A record that stands as it should, but for its TTL.

    The records of an RRset have one TTL (RFC 2181 section 5.2), which is right if it is that of any of its rows.
    """
    ttl = next(ttl for _, there, value, ttl in records if (there, value) == (rtype, rdata))
    if any(ttl == other.ttl for other in sharing):
        return []
    finding = _of_row(Kind.TTL, direction, row, records)
    return [finding._replace(there=f"{finding.there} with the TTL {ttl} in the place of {row.ttl}")]


def _may_be_upgraded(row: Registration, texts: set[bytes], witness: Witness) -> bool:
    """Whether dhcpd's marker of the client of a row, that has the name or was refused it, stands there."""
    part = row.forward
    if part.state != State.REGISTERED and not (part.state == State.REFUSED and part.reason in _MARKED):
        return False
    return not texts.isdisjoint(witness.txt_markers(row.address, row.dhcid))


def _waits(row: Registration) -> bool:
    """Whether the reverse record was refused with the forward one, and is tried again with it."""
    return row.reverse.state == State.REFUSED and row.reverse.reason == Reason.FORWARD_REFUSED


def _claims(row: Registration, part: Part) -> bool:
    """Whether the row is about this direction; one on its way out may be about the other one only."""
    return not row.cause or part.state != State.NONE


def _name_is_free(
    row: Registration, place: Place, markers: set[bytes], addresses: set[bytes], reading: Reading
) -> bool:
    """Whether what stood in the way of a refused forward record does so no more."""
    reason = row.forward.reason
    if reason == Reason.NAME_LOCKED:
        return False
    if reason in NAME_REFUSALS:
        if any(other.dhcid != row.dhcid and other.forward.state in _HOLDING for other in place.rows):
            return False
        return markers == {row.dhcid} or (reading.whole and not place.records)
    if reason == Reason.CLIENT_WROTE:
        return row.address not in addresses
    if reason == Reason.MARKER_GONE:
        return row.address not in addresses or markers == {row.dhcid}
    return reason == Reason.NO_ZONE or (reading.insists and reason in _POLICY)


def _pointer_is_free(part: Part, name: Name, pointers: set[bytes], markers: set[bytes], reading: Reading) -> bool:
    if part.reason == Reason.POINTER_TAKEN:
        return bool(markers) or pointers <= {name}
    return part.reason == Reason.NO_ZONE or (reading.insists and part.reason in _POLICY)


def _unclaimed(
    direction: Direction,
    name: Name,
    address: bytes,
    markers: set[bytes],
    records: Sequence[Found],
    witness: Witness,
) -> list[Finding]:
    """An address of a name, or a pointer of an address, that no registration knows of."""
    there = _words(records, b"")
    if len(markers) == 1:
        (marker,) = markers
        if witness.wrote(name, address, marker) is not None:
            return [Finding(Kind.STALE, direction, name, address, marker, 0, "", there)]
    if not witness.leases(address):
        return []
    kind = Kind.ORPHANED if markers or any(rtype == TXT for _, rtype, _, _ in records) else Kind.FOREIGN
    return [Finding(kind, direction, name, address, min(markers, default=b""), 0, "", there)]


def _holds(row: Registration, markers: set[bytes]) -> bool:
    """Whether the row is about what stands at its name, or may be: one that is refused is not, unless by its proof."""
    return row.forward.state in _HOLDING or (row.forward.state != State.NONE and row.dhcid in markers)


def _left_marker(name: Name, markers: set[bytes], records: Sequence[Found], witness: Witness) -> list[Finding]:
    """A marker of ours beside addresses of others, which the removal of our own had to leave (RFC 4703 section 5.5)."""
    if len(markers) != 1:
        return []
    (marker,) = markers
    if witness.wrote(name, None, marker) is None:
        return []
    return [Finding(Kind.LEFT_MARKER, Direction.FORWARD, name, None, marker, 0, "", _words(records, b""))]


def _lone_marker(name: Name, markers: set[bytes], records: Sequence[Found], witness: Witness) -> list[Finding]:
    """A marker without any address, as is left where a removal was not finished."""
    marker = min(markers, default=b"")
    address = witness.wrote(name, None, marker) if len(markers) == 1 else None
    kind = Kind.ORPHANED if address is None else Kind.STALE
    return [Finding(kind, Direction.FORWARD, name, address, marker, 0, "", _words(records, b""))]


def _of_row(kind: Kind, direction: Direction, row: Registration, records: Sequence[Found]) -> Finding:
    there = _words(records, row.dhcid)
    return Finding(kind, direction, row.name, row.address, row.dhcid, row.generation, row.correlation, there)


def _is_alias(records: Sequence[Found]) -> bool:
    return any(rtype == _CNAME for _, rtype, _, _ in records)


def _words(records: Sequence[Found], ours: bytes) -> str:
    """What stands at a place, for people; other types than leases have are only counted."""
    words = []
    for _, rtype, rdata, _ in records:
        if rtype in (_A, _AAAA):
            words.append(f"{type_to_text(rtype)} {ip_address(rdata)}")
        elif rtype in (_PTR, _CNAME):
            words.append(f"{type_to_text(rtype)} {to_text(rdata)}")
        elif rtype == _DHCID:
            words.append("its DHCID" if rdata == ours else "another client's DHCID" if ours else "a DHCID")
        elif rtype == TXT:
            words.append("a TXT marker of ISC dhcpd")
    if others := sum(rtype == OTHER for _, rtype, _, _ in records):
        words.append(f"{others} of other types")
    return ", ".join(words)
