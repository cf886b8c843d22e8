"""Tests for classes that are true, or false, of one DHCPv6 message: for our parser, and for Kea's as another one."""

from __future__ import annotations

from dhcpv6 import NA, PD, SOLICIT, OptionPair, ia, message, relayed, tlv

SERVER, RELAY, LINK = "2001:db8:9::1", "2001:db8:9::2", "2001:db8:1::1"  # as the message comes in, on eth0
DUID = bytes.fromhex("00030001020000000a01")  # which has a reservation, and is in the class `lab`
VENDOR = (3561).to_bytes(4, "big") + tlv(1, b"abc") + tlv(2, b"")
VENDOR_CLASS = (3561).to_bytes(4, "big") + b"\0\3one\0\3two"
OPTIONS = (
    (1, DUID),
    ia(NA, 1, "2001:db8:1::5"),
    ia(NA, 2),
    ia(PD, 7, "2001:db8:ff00::/56"),
    (8, b"\0\0"),
    (14, b""),
    (15, b"\0\4user"),
    (16, VENDOR_CLASS),
    (17, VENDOR),
)


def octets(*more: OptionPair) -> bytes:
    """The message through two relays, with these options before the others."""
    inner = relayed(message(SOLICIT, *more, *OPTIONS), LINK, "fe80::1", (18, b"port 7"), (37, b"\0\0\0\x09switch"))
    return relayed(inner, "::", "fe80::2", (18, b"uplink"), hops=1)


TRUE = [
    # options and what is in them
    "option[1].hex == 0x00030001020000000a01 and option[clientid].exists",
    "option[14].exists and not option[60].exists and option[60].hex == ''",
    "option[8].hex == 0x0000 and option[elapsed-time].hex == option[8].hex",
    "option[15].hex == 0x000475736572",
    "option[3].exists and option[25].exists and not option[4].exists",
    "substring(option[3].hex, 0, 4) == 1 and substring(option[25].hex, 0, 4) == 7",
    "option[3].option[5].exists and not option[3].option[13].exists",
    "substring(option[3].option[5].hex, 0, 16) == 2001:db8:1::5",
    "substring(option[25].option[26].hex, 8, 1) == 0x38 and not option[8].option[1].exists",
    # relays
    "relay6[0].option[18].hex == 'uplink' and relay6[1].option[18].hex == 'port 7'",
    "relay6[-1].option[18].hex == 'port 7' and relay6[-2].option[18].hex == 'uplink'",
    "relay6[-1].option[37].exists and not relay6[0].option[37].exists and not relay6[2].option[18].exists",
    "relay6[-1].option[37].hex == 0x00000009 + 'switch'",
    "relay6[-3].option[18].hex == '' and not relay6[-3].option[18].exists",
    "relay6[0].peeraddr == fe80::2 and relay6[-1].peeraddr == fe80::1 and relay6[2].peeraddr == ''",
    "relay6[1].linkaddr == 2001:db8:1::1 and relay6[0].linkaddr == ::",
    # the message and its way here
    "pkt6.msgtype == 1 and pkt6.transid == 0x00123456",
    "pkt.iface == 'eth0' and pkt.src == 2001:db8:9::2 and pkt.dst == 2001:db8:9::1",
    # vendors
    "vendor[*].exists and vendor[0].exists and vendor[3561].exists and not vendor[5].exists",
    "vendor.enterprise == 3561 and vendor[3561].option[1].hex == 'abc' and not vendor[3561].option[9].exists",
    "vendor[3561].option[2].exists and vendor[3561].option[2].hex == '' and vendor[*].option[1].hex == 'abc'",
    "vendor-class[3561].exists and vendor-class.enterprise == 3561 and not vendor-class[9].exists",
    "vendor-class[3561].data == 'one' and vendor-class[3561].data[1] == 'two' and vendor-class[*].data[2] == ''",
    # classes
    "member('lab') and member('KNOWN') and not member('UNKNOWN') and member('ALL')",
    "member('VENDOR_CLASS_one') and not member('VENDOR_CLASS_two')",
    # functions see what the words give
    "addrtotext(relay6[-1].linkaddr) == '2001:db8:1::1'",
    "ifelse(option[16].exists, 'there', 'none') == 'there' and hexstring(pkt6.transid, ':') == '00:12:34:56'",
]
FALSE = [
    "option[25].hex == ''",
    "relay6[0].linkaddr == relay6[-1].linkaddr",
    "member('UNKNOWN')",
    "pkt6.msgtype == 3",
    "vendor[9].exists or vendor-class[9].exists",
]
# True, and refused by Kea 2.2.
OURS_ALONE = [
    "known and not unknown",
    "option[25].option[26].option[13].hex == ''",
    "relay6[0].option[18].option[1].hex == ''",
    "relay6[-1].option[interface-id].exists",
]
