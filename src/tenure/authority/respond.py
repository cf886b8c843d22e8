"""What becomes of one DNS message: a reply at once, silence, or an update or transfer for the service to carry out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from typing import NamedTuple, TypeAlias

from tenure.authority.answer import answer_question
from tenure.authority.request import Reply, Request, Unanswerable, build_reply, read_request
from tenure.authority.settings import ZoneSettings
from tenure.authority.transfer import Transfer, decide_transfer
from tenure.authority.update import zone_of_update
from tenure.authority.zone import Refusal
from tenure.authority.zones import Zones
from tenure.dnswire.codes import Opcode, Rcode, RRClass, RRType
from tenure.dnswire.edns import ExtendedError
from tenure.dnswire.message import QR, RD, Message
from tenure.dnswire.name import Name, to_text
from tenure.signing.key import Key
from tenure.signing.tsig import sign_response

_UPDATE_REPLY = QR | int(Opcode.UPDATE) << 11
_ONE_QUESTION = Struct("!6H")
_TYPE_AND_CLASS = Struct("!HH")
_TRANSFERS = frozenset((int(RRType.AXFR), int(RRType.IXFR)))
# Types that are no question about a zone's records, and what who asks for them hears.
_NOT_ASKED_FOR: dict[int, int] = {
    **dict.fromkeys(map(int, (0, RRType.OPT, RRType.TSIG)), int(Rcode.FORMERR)),
    **dict.fromkeys(map(int, (RRType.MAILA, RRType.MAILB)), int(Rcode.NOTIMP)),
    int(RRType.TKEY): int(Rcode.REFUSED),
}


class Update(NamedTuple):
    """An update of a zone served here, to be decided against the zone and committed before it is answered."""

    request: Request
    zone: ZoneSettings


class RefusedUpdate(NamedTuple):
    """An update that was refused; the reply is ready."""

    reply: bytes
    zone: Name | None
    name: Name | None  # the first that it wanted to change
    key: Name | None  # whose signature was verified
    refusal: Refusal


Response: TypeAlias = Reply | Update | RefusedUpdate | Transfer


def respond(
    octets: bytes, zones: Zones, keys: Mapping[Name, Key], client: str, now: float, *, stream: bool
) -> Response:
    """What becomes of the octets that came from the address `client`. Never raises for their sake."""
    request = read_request(octets, keys, now, stream=stream)
    if isinstance(request, Reply):
        return request
    if isinstance(request, Unanswerable):
        return _unanswerable(request)
    return _BY_OPCODE[request.message.flags >> 11 & 15](request, zones, client, now)


def update_reply(request: Request, rcode: int, now: float, error: ExtendedError | None = None) -> bytes:
    """The reply to an update: the zone section echoed, no records, signed as the request was (RFC 2136 section 3.8).

    `error` tells a requestor that sent OPT why it was refused, or what of it was ignored (RFC 8914).
    """
    message, verified = request.message, request.verified
    if message.edns is not None or len(message.questions) != 1:
        return build_reply(request, rcode, now, error=error)
    zone = message.questions[0]
    flags = _UPDATE_REPLY | (message.flags & RD) | rcode
    reply = (
        _ONE_QUESTION.pack(message.id, flags, 1, 0, 0, 0) + zone.name + _TYPE_AND_CLASS.pack(zone.rtype, zone.rclass)
    )
    return reply if verified is None else sign_response(reply, verified, now)


def server_failure(octets: bytes, keys: Mapping[Name, Key], now: float, *, stream: bool) -> bytes:
    """The reply to a message whose zone cannot be read now."""
    request = read_request(octets, keys, now, stream=stream)
    return build_reply(request, Rcode.SERVFAIL, now) if isinstance(request, Request) else b""


def _query(request: Request, zones: Zones, client: str, now: float) -> Response:
    message = request.message
    if len(message.questions) != 1:
        return Reply(build_reply(request, Rcode.FORMERR, now))
    question = message.questions[0]
    if question.rtype in _TRANSFERS:
        return decide_transfer(request, zones, client, now)
    rcode = _NOT_ASKED_FOR.get(question.rtype)
    if rcode is not None:
        return Reply(build_reply(request, rcode, now))
    answer = answer_question(question, zones, whole_any=request.stream)
    octets = build_reply(
        request,
        answer.rcode,
        now,
        authoritative=answer.authoritative,
        answers=answer.answers,
        authorities=answer.authorities,
        additionals=answer.additionals,
        needed=answer.glue_count,
    )
    return Reply(octets, request.verified is None and not (message.edns and message.edns.options))


def _update(request: Request, zones: Zones, client: str, now: float) -> Response:
    del client
    name = zone_of_update(request.message)
    if isinstance(name, Refusal):
        return RefusedUpdate(
            build_reply(request, name.rcode, now), None, first_name(request.message), request.key, name
        )
    zone = zones.get(name)
    if zone is None:
        refusal = Refusal(Rcode.NOTAUTH, f"{to_text(name)} is not a zone that is served here")
        return RefusedUpdate(
            build_reply(request, refusal.rcode, now), name, first_name(request.message), request.key, refusal
        )
    return Update(request, zone.settings)


def _notify(request: Request, zones: Zones, client: str, now: float) -> Response:
    """Every zone here is a primary, so there is nothing to fetch; the sender is told that it was heard (RFC 1996)."""
    del client
    questions = request.message.questions
    if len(questions) != 1:
        return Reply(build_reply(request, Rcode.FORMERR, now))
    if questions[0].rtype != RRType.SOA:
        return Reply(build_reply(request, Rcode.NOTIMP, now))
    if questions[0].rclass != RRClass.IN or questions[0].name.lower() not in zones:
        return Reply(build_reply(request, Rcode.NOTAUTH, now))
    return Reply(build_reply(request, Rcode.NOERROR, now, authoritative=True))


_BY_OPCODE: dict[int, Callable[[Request, Zones, str, float], Response]] = {
    int(Opcode.QUERY): _query,
    int(Opcode.UPDATE): _update,
    int(Opcode.NOTIFY): _notify,
}


def _unanswerable(found: Unanswerable) -> Response:
    message: Message = found.message
    if message.opcode != Opcode.UPDATE:
        return Reply(found.reply, refusal=found.refusal)
    zone = zone_of_update(message)
    name = None if isinstance(zone, Refusal) else zone
    return RefusedUpdate(found.reply, name, first_name(message), None, found.refusal)


def first_name(message: Message) -> Name | None:
    """The first name that an update wants to change, lower-cased."""
    return message.authorities[0].name.lower() if message.authorities else None
