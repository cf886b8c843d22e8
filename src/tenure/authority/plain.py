"""Plain questions: so many differ in nothing but their first label that what their replies share is made once.

A plain question asks for a type whose records bring nothing else into the reply, about a name right below another one,
without EDNS options or signature. To all that are asked below one name in one way (`PlainKind`) the reply is the same
but for the id, the first label and the records. Its header, its OPT record and the SOA of its denials are taken from
replies that `build_reply` made, what stands above its name from `look_up`; here they are put together.

Where anything else is to be said (an alias, a delegation, a wildcard, a reply that must be cut), nothing is said here,
and the question goes the way of all others (`respond`).
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from tenure.authority.answer import negative_soa
from tenure.authority.lookup import STAR, Found, look_up
from tenure.authority.request import Request, build_reply, read_request, reply_room
from tenure.authority.views import View
from tenure.authority.zone import Node
from tenure.authority.zones import ServedZone, find_zone
from tenure.dnswire.codes import Opcode, Rcode, RRClass, RRType
from tenure.dnswire.edns import OPT_SIZE
from tenure.dnswire.message import TC, Question
from tenure.dnswire.name import MAX_LABEL, MAX_NAME, Name, parent
from tenure.dnswire.writer import HEADER_SIZE

_NS: Final = int(RRType.NS)
_CNAME: Final = int(RRType.CNAME)
_PTR: Final = int(RRType.PTR)
_DNAME: Final = int(RRType.DNAME)
# Their RDATA is sent as it is kept, a PTR's unless it could be compressed; and nothing rides along with them.
_TYPES: Final = frozenset(
    map(int, (RRType.A, RRType.AAAA, RRType.PTR, RRType.TXT, RRType.DHCID, RRType.SSHFP, RRType.TLSA))
)

_ALONE: Final = b"\0\1\0\0\0\0\0\0"  # counts of the four sections: a question
_WITH_OPT: Final = b"\0\1\0\0\0\0\0\1"
_ID: Final = 2  # octets of a message's id
_TYPE_AND_CLASS: Final = 4  # octets of a question behind its name
_SERIAL_AT: Final = 20  # octets before the end of an SOA record
_RECORD: Final = Struct("!HHHIH")  # pointer to the owner, type, class, TTL, length of the RDATA
_TYPE_AT: Final = 2
_LENGTH_AT: Final = 10
_OWNER: Final = 0xC000 | HEADER_SIZE  # the name that was asked for
_IN: Final = int(RRClass.IN)

Soa = tuple[int, bytes]  # TTL, RDATA


def plain_key(query: bytes) -> bytes:
    """What the query has in common with the others of its kind: all but id and first label, the name in lower case.

    Empty for what does not look like a plain question. That it looks so proves nothing: it has to be a kind's key.
    """
    counts = query[4:HEADER_SIZE]
    if counts == _ALONE:
        end = len(query) - _TYPE_AND_CLASS
    elif counts == _WITH_OPT:
        end = len(query) - _TYPE_AND_CLASS - OPT_SIZE
    else:
        return b""
    if end <= HEADER_SIZE:
        return b""
    label = query[HEADER_SIZE]
    behind = HEADER_SIZE + 1 + label
    if not 0 < label <= MAX_LABEL or behind >= end:
        return b""
    return query[2:HEADER_SIZE] + query[behind:end].lower() + query[end:]


class Denial(NamedTuple):
    """A reply that has the SOA and no answer, without its id, in two parts between which the serial stands."""

    before: bytes
    after: bytes


class _Frame(NamedTuple):
    """What the denials of names of one length have in common."""

    head: bytes  # without the id; empty: such denials must be cut
    before: bytes  # what stands between question and serial
    after: bytes


_CUT: Final = _Frame(b"", b"", b"")


class PlainKind:
    """Plain questions of one kind, to be kept as long as what was read of the zone for it does not change."""

    def __init__(self, request: Request, above: Name, zone: ServedZone, view: View) -> None:
        question = request.message.questions[0]
        self.above = above  # what the names asked for stand right below, lower-cased
        self.rtype = question.rtype
        self.zone = zone
        self.view = view
        self._request = request
        self._top = _top_label(above)
        self._room = reply_room(request)
        frame = build_reply(request, Rcode.NOERROR, 0.0, authoritative=True)
        self._flags_and_asked = frame[2:6]
        self._others = frame[8:HEADER_SIZE]  # counts of the last two sections
        self._head_of_one = self._head(1)
        self._opt = frame[HEADER_SIZE + len(question.name) + _TYPE_AND_CLASS :]
        self._denials: dict[tuple[int, int], _Frame] = {}  # by RCODE and length of the label
        self._soa: Soa = (0, b"")  # that of the denials
        self.says_missing = False  # nothing but the records of a name, and of names below it, tells whether it exists

    def name_in(self, query: bytes) -> Name | None:
        """The name that a query of this kind asks for, lower-cased; None: it is another zone's, or too long."""
        name = query[HEADER_SIZE : HEADER_SIZE + 1 + query[HEADER_SIZE]].lower() + self.above
        return None if len(name) > MAX_NAME or name in self.view.zones else name

    def look_for_wildcard(self) -> None:
        """Finds out whether names that own nothing, and have nothing below, do not exist (RFC 4592 section 3.3.1)."""
        view, above = self.zone.view, self.above
        wildcard = STAR + above
        exists = above == self.zone.name or bool(view.rrsets_at(above)) or view.has_names_below(above)
        self.says_missing = (
            exists and len(wildcard) <= MAX_NAME and not view.rrsets_at(wildcard) and not view.has_names_below(wildcard)
        )

    def answer(self, query: bytes, records: bytes) -> bytes:
        """The reply without its id, with what is asked for of the name's `wire_records`; empty: respond otherwise."""
        found = b""
        number = at = 0
        while at < len(records):
            rtype = records[at + _TYPE_AT] << 8 | records[at + _TYPE_AT + 1]
            end = at + _RECORD.size + (records[at + _LENGTH_AT] << 8 | records[at + _LENGTH_AT + 1])
            if rtype in {_NS, _CNAME}:
                return b""
            if rtype == self.rtype:
                found += records[at:end]
                number += 1
            at = end
        if not number or (self.rtype == _PTR and (number > 1 or found.lower().endswith(self._top))):
            return b""  # part of it may have been written before
        end = HEADER_SIZE + 1 + query[HEADER_SIZE] + len(self.above) + _TYPE_AND_CLASS
        head = self._head_of_one if number == 1 else self._head(number)
        reply = head + query[HEADER_SIZE:end] + found + self._opt
        return reply if len(reply) + _ID <= self._room else b""

    def _head(self, found: int) -> bytes:
        """The header of a reply with so many records, without its id."""
        return self._flags_and_asked + found.to_bytes(2, "big") + self._others

    def deny(self, query: bytes, node: Node, soa: Soa) -> Denial | None:
        """The reply that the name, which owns the node, has no such records; None: respond otherwise.

        An empty node is that of a name with nothing below it, where `says_missing`.
        """
        if self.rtype in node or _NS in node or _CNAME in node:
            return None
        if soa != self._soa:
            if soa[0] != self._soa[0] or _without_serial(soa) != _without_serial(self._soa):
                self._denials.clear()
            self._soa = soa
        label = query[HEADER_SIZE]
        behind = HEADER_SIZE + 1 + label
        end = behind + len(self.above)
        if query[behind:end] != self.above or query[HEADER_SIZE:end] in soa[1]:
            return None  # in other letters it is not what the SOA's owner is compressed to; or all of it could be
        rcode = int(Rcode.NOERROR if node else Rcode.NXDOMAIN)
        frame = self._denials.get((rcode, label))
        if frame is None:
            frame = self._denials[rcode, label] = self._frame(query[HEADER_SIZE:end], rcode, soa)
        if not frame.head:
            return None
        return Denial(frame.head + query[HEADER_SIZE : end + _TYPE_AND_CLASS] + frame.before, frame.after)

    def _frame(self, name: Name, rcode: int, soa: Soa) -> _Frame:
        question = Question(name, self.rtype, _IN)
        request = self._request._replace(message=self._request.message._replace(questions=(question,)))
        record = negative_soa(self.zone.name, soa)
        reply = build_reply(request, rcode, 0.0, authoritative=True, authorities=(record,))
        if int.from_bytes(reply[2:4], "big") & TC:
            return _CUT
        end = HEADER_SIZE + len(name) + _TYPE_AND_CLASS
        serial = len(reply) - len(self._opt) - _SERIAL_AT
        return _Frame(reply[2:HEADER_SIZE], reply[end:serial], reply[serial + 4 :])


def wire_records(node: Node) -> bytes:
    """The records of a name as they stand in an answer to a question for it: their owner points there."""
    return b"".join(
        [
            _RECORD.pack(_OWNER, rtype, _IN, ttl, len(rdata)) + rdata
            for rtype, (ttl, rdatas) in node.items()
            for rdata in rdatas
        ]
    )


def plain_kind(query: bytes, view: View) -> PlainKind | None:
    """The kind of a query that has a `plain_key`, for those who see the view; None: it is of none."""
    request = read_request(query, {}, 0.0, stream=False)
    if not isinstance(request, Request):
        return None
    message = request.message
    if message.opcode != Opcode.QUERY or len(message.questions) != 1 or message.additionals or message.tsig is not None:
        return None
    name, rtype, rclass = message.questions[0]
    if rclass != RRClass.IN or rtype not in _TYPES or query[HEADER_SIZE : HEADER_SIZE + len(name)] != name:
        return None
    opt = 0 if message.edns is None else OPT_SIZE
    if len(query) != HEADER_SIZE + len(name) + _TYPE_AND_CLASS + opt:
        return None
    above = parent(name.lower())
    zone = find_zone(view.zones, above)
    if zone is None:
        return None
    found = look_up(zone.view, zone.name, above, rtype)
    if not isinstance(found, Found) or _DNAME in found.node:
        return None
    return PlainKind(request, above, zone, view)


def _top_label(name: Name) -> bytes:
    """The last label with the root."""
    while name[0]:
        above = parent(name)
        if not above[0]:
            break
        name = above
    return name


def _without_serial(soa: Soa) -> tuple[bytes, bytes]:
    return soa[1][:-_SERIAL_AT], soa[1][4 - _SERIAL_AT :]
