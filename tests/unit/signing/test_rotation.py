"""Two secrets of one key: which are good when, which of them signed, and what a refusal says of name, MAC and clock."""

from __future__ import annotations

from collections.abc import Mapping

import dns.message
import dns.name
import dns.tsig
import dns.tsigkeyring
import pytest

from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rr import Question
from tenure.signing.key import ALGORITHMS, MD5, Key, algorithm_to_text
from tenure.signing.rotation import Secret, ended_secrets, fingerprint, good_secrets, keys_of, next_to_try
from tenure.signing.tsig import (
    Rejected,
    Verified,
    rejection_response,
    sign_request,
    sign_response,
    verify_request,
    verify_response,
)

NOW = 1_700_000_000
NAME = from_text("dhcp.")
OLD, NEW = b"the old secret of 32 octets.....", b"the new secret of 32 octets....."
SHA256, SHA512, SHA1 = (ALGORITHMS[word].name for word in ("hmac-sha256", "hmac-sha512", "hmac-sha1"))
REQUEST = build_message(7, 0x2800, [Question(from_text("example.test."), 6, 1)])
RESPONSE = build_message(7, 0xA800, [Question(from_text("example.test."), 6, 1)])
BADSIG, BADKEY, BADTIME, BADTRUNC = 16, 17, 18, 22


def ring(*secrets: Secret, now: float = NOW, allow_md5: bool = False) -> dict[Name, Key]:
    return keys_of(good_secrets(secrets, now, allow_md5=allow_md5))


ROTATING = ring(Secret(NAME, SHA256, OLD, 0, NOW + 1000), Secret(NAME, SHA256, NEW, NOW - 10))


def verify(octets: bytes, keys: Mapping[Name, Key], now: float = NOW) -> Verified | Rejected:
    return verify_request(octets, parse_message(octets), keys, now)


def rejected(octets: bytes, keys: Mapping[Name, Key], now: float = NOW) -> Rejected:
    found = verify(octets, keys, now)
    assert isinstance(found, Rejected)
    return found


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_either_secret_is_accepted_and_the_reply_is_signed_with_the_same_one(secret: bytes) -> None:
    peer = Key(NAME, SHA256, secret)
    octets, mac = sign_request(REQUEST, peer, NOW)
    found = verify(octets, ROTATING)
    assert isinstance(found, Verified)
    reply = sign_response(RESPONSE, found, NOW)
    assert verify_response(reply, parse_message(reply), peer, mac, NOW) is None
    stranger = Key(NAME, SHA256, NEW if secret is OLD else OLD)
    assert verify_response(reply, parse_message(reply), stranger, mac, NOW) is not None


def test_the_use_of_each_secret_is_noted() -> None:
    keys = ring(Secret(NAME, SHA256, OLD, 0), Secret(NAME, SHA256, NEW, 1))
    new, old = keys[NAME].chain()
    verify(sign_request(REQUEST, Key(NAME, SHA256, OLD), NOW)[0], keys)
    assert (new.use.at, old.use.at) == (0, NOW)
    verify(sign_request(REQUEST, Key(NAME, SHA256, b"x" * 16), NOW + 5)[0], keys, NOW + 5)
    assert (new.use.at, old.use.at) == (0, NOW)
    verify(sign_request(REQUEST, Key(NAME, SHA256, NEW), NOW + 9)[0], keys, NOW + 9)
    assert (new.use.at, old.use.at) == (NOW + 9, NOW)


@pytest.mark.parametrize(
    ("now", "expected"),
    [(NOW - 11, [OLD]), (NOW - 10, [NEW, OLD]), (NOW + 999, [NEW, OLD]), (NOW + 1000, [NEW])],
)
def test_a_secret_is_good_in_its_time(now: int, expected: list[bytes]) -> None:
    secrets = [Secret(NAME, SHA256, OLD, 0, NOW + 1000), Secret(NAME, SHA256, NEW, NOW - 10)]
    assert [one.secret for one in good_secrets(secrets, now)] == expected
    assert len(list(keys_of(good_secrets(secrets, now))[NAME].chain())) == len(expected)


def test_no_more_than_two_secrets_of_a_name_are_good() -> None:
    secrets = [Secret(NAME, SHA256, bytes([n]) * 16, n) for n in range(5)]
    assert [one.from_at for one in good_secrets(secrets, NOW)] == [4, 3]


def test_rotation_can_change_the_algorithm() -> None:
    keys = ring(Secret(NAME, SHA1, OLD, 0), Secret(NAME, SHA512, NEW, 1))
    for peer in (Key(NAME, SHA1, OLD), Key(NAME, SHA512, NEW)):
        found = verify(sign_request(REQUEST, peer, NOW)[0], keys)
        assert isinstance(found, Verified)
        assert found.key.algorithm == peer.algorithm
    wrong = rejected(sign_request(REQUEST, Key(NAME, SHA256, OLD), NOW)[0], keys)
    assert wrong.tsig_error == BADKEY
    assert wrong.reason == "the algorithm is wrong: the key dhcp. is for hmac-sha512 and hmac-sha1, not for hmac-sha256"


def test_md5_has_to_be_switched_on() -> None:
    old_peer = Secret(NAME, MD5, OLD)
    octets = sign_request(REQUEST, Key(NAME, MD5, OLD), NOW)[0]
    assert rejected(octets, ring(old_peer)).tsig_error == BADKEY
    assert isinstance(verify(octets, ring(old_peer, allow_md5=True)), Verified)


@pytest.mark.parametrize("word", ["hmac-sha256-128", "hmac-sha384-192", "hmac-sha512-256"])
def test_a_truncated_algorithm_is_good_in_both_ways(word: str) -> None:
    """RFC 8945 section 6: the registered name; BIND's way: the full name and a short MAC (section 5.2.2.1)."""
    short = ALGORITHMS[word]
    full = ALGORITHMS[f"hmac-{short.hash_name}"]
    keys = ring(Secret(NAME, short.name, OLD))
    bind_way = Key(NAME, full.name, OLD, short.mac_size)
    for peer in (bind_way, Key(NAME, short.name, OLD), Key(NAME, full.name, OLD)):
        octets, mac = sign_request(REQUEST, peer, NOW)
        found = verify(octets, keys)
        assert isinstance(found, Verified), found
        assert found.key.algorithm == peer.algorithm
        reply = sign_response(RESPONSE, found, NOW)
        assert verify_response(reply, parse_message(reply), peer, mac, NOW) is None
    signed_by_us = parse_message(sign_request(REQUEST, keys[NAME], NOW)[0]).tsig
    assert signed_by_us is not None
    assert (algorithm_to_text(signed_by_us.algorithm), len(signed_by_us.mac)) == (
        algorithm_to_text(full.name),
        short.mac_size,
    )


@pytest.mark.parametrize("word", [word for word in ALGORITHMS if word != "hmac-sha384-192"])
def test_dnspython_signs_and_believes(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An independent implementation, in both directions, for every algorithm that it knows."""
    monkeypatch.setattr("time.time", lambda: NOW)
    keys = ring(Secret(NAME, ALGORITHMS[word].name, OLD), Secret(NAME, SHA256, NEW, 1), allow_md5=True)
    theirs = dns.tsig.Key("dhcp.", OLD, dns.name.from_wire(ALGORITHMS[word].name, 0)[0])
    query = dns.message.make_query("example.test.", "SOA")
    query.use_tsig(theirs)
    octets = query.to_wire()
    found = verify(octets, keys)
    assert isinstance(found, Verified), found
    unsigned = dns.message.make_response(dns.message.make_query("example.test.", "SOA", id=query.id)).to_wire()
    signed = sign_response(unsigned, found, NOW)
    dns.message.from_wire(signed, keyring={theirs.name: theirs}, request_mac=query.mac)


def test_the_words_say_what_was_wrong_and_by_how_much() -> None:
    stranger = sign_request(REQUEST, Key(from_text("dcph."), SHA256, OLD), NOW)[0]
    assert rejected(stranger, ROTATING).reason == "the name is wrong: no key dcph. is known"
    forged = sign_request(REQUEST, Key(NAME, SHA256, b"z" * 32), NOW)[0]
    found = rejected(forged, ROTATING)
    assert found.tsig_error == BADSIG
    assert found.reason == "the MAC is wrong: it was not made with the secret of dhcp., nor with its other one"
    one = {NAME: Key(NAME, SHA256, OLD)}
    forged_and_late = sign_request(REQUEST, Key(NAME, SHA256, NEW), NOW - 412)[0]
    assert rejected(forged_and_late, one).reason == (
        "the MAC is wrong: it was not made with the secret of dhcp.; "
        "the client's clock is 412 s behind ours, and 300 s are allowed"
    )
    short = sign_request(REQUEST, Key(NAME, SHA256, OLD, 16), NOW)[0]
    found = rejected(short, one)
    assert (found.tsig_error, found.reason) == (
        BADTRUNC,
        "the MAC is too short: 16 octets, and 32 are demanded",
    )


def test_who_signs_with_a_secret_that_has_ended_is_told_so() -> None:
    secrets = [Secret(NAME, SHA256, OLD, 0, NOW), Secret(NAME, SHA1, OLD[::-1], 5, NOW), Secret(NAME, SHA256, NEW, 9)]
    assert [one.secret for one in ended_secrets(secrets, NOW)] == [OLD[::-1], OLD]
    assert ended_secrets(secrets, NOW - 1) == ()
    keys = keys_of(good_secrets(secrets, NOW), ended_secrets(secrets, NOW))
    late = rejected(sign_request(REQUEST, Key(NAME, SHA256, OLD), NOW)[0], keys)
    assert (late.tsig_error, late.key) == (BADSIG, None)
    assert late.reason == "the MAC is wrong: it was made with an earlier secret of dhcp., which has ended"
    forged = rejected(sign_request(REQUEST, Key(NAME, SHA256, b"z" * 32), NOW)[0], keys)
    assert forged.reason == "the MAC is wrong: it was not made with the secret of dhcp."
    assert isinstance(verify(sign_request(REQUEST, Key(NAME, SHA256, NEW), NOW)[0], keys), Verified)


@pytest.mark.parametrize(("at", "words"), [(NOW - 412, "412 s behind ours"), (NOW + 301, "301 s ahead of ours")])
@pytest.mark.parametrize("secret", [OLD, NEW])
def test_badtime_is_signed_with_the_secret_that_signed(at: int, words: str, secret: bytes) -> None:
    peer = Key(NAME, SHA256, secret)
    octets, mac = sign_request(REQUEST, peer, at)
    found = rejected(octets, ROTATING)
    assert found.tsig_error == BADTIME
    assert found.reason == f"the client's clock is {words}, and 300 s are allowed"
    reply = rejection_response(RESPONSE, found, NOW)
    assert verify_response(reply, parse_message(reply), peer, mac, at) is None


def test_what_a_client_tries_next() -> None:
    current, old = ROTATING[NAME].chain()
    assert next_to_try(current, [current]) is old
    assert next_to_try(current, [old]) is current
    assert next_to_try(current, [current, old]) is None
    assert next_to_try(Key(NAME, SHA256, OLD), []) is not None


def test_a_fingerprint_tells_secrets_apart_and_a_secret_is_not_shown() -> None:
    assert fingerprint(NAME, OLD) != fingerprint(NAME, NEW)
    assert fingerprint(NAME, OLD) != fingerprint(from_text("other."), OLD)
    assert "secret of" not in repr(Secret(NAME, SHA256, OLD))


def test_another_name_is_no_other_secret() -> None:
    with pytest.raises(ValueError, match="has its name"):
        Key(NAME, SHA256, NEW, other=Key(from_text("other."), SHA256, OLD))
