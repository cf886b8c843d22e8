"""Leases of records: dnspython reads what is asked, and writes what is granted."""

from __future__ import annotations

import dns.edns
import dns.message
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.dnswire.update import build_update
from tenure.registering.lease import granted_lease, lease_option, renewal_seconds

ZONE = b"\7example\4test\0"


def reply(*options: tuple[int, bytes]) -> bytes:
    made = dns.message.make_response(dns.message.from_wire(build_update(7, ZONE, [], [])))
    if options:
        made.use_edns(0, options=[dns.edns.GenericOption(number, data) for number, data in options])
    return made.to_wire()


def test_what_is_asked_is_the_basic_form() -> None:
    read = dns.message.from_wire(build_update(7, ZONE, [], [], [lease_option(7200)]))
    assert [(option.otype, option.to_wire()) for option in read.options] == [(2, b"\0\0\x1c\x20")]


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ([], 0),
        ([(10, bytes(8))], 0),
        ([(2, b"\0\0\0\x3c")], 60),
        ([(10, bytes(8)), (2, b"\0\0\0\x3c\0\1\0\0")], 60),
        ([(2, b"\xff\xff\xff\xff")], 0xFFFFFFFF),
        ([(2, b"")], 0),
        ([(2, b"\0\0\0\x3c\0")], 0),
    ],
)
def test_what_is_granted_is_what_the_reply_says(options: list[tuple[int, bytes]], seconds: int) -> None:
    assert granted_lease(reply(*options)) == seconds


@given(st.binary())
def test_any_octets_grant_something_or_nothing(octets: bytes) -> None:
    assert granted_lease(octets) >= 0


def test_a_lease_is_renewed_before_its_end_and_not_by_all_hosts_at_once() -> None:
    assert renewal_seconds(100, 0.0) == pytest.approx(80)
    assert renewal_seconds(100, 1.0) == pytest.approx(85)
