from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.naming.address_text import hyphenated

GROUPS = st.lists(st.one_of(st.just(0), st.integers(0, 0xFFFF)), min_size=8, max_size=8)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("2001:db8::5", "2001-db8--5"),
        ("2001:db8:0:0:1:0:0:1", "2001-db8--1-0-0-1"),
        ("2001:db8:0:1:1:1:1:1", "2001-db8-0-1-1-1-1-1"),
        ("::1", "--1"),
        ("fe80::", "fe80--"),
        ("::", "--"),
    ],
)
def test_an_ipv6_address(address: str, text: str) -> None:
    assert hyphenated(IPv6Address(address).packed) == text


@given(GROUPS)
def test_it_is_the_usual_text(groups: list[int]) -> None:
    address = IPv6Address(b"".join(group.to_bytes(2, "big") for group in groups))
    assert hyphenated(address.packed) == str(address).replace(":", "-")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address(address: IPv4Address) -> None:
    assert hyphenated(address.packed) == str(address).replace(".", "-")
