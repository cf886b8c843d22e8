"""Reading a server's reply to an update: an RCODE that counts, or the reason why it does not."""

from __future__ import annotations

from typing import Final

from tenure.dnswire.codes import Opcode, Rcode, rcode_to_text
from tenure.dnswire.message import QR, Message, parse_message
from tenure.dnswire.name import ROOT, Name
from tenure.naming.reason import Reason
from tenure.octets import Malformed
from tenure.signing.digest import Signer
from tenure.signing.tsig import repeats_signature, verify_response
from tenure.updating.messages import apex_of, holds_record, primary_of, rcode_of_look
from tenure.updating.task import Ending, Task, Verdict
from tenure.updating.zone_cut import Cut, cut_of

# What the TSIG error field says of our request (RFC 8945 section 5.2). It may stand in a reply that is not signed, and
# is then a hint only: each of them is met with another try, none is believed for good.
_TSIG_REASONS: Final = {
    int(Rcode.BADVERS): ("BADSIG", Reason.KEY_REJECTED),  # the number 16 is BADSIG in a TSIG record
    int(Rcode.BADKEY): ("BADKEY", Reason.KEY_REJECTED),
    int(Rcode.BADTIME): ("BADTIME", Reason.CLOCK_DIFFERS),
    int(Rcode.BADTRUNC): ("BADTRUNC", Reason.KEY_REJECTED),
}

_TIME_OCTETS: Final = 6

# What a server says that knows another secret of the key, or its name not at all. PowerDNS says it without a TSIG
# record: NOTAUTH to a question and REFUSED to an update.
_OTHER_SECRET: Final = frozenset({"BADSIG", "BADKEY", "unsigned REFUSED", "unsigned NOTAUTH"})

# What a server may say without a signature, because it has no zone to find the key by, or is in no state to sign (Knot
# does). It is a reason to try again as every unsigned reply is, only with a better word for it.
_UNSIGNED_REASONS: Final = {
    int(Rcode.SERVFAIL): Reason.SERVER_FAILED,
    int(Rcode.NOTIMP): Reason.SERVER_FAILED,
    int(Rcode.NOTAUTH): Reason.SERVER_NOT_AUTHORITATIVE,
    int(Rcode.REFUSED): Reason.KEY_REJECTED,
}


def read_reply(
    octets: bytes, key: Signer | None, request_mac: bytes, now: float, looks_for: Task | None = None
) -> int | Ending:
    """The RCODE, if the reply can be believed; else the ending of what was asked. `key` None: nothing was signed.

    `looks_for` is the task of a query, whose answer stands for an RCODE (`messages.rcode_of_look`).
    """
    try:
        message = parse_message(octets)
    except Malformed as error:
        return Ending(Verdict.RETRY, Reason.REPLY_UNVERIFIED, f"malformed reply: {error}")
    if not message.flags & QR or message.opcode != (Opcode.UPDATE if looks_for is None else Opcode.QUERY):
        asked = "an update" if looks_for is None else "a query"
        return Ending(Verdict.RETRY, Reason.REPLY_UNVERIFIED, f"the reply is not one to {asked}")
    rcode = message.rcode if looks_for is None else rcode_of_look(message, looks_for)
    if key is None:
        return rcode
    return signature_trouble(octets, message, key, request_mac, now) or rcode


def signature_trouble(octets: bytes, message: Message, key: Signer, request_mac: bytes, now: float) -> Ending | None:
    """Why the reply to a signed request cannot be believed, or says that the signature was not; None if all is well."""
    if message.tsig is None:
        seen = f"unsigned {rcode_to_text(message.rcode)}"
        return Ending(Verdict.RETRY, _UNSIGNED_REASONS.get(message.rcode, Reason.REPLY_UNVERIFIED), seen)
    if message.tsig.error:
        word, reason = _TSIG_REASONS.get(message.tsig.error, (f"TSIG error {message.tsig.error}", Reason.KEY_REJECTED))
        if message.tsig.error == Rcode.BADTIME:
            word += _difference(message.tsig.other, now)
        return Ending(Verdict.RETRY, reason, word)
    if repeats_signature(message, key, request_mac):  # it can deny, and confirm nothing
        return None
    wrong = verify_response(octets, message, key, request_mac, now)
    if wrong is not None:
        return Ending(Verdict.RETRY, Reason.REPLY_UNVERIFIED, str(wrong))
    return None


def read_apex(octets: bytes, key: Signer | None, request_mac: bytes, now: float, zone: Name) -> Name | None:
    """What the answer to `messages.build_apex_question` says, if it can be believed."""
    try:
        message = parse_message(octets)
    except Malformed:
        return None
    if key is not None and signature_trouble(octets, message, key, request_mac, now) is not None:
        return None
    return apex_of(message, zone)


def read_primary(octets: bytes, zone: Name) -> Name | Ending:
    """The primary that an answer to `messages.build_apex_question` names, or why it names none; nobody has signed it.

    Who lies here can only lead us to a service that the KDC knows too: where that is too much, server-principal is set.
    """
    try:
        message = parse_message(octets)
    except Malformed as error:
        return Ending(Verdict.RETRY, Reason.REPLY_UNVERIFIED, f"malformed reply: {error}")
    primary = primary_of(message, zone)
    if primary is not None and primary != ROOT:
        return primary
    said = f"{rcode_to_text(message.rcode)} to a question for the SOA record" if primary is None else "the SOA has none"
    return Ending(Verdict.RETRY, Reason.CONTEXT_REFUSED, f"no primary's name is known: {said}; set server-principal")


def read_back(octets: bytes, task: Task) -> str:
    """What an answer to `messages.build_read_back` says, for people; nobody has signed it."""
    try:
        found = holds_record(parse_message(octets), task)
    except Malformed:
        found = None
    if found is None:
        return "the server does not say what the zone holds"
    return "the zone holds the record" if found else "the zone does not hold the record"


def read_cut(
    octets: bytes, key: Signer | None, request_mac: bytes, now: float, zone: Name, point: Name
) -> Cut | Ending | None:
    """What the answer to a question for the SOA record of `point` says of zones below `zone`; why it says nothing."""
    try:
        message = parse_message(octets)
    except Malformed as error:
        return Ending(Verdict.RETRY, Reason.REPLY_UNVERIFIED, f"malformed reply: {error}")
    if key is not None and (trouble := signature_trouble(octets, message, key, request_mac, now)) is not None:
        return trouble
    return cut_of(message, zone, point)


def _difference(other: bytes, now: float) -> str:
    """How far the server's clock, which a BADTIME carries (RFC 8945 section 5.2.3), is from ours; to ten seconds.

    Rounded, so that the same trouble has the same words at each try.
    """
    if len(other) != _TIME_OCTETS:
        return ""
    seconds = int.from_bytes(other, "big") - int(now)
    return f": our clock is about {abs(round(seconds, -1))} s {'behind' if seconds > 0 else 'ahead of'} the server's"


def may_know_other_secret(answer: int | Ending) -> bool:
    """Whether the request is worth signing again with the key's other secret, if it has one.

    What does not know the secret cannot sign, so this is a hint; following it is safe, as either secret is good.
    """
    return isinstance(answer, Ending) and answer.cause in _OTHER_SECRET
