from __future__ import annotations

import pytest
from dhcpv6 import ip

from tenure.dhcpwire.v6.options import encode_option


@pytest.mark.parametrize(
    ("name", "values", "code", "data"),
    [
        ("dns-servers", ["2001:db8::1", "2001:db8::2"], 23, ip("2001:db8::1") + ip("2001:db8::2")),
        ("dns-servers", "2001:db8::1, 2001:db8::2", 23, ip("2001:db8::1") + ip("2001:db8::2")),
        ("23", "2001:db8::1", 23, ip("2001:db8::1")),
        ("domain-search", ["example.test", "lab.test"], 24, b"\7example\4test\0\3lab\4test\0"),
        ("preference", "255", 7, b"\xff"),
        ("information-refresh-time", "3600", 32, b"\0\0\x0e\x10"),
        ("solmax-rt", "600", 82, b"\0\0\2\x58"),
        ("ntp-server", ["2001:db8::123"], 56, b"\0\1\0\x10" + ip("2001:db8::123")),
        ("ntp-server", ["ntp.test"], 56, b"\0\3\0\x0a\3ntp\4test\0"),
        ("sntp-servers", ["2001:db8::123"], 31, ip("2001:db8::123")),
        ("new-posix-timezone", ["EST5EDT4,M3.2.0/02:00,M11.1.0/02:00"], 41, b"EST5EDT4,M3.2.0/02:00,M11.1.0/02:00"),
        ("bootfile-url", "tftp://[2001:db8::1]/x", 59, b"tftp://[2001:db8::1]/x"),
        ("bootfile-param", ["a", "bc"], 60, b"\0\1a\0\2bc"),
        ("aftr-name", "aftr.test", 64, b"\4aftr\4test\0"),
        ("4000", "0x0a0b", 4000, b"\x0a\x0b"),
        ("dns-servers", "hex:0a", 23, b"\x0a"),
    ],
)
def test_values_become_octets(name: str, values: list[str] | str, code: int, data: bytes) -> None:
    assert encode_option(name, values) == (code, data)


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("dns-server", "2001:db8::1", "no option name"),
        ("dns-servers", "10.1.0.1", "IPv6 address is needed"),
        ("dns-servers", "", "IPv6 address is needed"),
        ("domain-search", "a..b", "no domain name"),
        ("preference", "256", "from 0 to 255"),
        ("information-refresh-time", "10", "from 600"),
        ("preference", ["1", "2"], "one value"),
        ("1", "0x00", "not yours"),
        ("ia-na", "0x00", "not yours"),
        ("70000", "0x00", "not yours"),
        ("4000", "text", "no known format"),
        ("4000", "0x0", "pairs of hex digits"),
        ("new-posix-timezone", "", "no value"),
    ],
)
def test_what_cannot_be_says_what_would_be_right(name: str, values: list[str] | str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        encode_option(name, values)
