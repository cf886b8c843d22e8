"""The markers that ISC dhcpd leaves, against digests made by hand; that dhcpd itself agrees: tests/interop."""

from __future__ import annotations

import hashlib

from tenure.naming.txt_marker import is_txt_marker, txt_markers

DUID = bytes.fromhex("00030001020000000a01")


def digest(octets: bytes) -> bytes:
    return hashlib.md5(octets, usedforsecurity=False).hexdigest().encode()


def test_a_client_identifier_whole_and_a_hardware_address_with_its_type() -> None:
    option = b"\1\2\0\0\0\x0a\1"
    assert txt_markers(b"\1" + option, 0) == (b"\x2231" + digest(option),)
    assert txt_markers(b"\0\1\2\0\0\0\x0a\1", 0) == (b"\x2200" + digest(b"\1\2\0\0\0\x0a\1"),)


def test_over_dhcpv6_the_association_counts_too_in_either_order_of_its_octets() -> None:
    expected = tuple(b"\x2202" + digest(iaid + DUID) for iaid in (b"\4\3\2\1", b"\1\2\3\4"))
    assert txt_markers(b"\2" + DUID, 0x01020304) == expected
    assert txt_markers(b"\2" + DUID, 7 << 32 | 0x01020304) == expected  # the seventh place in the association


def test_what_has_the_form_of_one() -> None:
    (marker,) = txt_markers(b"\0\1\2\0\0\0\x0a\1", 0)
    assert is_txt_marker(marker)
    for other in (
        marker[:-1],
        marker + b"\1x",
        b"\x22" + b"42" + marker[3:],
        marker.upper(),
        b"\x0bv=spf1 -all",
        b"",
    ):
        assert not is_txt_marker(other)


def test_what_is_no_client_has_none() -> None:
    assert txt_markers(b"\3circuit", 0) == ()
    assert txt_markers(b"", 0) == ()
