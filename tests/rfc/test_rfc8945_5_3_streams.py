"""RFC 8945 section 5.3.1: TSIG over the messages of a zone transfer; dnspython is the oracle for ours."""

from __future__ import annotations

from typing import Any

import dns.message
import dns.tsig
import pytest
from tsig_vectors import STREAMS, VECTORS, vector_key, without_tsig

from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import from_text, to_text
from tenure.dnswire.rr import RR, Question
from tenure.signing.digest import FUDGE, append_record, sized, timers, variables
from tenure.signing.key import Key
from tenure.signing.stream import MOST_UNSIGNED, StreamSigner, StreamVerifier
from tenure.signing.tsig import Unverified, Verified, sign_request, verify_request

KEY = vector_key(VECTORS["update-request-hmac-sha256"])
NOW = 1_700_000_000
ZONE = from_text("example.test.")


def messages_of(stream: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(message["wire"]) for message in stream["messages"]]


def run(verifier: StreamVerifier, messages: list[bytes], now: float = NOW) -> list[Unverified | None]:
    return [verifier.verify(octets, parse_message(octets), now) for octets in messages]


def transfer(count: int) -> list[bytes]:
    return [
        build_message(7, 0x8400, [Question(ZONE, 252, 1)], [RR(ZONE, 16, 1, 60, b"\3%03d" % number)])
        for number in range(count)
    ]


def request(key: Key) -> tuple[Verified, bytes]:
    octets, mac = sign_request(build_message(7, 0, [Question(ZONE, 252, 1)]), key, NOW)
    verified = verify_request(octets, parse_message(octets), {key.name: key}, NOW)
    assert isinstance(verified, Verified)
    return verified, mac


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_the_vectors_are_believed(stream: dict[str, Any]) -> None:
    verifier = StreamVerifier(KEY, bytes.fromhex(stream["request_mac"]))
    assert run(verifier, messages_of(stream)) == [None] * 4
    assert verifier.finish() is None


def test_the_vector_is_signed_octet_for_octet() -> None:
    stream = STREAMS["axfr-all-signed"]
    octets = bytes.fromhex(stream["request"])
    verified = verify_request(octets, parse_message(octets), {KEY.name: KEY}, NOW)
    assert isinstance(verified, Verified)
    signer = StreamSigner(verified)
    for octets in messages_of(stream):
        record = parse_message(octets).tsig
        assert record is not None
        signed = signer.sign(without_tsig(octets, record.offset), record.time_signed)
        assert parse_message(signed) == parse_message(octets)


@pytest.mark.parametrize("least_mac", [0, 16])
def test_dnspython_believes_ours(monkeypatch: pytest.MonkeyPatch, least_mac: int) -> None:
    monkeypatch.setattr("time.time", lambda: float(NOW))
    algorithm = from_text("hmac-sha256-128." if least_mac else "hmac-sha256.")
    key = Key(KEY.name, algorithm, KEY.secret)
    verified, mac = request(key)
    signer = StreamSigner(verified)
    theirs = dns.tsig.Key(to_text(key.name), key.secret, to_text(key.algorithm))
    context = None
    for octets in transfer(5):
        message = dns.message.from_wire(
            signer.sign(octets, NOW), keyring=theirs, request_mac=mac, tsig_ctx=context, multi=True, xfr=True
        )
        context = message.tsig_ctx
        assert message.had_tsig


def test_a_changed_swapped_or_missing_message_is_found() -> None:
    verified, mac = request(KEY)
    signer = StreamSigner(verified)
    good = [signer.sign(octets, NOW) for octets in transfer(4)]
    assert run(StreamVerifier(KEY, mac), good) == [None] * 4
    assert run(StreamVerifier(KEY, mac), [good[0], good[2]])[-1] is Unverified.WRONG_MAC
    assert run(StreamVerifier(KEY, mac), [good[1]])[-1] is Unverified.WRONG_MAC
    changed = good[1].replace(b"\x03001", b"\x03009")
    assert run(StreamVerifier(KEY, mac), [good[0], changed])[-1] is Unverified.WRONG_MAC


def test_an_unsigned_message_is_covered_by_the_next_signature() -> None:
    stream = STREAMS["axfr-one-unsigned-in-between"]
    messages = messages_of(stream)
    messages[2] = messages[2][:-1] + b"\x99"
    verifier = StreamVerifier(KEY, bytes.fromhex(stream["request_mac"]))
    assert run(verifier, messages) == [None, None, None, Unverified.WRONG_MAC]


def test_the_first_and_the_last_message_must_be_signed() -> None:
    verified, mac = request(KEY)
    signer = StreamSigner(verified)
    first, last = transfer(2)
    assert run(StreamVerifier(KEY, mac), [first]) == [Unverified.UNSIGNED]
    assert StreamVerifier(KEY, mac).finish() is Unverified.UNSIGNED
    verifier = StreamVerifier(KEY, mac)
    assert run(verifier, [signer.sign(first, NOW), last]) == [None, None]
    assert verifier.finish() is Unverified.UNSIGNED


def test_no_more_than_99_unsigned_messages_in_a_row() -> None:
    verified, mac = request(KEY)
    first, *others = transfer(1 + MOST_UNSIGNED)
    found = run(StreamVerifier(KEY, mac), [StreamSigner(verified).sign(first, NOW), *others])
    assert found == [None] * (1 + MOST_UNSIGNED)
    verifier = StreamVerifier(KEY, mac)
    assert run(verifier, [StreamSigner(verified).sign(first, NOW), *others, others[0]])[-1] is Unverified.UNSIGNED
    assert MOST_UNSIGNED == 99


def test_time_is_checked_in_every_message() -> None:
    verified, mac = request(KEY)
    signer = StreamSigner(verified)
    first, second = transfer(2)
    found = run(StreamVerifier(KEY, mac), [signer.sign(first, NOW), signer.sign(second, NOW - 301)])
    assert found == [None, Unverified.WRONG_TIME]


def test_unsigned_messages_may_come_again_and_again() -> None:
    """Each run of them is settled by the signed message behind it, and counted anew."""
    verified, mac = request(KEY)
    verifier, last_mac, expected = StreamVerifier(KEY, mac), verified.mac, b""
    for number, octets in enumerate(transfer(4 * (MOST_UNSIGNED + 1) + 1)):
        expected += octets
        signed = octets
        if number % (MOST_UNSIGNED + 1) == 0:
            tail = timers(NOW, FUDGE) if number else variables(KEY, NOW, FUDGE)
            last_mac = KEY.mac(sized(last_mac) + expected + tail)
            args = (KEY.record_head, KEY.algorithm, NOW, FUDGE, last_mac)
            signed, expected = append_record(octets, *args, original_id=octets[:2]), b""
        assert verifier.verify(signed, parse_message(signed), NOW) is None
    assert verifier.finish() is None


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("fault", [Unverified.OTHER_KEY, Unverified.WRONG_SIZE, Unverified.EMPTY])
def test_the_record_of_every_message_is_looked_at(at: int, fault: Unverified) -> None:
    """A MAC of a few octets, or one of another key, is no signature, and an error without one is none either."""
    verified, mac = request(KEY)
    signer, verifier = StreamSigner(verified), StreamVerifier(KEY, mac)
    first, second = transfer(2)
    if at:
        octets = signer.sign(first, NOW)
        assert verifier.verify(octets, parse_message(octets), NOW) is None
    message = parse_message(signer.sign(second if at else first, NOW))
    assert message.tsig is not None
    changes: dict[Unverified, dict[str, Any]] = {
        Unverified.OTHER_KEY: {"name": from_text("other.")},
        Unverified.WRONG_SIZE: {"mac": message.tsig.mac[:4]},
        Unverified.EMPTY: {"mac": b"", "error": 17},
    }
    changed = message._replace(tsig=message.tsig._replace(**changes[fault]))
    octets = second if at else first
    assert verifier.verify(octets + bytes(200), changed, NOW) is fault
