"""The client's half of agreeing on a security context (RFC 3645 section 3): TKEY queries, and what their replies say.

No socket here: `query` gives what to send, `heard` takes what came back. What servers do differently is taken as it
comes: the TKEY record among the additional records, the algorithm's old name, a last reply that is not signed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.dnswire.codes import Opcode, Rcode, RRClass, RRType, rcode_to_text
from tenure.dnswire.message import QR, Message, build_message, parse_message
from tenure.dnswire.name import Name
from tenure.dnswire.rr import Question
from tenure.octets import Malformed
from tenure.signing.context import MOST_ROUNDS, Context, SecurityContext, Step
from tenure.signing.principal import parse_principal
from tenure.signing.tkey import GSS_ALGORITHMS, GSS_TSIG, Mode, Tkey, build_tkey, parse_tkey
from tenure.signing.tsig import Unverified, sign_request, verify_establishing

_TKEY: Final = int(RRType.TKEY)
_ANY: Final = int(RRClass.ANY)
_MOST_SECONDS: Final = 1 << 31  # an expiration that lies further ahead lies behind (RFC 2930 section 2.3)


class Refused(NamedTuple):
    """There will be no context."""

    cause: str  # in the protocol's words
    by_server: bool = True  # it has said so; else its reply is not to be believed, or cannot be read
    by_clock: bool = False  # its reply is right, and signed at another time than it is here


class Negotiation:
    """One negotiation: from our first token to a context, or to why there is none."""

    def __init__(self, name: Name, security: SecurityContext, token: bytes, seconds: int) -> None:
        """`name`: of the key, lower-cased, which nobody else has; `token`: our first; `seconds`: asked for."""
        self._name = name
        self._security = security
        self._token = token
        self._seconds = seconds
        self._rounds = 0
        self._complete: Step | None = None  # our end is, and the server's last word is still to come

    def query(self, message_id: int, now: float) -> bytes:
        """The TKEY query with the token that is next: the record stands among the additional ones (RFC 2930)."""
        self._rounds += 1
        tkey = Tkey(GSS_TSIG, int(now), int(now) + self._seconds, Mode.GSS_API, key=self._token)
        question = Question(self._name, _TKEY, _ANY)
        return build_message(message_id, 0, [question], (), (), (build_tkey(self._name, tkey),))

    def heard(self, octets: bytes, now: float) -> Context | Refused | None:
        """What the reply has led to; None: it goes on with another `query`."""
        try:
            message = parse_message(octets)
            tkey = self._record_of(message)
        except Malformed as error:
            return Refused(f"malformed reply: {error}", by_server=False)
        if tkey is None:
            return _without_record(message)
        if tkey.error:
            return self._refusal(tkey)
        if tkey.mode != Mode.GSS_API or tkey.algorithm not in GSS_ALGORITHMS:
            return Refused("the reply is about another mode or algorithm than GSS-API", by_server=False)
        if self._complete is not None:  # the record is the one that we sent, and only a signature confirms it
            if message.tsig is None:
                return Refused("the reply that should confirm the context is not signed", by_server=False)
            return self._established(octets, message, tkey, self._complete, now)
        step = self._security.step(tkey.key)
        if step.failure:
            return Refused(step.failure, by_server=False)
        if step.principal and not step.token:
            return self._established(octets, message, tkey, step, now)
        self._token = step.token
        self._complete = step if step.principal else None
        return None if self._rounds < MOST_ROUNDS else Refused(f"no end after {MOST_ROUNDS} rounds")

    def _established(self, octets: bytes, message: Message, tkey: Tkey, step: Step, now: float) -> Context | Refused:
        """The context, whose name and ends are known (section 3.1.3.2).

        The server has proved by its token who it is, so a reply without a signature is taken.
        """
        try:
            principal = parse_principal(step.principal)
        except ValueError as error:
            return Refused(f"the server's principal {step.principal!r} cannot be spoken of: {error}", by_server=False)
        seconds = (tkey.expiration - tkey.inception) & 0xFFFFFFFF
        if not 0 < seconds < _MOST_SECONDS:
            seconds = self._seconds
        until_at = now + min(seconds, self._seconds, step.seconds)
        context = Context(self._name, tkey.algorithm, principal, self._security, now, until_at)
        if message.tsig is not None and (fault := verify_establishing(octets, message, context, now)) is not None:
            by_clock = fault is Unverified.WRONG_TIME
            return Refused(f"of the reply that establishes the context: {fault}", by_server=False, by_clock=by_clock)
        return context

    def _record_of(self, message: Message) -> Tkey | None:
        for rr in (*message.answers, *message.additionals):
            if rr.rtype == _TKEY and rr.name.lower() == self._name:
                return parse_tkey(rr.rdata)
        return None

    def _refusal(self, tkey: Tkey) -> Refused:
        """The error of the record, and what the token beside it says of that, for people: neither is authenticated."""
        word = "BADSIG" if tkey.error == Rcode.BADVERS else rcode_to_text(tkey.error)
        said = self._security.step(tkey.key).failure if tkey.key else ""
        return Refused(f"{word} in the TKEY record" + (f": {said}" if said else ""))


def build_deletion(message_id: int, context: Context, now: float) -> bytes:
    """A query that ends the context at the server, signed in it (RFC 2930 section 4.2, RFC 3645 section 3.2.1)."""
    record = build_tkey(context.name, Tkey(context.algorithm, 0, 0, Mode.DELETION))
    message = build_message(message_id, 0, [Question(context.name, _TKEY, _ANY)], (), (), (record,))
    return sign_request(message, context, now)[0]


def _without_record(message: Message) -> Refused:
    if not message.flags & QR or message.opcode != Opcode.QUERY:
        return Refused("the reply is not one to a query", by_server=False)
    if message.rcode != Rcode.NOERROR:
        return Refused(f"{rcode_to_text(message.rcode)} to the TKEY query")
    return Refused("the reply has no TKEY record of this name")
