"""Kea's name change requests: the formats of its versions, and everything that is none."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ncr import DHCID, body, packed, request

from tenure.dnswire.name import from_text
from tenure.hearing.request import Change, MalformedRequest, parse_request

# captured from kea-dhcp4 2.2.0, whose lease of 3600 seconds ended at 14:37:13
CAPTURED = (
    b'\x01\x19{"change-type":0,"forward-change":true,"reverse-change":true,"fqdn":"pc1.example.test.",'
    b'"ip-address":"10.1.0.10","dhcid":"000001989C76F648722F390DA94F9506EF6CE954C0EDA96809E7F62C9193635FCFAF67",'
    b'"lease-expires-on":"20261126135713","lease-length":1200,"use-conflict-resolution":true}'
)
SEEN_AT = 1795700233  # 2026-11-26 13:37:13


def test_what_kea_2_2_sends() -> None:
    found = parse_request(CAPTURED)
    assert (found.change, found.forward, found.reverse) == (Change.ADD, True, True)
    assert found.fqdn == from_text("pc1.example.test.")
    assert found.address == bytes([10, 1, 0, 10])
    assert found.dhcid == bytes.fromhex(DHCID)
    assert (found.ttl, found.mode) == (1200, "check-with-dhcid")
    assert found.seen_at == SEEN_AT, "the client's last transaction: what is called the end is that and the TTL"


@pytest.mark.parametrize(
    ("boolean", "word", "mode"),
    [
        (True, None, "check-with-dhcid"),
        (False, None, "no-check-with-dhcid"),
        (None, None, "check-with-dhcid"),
        (None, "check-exists-with-dhcid", "check-exists-with-dhcid"),
        (True, "no-check-without-dhcid", "no-check-without-dhcid"),
    ],
)
def test_the_mode_was_a_boolean_and_is_a_word_since_kea_2_4(boolean: bool | None, word: str | None, mode: str) -> None:
    octets = request(use_conflict_resolution=boolean, conflict_resolution_mode=word)
    assert parse_request(octets).mode == mode


def test_newer_versions_leave_the_end_out() -> None:
    assert parse_request(request(lease_expires_on=None)).seen_at is None


def test_an_ipv6_address_and_a_name_in_capitals() -> None:
    found = parse_request(request(ip_address="2001:db8::1", fqdn="PC1.Example.Test."))
    assert (len(found.address), found.fqdn) == (16, from_text("pc1.example.test."))


@pytest.mark.parametrize(("said", "ttl"), [(0, 1), (1, 1), (2**32 - 1, 2**31 - 1)])
def test_a_ttl_is_one_that_a_record_can_have(said: int, ttl: int) -> None:
    assert parse_request(request(lease_length=said)).ttl == ttl


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"change_type": 2}, "neither"),
        ({"change_type": "0"}, "not of its kind"),
        ({"change_type": True}, "not of its kind"),
        ({"forward_change": False, "reverse_change": False}, "both false"),
        ({"forward_change": 1}, "not of its kind"),
        ({"fqdn": None}, "fqdn is missing"),
        ({"fqdn": ""}, "empty"),
        ({"fqdn": "a" * 64 + "."}, "63 octets"),
        ({"fqdn": "a..b."}, "empty"),
        ({"ip_address": "10.1.0"}, "no address"),
        ({"dhcid": "zz"}, "not hex"),
        ({"dhcid": ""}, "0 octets"),
        ({"dhcid": DHCID[:-2]}, "34 octets"),
        ({"lease_length": -1}, "not from 0 to 4294967295"),
        ({"lease_expires_on": "yesterday"}, "YYYYMMDDHHMMSS"),
        ({"lease_expires_on": "20261399999999"}, "no point in time"),
        ({"conflict_resolution_mode": "never"}, "none that Kea has"),
    ],
)
def test_a_value_that_cannot_be_is_named(changed: dict[str, object], why: str) -> None:
    with pytest.raises(MalformedRequest, match=why):
        parse_request(request(**changed))


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "0 octets came"),
        (b"\0", "1 octets came"),
        (CAPTURED[:-1], "were announced"),
        (b"\0\2{{", "not JSON"),
        (b"\0\2[]", "not an object"),
        (b"\x13\x88" + b"[" * 5000, "not JSON"),
    ],
)
def test_octets_that_are_no_request(octets: bytes, why: str) -> None:
    with pytest.raises(MalformedRequest, match=why):
        parse_request(octets)


def test_what_is_behind_the_json_is_ignored() -> None:
    assert parse_request(CAPTURED + b"more") == parse_request(CAPTURED)


@given(st.lists(st.integers(-1, 300), min_size=3, max_size=5), st.sampled_from([".", "..", " .", ".0"]))
def test_an_address_is_what_the_standard_library_calls_one(numbers: list[int], joint: str) -> None:
    text = joint.join(map(str, numbers))
    try:
        wanted = ip_address(text).packed
    except ValueError:
        with pytest.raises(MalformedRequest, match="no address"):
            parse_request(request(ip_address=text))
    else:
        assert parse_request(request(ip_address=text)).address == wanted


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.binary(max_size=400))
def test_any_octets_are_a_request_or_malformed(octets: bytes) -> None:
    with suppress(MalformedRequest):
        assert parse_request(octets).dhcid


MOST_SECONDS = 2**40  # what the store and the clock can take is far beyond that


@given(st.sampled_from([*sorted(body()), "conflict-resolution-mode"]), ANY_JSON)
@example("conflict-resolution-mode", ["check-with-dhcid"])
@example("ip-address", f"{'1' * 5000}.1.1.1")
@example("lease-length", 10**4000)
@example("lease-length", 2**32)
def test_any_value_of_any_key_is_taken_or_malformed(key: str, value: object) -> None:
    with suppress(MalformedRequest):
        found = parse_request(packed(body() | {key: value}))
        assert found.dhcid
        assert found.ttl < MOST_SECONDS
        assert found.seen_at is None or abs(found.seen_at) < MOST_SECONDS
