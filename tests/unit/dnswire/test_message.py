"""Messages both ways against dnspython, and what is no message."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rrset
import dns.update
import pytest

from tenure.dnswire.message import AA, QR, RA, RD, Message, build_message, parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR, Question
from tenure.octets import Malformed

ZONE = from_text("example.test.")
HOST = from_text("host.example.test.")
RECORDS = r"""host.example.test. 300 IN A 192.0.2.1
host.example.test. 300 IN AAAA 2001:db8::1
example.test. 300 IN NS ns1.example.test.
www.example.test. 300 IN CNAME host.example.test.
1.example.test. 300 IN PTR host.example.test.
example.test. 300 IN SOA ns1.example.test. admin.example.test. 1 2 3 4 5
example.test. 300 IN MX 10 mail.example.test.
example.test. 300 IN RP a.example.test. b.example.test.
example.test. 300 IN AFSDB 1 a.example.test.
example.test. 300 IN RT 1 a.example.test.
example.test. 300 IN PX 1 a.example.test. b.example.test.
_x._tcp.example.test. 300 IN SRV 1 2 53 ns1.example.test.
example.test. 300 IN KX 1 a.example.test.
d.example.test. 300 IN DNAME other.test.
example.test. 300 IN NAPTR 1 2 "u" "E2U+sip" "!^.*$!x!" a.example.test.
example.test. 300 IN TXT "one" "two"
example.test. 300 IN DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
example.test. 300 IN TYPE65280 \# 3 010203
"""


def theirs() -> list[dns.rrset.RRset]:
    rrsets = []
    for line in RECORDS.splitlines():
        name, ttl, rclass, rtype, rdata = line.split(" ", 4)
        rrsets.append(dns.rrset.from_text(name, int(ttl), rclass, rtype, rdata))
    return rrsets


def as_records(rrsets: list[dns.rrset.RRset]) -> tuple[RR, ...]:
    """Uncompressed, by dnspython."""
    return tuple(
        RR(rrset.name.to_wire() or b"", int(rrset.rdtype), int(rrset.rdclass), rrset.ttl, rdata.to_wire() or b"")
        for rrset in rrsets
        for rdata in rrset
    )


@pytest.mark.parametrize("section", ["answer", "authority", "additional"])
def test_a_message_of_dnspython_is_read(section: str) -> None:
    response = dns.message.make_response(dns.message.make_query("host.example.test.", "ANY", id=77))
    response.sections[["question", "answer", "authority", "additional"].index(section)].extend(theirs())
    message = parse_message(response.to_wire())
    sections = {"answer": message.answers, "authority": message.authorities, "additional": message.additionals}
    assert sections.pop(section) == as_records(theirs())
    assert set(sections.values()) == {()}
    assert (message.id, message.flags) == (77, QR | RD)
    assert message.questions == (Question(HOST, 255, 1),)


def test_dnspython_reads_ours() -> None:
    records = as_records(theirs())
    octets = build_message(77, QR | AA | RA, [Question(HOST, 255, 1)], records, records[:2], records[2:4])
    message = dns.message.from_wire(octets)
    assert as_records(message.answer) == records
    assert as_records(message.authority) == records[:2]
    assert as_records(message.additional) == records[2:4]
    assert message.flags == dns.flags.QR | dns.flags.AA | dns.flags.RA


def test_an_update_of_dnspython_is_read() -> None:
    update = dns.update.UpdateMessage("example.test.", id=9)
    update.absent("host")
    update.present("other", "A", "192.0.2.9")
    update.add("host", 300, "A", "192.0.2.1")
    update.delete("host", "NS", "ns1")
    update.delete("old")
    message = parse_message(update.to_wire())
    old, other = from_text("old.example.test."), from_text("other.example.test.")
    assert message.opcode == 5
    assert message.questions == (Question(ZONE, 6, 1),)
    assert message.answers == (RR(HOST, 255, 254, 0, b""), RR(other, 1, 1, 0, b"\xc0\0\2\x09"))
    assert message.authorities == (
        RR(HOST, 1, 1, 300, b"\xc0\0\2\1"),
        RR(HOST, 2, 254, 0, from_text("ns1.example.test.")),
        RR(old, 255, 255, 0, b""),
    )


def test_opcode_and_rcode_stand_in_the_flags() -> None:
    message = Message(1, 0xA805, (), (), (), (), None, None)
    assert (message.opcode, message.rcode) == (5, 5)


WHOLE = build_message(
    1, 0x8400, [Question(HOST, 15, 1)], [RR(HOST, 15, 1, 60, b"\0\1" + ZONE), RR(ZONE, 1, 1, 60, bytes(4))]
)


@pytest.mark.parametrize("size", range(len(WHOLE)))
def test_no_beginning_of_a_message_is_a_message(size: int) -> None:
    with pytest.raises(Malformed) as caught:
        parse_message(WHOLE[:size])
    assert caught.value.offset <= size


def test_octets_left_over_are_refused() -> None:
    with pytest.raises(Malformed, match="left over") as caught:
        parse_message(WHOLE + b"\0")
    assert caught.value.offset == len(WHOLE)


@pytest.mark.parametrize(
    ("rtype", "rdata"),
    [(2, b"\1a"), (2, b"\1a\0\0"), (6, b"\0\0" + bytes(19)), (6, b"\0\0" + bytes(21)), (15, b"\0"), (33, bytes(6))],
)
def test_rdata_whose_names_cannot_be_read(rtype: int, rdata: bytes) -> None:
    fixed = rtype.to_bytes(2, "big") + b"\0\1" + bytes(4) + len(rdata).to_bytes(2, "big")
    with pytest.raises(Malformed):
        parse_message(bytes.fromhex("0001 8400 0000 0001 0000 0000") + b"\0" + fixed + rdata)
