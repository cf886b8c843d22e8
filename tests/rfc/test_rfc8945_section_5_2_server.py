"""RFC 8945 section 5.2 at the server: what a signature that does not count does to each kind of request."""

from __future__ import annotations

import pytest
from dns_exchange import KEY, NOW, Authority

from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.update import add, build_update
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import sign_request, verify_response

UPDATE = build_update(7, from_text("example.test."), [], [add(from_text("new.example.test."), 1, 60, b"\1\2\3\4")])
QUERY = b"\0\7\0\0\0\1\0\0\0\0\0\0" + from_text("ns.example.test.") + b"\0\1\0\1"
STRANGER = Key(from_text("stranger."), ALGORITHMS["hmac-sha256"].name, b"x" * 32)
IMPOSTOR = Key(KEY.name, KEY.algorithm, b"x" * 32)


@pytest.mark.parametrize("request_octets", [UPDATE, QUERY])
@pytest.mark.parametrize(
    ("key", "at", "error"), [(STRANGER, NOW, 17), (IMPOSTOR, NOW, 16), (KEY, NOW - 301, 18), (KEY, NOW + 301, 18)]
)
def test_rejected(request_octets: bytes, key: Key, at: float, error: int) -> None:
    authority = Authority()
    octets, mac = sign_request(request_octets, key, at)
    reply = authority.send(octets)
    message = parse_message(reply)
    assert message.rcode == 9
    assert message.tsig is not None
    assert message.tsig.error == error
    assert message.answers == ()
    assert (len(message.tsig.mac) > 0) == (error == 18)
    if error == 18:
        assert verify_response(reply, message, KEY, mac, at) is None
    assert authority.zone.serial == 1
    assert authority.refusal is not None
    assert authority.refusal.reason.startswith("TSIG of key")


@pytest.mark.parametrize("request_octets", [UPDATE, QUERY])
def test_accepted_and_signed(request_octets: bytes) -> None:
    octets, mac = sign_request(request_octets, KEY, NOW)
    reply = Authority().send(octets)
    message = parse_message(reply)
    assert message.rcode == 0
    assert verify_response(reply, message, KEY, mac, NOW) is None


def test_a_refusal_of_the_policy_is_signed_without_an_error() -> None:
    octets, mac = sign_request(UPDATE, KEY, NOW)
    reply = Authority("@ 300 NS ns\n", "deny dhcp. zonesub ANY").send(octets)
    message = parse_message(reply)
    assert message.rcode == 5
    assert message.tsig is not None
    assert message.tsig.error == 0
    assert verify_response(reply, message, KEY, mac, NOW) is None


def test_an_unsigned_request_is_never_answered_signed() -> None:
    assert parse_message(Authority().send(UPDATE)).tsig is None
    assert parse_message(Authority().send(QUERY)).tsig is None
