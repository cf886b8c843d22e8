"""A pool without some of its addresses."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from tenure.leasing.level import Level
from tenure.leasing.pool import Pool

LEVEL = Level(valid_lifetime=60)


def octet(number: int) -> bytes:
    return bytes((10, 0, 0, number))


@given(st.integers(0, 255), st.integers(0, 20), st.lists(st.integers(0, 255).map(octet), max_size=12))
def test_every_other_address_is_left_once_and_in_order(first: int, size: int, held: list[bytes]) -> None:
    last = min(first + size, 255)
    pool = Pool(octet(first), octet(last), "phones", ("late",), LEVEL)
    pieces = list(pool.without([*held, ip_address("2001:db8::1").packed]))
    left = [number for piece in pieces for number in range(piece.first[3], piece.last[3] + 1)]
    assert left == [number for number in range(first, last + 1) if octet(number) not in held]
    assert all(replace(piece, first=pool.first, last=pool.last) == pool for piece in pieces)
    assert len(pieces) <= len(set(held)) + 1


def test_the_last_address_that_there_is() -> None:
    pool = Pool(bytes((255, 255, 255, 254)), b"\xff" * 4)
    assert list(pool.without([b"\xff" * 4])) == [Pool(pool.first, pool.first)]
