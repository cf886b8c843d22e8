"""A request as it came in, checked as far as every kind of request is, and the frame of the reply to it.

RFC 1035 section 4.1.1, RFC 6891, RFC 8945. Octets that cannot be read get FORMERR, or silence when they are too short
to be a message, or are a response: a reply to a response could go round for ever.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tenure.authority.cookie import CLIENT_COOKIE, Cookies
from tenure.authority.zone import Refusal
from tenure.dnswire.codes import Opcode, Rcode
from tenure.dnswire.edns import (
    COOKIE,
    LEAST_PAYLOAD,
    OPT_SIZE,
    TCP_KEEPALIVE,
    Edns,
    ExtendedError,
    InfoCode,
    error_option,
)
from tenure.dnswire.message import AA, QR, RD, Message, build_message, parse_message
from tenure.dnswire.name import Name, parse_name, to_text
from tenure.dnswire.rr import RR
from tenure.dnswire.writer import HEADER_SIZE, MAX_MESSAGE
from tenure.octets import Malformed
from tenure.signing.context import Contexts
from tenure.signing.key import Key
from tenure.signing.principal import Principal
from tenure.signing.tsig import Rejected, Verified, rejection_response, sign_response, tsig_size, verify_request

_HEADER: Final = struct.Struct("!6H")
PAYLOAD_SIZE: Final = 1232  # what fits into one unfragmented IPv6 datagram nearly everywhere
_OPCODES: Final = frozenset(map(int, Opcode))
_TYPE_AND_CLASS: Final = 4  # octets of a question behind its name
_OPTION_HEAD: Final = 4  # octets of an EDNS option before its data
_ERROR_HEAD: Final = _OPTION_HEAD + 2
_INFO_CODES: Final = {int(Rcode.REFUSED): InfoCode.PROHIBITED, int(Rcode.NOTAUTH): InfoCode.NOT_AUTHORITATIVE}


class Request(NamedTuple):
    """A readable request; `verified` is None when it is not signed."""

    message: Message
    verified: Verified | None
    stream: bool  # came over TCP
    options: tuple[tuple[int, bytes], ...] = ()  # EDNS options that every reply to it carries

    @property
    def key(self) -> Name | None:
        """What its signer is known by, lower-cased: the name of the key, or the principal as a name."""
        return self.verified.identity if self.verified else None

    @property
    def principal(self) -> Principal | None:
        """Who signed it by Kerberos."""
        return self.verified.principal if self.verified else None


class OwnOptions(NamedTuple):
    """What this server says in EDNS options of its own, to those who send such options themselves."""

    cookies: Cookies | None = None
    keepalive: int = 0  # tenths of a second that a TCP connection may be idle; 0: that is not told


class Reply(NamedTuple):
    """What to send; empty: nothing. `reusable`: the same question, octet for octet, gets the same answer."""

    octets: bytes
    reusable: bool = False
    refusal: Refusal | None = None
    cookie: bool = False  # it is reusable but for the cookie, which ends it as another one ends the request
    view: str = ""  # that the request fell into
    zone: Name | None = None  # the apex of the served zone that was asked, lower-cased
    extended_rcode: int | None = None  # where four bits do not hold it


SILENCE: Final = Reply(b"")
NO_OPTIONS: Final = OwnOptions()


class Unanswerable(NamedTuple):
    """A readable request that no zone has to be asked about."""

    request: Request
    refusal: Refusal
    rejected: Rejected | None = None  # what is wrong with its signature

    def reply(self, now: float, error: ExtendedError | None = None) -> bytes:
        """What its sender hears; `error` says more to one that sent OPT."""
        octets = build_reply(self.request, self.refusal.rcode, now, error=error)
        return octets if self.rejected is None else rejection_response(octets, self.rejected, now)


def read_request(
    octets: bytes,
    keys: Mapping[Name, Key],
    now: float,
    *,
    stream: bool,
    client: str = "",
    own: OwnOptions = NO_OPTIONS,
    contexts: Contexts | None = None,
) -> Request | Unanswerable | Reply:
    """The request from the address `client`, or the reply that it gets already now.

    To be read once: in a security context (`contexts`) a signature that was seen before is a replay.
    """
    if len(octets) < 12 or octets[2] & 0x80:
        return SILENCE
    if (octets[2] >> 3) & 15 not in _OPCODES:
        return _not_implemented(octets, stream=stream)
    try:
        message = parse_message(octets)
    except Malformed as error:
        return _bare_reply(octets, Refusal(Rcode.FORMERR, str(error)), _question_of(octets))
    verified = None
    options: tuple[tuple[int, bytes], ...] = ()
    if message.edns is not None and message.edns.options:
        options = _answer_options(message.edns, own, client, now, stream=stream)
    if message.tsig is not None:
        outcome = verify_request(octets, message, keys, now, contexts)
        if isinstance(outcome, Rejected):
            return _rejected(Request(message, None, stream, options), outcome)
        verified = outcome
    request = Request(message, verified, stream, options)
    if message.edns is not None and (refusal := _check_edns(message.edns)):
        return Unanswerable(request, refusal)
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
    reserved: int = 0,
) -> bytes:
    """The reply, cut to what the requestor can take and signed as the request was.

    Of the additional records the first `needed` must fit, the others are left out when there is no room. A reply
    that still does not fit is sent without records and with TC set, so that the requestor comes again over TCP. The
    flags of the request that mean nothing in a reply are not copied. `error` says why, to a requestor that sent OPT.
    So many octets as are `reserved` must stay free behind the reply.
    """
    message = request.message
    flags = QR | (message.flags & (0x7800 | RD)) | (AA if authoritative else 0) | (rcode & 15)
    question = message.questions[:1]
    room = reply_room(request) - reserved
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


def _answer_options(
    edns: Edns, own: OwnOptions, client: str, now: float, *, stream: bool
) -> tuple[tuple[int, bytes], ...]:
    """The options of every reply to it; the cookie comes last."""
    found = []
    if stream and own.keepalive and any(code == TCP_KEEPALIVE for code, _data in edns.options):
        found.append((TCP_KEEPALIVE, own.keepalive.to_bytes(2, "big")))
    if own.cookies is not None:
        cookie = cookie_of(edns)
        if cookie is not None and _is_cookie(cookie):
            found.append((COOKIE, own.cookies.answer(cookie[:CLIENT_COOKIE], client, now)))
    return tuple(found)


def error_of(refusal: Refusal) -> ExtendedError | None:
    """What the requestor of a refused query or transfer is told; None where the RCODE says as much."""
    code = _INFO_CODES.get(refusal.rcode)
    return None if code is None else ExtendedError(code, refusal.reason)


def _with_error(request: Request, error: ExtendedError, room: int) -> tuple[tuple[int, bytes], ...]:
    """The options of the reply with the error, whose text is cut to what fits beside the question."""
    asked = sum(len(question.name) + 4 for question in request.message.questions[:1])
    others = sum(_OPTION_HEAD + len(data) for _code, data in request.options)
    spare = room - HEADER_SIZE - asked - OPT_SIZE - others - _ERROR_HEAD
    return (error_option(error, spare), *request.options) if spare >= 0 else request.options


def cookie_of(edns: Edns) -> bytes | None:
    """The cookie option; of several, the first one counts (RFC 7873 section 5.2)."""
    return next((data for code, data in edns.options if code == COOKIE), None)


def _is_cookie(octets: bytes) -> bool:
    """Whether it has the length of a client cookie, alone or with a server cookie (RFC 7873 section 4)."""
    return len(octets) == CLIENT_COOKIE or 16 <= len(octets) <= 40


def _check_edns(edns: Edns) -> Refusal | None:
    if edns.version > 0:
        return Refusal(Rcode.BADVERS, f"EDNS version {edns.version} is not known")
    cookie = cookie_of(edns)
    if cookie is not None and not _is_cookie(cookie):
        return Refusal(Rcode.FORMERR, f"a cookie of {len(cookie)} octets")
    return None


def _rejected(unsigned: Request, rejected: Rejected) -> Unanswerable:
    tsig = unsigned.message.tsig
    who = f"TSIG of key {to_text(tsig.name)}: " if tsig else ""
    return Unanswerable(unsigned, Refusal(rejected.rcode, who + rejected.reason), rejected)


def _not_implemented(octets: bytes, *, stream: bool) -> Unanswerable | Reply:
    """The reply to another opcode: with OPT, if the message can be read, whatever it means, and has one."""
    refusal = Refusal(Rcode.NOTIMP, "the opcode is not known")
    try:
        return Unanswerable(Request(parse_message(octets), None, stream), refusal)
    except Malformed:
        return _bare_reply(octets, refusal)


def _bare_reply(octets: bytes, refusal: Refusal, question: bytes = b"") -> Reply:
    """A header, and perhaps the question, for a request whose sections cannot be, or need not be, read."""
    ident, flags = struct.unpack_from("!2H", octets)
    head = _HEADER.pack(ident, QR | (flags & (0x7800 | RD)) | refusal.rcode, bool(question), 0, 0, 0)
    return Reply(head + question, refusal=refusal)


def _question_of(octets: bytes) -> bytes:
    """The one question of a request that cannot be read behind it, its name whole; empty if there is no such question.

    As BIND has it: a requestor sees by the question which of its requests is meant.
    """
    if octets[4:6] != b"\0\1":  # QDCOUNT
        return b""
    try:
        name, end = parse_name(octets, HEADER_SIZE)
    except Malformed:
        return b""
    fixed = octets[end : end + _TYPE_AND_CLASS]
    return name + fixed if len(fixed) == _TYPE_AND_CLASS else b""
