from __future__ import annotations

import pytest
from scapy.layers.dhcp import DHCP

from tenure.dhcpwire.v4.options import encode_option


@pytest.mark.parametrize(
    ("name", "values", "code", "data"),
    [
        ("routers", "10.1.0.1", 3, "0a010001"),
        ("routers", "10.1.0.1, 10.1.0.2", 3, "0a0100010a010002"),
        ("routers", ["10.1.0.1", "10.1.0.2"], 3, "0a0100010a010002"),
        ("3", ["10.1.0.1"], 3, "0a010001"),
        ("subnet-mask", "255.255.0.0", 1, "ffff0000"),
        ("time-offset", "-3600", 2, "fffff1f0"),
        ("interface-mtu", "1400", 26, "0578"),
        ("path-mtu-plateau-table", "68, 1500", 25, "004405dc"),
        ("default-ip-ttl", ["64"], 23, "40"),
        ("ip-forwarding", "true", 19, "01"),
        ("ip-forwarding", "False", 19, "00"),
        ("domain-name", "example.test.", 15, b"example.test".hex()),
        ("boot-file-name", "a,b", 67, b"a,b".hex()),
        ("boot-file-name", "0x41", 67, b"0x41".hex()),
        ("boot-file-name", "hex:41:42", 67, "4142"),
        ("67", "0x4142", 67, "4142"),
        ("224", "0xdeadbeef", 224, "deadbeef"),
        ("224", "hex:", 224, ""),
        ("domain-search", "hex:00", 119, "00"),
        ("static-routes", "10.2.0.0 10.1.0.1, 10.3.0.0 - 10.1.0.2", 33, "0a0200000a0100010a0300000a010002"),
        ("v6-only-preferred", "1800", 108, "00000708"),
    ],
)
def test_what_an_operator_writes(name: str, values: str | list[str], code: int, data: str) -> None:
    assert encode_option(name, values) == (code, bytes.fromhex(data))


@pytest.mark.parametrize(
    ("name", "values", "right"),
    [
        ("router", "10.1.0.1", "no option name"),
        ("routers", "10.1.0", "IPv4 address"),
        ("routers", "", "IPv4 address"),
        ("routers", [], "no value"),
        ("subnet-mask", ["255.0.0.0", "255.0.0.0"], "one value"),
        ("interface-mtu", "65536", "16 bits"),
        ("interface-mtu", "-1", "16 bits"),
        ("interface-mtu", "many", "16 bits"),
        ("ip-forwarding", "yes", "true or false"),
        ("domain-name", "a..b", "label is empty"),
        ("host-name", "pück", "ASCII"),
        ("224", "deadbeef", "hex:"),
        ("224", "0xdea", "hex digits"),
        ("dhcp-lease-time", "5", "not yours to set"),
        ("51", "5", "not yours to set"),
        ("82", "0x00", "not yours to set"),
        ("0", "0x00", "not yours to set"),
        ("255", "0x00", "not yours to set"),
        ("256", "0x00", "not yours to set"),
        ("static-routes", "0.0.0.0 10.1.0.1", "not 0.0.0.0"),
        ("static-routes", "10.2.0.0", "pairs"),
        ("classless-static-route", "10.2.0.1/16 10.1.0.1", "without host bits"),
        ("classless-static-route", "10.2.0.0/33 10.1.0.1", "destination"),
        ("classless-static-route", "10.2.0.0/16", "10.2.0.0/16 10.1.0.1"),
    ],
)
def test_what_would_be_right(name: str, values: str | list[str], right: str) -> None:
    with pytest.raises(ValueError, match=right):
        encode_option(name, values)


def test_domain_search_of_rfc3397() -> None:
    # the example of RFC 3397 section 3
    assert encode_option("domain-search", ["eng.apple.com.", "marketing.apple.com."]) == (
        119,
        b"\3eng\5apple\3com\0\x09marketing\xc0\x04",
    )


def test_domain_search_points_at_whole_names_too() -> None:
    _, data = encode_option("domain-search", "example.test, example.test, sub.example.test")
    assert data == b"\7example\4test\0\xc0\x00\3sub\xc0\x00"


@pytest.mark.parametrize(
    ("route", "data"),
    [
        # the table of RFC 3442, "Classless Route Option Format"
        ("0.0.0.0/0 10.1.0.1", "00"),
        ("10.0.0.0/8 10.1.0.1", "080a"),
        ("10.0.0.0/24 10.1.0.1", "180a0000"),
        ("10.17.0.0/16 - 10.1.0.1", "100a11"),
        ("10.27.129.0/24 via 10.1.0.1", "180a1b81"),
        ("10.229.0.128/25 10.1.0.1", "190ae50080"),
        ("10.198.122.47/32 10.1.0.1", "200ac67a2f"),
    ],
)
def test_classless_routes_of_rfc3442(route: str, data: str) -> None:
    assert encode_option("classless-static-route", route) == (121, bytes.fromhex(data + "0a010001"))


def test_scapy_reads_routes_and_searches() -> None:
    wire = b""
    for name, values in (
        ("classless-static-route", "10.17.0.0/16 10.1.0.1, 0.0.0.0/0 10.1.0.2"),
        ("domain-name-servers", "10.1.0.1,10.1.0.2"),
    ):
        code, data = encode_option(name, values)
        wire += bytes((code, len(data))) + data
    options = DHCP(wire + b"\xff").options
    assert options[0] == ("classless_static_routes", ["10.17.0.0/16:10.1.0.1", "0.0.0.0/0:10.1.0.2"])
    assert options[1] == ("name_server", "10.1.0.1", "10.1.0.2")
