"""What becomes of one DNS message: a reply at once, silence, or an update or transfer for the service to carry out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from tenure.authority.answer import Answer, answer_question
from tenure.authority.cookie import CLIENT_COOKIE, Cookies
from tenure.authority.following import Forward, Heard, refuse_forwarding, refuse_notify
from tenure.authority.history import TKEY_REFUSED, TRANSFER_REFUSED, UPDATE_REFUSED
from tenure.authority.request import (
    NO_OPTIONS,
    OwnOptions,
    Reply,
    Request,
    Unanswerable,
    build_reply,
    cookie_of,
    error_of,
    read_request,
)
from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.authority.tkey import TkeyAnswer, answer_tkey
from tenure.authority.transfer import Transfer, decide_transfer
from tenure.authority.update import zone_of_update
from tenure.authority.views import View, Views
from tenure.authority.zone import Refusal, ZoneUnavailable
from tenure.authority.zones import Zones, find_zone_for
from tenure.dnswire.codes import Opcode, Rcode, RRClass, RRType
from tenure.dnswire.edns import ExtendedError, InfoCode
from tenure.dnswire.message import QR, RD, Message, Question
from tenure.dnswire.name import Name, to_text
from tenure.signing.context import Contexts
from tenure.signing.key import Key
from tenure.signing.principal import Principal
from tenure.signing.tsig import sign_response

_UPDATE_REPLY: Final = QR | int(Opcode.UPDATE) << 11
_OPCODE_BITS: Final = 0x7800
_ONE_QUESTION: Final = Struct("!6H")
_TYPE_AND_CLASS: Final = Struct("!HH")
MOST_PLAIN_RCODE: Final = 15  # larger ones need EDNS (RFC 6891 section 6.1.3)
_TRANSFERS: Final = frozenset((int(RRType.AXFR), int(RRType.IXFR)))
_NO_VIEW: Final = ExtendedError(InfoCode.PROHIBITED, "no view is for this client")
# Types that are no question about a zone's records, and what who asks for them hears.
_NO_SUCH_ZONE: Final = ExtendedError(InfoCode.NOT_AUTHORITATIVE, "this is not a zone that is served here")
_NOT_ASKED_FOR: Final[dict[int, int]] = {
    **dict.fromkeys(map(int, (0, RRType.OPT, RRType.TSIG)), int(Rcode.FORMERR)),
    **dict.fromkeys(map(int, (RRType.MAILA, RRType.MAILB)), int(Rcode.NOTIMP)),
    int(RRType.TKEY): int(Rcode.REFUSED),
}


class Update(NamedTuple):
    """An update of a zone served here, to be decided against the zone and committed before it is answered."""

    request: Request
    zone: ZoneSettings


class Refused(NamedTuple):
    """An update or a transfer that was refused before any zone was asked: it goes into the history, and is answered."""

    reply: Callable[[float, ExtendedError | None], bytes]  # now, and what else the requestor is told
    zone: ZonePlace | None  # in the view that it fell into
    name: Name | None  # the first that it wanted to change
    key: Name | None  # whose signature was verified
    refusal: Refusal
    event: str = UPDATE_REFUSED  # the kind of its entry in the history
    principal: Principal | None = None  # by whom it was signed, where that was in a security context

    def telling(self, error: ExtendedError) -> Callable[[float], bytes]:
        """The reply with the error, when it is known what time it is."""
        return partial(_telling, self.reply, error)


Response: TypeAlias = Reply | Update | Refused | Transfer | Heard | Forward


def respond(
    octets: bytes,
    served: Views | Zones,
    keys: Mapping[Name, Key],
    client: str,
    now: float,
    *,
    stream: bool,
    own: OwnOptions = NO_OPTIONS,
    contexts: Contexts | None = None,
) -> Response | TkeyAnswer:
    """What becomes of the octets that came from the address `client`. Never raises for their sake.

    `served`: the views of the zones, or the zones that everybody sees.
    """
    request = read_request(octets, keys, now, stream=stream, client=client, own=own, contexts=contexts)
    if isinstance(request, Request) and contexts is not None and is_tkey_query(request):
        return answer_tkey_query(request, contexts, keys, client, now)
    return answer_request(request, served, client, now, own)


def is_tkey_query(request: Request) -> bool:
    """Whether it asks for a security context, or for its end."""
    message = request.message
    return (
        not message.flags & _OPCODE_BITS and len(message.questions) == 1 and message.questions[0].rtype == RRType.TKEY
    )


def answer_tkey_query(
    request: Request, contexts: Contexts, keys: Mapping[Name, Key], client: str, now: float
) -> TkeyAnswer | Refused:
    """What becomes of a TKEY query; a refusal goes into the history."""
    answer = answer_tkey(request, contexts, keys, client, now)
    if answer.refusal is None:
        return answer
    return Refused(answer.reply, None, answer.name, request.key, answer.refusal, TKEY_REFUSED, request.principal)


def answer_request(
    request: Request | Unanswerable | Reply,
    served: Views | Zones,
    client: str,
    now: float,
    own: OwnOptions = NO_OPTIONS,
) -> Response:
    """What becomes of a request that was read (`read_request`), but for a TKEY query."""
    if isinstance(request, Reply):
        return request
    if isinstance(request, Unanswerable):
        view = served.of(client, None) if isinstance(served, Views) else View("", served)
        return _unanswerable(request, view, client, now)
    if own.cookies is not None and request.options:
        turned_away = _check_cookie(request, own.cookies, client, now)
        if turned_away is not None:
            return turned_away
    view = served.of(client, request.key) if isinstance(served, Views) else View("", served)
    return _BY_OPCODE[request.message.flags >> 11 & 15](request, view, client, now)


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


def server_failure(request: Request | Unanswerable | Reply, now: float, error: ExtendedError | None = None) -> bytes:
    """The reply to a message whose zone cannot be read now; `error` tells a requestor that sent OPT why."""
    return build_reply(request, Rcode.SERVFAIL, now, error=error) if isinstance(request, Request) else b""


def _telling(reply: Callable[[float, ExtendedError | None], bytes], error: ExtendedError, now: float) -> bytes:
    return reply(now, error)


def _check_cookie(request: Request, cookies: Cookies, client: str, now: float) -> Reply | None:
    """The reply to a query that is turned away for its server cookie, or that asks for nothing but one.

    A query without a question asks for a cookie (RFC 7873 section 5.4). Who came over TCP, or signed what it sent, has
    shown where it is without one (section 5.2.3).
    """
    message = request.message
    cookie = None if message.edns is None else cookie_of(message.edns)
    if cookie is None or message.opcode != Opcode.QUERY:
        return None
    proven = request.stream or request.verified is not None
    if not message.questions:
        wrong = len(cookie) > CLIENT_COOKIE and not cookies.is_good(cookie, client, now)
        return _bad_cookie(request, now) if wrong else Reply(build_reply(request, Rcode.NOERROR, now))
    if not cookies.required or proven or cookies.is_good(cookie, client, now):
        return None
    return _bad_cookie(request, now)


def _bad_cookie(request: Request, now: float) -> Reply:
    return Reply(build_reply(request, Rcode.BADCOOKIE, now), extended_rcode=int(Rcode.BADCOOKIE))


def _query(request: Request, view: View, client: str, now: float) -> Response:
    message = request.message
    if len(message.questions) != 1:
        return Reply(build_reply(request, Rcode.FORMERR, now))
    if not view.is_open:
        return _outside(request, view, client, now)
    question = message.questions[0]
    if question.rtype in _TRANSFERS:
        transfer = decide_transfer(request, view, client, now)
        refused = isinstance(transfer, Reply) and transfer.refusal
        return _refuse_transfer(request, view, refused) if refused else transfer
    rcode = _NOT_ASKED_FOR.get(question.rtype)
    if rcode is not None:
        return Reply(build_reply(request, rcode, now))
    dnssec = message.edns is not None and message.edns.do
    zone = find_zone_for(view.zones, question.name.lower(), question.rtype) if question.rclass == RRClass.IN else None
    apex = None if zone is None else zone.settings.name
    try:
        answer = answer_question(question, zone, view.zones, whole_any=request.stream, dnssec=dnssec)
    except ZoneUnavailable as unavailable:
        octets = build_reply(request, Rcode.SERVFAIL, now, error=unavailable.error)
        return Reply(octets, view=view.name, zone=apex)
    octets = build_reply(
        request,
        answer.rcode,
        now,
        authoritative=answer.authoritative,
        answers=answer.answers,
        authorities=answer.authorities,
        additionals=answer.additionals,
        needed=answer.glue_count,
        error=_why_refused(question, answer),
    )
    reusable, ends_with_cookie = _reuse(request)
    return Reply(octets, reusable, cookie=ends_with_cookie, view=view.name, zone=apex)


def _outside(request: Request, view: View, client: str, now: float) -> Reply:
    """The reply to a client that no view is for."""
    refusal = view.refusal(client)
    reusable, ends_with_cookie = _reuse(request)
    octets = build_reply(request, refusal.rcode, now, error=_NO_VIEW)
    return Reply(octets, reusable, refusal, ends_with_cookie)


def _why_refused(question: Question, answer: Answer) -> ExtendedError | None:
    if answer.rcode != Rcode.REFUSED:
        return None
    if question.rclass != RRClass.IN:
        return ExtendedError(InfoCode.NOT_AUTHORITATIVE, f"no zone of class {question.rclass} is served here")
    return ExtendedError(InfoCode.NOT_AUTHORITATIVE, "no zone above this name is served here")


def _reuse(request: Request) -> tuple[bool, bool]:
    """Whether the reply serves whoever asks the same, and whether all but the cookie at its end does."""
    message = request.message
    if request.verified is not None:
        return False, False
    if message.edns is None or not message.edns.options:
        return True, False
    with_cookie = (
        len(message.edns.options) == 1 and len(request.options) == 1 and not request.stream and not message.additionals
    )
    return with_cookie, with_cookie


def _update(request: Request, view: View, client: str, now: float) -> Response:
    del now
    name = zone_of_update(request.message)
    if isinstance(name, Refusal):
        return _refuse_update(request, view, None, name)
    if not view.is_open:
        return _refuse_update(request, view, name, view.refusal(client))
    zone = view.zones.get(name)
    if zone is None:
        refusal = Refusal(Rcode.NOTAUTH, f"{to_text(name)} is not a zone that is served here", view.where_else(name))
        return _refuse_update(request, view, name, refusal)
    if zone.settings.primaries:
        not_passed_on = refuse_forwarding(request, zone.settings, client)
        return _refuse_update(request, view, name, not_passed_on) if not_passed_on else Forward(request, zone.settings)
    return Update(request, zone.settings)


def _refuse_transfer(request: Request, view: View, refusal: Refusal) -> Refused:
    def reply(now: float, error: ExtendedError | None) -> bytes:
        return build_reply(request, refusal.rcode, now, error=error or error_of(refusal))

    name = request.message.questions[0].name.lower()
    place = ZonePlace(view.name, name)
    return Refused(reply, place, name, request.key, refusal, TRANSFER_REFUSED, request.principal)


def _refuse_update(request: Request, view: View, zone: Name | None, refusal: Refusal) -> Refused:
    reply = partial(update_reply, request, refusal.rcode)
    place = None if zone is None else ZonePlace(view.name, zone)
    name = first_name(request.message)
    return Refused(reply, place, name, request.key, refusal, principal=request.principal)


def _notify(request: Request, view: View, client: str, now: float) -> Response:
    """Of a secondary zone its primaries are heeded; of others the sender is told that it was heard (RFC 1996).

    A notice is nothing but a hint, so that of a primary is heeded in every view that has the zone from it: which view
    it means only its key could tell, and many servers sign none.
    """
    questions = request.message.questions
    if len(questions) != 1:
        return Reply(build_reply(request, Rcode.FORMERR, now))
    if questions[0].rtype != RRType.SOA:
        return Reply(build_reply(request, Rcode.NOTIMP, now))
    name = questions[0].name.lower() if questions[0].rclass == RRClass.IN else None
    zone = view.zones.get(name) if name is not None else None
    named = () if name is None else view.everywhere.get(name, () if zone is None else (zone,))
    heeding = tuple([one.settings for one in named if not refuse_notify(request, one.settings, client)])
    if heeding:
        return Heard(build_reply(request, Rcode.NOERROR, now, authoritative=True), heeding)
    if not view.is_open:
        return _outside(request, view, client, now)
    if zone is None:
        return Reply(build_reply(request, Rcode.NOTAUTH, now, error=_NO_SUCH_ZONE))
    if not zone.settings.primaries:
        return Reply(build_reply(request, Rcode.NOERROR, now, authoritative=True))
    refusal = refuse_notify(request, zone.settings, client)
    assert refusal is not None
    return Reply(build_reply(request, refusal.rcode, now, error=error_of(refusal)), refusal=refusal)


_BY_OPCODE: Final[dict[int, Callable[[Request, View, str, float], Response]]] = {
    int(Opcode.QUERY): _query,
    int(Opcode.UPDATE): _update,
    int(Opcode.NOTIFY): _notify,
}


def _unanswerable(found: Unanswerable, view: View, client: str, now: float) -> Response:
    message = found.request.message
    if message.opcode != Opcode.UPDATE:
        extended = found.refusal.rcode if found.refusal.rcode > MOST_PLAIN_RCODE else None
        return Reply(found.reply(now), refusal=found.refusal, view=view.name, extended_rcode=extended)
    zone = zone_of_update(message)
    name = None if isinstance(zone, Refusal) else zone
    served = None if name is None or found.rejected is None else view.zones.get(name)
    if served is not None and served.settings.primaries and _may_go_on(found.request, served.settings, client):
        return Forward(found.request, served.settings)
    place = None if name is None else ZonePlace(view.name, name)
    return Refused(found.reply, place, first_name(message), None, found.refusal)


def _may_go_on(request: Request, zone: ZoneSettings, client: str) -> bool:
    """A signature that is not known here may be known to the primary: it judges what is passed on to it."""
    return refuse_forwarding(request, zone, client) is None


def first_name(message: Message) -> Name | None:
    """The first name that an update wants to change, lower-cased."""
    return message.authorities[0].name.lower() if message.authorities else None
