"""Single messages signed and verified with TSIG (RFC 8945 section 5). Messages of a TCP stream are in `stream`.

What a request lacks is a value, `Rejected`, that says how to answer; what a response lacks is an `Unverified`. Made per
packet, so the values are NamedTuples.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hmac import compare_digest
from typing import Final, NamedTuple

from tenure.dnswire.codes import Rcode
from tenure.dnswire.message import Message, TsigRecord
from tenure.dnswire.name import Name, to_text
from tenure.signing.context import Context, Contexts
from tenure.signing.digest import FUDGE, Signer, append_record, sized, unsigned_part, variables
from tenure.signing.key import Key, algorithm_to_text
from tenure.signing.principal import Principal
from tenure.signing.tkey import GSS_ALGORITHMS

_FORMERR: Final = int(Rcode.FORMERR)
_NOTAUTH: Final = int(Rcode.NOTAUTH)
BADSIG: Final = int(Rcode.BADSIG)
BADKEY: Final = int(Rcode.BADKEY)
BADTIME: Final = int(Rcode.BADTIME)
BADTRUNC: Final = int(Rcode.BADTRUNC)


class Verified(NamedTuple):
    """A request that the holder of `key` has signed, or the other end of that context."""

    key: Signer
    mac: bytes  # as it came, perhaps truncated: the answer's digest begins with it
    record: TsigRecord

    @property
    def identity(self) -> Name:
        """What policies and lists know the signer by, lower-cased: the key's name, or the principal's."""
        key = self.key
        return key.name if isinstance(key, Key) else key.identity

    @property
    def principal(self) -> Principal | None:
        """Who has signed by Kerberos; None: a key was used."""
        key = self.key
        return None if isinstance(key, Key) else key.principal


class Rejected(NamedTuple):
    """A request whose signature does not count, and how that is answered."""

    rcode: int  # for the header
    tsig_error: int  # for the TSIG record of the answer; 0: the answer carries none
    reason: str  # for the operator
    record: TsigRecord
    key: Signer | None  # what signs the answer; None: it is not signed


class Unverified(StrEnum):
    """Why a response to a signed request is not to be believed."""

    UNSIGNED = "the response is not signed"
    OTHER_KEY = "the response is signed with another key or algorithm"
    EMPTY = "the response carries a TSIG error and no signature"
    WRONG_SIZE = "the response's MAC is too short or too long"
    WRONG_MAC = "the response's signature is wrong"
    WRONG_TIME = "the response was signed too far from now"


def sign_request(message: bytes, key: Signer, now: float, fudge: int = FUDGE) -> tuple[bytes, bytes]:
    """The message with a TSIG record behind it, and the MAC that `verify_response` needs. It must not have one yet.

    So is signed too what answers no signed request: the reply that establishes a context (RFC 3645 section 2.2).
    """
    time_signed = int(now)
    mac = key.short_mac(message + variables(key, time_signed, fudge), key.least_mac)
    head, algorithm = key.record_head, key.algorithm
    return append_record(message, head, algorithm, time_signed, fudge, mac, original_id=message[:2]), mac


def verify_request(
    octets: bytes, message: Message, keys: Mapping[Name, Key], now: float, contexts: Contexts | None = None
) -> Verified | Rejected:
    """Who signed the request; `message` is what `octets` parsed to, and has a TSIG record. Keys by lower-case name.

    The checks in their order (section 5.2): key, size of the MAC, the MAC itself, the time, truncation by local policy.
    Where a name stands for several keys, the one whose MAC is right decides and signs the answer.
    """
    record = message.tsig
    assert record is not None, "the caller looks whether there is a TSIG record"
    key = keys.get(record.name)
    if key is None:
        if contexts is not None and record.algorithm in GSS_ALGORITHMS:
            return _verify_in_context(octets, record, contexts, now)
        return Rejected(_NOTAUTH, BADKEY, f"the name is wrong: no key {to_text(record.name)} is known", record, None)
    mac = record.mac
    if not (
        key.algorithm == record.algorithm
        and key.size_floor <= len(mac) <= key.mac_size
        and mac_is_right(key, unsigned_part(octets, record), record)
    ):
        other = _other_that_signed(key, octets, record)
        if other is None:
            return _not_signed(key, octets, record, now)
        key = other
    if not -record.fudge <= int(now) - record.time_signed <= record.fudge:
        return Rejected(_NOTAUTH, BADTIME, _clock_words(record, now), record, key)
    if len(mac) < key.least_mac:
        reason = f"the MAC is too short: {len(mac)} octets, and {key.least_mac} are demanded"
        return Rejected(_NOTAUTH, BADTRUNC, reason, record, key)
    key.use.at = now
    return Verified(key, mac, record)


def _verify_in_context(octets: bytes, record: TsigRecord, contexts: Contexts, now: float) -> Verified | Rejected:
    """The same for a signature by GSS-API: what is wrong with it is BADKEY, but for the time (RFC 3645 section 5.2).

    Each signature is good once: a context knows those that it has seen, and takes no older ones (replay detection).
    """
    context = contexts.find(record.name, now)
    if context is None or context.algorithm != record.algorithm:
        reason = f"no security context {to_text(record.name)} is known: it has ended, or was made with another server"
        return Rejected(_NOTAUTH, BADKEY, f"{reason}; the client has to negotiate a new one", record, None)
    tail = variables(context, record.time_signed, record.fudge, record.error, record.other)
    wrong = context.security.verify(unsigned_part(octets, record) + tail, record.mac)
    if wrong:
        return Rejected(_NOTAUTH, BADKEY, f"the signature in the context of {context.principal} {wrong}", record, None)
    if not -record.fudge <= int(now) - record.time_signed <= record.fudge:
        return Rejected(_NOTAUTH, BADTIME, _clock_words(record, now), record, context)
    return Verified(context, record.mac, record)


def _other_that_signed(key: Key, octets: bytes, record: TsigRecord) -> Key | None:
    """The one behind `key` that made the record's MAC, None when none did."""
    if key.other is None:
        return None
    return _signer(key.other, octets, record)


def _signer(first: Key, octets: bytes, record: TsigRecord) -> Key | None:
    digested = unsigned_part(octets, record)
    for other in first.chain():
        if other.algorithm == record.algorithm and _size_fits(other, record) and mac_is_right(other, digested, record):
            return other
    return None


def _size_fits(key: Key, record: TsigRecord) -> bool:
    return key.size_floor <= len(record.mac) <= key.mac_size


def _not_signed(key: Key, octets: bytes, record: TsigRecord, now: float) -> Rejected:
    """What is wrong with a record that none of the keys of its name has made."""
    name = to_text(key.name)
    same = [one for one in key.chain() if one.algorithm == record.algorithm]
    if not same:
        known = " and ".join(dict.fromkeys(algorithm_to_text(one.algorithm) for one in key.chain()))
        reason = f"the algorithm is wrong: the key {name} is for {known}, not for {algorithm_to_text(record.algorithm)}"
        return Rejected(_NOTAUTH, BADKEY, reason, record, None)
    size = len(record.mac)
    if size and not any(_size_fits(one, record) for one in same):
        allowed = f"{same[0].size_floor} to {same[0].mac_size} for {algorithm_to_text(record.algorithm)}"
        reason = f"the MAC has a wrong size: {size} octets, and it has {allowed}"
        return Rejected(_FORMERR, 0, reason, record, None)
    reason = f"the MAC is wrong: it was not made with the secret of {name}"
    if len(same) > 1:
        reason += ", nor with its other one"
    if key.ended is not None and _signer(key.ended, octets, record):
        reason = f"the MAC is wrong: it was made with an earlier secret of {name}, which has ended"
    if not size:
        reason = f"the MAC is missing: the record names the key {name} and is not signed"
    elif abs(int(now) - record.time_signed) > record.fudge:
        reason += f"; {_clock_words(record, now)}"
    return Rejected(_NOTAUTH, BADSIG, reason, record, None)


def _clock_words(record: TsigRecord, now: float) -> str:
    late = int(now) - record.time_signed
    where = "behind" if late > 0 else "ahead of"
    return f"the client's clock is {abs(late)} s {where} ours, and {record.fudge} s are allowed"


def mac_is_right(key: Key, digested: bytes, record: TsigRecord) -> bool:
    """Whether the record's MAC, as far as it goes, is that of these octets and its own variables. Constant time.

    Its size was looked at before: an empty MAC would be right for anything.
    """
    mac = record.mac
    tail = variables(key, record.time_signed, record.fudge, record.error, record.other)
    return compare_digest(key.mac(digested + tail)[: len(mac)], mac)


def sign_response(response: bytes, verified: Verified, now: float) -> bytes:
    """The response with a TSIG record; its MAC is as long as the request's (section 5.2.2.1)."""
    key, mac, _ = verified
    return _signed(response, key, mac, len(mac), int(now), FUDGE)


def rejection_response(response: bytes, rejected: Rejected, now: float) -> bytes:
    """The response, whose header has `rejected.rcode`, with the TSIG record that the rejection asks for, if any.

    Where the signature proved nothing: an empty MAC and the server's time. BADTIME: signed, with the request's times in
    their fields and the server's time as other data (section 5.2.3).
    """
    error = rejected.tsig_error
    record = rejected.record
    key = rejected.key
    if not error:
        return response
    if key is None:
        original_id = record.original_id.to_bytes(2, "big")
        head = record.name + b"\0\xfa\0\xff\0\0\0\0"
        return append_record(
            response, head, record.algorithm, int(now), FUDGE, b"", original_id=original_id, error=error
        )
    if error == BADTIME:
        other = int(now).to_bytes(6, "big")
        return _signed(response, key, record.mac, key.mac_size, record.time_signed, record.fudge, error, other)
    return _signed(response, key, record.mac, key.mac_size, int(now), FUDGE, error)


def _signed(
    response: bytes,
    key: Signer,
    request_mac: bytes,
    mac_size: int,
    time_signed: int,
    fudge: int,
    error: int = 0,
    other: bytes = b"",
) -> bytes:
    mac = key.short_mac(sized(request_mac) + response + variables(key, time_signed, fudge, error, other), mac_size)
    head, algorithm = key.record_head, key.algorithm
    original_id = response[:2]
    return append_record(
        response, head, algorithm, time_signed, fudge, mac, original_id=original_id, error=error, other=other
    )


def tsig_size(answered: Verified | Rejected) -> int:
    """How many octets the TSIG record of the answer takes: what truncation has to leave free."""
    record = answered.record
    names = len(record.name) + len(record.algorithm) + 26
    if isinstance(answered, Verified):
        return names + max(len(answered.mac), answered.key.mac_size if isinstance(answered.key, Context) else 0)
    if answered.key is not None:
        return names + answered.key.mac_size + (6 if answered.tsig_error == BADTIME else 0)
    return names if answered.tsig_error else 0


def verify_response(octets: bytes, message: Message, key: Signer, request_mac: bytes, now: float) -> Unverified | None:
    """None if the holder of the key, or the other end of the context, has signed this response to that request.

    Else why it is not to be believed. A verified response may still carry a TSIG error (BADTIME, BADTRUNC) in
    `message.tsig.error`.

    In a context the MAC of the request may stand there without its size: so Samba's DNS server signs, up to 4.17 at
    least. It is as much tied to the request as the other way (RFC 8945 section 5.3) is.
    """
    fault = _verify_reply(octets, message, key, sized(request_mac), now)
    if fault is Unverified.WRONG_MAC and isinstance(key, Context):
        return _verify_reply(octets, message, key, request_mac, now)
    return fault


def verify_establishing(octets: bytes, message: Message, context: Context, now: float) -> Unverified | None:
    """The same for the reply that has established the context: it answers no signed request (RFC 3645 section 2.2).

    What stands for the MAC of the request is nothing at all, as Windows and BIND have it (MS-GSSA section 3.1.5.1), or
    its size, which is 0, as RFC 8945 section 5.3.2 can be read.
    """
    fault = _verify_reply(octets, message, context, b"", now)
    return _verify_reply(octets, message, context, sized(b""), now) if fault is Unverified.WRONG_MAC else fault


def repeats_signature(message: Message, key: Signer, request_mac: bytes) -> bool:
    """Whether this is how Windows DNS says that an update failed: with the very signature of the request.

    It copies the message, sets the RCODE and signs nothing (MS-GSSA appendix A, 1). Who cannot read the request cannot
    make such a reply.
    """
    record = message.tsig
    if record is None or not isinstance(key, Context) or not message.rcode or record.error:
        return False
    return record.name == key.name and record.mac == request_mac != b""


def _verify_reply(octets: bytes, message: Message, key: Signer, before: bytes, now: float) -> Unverified | None:
    record = message.tsig
    if record is None:
        return Unverified.UNSIGNED
    fault = check_response_record(record, key)
    if fault is not None:
        return fault
    digested = before + unsigned_part(octets, record)
    if isinstance(key, Context):
        digested += variables(key, record.time_signed, record.fudge, record.error, record.other)
        if key.security.verify(digested, record.mac):
            return Unverified.WRONG_MAC
    elif not mac_is_right(key, digested, record):
        return Unverified.WRONG_MAC
    return check_response_time(record, now)


def check_response_record(record: TsigRecord, key: Signer) -> Unverified | None:
    """What can be seen to be wrong with the TSIG record of a response before any digest is made."""
    if record.name != key.name or record.algorithm != key.algorithm:
        return Unverified.OTHER_KEY
    if not record.mac and record.error:
        return Unverified.EMPTY
    if not key.least_mac <= len(record.mac) <= key.mac_size:
        return Unverified.WRONG_SIZE
    return None


def check_response_time(record: TsigRecord, now: float) -> Unverified | None:
    """Whether the record was signed near enough to now."""
    return Unverified.WRONG_TIME if abs(int(now) - record.time_signed) > record.fudge else None
