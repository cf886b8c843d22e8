"""RFC 8945 section 5.2: what a server finds in a signed request, in which order, and how it answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tsig_vectors import VECTORS, vector_key, wire, without_tsig

from tenure.dnswire.message import Message, TsigRecord, parse_message
from tenure.dnswire.name import from_text
from tenure.signing.key import Key
from tenure.signing.tsig import Rejected, Verified, rejection_response, sign_request, tsig_size, verify_request

NOW = 1_700_000_000
GOOD = VECTORS["update-request-hmac-sha256"]
KEY = vector_key(GOOD)
FORMERR, NOTAUTH = 1, 9
BADSIG, BADKEY, BADTIME, BADTRUNC = 16, 17, 18, 22


def verify(octets: bytes, key: Key = KEY, now: float = NOW) -> Verified | Rejected:
    return verify_request(octets, parse_message(octets), {key.name: key}, now)


def rejection(octets: bytes, key: Key = KEY, now: float = NOW) -> Rejected:
    found = verify(octets, key, now)
    assert isinstance(found, Rejected), found
    return found


def tsig_of(octets: bytes) -> TsigRecord:
    record = parse_message(octets).tsig
    assert record is not None
    return record


def with_mac(octets: bytes, mac: bytes) -> bytes:
    """The message with another MAC in its TSIG record, whose owner is not compressed; it is not signed again."""
    record = tsig_of(octets)
    rdata_at = record.offset + len(record.name) + 10
    mac_at = rdata_at + len(record.algorithm) + 10
    rdata = octets[rdata_at : mac_at - 2] + len(mac).to_bytes(2, "big") + mac + octets[mac_at + len(record.mac) :]
    return octets[: rdata_at - 2] + len(rdata).to_bytes(2, "big") + rdata


UNSIGNED_REQUEST = without_tsig(wire(GOOD), tsig_of(wire(GOOD)).offset)
SIGNED = sign_request(UNSIGNED_REQUEST, KEY, NOW)[0]


def answer_of(vector: str) -> tuple[bytes, Message]:
    """The vector's response without its TSIG record, and the whole of it parsed."""
    octets = wire(VECTORS[vector])
    return without_tsig(octets, tsig_of(octets).offset), parse_message(octets)


def test_5_2_1_unknown_key() -> None:
    found = verify_request(wire(GOOD), parse_message(wire(GOOD)), {}, NOW)
    assert isinstance(found, Rejected)
    assert (found.rcode, found.tsig_error, found.key) == (NOTAUTH, BADKEY, None)
    unsigned, whole = answer_of("response-badkey")
    assert parse_message(rejection_response(unsigned, found, NOW + 1)) == whole


def test_5_2_1_a_known_key_with_another_algorithm_is_unknown() -> None:
    other = Key(KEY.name, from_text("hmac-sha512."), KEY.secret)
    found = rejection(wire(GOOD), other)
    assert (found.rcode, found.tsig_error, found.key) == (NOTAUTH, BADKEY, None)
    assert "hmac-sha256" in found.reason


@pytest.mark.parametrize("size", [1, 9, 15, 33, 64])
def test_5_2_2_1_a_mac_shorter_than_half_or_longer_than_the_hash_is_malformed(size: int) -> None:
    found = rejection(with_mac(SIGNED, bytes(size)))
    assert (found.rcode, found.tsig_error, found.key) == (FORMERR, 0, None)
    assert rejection_response(b"unchanged", found, NOW) == b"unchanged"


def test_5_2_2_1_the_vector_of_15_octets() -> None:
    assert rejection(wire(VECTORS["request-truncated-15"])).rcode == FORMERR


def test_5_2_2_1_ten_octets_are_the_least_where_half_the_hash_is_less() -> None:
    key = vector_key(VECTORS["update-request-hmac-md5"], least_mac=10)
    octets, mac = sign_request(UNSIGNED_REQUEST, key, NOW)
    assert isinstance(verify(octets, key), Verified)
    assert rejection(with_mac(octets, mac[:9]), key).rcode == FORMERR


def test_5_2_2_wrong_mac() -> None:
    found = rejection(wire(VECTORS["request-tampered"]))
    assert (found.rcode, found.tsig_error, found.key) == (NOTAUTH, BADSIG, None)
    unsigned, whole = answer_of("response-badsig")
    assert parse_message(rejection_response(unsigned, found, NOW + 1)) == whole


def test_5_2_2_an_empty_mac_is_a_wrong_one() -> None:
    found = rejection(with_mac(SIGNED, b""))
    assert (found.rcode, found.tsig_error) == (NOTAUTH, BADSIG)


def test_5_2_2_another_secret_is_a_wrong_mac() -> None:
    assert rejection(SIGNED, replace(KEY, secret=b"another", least_mac=0)).tsig_error == BADSIG


@pytest.mark.parametrize(
    ("now", "error"), [(NOW - 301, BADTIME), (NOW - 300, 0), (NOW + 300.9, 0), (NOW + 301, BADTIME)]
)
def test_5_2_3_time_is_good_to_the_second_of_fudge(now: float, error: int) -> None:
    found = verify(SIGNED, now=now)
    assert (found.tsig_error if isinstance(found, Rejected) else 0) == error


def test_5_2_3_fudge_is_the_requests_own() -> None:
    octets, _ = sign_request(UNSIGNED_REQUEST, KEY, NOW, fudge=5)
    assert rejection(octets, now=NOW + 6).tsig_error == BADTIME


def test_5_2_3_late_requests_get_a_signed_answer_with_both_times() -> None:
    found = rejection(wire(VECTORS["request-late"]))
    assert (found.rcode, found.tsig_error, found.key) == (NOTAUTH, BADTIME, KEY)
    unsigned, whole = answer_of("response-badtime")
    assert parse_message(rejection_response(unsigned, found, NOW)) == whole


def test_5_2_4_a_truncated_mac_that_policy_does_not_allow() -> None:
    found = rejection(wire(VECTORS["request-truncated-16"]))
    assert (found.rcode, found.tsig_error, found.key) == (NOTAUTH, BADTRUNC, KEY)
    unsigned, whole = answer_of("response-badtrunc")
    assert parse_message(rejection_response(unsigned, found, NOW + 1)) == whole


def test_5_2_4_a_truncated_mac_that_policy_allows() -> None:
    key = vector_key(GOOD, least_mac=16)
    found = verify(wire(VECTORS["request-truncated-16"]), key)
    assert isinstance(found, Verified)
    assert len(found.mac) == 16


def test_the_order_a_wrong_mac_hides_a_wrong_time() -> None:
    """Else anybody could ask the time of a server, and have it signed."""
    assert rejection(with_mac(SIGNED, bytes(32)), now=0).tsig_error == BADSIG


def test_the_order_a_wrong_time_hides_a_short_mac() -> None:
    assert rejection(wire(VECTORS["request-truncated-16"]), now=0).tsig_error == BADTIME


def test_the_order_an_unknown_key_hides_a_malformed_mac() -> None:
    octets = with_mac(SIGNED, b"123")
    found = verify_request(octets, parse_message(octets), {}, NOW)
    assert isinstance(found, Rejected)
    assert found.tsig_error == BADKEY


def test_an_unsigned_answer_to_a_forwarded_request_carries_the_original_id() -> None:
    octets = b"\x99\x99" + SIGNED[2:]
    found = verify_request(octets, parse_message(octets), {}, NOW)
    assert isinstance(found, Rejected)
    assert tsig_of(rejection_response(octets[:2] + UNSIGNED_REQUEST[2:], found, NOW)).original_id == 0x1234


def test_5_2_1_the_algorithm_of_the_record_must_be_the_keys() -> None:
    """Even where the MAC is right: it was made with the key's own algorithm, and the record names another."""
    forged = SIGNED.replace(from_text("hmac-sha256."), from_text("hmac-sha384."))
    assert len(forged) == len(SIGNED)
    found = rejection(forged)
    assert (found.rcode, found.tsig_error, found.key) == (NOTAUTH, BADKEY, None)


@pytest.mark.parametrize("size", [1, 9, 15, 33])
def test_5_2_2_1_the_size_counts_for_an_older_secret_too(size: int) -> None:
    """A MAC of a few octets would soon be guessed, whichever secret it is compared with."""
    rotating = replace(KEY, secret=b"new", other=KEY)
    mac = tsig_of(SIGNED).mac
    assert isinstance(verify(SIGNED, rotating), Verified)
    found = rejection(with_mac(SIGNED, (mac + bytes(9))[:size]), rotating)
    assert (found.rcode, found.tsig_error) == (FORMERR, 0)
    forged = SIGNED.replace(from_text("hmac-sha256."), from_text("hmac-sha384."))
    assert rejection(forged, rotating).tsig_error == BADKEY


def test_5_3_truncation_leaves_free_what_the_record_of_the_answer_takes() -> None:
    short_is_bad = rejection(with_mac(SIGNED, tsig_of(SIGNED).mac[:16]), replace(KEY, least_mac=32))
    assert short_is_bad.tsig_error == BADTRUNC
    answers = [short_is_bad, rejection(SIGNED, now=NOW + 999), rejection(with_mac(SIGNED, bytes(32)))]
    answers += [
        rejection(with_mac(SIGNED, bytes(9))),
        rejection(SIGNED, replace(KEY, algorithm=from_text("hmac-sha1."), least_mac=0)),
    ]
    for found in answers:
        assert len(rejection_response(UNSIGNED_REQUEST, found, NOW)) - len(UNSIGNED_REQUEST) == tsig_size(found)


def test_what_is_wrong_is_told_in_words() -> None:
    assert "the MAC is missing: the record names the key" in rejection(with_mac(SIGNED, b"")).reason
    assert "the client's clock is 301 s behind ours, and 300 s are allowed" in rejection(SIGNED, now=NOW + 301).reason
    assert "the client's clock is 301 s ahead of ours" in rejection(SIGNED, now=NOW - 301).reason
    wrong = with_mac(SIGNED, bytes(32))
    assert "clock" not in rejection(wrong, now=NOW + 300).reason
    assert "clock is 301 s behind" in rejection(wrong, now=NOW + 301).reason
