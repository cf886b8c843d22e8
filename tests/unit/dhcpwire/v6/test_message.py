"""DHCPv6 messages: octets to values, and replies back through their relays; scapy is the second opinion both ways."""

from __future__ import annotations

import pytest
from dhcpv6 import DUID, NA, PD, SOLICIT, TA, XID, ia, ip, message, oro, read, relayed, tlv
from scapy.layers.dhcp6 import (
    DUID_LL,
    DHCP6_RelayForward,
    DHCP6_RelayReply,
    DHCP6_Reply,
    DHCP6_Request,
    DHCP6OptClientFQDN,
    DHCP6OptClientId,
    DHCP6OptElapsedTime,
    DHCP6OptIA_NA,
    DHCP6OptIA_PD,
    DHCP6OptIAAddress,
    DHCP6OptIAPrefix,
    DHCP6OptIfaceId,
    DHCP6OptOptReq,
    DHCP6OptRapidCommit,
    DHCP6OptRelayMsg,
    DHCP6OptServerId,
    DHCP6OptStatusCode,
)

from tenure.dhcpwire.v6.association import (
    IA,
    IALease,
    build_association,
    build_excluded_prefix,
    build_lease,
    build_status,
    last_of,
    parse_lease,
)
from tenure.dhcpwire.v6.codes import MessageType, Status
from tenure.dhcpwire.v6.message import (
    begins_with_solicit,
    build_reply,
    encode_option,
    encode_options,
    option_codes,
    parse_datagram,
)
from tenure.octets import Malformed

IAID = b"\0\0\0\7"


def test_reads_what_scapy_writes() -> None:
    duid = DUID_LL(lladdr="02:00:00:00:0a:01")
    inner = (
        DHCP6_Request(trid=0x123456)
        / DHCP6OptClientId(duid=duid)
        / DHCP6OptServerId(duid=DUID_LL(lladdr="02:00:00:00:0a:ff"))
        / DHCP6OptElapsedTime(elapsedtime=300)
        / DHCP6OptIA_NA(iaid=7, T1=1, T2=2, ianaopts=[DHCP6OptIAAddress(addr="2001:db8::7", preflft=100, validlft=200)])
        / DHCP6OptIA_PD(iaid=8, iapdopt=[DHCP6OptIAPrefix(preflft=1, validlft=2, plen=56, prefix="2001:db8:0:ff11::")])
        / DHCP6OptOptReq(reqopts=[23, 24, 39])
        / DHCP6OptRapidCommit()
        / DHCP6OptClientFQDN(flags=1, fqdn="pc1.example.test")
    )
    outer = (
        DHCP6_RelayForward(hopcount=1, linkaddr="2001:db8:1::1", peeraddr="fe80::9")
        / DHCP6OptIfaceId(ifaceid=b"ge-0/0/1")
        / DHCP6OptRelayMsg(message=inner)
    )
    datagram = parse_datagram(bytes(outer))
    relays, found = datagram.relays, datagram.message
    assert (found.kind, found.transaction_id) == (MessageType.REQUEST, XID)
    assert found.options[1] == DUID
    assert found.options[8] == b"\1\x2c"
    assert found.options[14] == b""
    assert option_codes(found.options[6]) == [23, 24, 39]
    assert found.options[39] == b"\1\3pc1\7example\4test\0"
    assert [(ia.code, ia.iaid, ia.leases) for ia in found.associations] == [
        (NA, IAID, (IALease(ip("2001:db8::7"), 128, 100, 200),)),
        # what stands behind the length is no part of the prefix
        (PD, b"\0\0\0\x08", (IALease(ip("2001:db8:0:ff00::"), 56, 1, 2),)),
    ]
    (relay,) = relays
    assert (relay.hop_count, relay.link_address, relay.peer_address) == (1, ip("2001:db8:1::1"), ip("fe80::9"))
    assert relay.options == {18: b"ge-0/0/1"}


def test_scapy_reads_what_is_written() -> None:
    request = parse_datagram(relayed(message(SOLICIT, (1, DUID)), "2001:db8:1::1", "fe80::9", (18, b"port7"), hops=3))
    lease, prefix = IALease(ip("2001:db8::7"), 128, 100, 200), IALease(ip("2001:db8:ff::"), 48, 300, 400)
    options = encode_options([(1, DUID), (2, DUID)])
    options += build_association(IA(NA, IAID, ()), 50, 80, build_lease(NA, lease))
    options += build_association(IA(PD, IAID, ()), 50, 80, build_lease(PD, prefix, encode_option(67, b"\x40\1")))
    options += build_status(Status.NOT_ON_LINK, "not here")
    found = DHCP6_RelayReply(build_reply(MessageType.REPLY, request, options))
    assert (found.hopcount, found.linkaddr, found.peeraddr) == (3, "2001:db8:1::1", "fe80::9")
    assert found[DHCP6OptIfaceId].ifaceid == b"port7"
    inner = found[DHCP6OptRelayMsg].message
    assert isinstance(inner, DHCP6_Reply)
    assert inner.trid == 0x123456
    assert (inner[DHCP6OptIA_NA].iaid, inner[DHCP6OptIA_NA].T1, inner[DHCP6OptIA_NA].T2) == (7, 50, 80)
    (address,) = inner[DHCP6OptIA_NA].ianaopts
    assert (address.addr, address.preflft, address.validlft) == ("2001:db8::7", 100, 200)
    (delegated,) = inner[DHCP6OptIA_PD].iapdopt
    assert (delegated.prefix, delegated.plen, delegated.preflft, delegated.validlft) == ("2001:db8:ff::", 48, 300, 400)
    assert inner[DHCP6OptStatusCode].statuscode == 4
    assert inner[DHCP6OptStatusCode].statusmsg == b"not here"


def test_a_reply_goes_back_through_each_relay() -> None:
    octets = message(SOLICIT, (1, DUID))
    for hops in range(9):
        octets = relayed(octets, f"2001:db8:{hops}::1", f"fe80::{hops:x}", (18, bytes((hops,))), hops=hops)
    said = read(build_reply(MessageType.ADVERTISE, parse_datagram(octets), encode_option(2, DUID)))
    assert said.options == {2: DUID}
    assert [(hops, link, peer) for hops, link, peer, _ in said.relays] == [
        (hops, ip(f"2001:db8:{hops}::1"), ip(f"fe80::{hops:x}")) for hops in range(8, -1, -1)
    ]
    assert [options for *_, options in said.relays] == [{18: bytes((hops,))} for hops in range(8, -1, -1)]


def test_no_more_relays_than_ever_were_lawful() -> None:
    octets = message(SOLICIT)
    for hops in range(33):
        octets = relayed(octets, "::", hops=hops)
    assert len(parse_datagram(octets).relays) == 33
    with pytest.raises(Malformed, match="relays"):
        parse_datagram(relayed(octets, "::", hops=33))


def test_a_relay_gets_back_its_interface_and_what_it_asks_for() -> None:
    options = ((37, b"remote"), (18, b"port"), (38, b"subscriber"), (79, b"\0\1abcdef"))
    silent = read(build_reply(7, parse_datagram(relayed(message(1), "::", "::", *options)), b""))
    assert silent.relays[0][3] == {18: b"port"}
    asked = read(build_reply(7, parse_datagram(relayed(message(1), "::", "::", *options, (43, b"\0\x25\0\x99"))), b""))
    assert asked.relays[0][3] == {18: b"port", 37: b"remote"}


def test_the_first_of_several_instances_counts() -> None:
    found = parse_datagram(message(SOLICIT, (1, DUID), (1, b"another"), ia(NA, 1), ia(NA, 2), ia(TA, 3))).message
    assert found.options == {1: DUID}
    assert [(one.code, one.iaid[3]) for one in found.associations] == [(NA, 1), (NA, 2), (TA, 3)]


@pytest.mark.parametrize(
    ("octets", "offset"),
    [
        (b"", 0),
        (b"\1\0\0", 0),
        (message(SOLICIT) + b"\0\1\0", 4),
        (message(SOLICIT) + b"\0\1\0\5abcd", 4),
        (message(SOLICIT, (NA, bytes(11))), 8),
        (message(SOLICIT, (TA, bytes(3))), 8),
        (message(SOLICIT, (NA, bytes(12) + tlv(5, bytes(23)))), 20),
        (message(SOLICIT, (NA, bytes(12) + b"\0\5\0")), 20),
        (message(SOLICIT, (NA, bytes(12) + b"\0\5\0\x19" + bytes(24))), 20),
        (message(SOLICIT, (PD, bytes(12) + tlv(26, bytes(24)))), 20),
        (message(SOLICIT, (PD, bytes(12) + tlv(26, bytes(8) + b"\x81" + bytes(16)))), 20),
        (b"\x0c" + bytes(32), 0),
        (b"\x0c" + bytes(33), 0),
        (relayed(b"", "::"), 0),
        (relayed(message(1), "::", "::", (9, message(1))), 42),
        (b"\x0c" + bytes(33) + b"\0\x12\0", 34),
        (b"\x0c" + bytes(33) + b"\0\x12\0\2a", 34),
        (relayed(b"\1ab", "::"), 38),
    ],
)
def test_what_is_no_message_is_malformed_and_says_where(octets: bytes, offset: int) -> None:
    with pytest.raises(Malformed) as caught:
        parse_datagram(octets)
    assert caught.value.offset == offset


def test_a_lease_alone() -> None:
    assert parse_lease(5, ip("2001:db8::1") + bytes(8) + tlv(13, b"\0\0")) == IALease(ip("2001:db8::1"), 128, 0, 0)
    with pytest.raises(Malformed):
        parse_lease(5, bytes(23))


def test_who_begins_is_seen_before_parsing() -> None:
    solicit, request = message(SOLICIT, (1, DUID)), message(3, (1, DUID))
    assert begins_with_solicit(solicit)
    assert begins_with_solicit(relayed(solicit, "::"))
    assert not begins_with_solicit(request)
    assert not begins_with_solicit(relayed(request, "::"))
    assert not begins_with_solicit(relayed(solicit, "::", "::", (18, b"port")))
    assert not begins_with_solicit(b"")


@pytest.mark.parametrize(
    ("delegated", "length", "excluded", "excluded_length", "data"),
    [
        # by hand from RFC 6603 section 4.2: the bits between the two lengths, leftmost
        ("2001:db8:0:100::", 56, "2001:db8:0:1ff::", 64, "40ff"),
        ("2001:db8:0:100::", 60, "2001:db8:0:10f::", 64, "40f0"),
        ("2001:db8::", 48, "2001:db8:0:1::", 64, "400001"),
        ("2001:db8::", 48, "2001:db8:0:8000::", 49, "3180"),
        ("2001:db8::", 48, "2001:db8:0:0:0:0:0:5", 128, "8000000000000000000005"),
    ],
)
def test_an_excluded_prefix(delegated: str, length: int, excluded: str, excluded_length: int, data: str) -> None:
    assert build_excluded_prefix(ip(delegated), length, ip(excluded), excluded_length).hex() == data


def test_the_last_address_of_a_prefix() -> None:
    assert last_of(ip("2001:db8::"), 48) == ip("2001:db8:0:ffff:ffff:ffff:ffff:ffff")
    assert last_of(ip("2001:db8::5"), 128) == ip("2001:db8::5")


def test_requested_options_are_listed_once() -> None:
    assert option_codes(oro(23, 24, 23)[1] + b"\0") == [23, 24]
    assert option_codes(b"") == []
