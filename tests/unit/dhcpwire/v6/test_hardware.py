from __future__ import annotations

import pytest
from dhcpv6 import ip
from scapy.layers.dhcp6 import DUID_EN, DUID_LL, DUID_LLT, DUID_UUID

from tenure.dhcpwire.v6.hardware import hardware_of_duid, hardware_of_link_local, hardware_of_option

MAC = bytes.fromhex("01020000000a01")


def test_of_the_relay() -> None:
    assert hardware_of_option(b"\0\1" + MAC[1:]) == MAC
    assert hardware_of_option(b"\0\x20" + bytes(16)) == b"\x20" + bytes(16)
    assert hardware_of_option(b"\0\1") is None
    assert hardware_of_option(b"\1\1" + MAC[1:]) is None
    assert hardware_of_option(b"\0\1" + bytes(17)) is None


@pytest.mark.parametrize("duid", [DUID_LL(lladdr="02:00:00:00:0a:01"), DUID_LLT(lladdr="02:00:00:00:0a:01")])
def test_of_a_duid_made_of_it(duid: object) -> None:
    assert hardware_of_duid(bytes(duid)) == MAC  # type: ignore[call-overload]


@pytest.mark.parametrize("duid", [bytes(DUID_EN(id=b"abcdef")), bytes(DUID_UUID()), b"\0\1\0\1\0\0\0\0", b"\0\3", b""])
def test_of_any_other_duid_there_is_none(duid: bytes) -> None:
    assert hardware_of_duid(duid) is None


def test_of_a_link_local_address_made_of_it() -> None:
    assert hardware_of_link_local(ip("fe80::ff:fe00:a01")) == MAC
    assert hardware_of_link_local(ip("fe80::a01")) is None
    assert hardware_of_link_local(ip("2001:db8::ff:fe00:a01")) is None
