from __future__ import annotations

from ipaddress import ip_address

import dns.reversename
import pytest

from tenure.dnswire.name import from_text
from tenure.naming.reverse import address_of, reverse_name

ADDRESSES = ["10.1.2.55", "0.0.0.0", "255.255.255.255", "192.0.2.7", "2001:db8::1", "::", "fe80::dead:beef"]


@pytest.mark.parametrize("text", ADDRESSES)
def test_as_dnspython_has_it(text: str) -> None:
    name = reverse_name(ip_address(text).packed)
    assert name == dns.reversename.from_address(text).to_wire()
    assert address_of(name) == ip_address(text).packed
    assert address_of(name.upper()) == ip_address(text).packed


@pytest.mark.parametrize("text", ["55.0-63.2.1.10.in-addr.arpa.", "55.0/26.2.1.10.in-addr.arpa."])
def test_in_a_zone_of_less_than_an_octet(text: str) -> None:
    """RFC 2317 section 4."""
    assert address_of(from_text(text)) == ip_address("10.1.2.55").packed


@pytest.mark.parametrize(
    "text",
    [
        ".",
        "in-addr.arpa.",
        "2.1.10.in-addr.arpa.",
        "5.5.2.1.10.in-addr.arpa.",
        "055.2.1.10.in-addr.arpa.",
        "256.2.1.10.in-addr.arpa.",
        "a.2.1.10.in-addr.arpa.",
        "55.2.1.10.in-addr.arpa.test.",
        "1.0.ip6.arpa.",
        "g." + "0." * 31 + "ip6.arpa.",
        "00." + "0." * 31 + "ip6.arpa.",
        "0." * 33 + "ip6.arpa.",
        "4.3.2.1.test.",
    ],
)
def test_other_names_are_of_no_address(text: str) -> None:
    assert address_of(from_text(text)) is None


def test_an_address_has_4_or_16_octets() -> None:
    with pytest.raises(ValueError, match="4 or 16"):
        reverse_name(b"\1\2\3")
