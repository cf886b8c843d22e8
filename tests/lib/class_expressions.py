"""Tests for classes that are true, or false, of one packet: for our parser, and for Kea's as an independent one."""

from __future__ import annotations

from dhcpv4 import request, tlv

SERVER, RELAY, GIADDR = "10.9.0.1", "10.9.0.2", "10.1.0.1"  # as the packet comes in, on eth0
MAC = bytes((2, 0, 0, 0, 10, 1))  # which has a reservation, and is in the class `lab`
RELAY_INFORMATION = tlv(1, b"port 7") + tlv(2, b"switch")
VENDOR = (4491).to_bytes(4, "big") + bytes((5,)) + tlv(1, b"abc") + (9).to_bytes(4, "big") + b"\0"
VENDOR_CLASS = (4491).to_bytes(4, "big") + b"\3one" + (4491).to_bytes(4, "big") + b"\3two"
OPTIONS = (
    (53, b"\1"),
    (12, b"pc\0"),
    (43, tlv(1, b"in") + tlv(2, tlv(3, b"deep"))),
    (60, b"PXEClient:Arch:00007"),
    (80, b""),
    (82, RELAY_INFORMATION),
    (124, VENDOR_CLASS),
    (125, VENDOR),
)


def packet(*more: tuple[int, bytes]) -> bytes:
    """The packet, with these options before the others."""
    return request(OPTIONS[0], *more, *OPTIONS[1:], giaddr=bytes((10, 1, 0, 1)), chaddr=MAC)


TRUE = [
    # literals and ==
    "'example' == 0x6578616d706c65",
    "0x5a7d == 'Z}'",
    "0xa7d == 0x0a7d",
    "123 == 0x0000007b",
    "10.0.0.1 == 0x0a000001",
    "2001:db8::1 == 0x20010db8000000000000000000000001",
    "::ffff:10.0.0.1 == 0x00000000000000000000ffff0a000001",
    "4294967295 == 0xffffffff",
    # options and what is in them
    "option[60].hex == 'PXEClient:Arch:00007'",
    "option[vendor-class-identifier].hex == option[60].hex",
    "option[60].exists and option[80].exists and not option[61].exists",
    "option[61].hex == ''",
    "option[12].hex == 'pc' and option[12].text == 'pc'",
    "not option[43].option[9].exists and not option[99].option[1].exists",
    "option[82].option[1].hex == 'port 7'",
    "relay4[2].hex == 'switch' and relay4[1].exists and not relay4[3].exists",
    # the message and its way here
    "pkt4.mac == 0x020000000a01 and pkt4.hlen == 6 and pkt4.htype == 1",
    "pkt4.ciaddr == 0.0.0.0 and pkt4.giaddr == 10.1.0.1 and pkt4.yiaddr == 0.0.0.0 and pkt4.siaddr == 0.0.0.0",
    "pkt4.msgtype == 1 and pkt4.transid == 0x12345678",
    "pkt.iface == 'eth0' and pkt.src == 10.9.0.2 and pkt.dst == 10.9.0.1",
    # vendors
    "vendor[*].exists and vendor[0].exists and vendor[4491].exists and not vendor[5].exists",
    "vendor.enterprise == 4491 and vendor[4491].option[1].hex == 'abc' and not vendor[9].option[1].exists",
    "vendor-class[4491].exists and vendor-class.enterprise == 4491 and not vendor-class[9].exists",
    "vendor-class[4491].data == 'one' and vendor-class[4491].data[1] == 'two' and vendor-class[*].data[2] == ''",
    # classes
    "member('lab') and member('KNOWN') and not member('UNKNOWN') and member('ALL')",
    # functions, as Kea's documentation explains them
    "substring('foobar', 0, 6) == 'foobar'",
    "substring('foobar', 3, 3) == 'bar'",
    "substring('foobar', 3, all) == 'bar'",
    "substring('foobar', 1, 4) == 'ooba'",
    "substring('foobar', -5, 4) == 'ooba'",
    "substring('foobar', -1, -3) == 'oba'",
    "substring('foobar', 4, -2) == 'ob'",
    "substring('foobar', 10, 2) == ''",
    "substring('foobar', 1, 99) == 'oobar' and substring('foobar', 1, -99) == 'f' and substring('', 0, all) == ''",
    "concat('foo', 'bar') == 'foobar' and 'a' + 'b' + 'c' == 'abc'",
    "ifelse(option[230].exists, option[230].hex, 'none') == 'none'",
    "ifelse(option[60].exists, 'there', 'none') == 'there'",
    "hexstring(pkt4.mac, ':') == '02:00:00:00:0a:01' and hexstring(0x0a0b, '') == '0a0b'",
    "split('one.two..four', '.', 2) == 'two' and split('one.two..four', '.', 3) == ''",
    "split('one.two..four', '.', 4) == 'four' and split('one.two..four', '.', 5) == '' and split('ab', '', 7) == 'ab'",
    "split('a-b_c', '_-', 3) == 'c'",
    "addrtotext(10.0.0.1) == '10.0.0.1' and addrtotext(2001:db8::) == '2001:db8::'",
    "int8totext(0xff) == '-1' and uint8totext(0xff) == '255'",
    "int16totext(0xffff) == '-1' and uint16totext(0xffff) == '65535'",
    "int32totext(0xffffffff) == '-1' and uint32totext(4294967295) == '4294967295'",
    # precedence: not before and before or
    "'a' == 'a' or 'a' == 'b' and 'a' == 'c'",
    "not 'a' == 'b' and 'a' == 'a'",
    "not ('a' == 'a' and 'a' == 'b')",
    "not not ('a' == 'a')",
    "('a') == ('b' + '') or (('a' == 'a'))",
    "  (member('lab'))\n  and option[60].exists  ",
]
FALSE = [
    "'a' == 'A'",
    "('a' == 'a' or 'a' == 'b') and 'a' == 'c'",
    "option[61].exists",
    "member('UNKNOWN')",
    "1 == 0x01",
    "vendor[9].option[1].exists",
]
# True, and refused by Kea 2.2, whose documentation has the words `known` and `unknown` all the same.
OURS_ALONE = [
    "known and not unknown",
    "option[43].option[2].option[3].hex == 'deep'",
    "int32totext(-1) == '-1'",
]
# True, and taken by Kea, which finds them false: it ends a test at a number or address of the wrong length, and looks
# into option 43 only where that is defined.
OTHERWISE = [
    "addrtotext('abc') == '' and int8totext(0x0102) == ''",
    "option[43].option[1].hex == 'in'",
]
