"""TSIG against dnspython, both ways and for every algorithm; and what a client believes of a response."""

from __future__ import annotations

from dataclasses import replace

import dns.message
import dns.name
import dns.rcode
import dns.tsig
import dns.update
import pytest

from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import from_text, to_text
from tenure.dnswire.rr import Question
from tenure.dnswire.update import add, build_update, name_not_in_use
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import (
    Rejected,
    Unverified,
    Verified,
    rejection_response,
    sign_request,
    sign_response,
    tsig_size,
    verify_request,
    verify_response,
)

NOW = 1_700_000_000
ZONE = from_text("example.test.")
HOST = from_text("host.example.test.")
REQUEST = build_update(0x1234, ZONE, [name_not_in_use(HOST)], [add(HOST, 1, 300, b"\xc0\0\2\1")])
RESPONSE = build_message(0x1234, 0xA800, [Question(ZONE, 6, 1)])
SECRET = bytes(range(48))


def key_of(algorithm: str = "hmac-sha256", **other: int) -> Key:
    return Key(from_text("dhcp.example.test."), ALGORITHMS[algorithm].name, SECRET, **other)


def their_key(key: Key) -> dns.tsig.Key:
    return dns.tsig.Key(to_text(key.name), SECRET, to_text(key.algorithm))


@pytest.fixture
def their_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: float(NOW))


def accepted(octets: bytes, key: Key, now: float = NOW) -> Verified:
    verified = verify_request(octets, parse_message(octets), {key.name: key}, now)
    assert isinstance(verified, Verified), verified
    return verified


def rejected(octets: bytes, key: Key, now: float = NOW) -> Rejected:
    found = verify_request(octets, parse_message(octets), {key.name: key}, now)
    assert isinstance(found, Rejected)
    return found


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.usefixtures("their_clock")
def test_dnspython_asks_and_we_answer(algorithm: str) -> None:
    key = key_of(algorithm)
    update = dns.update.UpdateMessage("example.test.", id=0x1234, keyring=their_key(key))
    update.add("host", 300, "A", "192.0.2.1")
    octets = update.to_wire()
    answer = sign_response(RESPONSE, accepted(octets, key), NOW)
    dns.message.from_wire(answer, keyring=their_key(key), request_mac=update.mac)
    with pytest.raises(dns.tsig.BadSignature):
        dns.message.from_wire(answer, keyring=their_key(key), request_mac=bytes(len(update.mac)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.usefixtures("their_clock")
def test_we_ask_and_dnspython_answers(algorithm: str) -> None:
    key = key_of(algorithm)
    octets, mac = sign_request(REQUEST, key, NOW)
    request = dns.message.from_wire(octets, keyring=their_key(key))
    assert request.had_tsig
    answer = dns.message.make_response(request).to_wire()
    message = parse_message(answer)
    assert verify_response(answer, message, key, mac, NOW) is None
    assert verify_response(answer, message, key, bytes(len(mac)), NOW) is Unverified.WRONG_MAC


@pytest.mark.parametrize("least_mac", [16, 20, 32])
def test_an_agreed_shorter_mac_is_used_both_ways(least_mac: int) -> None:
    """As BIND does with a key of "hmac-sha256-128": 16 octets in, 16 octets out."""
    key = key_of(least_mac=least_mac)
    octets, mac = sign_request(REQUEST, key, NOW)
    assert len(mac) == least_mac
    verified = accepted(octets, key)
    answer = sign_response(RESPONSE, verified, NOW)
    message = parse_message(answer)
    assert message.tsig is not None
    assert len(message.tsig.mac) == least_mac
    assert verify_response(answer, message, key, mac, NOW) is None


def test_a_whole_mac_is_answered_with_a_whole_one_even_where_less_would_do() -> None:
    octets, mac = sign_request(REQUEST, key_of(), NOW)
    answer = sign_response(RESPONSE, accepted(octets, key_of(least_mac=16)), NOW)
    assert verify_response(answer, parse_message(answer), key_of(), mac, NOW) is None


def test_every_octet_of_request_and_response_counts() -> None:
    """A change anywhere is malformed, or another key, or a wrong signature; only letter case in key names is free."""
    key = key_of()
    octets, mac = sign_request(REQUEST, key, NOW)
    answer = sign_response(RESPONSE, accepted(octets, key), NOW)
    id_octets = {0, 1}  # a forwarder may change them: the original ID is digested
    for at in set(range(len(answer))) - id_octets:
        changed = bytearray(answer)
        changed[at] ^= 0x01
        try:
            message = parse_message(bytes(changed))
        except ValueError:
            continue
        assert verify_response(bytes(changed), message, key, mac, NOW) is not None, at


def test_what_is_not_to_be_believed() -> None:
    key = key_of()
    octets, mac = sign_request(REQUEST, key, NOW)
    verified = accepted(octets, key)

    def believe(answer: bytes, now: float = NOW) -> Unverified | None:
        return verify_response(answer, parse_message(answer), key, mac, now)

    assert believe(RESPONSE) is Unverified.UNSIGNED
    other = replace(key, name=from_text("other."))
    assert believe(sign_response(RESPONSE, verified._replace(key=other), NOW)) is Unverified.OTHER_KEY
    other = key_of("hmac-sha512")
    assert believe(sign_response(RESPONSE, verified._replace(key=other), NOW)) is Unverified.OTHER_KEY
    unknown = verify_request(octets, parse_message(octets), {}, NOW)
    assert isinstance(unknown, Rejected)
    assert believe(rejection_response(RESPONSE, unknown, NOW)) is Unverified.EMPTY
    assert believe(sign_response(RESPONSE, verified._replace(mac=mac[:16]), NOW)) is Unverified.WRONG_SIZE
    signed = sign_response(RESPONSE, verified, NOW)
    assert believe(signed, NOW + 300) is None
    assert believe(signed, NOW + 301) is Unverified.WRONG_TIME
    assert believe(signed, NOW - 301) is Unverified.WRONG_TIME


def test_a_signed_time_error_is_believed_and_tells_the_servers_clock() -> None:
    key = key_of()
    octets, mac = sign_request(REQUEST, key, NOW)
    late = rejected(octets, key, NOW + 1000)
    answer = rejection_response(RESPONSE, late, NOW + 1000)
    message = parse_message(answer)
    assert verify_response(answer, message, key, mac, NOW) is None
    assert message.tsig is not None
    assert (message.tsig.error, int.from_bytes(message.tsig.other, "big")) == (18, NOW + 1000)


def test_the_size_of_the_record_is_known_before_it_is_made() -> None:
    for algorithm in ALGORITHMS:
        key = key_of(algorithm)
        octets, _ = sign_request(REQUEST, key, NOW)
        verified = accepted(octets, key)
        assert tsig_size(verified) == len(sign_response(RESPONSE, verified, NOW)) - len(RESPONSE)
        tampered = octets[:2] + bytes([octets[2] ^ 1]) + octets[3:]
        unknown = verify_request(octets, parse_message(octets), {}, NOW)
        assert isinstance(unknown, Rejected)
        for found in (unknown, rejected(tampered, key), rejected(octets, key, 0)):
            assert tsig_size(found) == len(rejection_response(RESPONSE, found, NOW)) - len(RESPONSE)


def test_times_past_32_bits_are_signed() -> None:
    """Time signed has 48 bits: 2106 is no end."""
    key = key_of()
    octets, _ = sign_request(REQUEST, key, 2**33 + 5)
    assert accepted(octets, key, 2**33).record.time_signed == 2**33 + 5
