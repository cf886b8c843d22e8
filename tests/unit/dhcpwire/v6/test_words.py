"""DHCPv6 messages in words: against literals written by hand, and against what scapy builds."""

from __future__ import annotations

import pytest
from dhcpv6 import DUID, NA, PD, SOLICIT, ia, ip, message, oro, relayed, tlv
from scapy.layers.dhcp6 import (
    DUID_LL,
    DHCP6_RelayForward,
    DHCP6_Request,
    DHCP6OptClientFQDN,
    DHCP6OptClientId,
    DHCP6OptDNSServers,
    DHCP6OptElapsedTime,
    DHCP6OptIA_NA,
    DHCP6OptIAAddress,
    DHCP6OptIfaceId,
    DHCP6OptRelayMsg,
    DHCP6OptStatusCode,
)

from tenure.dhcpwire.v6.words import message_rows, option_rows
from tenure.dhcpwire.words import Row


def shown(rows: list[Row]) -> list[tuple[int, str, str, str]]:
    return [(row.depth, row.code, row.name, row.value) for row in rows]


def test_a_solicit_through_a_relay() -> None:
    inner = message(
        SOLICIT, (1, DUID), (8, b"\0\x0a"), ia(NA, 7, "2001:db8::7"), ia(PD, 8, "2001:db8:1::/56"), oro(23, 24)
    )
    rows = message_rows(relayed(inner, "2001:db8::1", "fe80::2", (18, b"eth0/7"), (79, b"\0\1\2\0\0\0\x0a\1")))
    assert shown(rows) == [
        (0, "", "msg-type", "RELAY-FORW"),
        (0, "", "hop-count", "0"),
        (0, "", "link-address", "2001:db8::1"),
        (0, "", "peer-address", "fe80::2"),
        (0, "18", "interface-id", '"eth0/7"'),
        (0, "79", "client-linklayer-addr", "Ethernet 02:00:00:00:0a:01"),
        (0, "9", "relay-msg", f"{len(inner)} octets"),
        (1, "", "msg-type", "SOLICIT"),
        (1, "", "transaction-id", "0x123456"),
        (1, "1", "clientid", "DUID-LL Ethernet 02:00:00:00:0a:01"),
        (1, "8", "elapsed-time", "100 ms"),
        (1, "3", "ia-na", "40 octets"),
        (2, "", "iaid", "00000007"),
        (2, "", "t1", "0 s"),
        (2, "", "t2", "0 s"),
        (2, "5", "iaaddr", "2001:db8::7, preferred 0 s, valid 0 s"),
        (1, "25", "ia-pd", "41 octets"),
        (2, "", "iaid", "00000008"),
        (2, "", "t1", "0 s"),
        (2, "", "t2", "0 s"),
        (2, "26", "iaprefix", "2001:db8:1::/56, preferred 0 s, valid 0 s"),
        (1, "6", "oro", "dns-servers, domain-search"),
    ]
    assert not any(row.problem for row in rows)


@pytest.mark.parametrize(
    ("code", "data", "value"),
    [
        (5, ip("2001:db8::7") + b"\0\0\x0e\x10\xff\xff\xff\xff", "2001:db8::7, preferred 3600 s, valid infinite"),
        (7, b"\xff", "255"),
        (12, ip("2001:db8::1"), "2001:db8::1"),
        (13, b"\0\2no address", "no addrs avail: no address"),
        (13, b"\0\0", "success"),
        (13, b"\0\x63", "status 99"),
        (14, b"", ""),
        (15, b"\0\1a\0\2bc", "a, bc"),
        (23, ip("2001:db8::1") + ip("2001:db8::2"), "2001:db8::1, 2001:db8::2"),
        (24, b"\7example\4test\0\3lab\4test\0", "example.test., lab.test."),
        (37, b"\0\0\0\x09abc", 'enterprise 9, "abc"'),
        (39, b"\1\4pc-7\7example\0", "pc-7.example."),
        (56, b"\0\3\0\x0a\3ntp\4test\0", "ntp.test."),
        (61, b"\0\7\0\x10", "7, 16"),
        (82, b"\0\0\x0e\x10", "3600"),
        (224, b"\xde\xad", "hex:dead"),
    ],
)
def test_what_an_option_says(code: int, data: bytes, value: str) -> None:
    first = next(option_rows(code, data, 0))
    assert (first.value, first.problem) == (value, "")


@pytest.mark.parametrize(
    ("code", "data", "problem"),
    [
        (3, bytes(11), "at least 12 octets"),
        (5, bytes(23), "at least 24 octets"),
        (6, b"\0\1\0", "multiple of 2"),
        (13, b"\0", "at least 2 octets"),
        (14, b"x", "no data"),
        (23, bytes(15), "multiple of 16"),
        (24, b"\3lab\0\xc0\0", "compressed"),
        (26, bytes(8) + b"\x81" + bytes(16), "at most 128 bits"),
        (39, b"", "at least 1 octet at octet 0 of its data"),
        (79, b"\0\1", "at least 3 octets"),
    ],
)
def test_what_is_wrong_is_said_and_the_octets_are_shown(code: int, data: bytes, problem: str) -> None:
    first, *parts = option_rows(code, data, 0)
    assert problem in first.problem
    assert first.value == f"hex:{data.hex()}"
    assert parts == []


def test_the_parts_of_option_39_and_of_vendors() -> None:
    assert [(row.name, row.value) for row in option_rows(39, b"\1\4pc-7", 0)][1:] == [
        ("flags", "S"),
        ("name", "partial"),
    ]
    assert [row.problem for row in option_rows(39, b"\x05\0", 0)][1] == "S with N is forbidden; it counts as N"
    assert [(row.code, row.name, row.value, row.offset) for row in option_rows(16, b"\0\0\0\x09\0\2ab\0\2ab", 0)][
        1:
    ] == [
        ("", "enterprise", "9", 0),
        ("", "class", '"ab"', 6),
        ("", "class", '"ab"', 10),
    ]
    assert [(row.code, row.value) for row in option_rows(17, b"\0\0\0\x09\0\1\0\2ab\0", 0)][1:] == [
        ("", "9"),
        ("17.9.1", '"ab"'),
        ("", "hex:00"),
    ]


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "a message has at least 4 octets"),
        (b"\1ab", "its header has 4 octets, not 3"),
        (b"\x0c" + bytes(20), "its header has 34 octets, not 21"),
        (message(SOLICIT) + b"\0\1\0", "an option has no length"),
        (message(SOLICIT) + b"\0\1\0\5ab", "option 1 runs past the end: 3 of its 5 octets miss"),
        (relayed(b"", "2001:db8::1"), "a relay carries no message"),
        (relayed(message(SOLICIT), "2001:db8::1") + tlv(9, message(SOLICIT)), "a relay carries two messages"),
    ],
)
def test_damage_is_shown(octets: bytes, problem: str) -> None:
    assert problem in [row.problem for row in message_rows(octets)]


def test_what_scapy_builds_is_read() -> None:
    association = DHCP6OptIA_NA(
        iaid=7, T1=100, T2=200, ianaopts=[DHCP6OptIAAddress(addr="2001:db8::7", preflft=300, validlft=400)]
    )
    inner = (
        DHCP6_Request(trid=0x123456)
        / DHCP6OptClientId(duid=DUID_LL(lladdr="02:00:00:00:0a:01"))
        / DHCP6OptElapsedTime(elapsedtime=7)
        / association
        / DHCP6OptClientFQDN(flags="S", fqdn="pc-7.example.test.")
        / DHCP6OptStatusCode(statuscode=3, statusmsg="unknown")
        / DHCP6OptDNSServers(dnsservers=["2001:db8::53"])
    )
    outer = (
        DHCP6_RelayForward(linkaddr="2001:db8::1", peeraddr="fe80::2", hopcount=1)
        / DHCP6OptIfaceId(ifaceid=b"eth0")
        / DHCP6OptRelayMsg(message=inner)
    )
    rows = message_rows(bytes(outer))
    assert not any(row.problem for row in rows)
    found = {row.name: row.value for row in rows}
    assert found["hop-count"] == "1"
    assert found["interface-id"] == '"eth0"'
    assert found["clientid"] == "DUID-LL Ethernet 02:00:00:00:0a:01"
    assert found["elapsed-time"] == "70 ms"
    assert (found["t1"], found["t2"]) == ("100 s", "200 s")
    assert found["iaaddr"] == "2001:db8::7, preferred 300 s, valid 400 s"
    assert found["client-fqdn"].rstrip(".") == "pc-7.example.test"
    assert found["status-code"] == "no binding: unknown"
    assert found["dns-servers"] == "2001:db8::53"
