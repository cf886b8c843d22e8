"""DNS messages: octets to values and back (RFC 1035 section 4, RFC 6891, RFC 8945 section 4.2).

Made several times per packet, so values are NamedTuples and numbers are plain ints. `parse_message` takes a message
whole or raises `Malformed`, which is answered with FORMERR. OPT and TSIG are not left among the records: they are
`edns` and `tsig`.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from tenure.dnswire.edns import Edns, build_opt, parse_opt
from tenure.dnswire.name import MAX_LABEL, MAX_LABELS, MAX_NAME, Name
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.shapes import DECOMPRESSED, NAPTR, NAPTR_NUMBERS, NAPTR_STRINGS, Shape, plain_name_end, strings_end
from tenure.dnswire.writer import HEADER_SIZE, MAX_MESSAGE, Writer
from tenure.octets import Malformed

__all__ = ["AA", "QR", "RA", "RD", "TC", "Message", "Question", "TsigRecord", "build_message", "parse_message"]

QR: Final = 0x8000
AA: Final = 0x0400
TC: Final = 0x0200
RD: Final = 0x0100
RA: Final = 0x0080

_HEADER: Final = Struct("!6H")
_FIXED: Final = Struct("!HHIH")
_TSIG_TIMES: Final = Struct("!HIHH")  # time signed (48 bits), fudge, MAC size
_TSIG_TAIL: Final = Struct("!HHH")  # original ID, error, other length
_OPT: Final = 41
_TSIG: Final = 250
_CLASS_ANY: Final = 255

_Names: TypeAlias = dict[int, Name]  # offset in the message: the name that begins there


class TsigRecord(NamedTuple):
    """A TSIG record (RFC 8945 section 4.2)."""

    name: Name  # of the key, lower-cased
    algorithm: Name  # lower-cased
    time_signed: int  # UTC seconds, 48 bits
    fudge: int  # seconds
    mac: bytes
    original_id: int
    error: int  # a TSIG error, 0 if none
    other: bytes  # the server's time if the error is BADTIME
    offset: int  # where the record begins in the message


class Message(NamedTuple):
    """A message. In an UPDATE questions are the zone, answers the prerequisites, authorities the updates."""

    id: int
    flags: int  # the 16 bits as they stand on the wire
    questions: tuple[Question, ...]
    answers: tuple[RR, ...]
    authorities: tuple[RR, ...]
    additionals: tuple[RR, ...]  # without OPT and TSIG
    edns: Edns | None
    tsig: TsigRecord | None

    @property
    def opcode(self) -> int:
        """0 QUERY, 4 NOTIFY, 5 UPDATE."""
        return self.flags >> 11 & 0xF

    @property
    def rcode(self) -> int:
        """The four bits of the header; the upper eight are `edns.extended_rcode`."""
        return self.flags & 0xF


def parse_message(octets: bytes) -> Message:
    """The message as values. `Malformed` for anything that is not one whole message.

    That is: octets cut off or left over, names or RDATA with names that are none, a second OPT or one outside of the
    additional section, a TSIG anywhere but last in it.
    """
    if len(octets) < HEADER_SIZE:
        raise Malformed("message is shorter than its header", 0)
    message_id, flags, qdcount, ancount, nscount, arcount = _HEADER.unpack_from(octets)
    names: _Names = {}
    offset = HEADER_SIZE
    questions = []
    for _ in range(qdcount):
        question, offset = _parse_question(octets, offset, names)
        questions.append(question)
    answers, offset = _parse_section(octets, offset, ancount, names) if ancount else ((), offset)
    authorities, offset = _parse_section(octets, offset, nscount, names) if nscount else ((), offset)
    additionals: list[RR] = []
    edns = tsig = None
    for left in range(arcount - 1, -1, -1):
        record, end = _parse_record(octets, offset, names)
        if record.rtype == _TSIG:
            if left:
                raise Malformed("TSIG record is not the last one", offset)
            tsig = _parse_tsig(record, offset)
        elif record.rtype == _OPT:
            if edns is not None:
                raise Malformed("there are two OPT records", offset)
            edns = parse_opt(record, offset)
        else:
            additionals.append(record)
        offset = end
    if offset != len(octets):
        raise Malformed("octets are left over behind the message", offset)
    return Message(message_id, flags, tuple(questions), answers, authorities, tuple(additionals), edns, tsig)


def _parse_question(octets: bytes, offset: int, names: _Names) -> tuple[Question, int]:
    name, offset = _parse_name(octets, offset, names)
    if offset + 4 > len(octets):
        raise Malformed("question is cut off", offset)
    rtype = octets[offset] << 8 | octets[offset + 1]
    return Question(name, rtype, octets[offset + 2] << 8 | octets[offset + 3]), offset + 4


def _parse_section(octets: bytes, offset: int, count: int, names: _Names) -> tuple[tuple[RR, ...], int]:
    """The answer or authority section."""
    records = []
    for _ in range(count):
        record, end = _parse_record(octets, offset, names)
        if record.rtype in (_OPT, _TSIG):
            raise Malformed("OPT or TSIG record is outside of the additional section", offset)
        records.append(record)
        offset = end
    return tuple(records), offset


def _parse_record(octets: bytes, offset: int, names: _Names) -> tuple[RR, int]:
    name, offset = _parse_name(octets, offset, names)
    start = offset + 10
    if start > len(octets):
        raise Malformed("record is cut off", offset)
    rtype, rclass, ttl, length = _FIXED.unpack_from(octets, offset)
    end = start + length
    if end > len(octets):
        raise Malformed("RDATA runs past the message", start)
    shape = DECOMPRESSED.get(rtype)
    if rtype == NAPTR and length:
        shape = strings_end(octets, start + NAPTR_NUMBERS, NAPTR_STRINGS, end) - start, 1, 0
    if shape is not None and length:
        return RR(name, rtype, rclass, ttl, _parse_named_rdata(octets, start, end, shape, names)), end
    return RR(name, rtype, rclass, ttl, octets[start:end]), end


def _parse_named_rdata(octets: bytes, offset: int, end: int, shape: Shape, names: _Names) -> bytes:
    """RDATA that holds names, with the names whole."""
    before, count, after = shape
    at = offset + before
    parts = [octets[offset:at]]
    for _ in range(count):
        name, at = _parse_name(octets, at, names)
        parts.append(name)
    if at + after != end:
        raise Malformed("RDATA has another length than its names and numbers", offset)
    parts.append(octets[at:end])
    return b"".join(parts)


def _parse_name(octets: bytes, offset: int, names: _Names, hops: int = 0) -> tuple[Name, int]:
    """What `name.parse_name` gives; but every name that was read is remembered by where it begins.

    Nearly all pointers lead to one of those. It also bounds the work: no tail is ever walked twice.
    """
    at = offset
    try:
        length = octets[at]
        if length >= 0xC0:  # nothing but a pointer, as most names of a message are
            name = names.get((length & 0x3F) << 8 | octets[at + 1])
            if name is not None:
                return name, at + 2
        while 0 < length <= MAX_LABEL:
            at += length + 1
            length = octets[at]
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | octets[at + 1]
            tail = names.get(target)
            if tail is None:
                tail = _parse_tail(octets, target, offset, names, hops)
            name, end = octets[offset:at] + tail, at + 2
        elif length:
            raise Malformed(f"label type {length >> 6:#04b} is not known", at)
        else:
            end = at + 1
            name = octets[offset:end]
    except IndexError:
        raise Malformed("name runs past the end", offset) from None
    if len(name) > MAX_NAME:
        raise Malformed("name is longer than 255 octets", offset)
    names[offset] = name
    return name, end


def _parse_tail(octets: bytes, target: int, limit: int, names: _Names, hops: int) -> Name:
    """The name that a pointer in the name at `limit` leads to."""
    if target >= limit:
        raise Malformed("compression pointer does not point backwards", limit)
    if hops >= MAX_LABELS:
        raise Malformed("name has more compression pointers than labels", limit)
    return _parse_name(octets, target, names, hops + 1)[0]


def _parse_tsig(record: RR, offset: int) -> TsigRecord:
    """RDATA: algorithm | time signed (48) | fudge (16) | MAC size, MAC | original ID | error | other size, other."""
    rdata = record.rdata
    if record.rclass != _CLASS_ANY or record.ttl:
        raise Malformed("TSIG record has a class other than ANY or a TTL", offset)
    at = plain_name_end(rdata, 0, len(rdata))
    if at + 10 > len(rdata):
        raise Malformed("TSIG record is cut off", offset)
    high, low, fudge, size = _TSIG_TIMES.unpack_from(rdata, at)
    mac_at = at + 10
    tail_at = mac_at + size
    if tail_at + 6 > len(rdata):
        raise Malformed("TSIG record is cut off", offset)
    original_id, error, other_size = _TSIG_TAIL.unpack_from(rdata, tail_at)
    if tail_at + 6 + other_size != len(rdata):
        raise Malformed("TSIG record has another length than its other data", offset)
    algorithm = rdata[:at].lower()
    mac = rdata[mac_at:tail_at]
    time_signed = high << 32 | low
    other = rdata[tail_at + 6 :]
    return TsigRecord(record.name.lower(), algorithm, time_signed, fudge, mac, original_id, error, other, offset)


def build_message(
    message_id: int,
    flags: int,
    questions: Sequence[Question],
    answers: Sequence[RR] = (),
    authorities: Sequence[RR] = (),
    additionals: Sequence[RR] = (),
    edns: Edns | None = None,
    max_size: int = MAX_MESSAGE,
    needed_additionals: int = 0,
) -> bytes:
    """The message, with names compressed, in at most `max_size` octets.

    If answers, authorities or the first `needed_additionals` of the additionals (glue, RFC 9471) do not fit, it comes
    with TC set, the question and OPT only: what a requestor must ignore need not be sent (RFC 2181 section 9). Other
    additionals are left out silently, whole RRsets at a time. `max_size` leaves room for a TSIG if one will be added.
    """
    opt = b"" if edns is None else build_opt(edns)
    room = max_size - len(opt)
    writer = Writer()
    for question in questions:
        writer.question(question)
    asked = writer.size
    writer.records(answers)
    writer.records(authorities)
    count = needed_additionals
    if count:
        writer.records(additionals[:count])
    if writer.size > room:
        writer.cut(asked)
        writer.raw(opt)
        return writer.finish(message_id, flags | TC, (len(questions), 0, 0, 1 if opt else 0))
    if additionals:
        count += _write_while_room(writer, additionals[count:], room)
    if opt:
        writer.raw(opt)
        count += 1
    return writer.finish(message_id, flags, (len(questions), len(answers), len(authorities), count))


def _write_while_room(writer: Writer, records: Sequence[RR], room: int) -> int:
    """Write records as far as whole RRsets fit; how many those are."""
    size = writer.size
    whole = 0
    for index, record in enumerate(records):
        if index and record[:3] != records[index - 1][:3]:
            size, whole = writer.size, index
        writer.record(record)
        if writer.size > room:
            writer.cut(size)
            return whole
    return len(records)
