"""The kernel's answers about interfaces and addresses: what they say, and what is no answer."""

from __future__ import annotations

import struct

import pytest
from host_inventory import DONE, SEQUENCE, address_message, attribute, link_message, message
from hypothesis import given
from hypothesis import strategies as st

from tenure.octets import Malformed
from tenure.registering.interface import HostAddress, Interface, KernelRefused
from tenure.registering.rtnetlink import RTM_GETADDR, RTM_GETLINK, build_dump, parse_part

NAME = attribute(3, b"eth0\0")


def u32(number: int) -> bytes:
    return struct.pack("=I", number)


def test_the_questions_are_dumps_of_all_families() -> None:
    assert build_dump(RTM_GETLINK, 1) == struct.pack("=IHHII", 32, 18, 0x301, 1, 0) + bytes(16)
    assert build_dump(RTM_GETADDR, 2) == struct.pack("=IHHII", 24, 22, 0x301, 2, 0) + bytes(8)


def test_an_interface_is_read_with_its_kind_and_its_master() -> None:
    kind = attribute(18 | 0x8000, attribute(1, b"bridge\0"))
    hardware = attribute(1, bytes.fromhex("020000000001"))
    octets = link_message(3, 0x1043, NAME, hardware, attribute(16, b"\6"), attribute(10, u32(9)), kind)
    part = parse_part(octets + DONE, SEQUENCE)
    assert part.interfaces == [Interface(3, "eth0", 0x1043, 6, "bridge", bytes.fromhex("020000000001"), 9)]
    assert part.is_last
    assert not part.is_torn


def test_how_often_a_link_came_or_went_is_read() -> None:
    assert parse_part(link_message(3, 1, NAME, attribute(35, u32(4))), SEQUENCE).interfaces[0].carriers == 4


def test_the_near_end_of_a_point_to_point_address_is_the_host_s() -> None:
    octets = address_message(2, 32, 0x80, 5, attribute(1, bytes((10, 0, 0, 2))), attribute(2, bytes((10, 0, 0, 1))))
    assert parse_part(octets, SEQUENCE).addresses == [HostAddress(5, bytes((10, 0, 0, 1)), 32, 0x80)]


def test_the_longer_flags_count_over_the_short_ones() -> None:
    octets = address_message(10, 64, 0x00, 5, attribute(1, bytes(15) + b"\1"), attribute(8, u32(0x801)))
    assert parse_part(octets, SEQUENCE).addresses[0].flags == 0x801


def test_who_put_an_address_there_is_read_where_the_kernel_says_it() -> None:
    octets = address_message(2, 24, 0x80, 5, attribute(2, bytes((10, 0, 0, 1))), attribute(11, b"\x12"))
    assert parse_part(octets, SEQUENCE).addresses[0].proto == 18


def test_how_long_an_address_is_there_is_read() -> None:
    lifetimes = attribute(6, struct.pack("=IIII", 60, 90, 1, 2))
    octets = address_message(10, 64, 0x00, 5, attribute(1, bytes(15) + b"\1"), lifetimes)
    (found,) = parse_part(octets, SEQUENCE).addresses
    assert (found.preferred, found.valid) == (60, 90)


def test_other_families_and_other_answers_are_passed_over() -> None:
    other = message(20, struct.pack("=BBBBI", 7, 0, 0, 0, 1))
    stale = message(20, struct.pack("=BBBBI", 2, 0, 0, 0, 1), sequence=SEQUENCE + 1)
    part = parse_part(other + stale, SEQUENCE)
    assert (part.addresses, part.is_last) == ([], False)


def test_an_answer_that_changed_under_way_says_so() -> None:
    assert parse_part(message(16, struct.pack("=BxHiII", 0, 1, 1, 0, 0) + NAME, flags=0x12), SEQUENCE).is_torn


def test_what_the_kernel_refuses_is_raised_with_its_number() -> None:
    with pytest.raises(KernelRefused) as refused:
        parse_part(message(2, struct.pack("=i", -1) + bytes(16)), SEQUENCE)
    assert refused.value.errno == 1


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"\x20\0\0\0", "header is cut off"),
        (struct.pack("=IHHII", 64, 16, 0, SEQUENCE, 0), "of 64 octets does not fit"),
        (struct.pack("=IHHII", 4, 16, 0, SEQUENCE, 0), "of 4 octets does not fit"),
        (link_message(1, 0), "has no name"),
        (message(16, bytes(8)), "16 octets are needed and 8 are left"),
        (link_message(1, 0, struct.pack("=HH", 40, 3)), "attribute of 40 octets does not fit"),
        (link_message(1, 0, struct.pack("=HH", 2, 3)), "attribute of 2 octets does not fit"),
        (link_message(1, 0, NAME, attribute(10, b"\1")), "4 octets are needed"),
        (address_message(2, 24, 0, 1, attribute(2, b"\x0a\0\0")), "has 3 octets"),
        (address_message(2, 33, 0, 1, attribute(2, b"\x0a\0\0\1")), "prefix of 33 bits"),
        (address_message(10, 64, 0, 1), "has 0 octets"),
    ],
)
def test_an_answer_that_is_not_what_it_says_is_malformed(octets: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        parse_part(octets, SEQUENCE)


@given(st.binary(max_size=200))
def test_any_octets_are_an_answer_or_malformed(body: bytes) -> None:
    for octets in (body, message(16, body), message(20, body)):
        try:
            parse_part(octets, SEQUENCE)
        except Malformed:
            continue


@given(st.binary(max_size=60))
def test_any_attributes_are_an_answer_or_malformed(octets: bytes) -> None:
    for whole in (link_message(1, 0, NAME, octets), address_message(2, 24, 0, 1, octets)):
        try:
            parse_part(whole, SEQUENCE)
        except Malformed:
            continue
