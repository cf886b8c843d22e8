"""Messages in words: against literals written by hand, and against scapy in both directions."""

from __future__ import annotations

import pytest
from dhcpv4 import request
from scapy.layers.dhcp import BOOTP, DHCP, DHCPOptions

from tenure.dhcpwire.v4.option_words import option_rows
from tenure.dhcpwire.v4.words import packet_rows
from tenure.dhcpwire.words import Row


def by_name(rows: list[Row]) -> dict[str, str]:
    return {row.name: row.value for row in rows}


def test_every_field_of_the_header() -> None:
    octets = request(
        (53, b"\1"),
        hops=2,
        secs=7,
        flags=0x8000,
        giaddr=b"\x0a\1\0\1",
        ciaddr=b"\x0a\1\0\7",
        sname=b"boot.example.test",
        file=b"a\x1b[31m\0rest",
    )
    assert [(row.name, row.value, row.problem) for row in packet_rows(octets)] == [
        ("op", "BOOTREQUEST", ""),
        ("htype", "Ethernet", ""),
        ("hlen", "6", ""),
        ("hops", "2", ""),
        ("xid", "0x12345678", ""),
        ("secs", "7", ""),
        ("flags", "broadcast", ""),
        ("ciaddr", "10.1.0.7", ""),
        ("yiaddr", "0.0.0.0", ""),
        ("siaddr", "0.0.0.0", ""),
        ("giaddr", "10.1.0.1", ""),
        ("chaddr", "02:00:00:00:0a:01", ""),
        ("sname", "boot.example.test", ""),
        ("file", "a\\x1b[31m", ""),
        ("cookie", "DHCP", ""),
        ("dhcp-message-type", "DISCOVER", ""),
    ]


@pytest.mark.parametrize(
    ("code", "data", "value"),
    [
        (1, "ffff0000", "255.255.0.0"),
        (6, "0a0100010a010002", "10.1.0.1, 10.1.0.2"),
        (12, b"pc-7".hex(), "pc-7"),
        (12, b"pc\xff\0".hex(), "pc\\xff"),
        (51, "00000e10", "3600 s"),
        (51, "ffffffff", "infinite"),
        (52, "03", "options stand in file and sname"),
        (53, "07", "RELEASE"),
        (55, "0103063351e0", "subnet-mask, routers, domain-name-servers, dhcp-lease-time, fqdn, 224"),
        (57, "05dc", "1500"),
        (60, b"MSFT 5.0".hex(), "MSFT 5.0"),
        (61, "01020000000a01", "Ethernet 02:00:00:00:0a:01"),
        (61, "00" + b"pc-7".hex(), 'not a hardware address: "pc-7"'),
        (61, "ff0000000700030001020000000a01", "IAID 00000007, DUID-LL Ethernet 02:00:00:00:0a:01"),
        (
            61,
            "ff000000070001000100000000020000000a01",
            "IAID 00000007, DUID-LLT Ethernet 02:00:00:00:0a:01 of 2000-01-01 00:00:00Z",
        ),
        (61, "ff00000007000200000009abcd", "IAID 00000007, DUID-EN enterprise 9, hex:abcd"),
        (
            61,
            "ff00000007000400112233445566778899aabbccddeeff",
            "IAID 00000007, DUID-UUID 00112233-4455-6677-8899-aabbccddeeff",
        ),
        (80, "", ""),
        (81, "05ffff" + b"\4pc-7\7example\0".hex(), "pc-7.example."),
        (81, "010000" + b"pc-7".hex(), "pc-7"),
        (97, "0000112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff"),
        (119, b"\3eng\5apple\3com\0\x09marketing\xc0\x04".hex(), "eng.apple.com., marketing.apple.com."),
        (121, "100a110a0100010 00a010002".replace(" ", ""), "10.17.0.0/16 10.1.0.1, 0.0.0.0/0 10.1.0.2"),
        (224, "deadbeef", "hex:deadbeef"),
        (224, b"iPXE".hex(), '"iPXE"'),
    ],
)
def test_what_an_option_says(code: int, data: str, value: str) -> None:
    first = next(option_rows(code, bytes.fromhex(data), 0))
    assert (first.value, first.problem) == (value, "")


@pytest.mark.parametrize(
    ("code", "data", "problem"),
    [
        (1, "ffff", "4 octets"),
        (3, "0a01000102", "multiple of 4"),
        (51, "0e10", "4 octets"),
        (52, "04", "value 1, 2 or 3"),
        (53, "00", "from 1 to 8"),
        (61, "01", "at least 2 octets"),
        (61, "ff00000007", "there is no DUID"),
        (81, "0500", "at least 3 octets"),
        (81, "040000ff", "none is compressed at octet 3 of its data"),
        (119, "c000", "does not point backwards at octet 0"),
        (121, "210a0100010a010001", "at most 32 bits"),
    ],
)
def test_what_is_wrong_is_said_and_the_octets_are_shown(code: int, data: str, problem: str) -> None:
    first, *parts = option_rows(code, bytes.fromhex(data), 0)
    assert problem in first.problem
    assert first.value == f"hex:{data}"
    assert parts == []


def test_option_81_part_by_part() -> None:
    rows = list(option_rows(81, b"\x05\xff\xff\4pc-7\7example\0", 300))
    assert [(row.name, row.value, row.offset) for row in rows[1:]] == [
        ("flags", "E S", 300),
        ("rcodes", "255, 255", 301),
        ("name", "full, in wire form", 303),
    ]
    assert [row.problem for row in option_rows(81, b"\x09\0\0", 0)][1] == "S with N is forbidden; it counts as N"


def test_sub_options_of_a_relay() -> None:
    data = b"\1\6eth0/1" + b"\5\4\x0a\2\0\0" + b"\x0b\3\1\2\3" + b"\x20\1\1" + b"\2\x09ab"
    rows = list(option_rows(82, data, 100))
    assert [(row.code, row.name, row.value, row.problem, row.offset) for row in rows] == [
        ("82", "dhcp-agent-options", "26 octets", "", 100),
        ("82.1", "circuit-id", '"eth0/1"', "", 102),
        ("82.5", "link-selection", "10.2.0.0", "", 110),
        ("82.11", "server-identifier-override", "hex:010203", "an address has 4 octets, not 3", 116),
        ("82.32", "sub-option-32", "hex:01", "", 121),
        ("", "damage", "hex:02096162", "option 2 runs past the end: 7 of its 9 octets miss", 122),
    ]


def test_vendors() -> None:
    assert [(row.code, row.value) for row in option_rows(43, b"\1\2ab\x06\1\x08\xff", 0)] == [
        ("43", "hex:01026162060108ff"),
        ("43.1", '"ab"'),
        ("43.6", "hex:08"),
    ]
    assert len(list(option_rows(43, b"docsis3.0", 0))) == 1, "it is not made of sub-options"
    assert [(row.code, row.name, row.value, row.depth) for row in option_rows(125, b"\0\0\0\x09\4\1\2ab", 0)] == [
        ("125", "vivso-suboptions", "9 octets", 0),
        ("", "enterprise", "9", 1),
        ("125.9.1", "sub-option-1", '"ab"', 2),
    ]
    assert [(row.name, row.value) for row in option_rows(124, b"\0\0\0\x09\3\2ab", 0)][1:] == [
        ("enterprise", "9"),
        ("class", '"ab"'),
    ]
    (*_, last) = option_rows(125, b"\0\0\0\x09\4\1\2ab\0", 0)
    assert last.problem == "a vendor of option 125 runs past the end"


def test_pieces_of_one_option_are_shown_as_one() -> None:
    rows = packet_rows(request((53, b"\3"), (12, b"long"), (12, b"name")))
    assert by_name(rows)["host-name"] == "longname (joined from 2 pieces)"


def test_options_in_file_and_sname() -> None:
    octets = request((52, b"\3"), file=b"\x0c\3abc\xff", sname=b"\x0c\1d\xff")
    shown = by_name(packet_rows(octets))
    assert shown["file"] == shown["sname"] == "options (option 52)"
    assert shown["host-name"] == "abcd (joined from 2 pieces)"


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (request(end=b"\x0c\x09abc"), "option 12 runs past the end: 6 of its 9 octets miss"),
        (request(end=b"\x0c"), "an option has no length"),
        (request(cookie=bytes(4)), "this is not DHCP"),
        (request(hlen=17), "more than chaddr holds"),
        (request(op=3), "neither a request (1) nor a reply (2)"),
        (request(flags=0x8001), "the bits 0x0001 are to be zero"),
        (request(end=b"\xffx"), "octets behind the end option"),
        (request()[:30], "the message ends here: chaddr has 16 octets, 2 are left"),
        (b"", "the message ends here: op has 1 octets, 0 are left"),
    ],
)
def test_damage_is_shown(octets: bytes, problem: str) -> None:
    assert any(problem in row.problem for row in packet_rows(octets))


def test_what_scapy_builds_is_read() -> None:
    options = [
        ("message-type", "request"),
        ("requested_addr", "10.1.2.55"),
        ("server_id", "10.1.0.1"),
        ("lease_time", 86400),
        ("hostname", "pc-7"),
        ("param_req_list", [1, 3, 6]),
        ("classless_static_routes", ["10.17.0.0/16:10.1.0.1"]),
        "end",
    ]
    octets = bytes(BOOTP(op=1, chaddr=bytes.fromhex("02000000000a"), xid=5, giaddr="10.1.0.9") / DHCP(options=options))
    shown = by_name(packet_rows(octets))
    assert shown["giaddr"] == "10.1.0.9"
    assert shown["xid"] == "0x00000005"
    assert shown["dhcp-message-type"] == "REQUEST"
    assert shown["dhcp-requested-address"] == "10.1.2.55"
    assert shown["dhcp-server-identifier"] == "10.1.0.1"
    assert shown["dhcp-lease-time"] == "86400 s"
    assert shown["host-name"] == "pc-7"
    assert shown["dhcp-parameter-request-list"] == "subnet-mask, routers, domain-name-servers"
    assert shown["classless-static-route"] == "10.17.0.0/16 10.1.0.1"


def test_scapy_reads_the_same_value_in_each_option_that_it_knows() -> None:
    """Numbers and addresses; scapy shows text as octets, and of a list what its field takes."""
    compared = set()
    for code, field in DHCPOptions.items():
        for data in (bytes.fromhex("0a010001"), bytes.fromhex("0a01"), b"\1", b"text"):
            row = next(option_rows(code, data, 0))
            found = next(iter(DHCP(bytes((code, len(data))) + data + b"\xff").options))
            if isinstance(field, str) or row.problem or not isinstance(found[1], int | str) or len(found) > 2:
                continue
            if ", " in row.value or row.value.startswith(("hex:", '"')) or code in {52, 53, 55}:
                continue
            theirs = str(found[1])
            assert row.value in {theirs, f"{theirs} s", {"1": "true", "0": "false"}.get(theirs)}
            compared.add(code)
    assert compared >= {1, 2, 3, 6, 13, 19, 26, 28, 50, 51, 54, 57, 58, 59}
