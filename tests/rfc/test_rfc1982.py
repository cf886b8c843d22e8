"""RFC 1982: serial number arithmetic of 32 bits."""

from __future__ import annotations

import dns.serial
import pytest

from tenure.dnswire.serial import next_serial, serial_gt

HALF = 2**31
EDGES = [0, 1, 2, HALF - 1, HALF, HALF + 1, 2**32 - 2, 2**32 - 1, 2024010101]


@pytest.mark.parametrize("a", EDGES)
@pytest.mark.parametrize("b", EDGES)
def test_section_3_2_comparison(a: int, b: int) -> None:
    if (a - b) % 2**32 == HALF:
        assert not serial_gt(a, b)
        assert not serial_gt(b, a)
    else:
        assert serial_gt(a, b) is (dns.serial.Serial(a) > dns.serial.Serial(b))


@pytest.mark.parametrize(
    ("serial", "following"), [(0, 1), (1, 2), (HALF - 1, HALF), (2**32 - 2, 2**32 - 1), (2**32 - 1, 1)]
)
def test_the_next_serial_is_greater_and_never_0(serial: int, following: int) -> None:
    assert next_serial(serial) == following
    assert serial_gt(following, serial)
