"""RFC 8945 sections 4.2 and 4.3: the record and the digest, octet for octet, over all vectors."""

from __future__ import annotations

from typing import Any

import pytest
from tsig_vectors import VECTORS, vector_key, wire, without_tsig

from tenure.dnswire.message import TsigRecord, parse_message
from tenure.dnswire.name import from_text
from tenure.octets import Malformed
from tenure.signing.digest import sized, unsigned_part, variables
from tenure.signing.tsig import Verified, sign_request, sign_response, verify_request, verify_response

SIGNED = [vector for vector in VECTORS.values() if "key_name" in vector]
REQUESTS = [vector for vector in SIGNED if "request" in vector["id"]]
RESPONSES = [vector for vector in SIGNED if vector.get("request_mac") and vector["expect"] == "ok"]


def name(vector: dict[str, Any]) -> str:
    return str(vector["id"])


def tsig_of(vector: dict[str, Any]) -> TsigRecord:
    record = parse_message(wire(vector)).tsig
    assert record is not None
    return record


@pytest.mark.parametrize("vector", SIGNED, ids=name)
def test_the_record_is_read(vector: dict[str, Any]) -> None:
    assert tsig_of(vector)[:-1] == (
        from_text(vector["key_name"].lower()),
        from_text(vector["algorithm"]),
        vector["time_signed"],
        vector["fudge"],
        bytes.fromhex(vector["mac"]),
        vector["original_id"],
        vector["error"],
        bytes.fromhex(vector["other_data"]),
    )


@pytest.mark.parametrize("vector", SIGNED, ids=name)
def test_what_is_digested(vector: dict[str, Any]) -> None:
    key = vector_key(vector)
    record = tsig_of(vector)
    prior = sized(bytes.fromhex(vector["request_mac"])) if vector.get("request_mac") else b""
    tail = variables(key, record.time_signed, record.fudge, record.error, record.other)
    digested = prior + unsigned_part(wire(vector), record) + tail
    assert digested.hex() == vector["digest_input"]
    if vector["mac"] and vector["id"] != "request-tampered":
        assert key.mac(digested)[: len(record.mac)] == record.mac


@pytest.mark.parametrize("vector", [v for v in REQUESTS if v["id"].startswith("update-request")], ids=name)
def test_a_request_is_signed_as_in_the_vector(vector: dict[str, Any]) -> None:
    octets, mac = sign_request(without_tsig(wire(vector), tsig_of(vector).offset), vector_key(vector), 1_700_000_000.9)
    assert mac.hex() == vector["mac"]
    assert parse_message(octets) == parse_message(wire(vector))


@pytest.mark.parametrize("vector", RESPONSES, ids=name)
def test_a_response_is_signed_and_verified_as_in_the_vector(vector: dict[str, Any]) -> None:
    key, record = vector_key(vector), tsig_of(vector)
    request_mac = bytes.fromhex(vector["request_mac"])
    octets = sign_response(
        without_tsig(wire(vector), record.offset), Verified(key, request_mac, record), vector["time_signed"]
    )
    assert parse_message(octets) == parse_message(wire(vector))
    assert verify_response(octets, parse_message(octets), key, request_mac, vector["verify_at"]) is None
    assert verify_response(wire(vector), parse_message(wire(vector)), key, request_mac, vector["verify_at"]) is None


@pytest.mark.parametrize("vector", [v for v in REQUESTS if v["expect"] == "ok"], ids=name)
def test_a_good_request_is_accepted(vector: dict[str, Any]) -> None:
    key, octets = vector_key(vector), wire(vector)
    verified = verify_request(octets, parse_message(octets), {key.name: key}, vector["verify_at"])
    assert isinstance(verified, Verified)
    assert (verified.key, verified.mac) == (key, bytes.fromhex(vector["mac"]))


@pytest.mark.parametrize(("vector", "reason"), [("request-two-tsig", "last"), ("request-tsig-not-last", "last")])
def test_one_record_and_in_the_last_place(vector: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        parse_message(wire(VECTORS[vector]))


GOOD = VECTORS["update-request-hmac-sha256"]
TSIG_AT = tsig_of(GOOD).offset
OWNER = len(vector_key(GOOD).name)
FIXED_AT = len(wire(GOOD)) - 61 - 10  # type, class, TTL, length


@pytest.mark.parametrize(
    ("at", "octets", "reason"),
    [
        (FIXED_AT + 2, b"\0\1", "class"),
        (FIXED_AT + 4, b"\0\0\0\1", "TTL"),
        (FIXED_AT + 10, b"\xc0\x0c", "longer than 63"),  # the algorithm's name is never compressed
        (FIXED_AT + 10 + 21, b"\0\x1f", "other data"),  # MAC size one less: what follows no longer adds up
        (FIXED_AT + 10 + 21, b"\xff\xff", "cut off"),
        (FIXED_AT + 10 + 59, b"\0\1", "other data"),
    ],
)
def test_a_record_that_cannot_be_read(at: int, octets: bytes, reason: str) -> None:
    whole = wire(GOOD)
    with pytest.raises(Malformed, match=reason):
        parse_message(whole[:at] + octets + whole[at + len(octets) :])


@pytest.mark.parametrize("section", [6, 8])
def test_a_record_outside_of_the_additional_section_is_refused(section: int) -> None:
    whole = bytearray(wire(GOOD))
    whole[10:12] = b"\0\0"
    whole[section + 1] += 1
    with pytest.raises(Malformed, match="outside"):
        parse_message(bytes(whole))
