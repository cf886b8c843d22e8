"""A request as it came in, checked as far as every kind of request is, and the frame of the reply to it.

RFC 1035 section 4.1.1, RFC 6891, RFC 8945. Octets that cannot be read get FORMERR, or silence when they are too short
to be a message, or are a response: a reply to a response could go round for ever.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tenure.authority.zone import Refusal
from tenure.dnswire.codes import Opcode, Rcode
from tenure.dnswire.edns import COOKIE, LEAST_PAYLOAD, OPT_SIZE, Edns, ExtendedError, error_option
from tenure.dnswire.message import AA, QR, RD, Message, build_message, parse_message
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rr import RR
from tenure.dnswire.writer import HEADER_SIZE, MAX_MESSAGE
from tenure.octets import Malformed
from tenure.signing.key import Key
from tenure.signing.tsig import Rejected, Verified, rejection_response, sign_response, tsig_size, verify_request

_HEADER = struct.Struct("!6H")
PAYLOAD_SIZE = 1232  # what fits into one unfragmented IPv6 datagram nearly everywhere
_OPCODES = frozenset(map(int, Opcode))
_OPTION_HEAD = 4  # octets of an EDNS option before its data
_ERROR_HEAD = _OPTION_HEAD + 2


class Request(NamedTuple):
    """A readable request; `verified` is None when it is not signed."""

    message: Message
    verified: Verified | None
    stream: bool  # came over TCP
    options: tuple[tuple[int, bytes], ...] = ()  # EDNS options that every reply to it carries

    @property
    def key(self) -> Name | None:
        """The name of the key that signed it, lower-cased."""
        return self.verified.key.name if self.verified else None


class Reply(NamedTuple):
    """What to send; empty: nothing. `reusable`: the same question, octet for octet, gets the same answer."""

    octets: bytes
    reusable: bool = False
    refusal: Refusal | None = None


SILENCE = Reply(b"")


class Unanswerable(NamedTuple):
    """A readable request that no zone has to be asked about: its reply is ready."""

    message: Message
    reply: bytes
    refusal: Refusal


def read_request(
    octets: bytes, keys: Mapping[Name, Key], now: float, *, stream: bool
) -> Request | Unanswerable | Reply:
    """The request, or the reply that it gets already now."""
    if len(octets) < 12 or octets[2] & 0x80:
        return SILENCE
    if (octets[2] >> 3) & 15 not in _OPCODES:
        return _bare_reply(octets, Refusal(Rcode.NOTIMP, "the opcode is not known"))
    try:
        message = parse_message(octets)
    except Malformed as error:
        return _bare_reply(octets, Refusal(Rcode.FORMERR, str(error)))
    verified = None
    if message.tsig is not None:
        outcome = verify_request(octets, message, keys, now)
        if isinstance(outcome, Rejected):
            return _rejected(message, outcome, now, stream=stream)
        verified = outcome
    request = Request(message, verified, stream)
    if message.edns is not None and (refusal := _check_edns(message.edns)):
        return Unanswerable(message, build_reply(request, refusal.rcode, now), refusal)
    return request


def build_reply(
    request: Request,
    rcode: int,
    now: float,
    *,
    authoritative: bool = False,
    answers: Sequence[RR] = (),
    authorities: Sequence[RR] = (),
    additionals: Sequence[RR] = (),
    needed: int = 0,
    error: ExtendedError | None = None,
) -> bytes:
    """The reply, cut to what the requestor can take and signed as the request was.

    Of the additional records the first `needed` must fit, the others are left out when there is no room. A reply
    that still does not fit is sent without records and with TC set, so that the requestor comes again over TCP. The
    flags of the request that mean nothing in a reply are not copied. `error` says why, to a requestor that sent OPT.
    """
    message = request.message
    flags = QR | (message.flags & (0x7800 | RD)) | (AA if authoritative else 0) | (rcode & 15)
    question = message.questions[:1]
    room = reply_room(request)
    edns = None
    if message.edns is not None:
        options = request.options if error is None else _with_error(request, error, room)
        edns = Edns(PAYLOAD_SIZE, rcode >> 4, 0, message.edns.do, options)
    reply = build_message(message.id, flags, question, answers, authorities, additionals, edns, room, needed)
    return reply if request.verified is None else sign_response(reply, request.verified, now)


def reply_room(request: Request) -> int:
    """Octets that a reply may have before its signature (RFC 6891 section 6.2.3, RFC 8945 section 5.3)."""
    size = MAX_MESSAGE
    if not request.stream:
        edns = request.message.edns
        size = min(edns.payload_size, PAYLOAD_SIZE) if edns else LEAST_PAYLOAD
    return size if request.verified is None else size - tsig_size(request.verified)


def _with_error(request: Request, error: ExtendedError, room: int) -> tuple[tuple[int, bytes], ...]:
    """The options of the reply with the error, whose text is cut to what fits beside the question."""
    asked = sum(len(question.name) + 4 for question in request.message.questions[:1])
    others = sum(_OPTION_HEAD + len(data) for _code, data in request.options)
    spare = room - HEADER_SIZE - asked - OPT_SIZE - others - _ERROR_HEAD
    return (*request.options, error_option(error, spare)) if spare >= 0 else request.options


def _check_edns(edns: Edns) -> Refusal | None:
    if edns.version > 0:
        return Refusal(Rcode.BADVERS, f"EDNS version {edns.version} is not known")
    for code, data in edns.options:
        if code == COOKIE and len(data) != 8 and not 16 <= len(data) <= 40:
            return Refusal(Rcode.FORMERR, f"a cookie of {len(data)} octets")
    return None


def _rejected(message: Message, rejected: Rejected, now: float, *, stream: bool) -> Unanswerable:
    unsigned = Request(message, None, stream)
    reply = rejection_response(build_reply(unsigned, rejected.rcode, now), rejected, now)
    who = f"TSIG of key {to_text(message.tsig.name)}: " if message.tsig else ""
    return Unanswerable(message, reply, Refusal(rejected.rcode, who + rejected.reason))


def _bare_reply(octets: bytes, refusal: Refusal) -> Reply:
    """A header and nothing else, for a request whose sections cannot be, or need not be, read."""
    ident, flags = struct.unpack_from("!2H", octets)
    return Reply(_HEADER.pack(ident, QR | (flags & (0x7800 | RD)) | refusal.rcode, 0, 0, 0, 0), refusal=refusal)
