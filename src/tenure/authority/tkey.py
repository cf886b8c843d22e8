"""TKEY queries: a client asks for a security context to sign in, or ends one (RFC 2930, RFC 3645 section 4).

Whatever goes wrong stands in the error field of the TKEY record, and the RCODE is NOERROR; only a query without a TKEY
record gets FORMERR, and one that may not end a context REFUSED. The reply that establishes a context is signed in it,
though the query was not signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from tenure.authority.request import Request, build_reply
from tenure.authority.zone import Refusal
from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.edns import ExtendedError
from tenure.dnswire.message import TC
from tenure.dnswire.name import ROOT, Name, to_text
from tenure.dnswire.rr import RR
from tenure.octets import Malformed
from tenure.signing.context import Context, Contexts
from tenure.signing.key import Key
from tenure.signing.tkey import GSS_ALGORITHMS, Mode, Tkey, build_tkey, parse_tkey
from tenure.signing.tsig import sign_request

_TKEY: Final = int(RRType.TKEY)
_NOERROR: Final = int(Rcode.NOERROR)
_FLAGS: Final = 2  # the octet of a message that TC stands in
_MODES: Final = {Mode.SERVER_ASSIGNED: "server-assigned", Mode.DIFFIE_HELLMAN: "Diffie-Hellman"}
_MODES[Mode.RESOLVER_ASSIGNED] = "resolver-assigned"


class TkeyAnswer(NamedTuple):
    """What becomes of a TKEY query. `refusal` has the error of the TKEY record, or the RCODE where there is none."""

    request: Request
    name: Name | None = None  # of the key
    record: RR | None = None
    rcode: int = _NOERROR
    established: Context | None = None  # signs the reply to a query that is not signed
    ended: Context | None = None
    refusal: Refusal | None = None

    def reply(self, now: float, error: ExtendedError | None = None) -> bytes:
        """The reply; `error` tells a requestor that sent OPT more."""
        answers = () if self.record is None else (self.record,)
        signer = self.established if self.request.verified is None else None
        reserved = 0 if signer is None else len(signer.name) + len(signer.algorithm) + 26 + signer.mac_size
        octets = build_reply(self.request, self.rcode, now, answers=answers, error=error, reserved=reserved)
        if signer is None or octets[_FLAGS] & TC >> 8:
            return octets
        return sign_request(octets, signer, now)[0]


def answer_tkey(request: Request, contexts: Contexts, keys: Mapping[Name, Key], client: str, now: float) -> TkeyAnswer:
    """What becomes of the query, which asks for type TKEY; `client` is the address that it came from."""
    asked = request.message.questions[0].name.lower()
    try:
        tkey = _tkey_of(request, asked)
    except Malformed as error:
        return TkeyAnswer(request, asked, rcode=Rcode.FORMERR, refusal=Refusal(Rcode.FORMERR, str(error)))
    if tkey is None or tkey.error:
        reason = (
            "it has no TKEY record for the key that it asks for" if tkey is None else "its TKEY record has an error"
        )
        return TkeyAnswer(request, asked, rcode=Rcode.FORMERR, refusal=Refusal(Rcode.FORMERR, reason))
    if tkey.mode == Mode.DELETION:
        return _end(request, contexts, asked, tkey, now)
    if tkey.mode != Mode.GSS_API:
        mode = _MODES.get(Mode(tkey.mode), str(tkey.mode)) if tkey.mode in set(Mode) else str(tkey.mode)
        refusal = Refusal(Rcode.BADMODE, f"keys of mode {mode} are not made here, only security contexts (GSS-API)")
        return _refused(request, asked, tkey, refusal)
    if tkey.algorithm not in GSS_ALGORITHMS:
        reason = f"a security context is for the algorithm gss-tsig, not for {to_text(tkey.algorithm)}"
        return _refused(request, asked, tkey, Refusal(Rcode.BADALG, reason))
    name = contexts.mechanism.key_name() if asked == ROOT else asked
    if name in keys:
        refusal = Refusal(Rcode.BADNAME, f"{to_text(name)} is the name of a key", "the client has to choose another")
        return _refused(request, name, tkey, refusal)
    return _negotiate(request, contexts, name, tkey, client, now)


def _negotiate(request: Request, contexts: Contexts, name: Name, tkey: Tkey, client: str, now: float) -> TkeyAnswer:
    found = contexts.negotiate(name, tkey.algorithm, tkey.key, client, now)
    if found.failure:
        error = Rcode.BADNAME if found.name_is_taken else Rcode.BADKEY
        return _refused(request, name, tkey, Refusal(error, found.failure), found.token)
    context = found.context
    since_at, until_at = (now, now) if context is None else (context.since_at, context.until_at)
    token = found.token
    if context is not None and not token:
        token = tkey.key  # RFC 3645 section 4.1.3: then the client gets back what it sent
    record = build_tkey(name, Tkey(tkey.algorithm, int(since_at), int(until_at), Mode.GSS_API, key=token))
    return TkeyAnswer(request, name, record, established=context)


def _end(request: Request, contexts: Contexts, name: Name, tkey: Tkey, now: float) -> TkeyAnswer:
    """A context is ended by its own principal only (RFC 2930 section 4.2)."""
    verified = request.verified
    if verified is None or verified.principal is None:
        reason = f"ending the context {to_text(name)} has to be signed in a context of the same principal"
        return TkeyAnswer(request, name, rcode=Rcode.REFUSED, refusal=Refusal(Rcode.REFUSED, reason))
    context = contexts.find(name, now)
    if context is None:
        return _refused(request, name, tkey, Refusal(Rcode.BADNAME, f"there is no context {to_text(name)}"))
    if context.identity != verified.identity:
        reason = f"{verified.principal} may not end the context {to_text(name)}, which is another principal's"
        return TkeyAnswer(request, name, rcode=Rcode.REFUSED, refusal=Refusal(Rcode.REFUSED, reason))
    contexts.forget(name)
    return TkeyAnswer(request, name, build_tkey(name, Tkey(tkey.algorithm, 0, 0, Mode.DELETION)), ended=context)


def _tkey_of(request: Request, name: Name) -> Tkey | None:
    """The TKEY record of the name. Windows 2000 has it among the answers."""
    message = request.message
    for record in (*message.additionals, *message.answers):
        if record.rtype == _TKEY and record.name.lower() == name:
            return parse_tkey(record.rdata)
    return None


def _refused(request: Request, name: Name, tkey: Tkey, refusal: Refusal, token: bytes = b"") -> TkeyAnswer:
    record = build_tkey(name, Tkey(tkey.algorithm, 0, 0, tkey.mode, refusal.rcode, token))
    return TkeyAnswer(request, name, record, refusal=refusal)
