"""RFC 5936 (AXFR), RFC 1995 (IXFR) and RFC 1996 (NOTIFY): who gets a zone, and the messages of the stream."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns_exchange import KEY, NOW, Authority
from zone_view import MemoryZone, served

from tenure.authority.request import Reply
from tenure.authority.respond import Refused, respond
from tenure.authority.transfer import Transfer, transfer_messages
from tenure.authority.zone import Record
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.signing.tsig import sign_request

TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nsub 300 NS ns.sub\nns.sub 300 A 192.0.2.2\nx.sub 300 TXT occluded\n"
TEXT += "".join(f"h{i} 300 TXT {'x' * 200}\n" for i in range(400))
SOA = 6


def records(zone: MemoryZone) -> Iterator[Record]:
    for name, node in zone.nodes.items():
        for rtype, (ttl, rdatas) in node.items():
            yield from (Record(name, rtype, ttl, rdata) for rdata in rdatas)


def asked(octets: bytes, client: str = "192.0.2.1", *, stream: bool = True) -> Reply | Transfer:
    authority = Authority(TEXT)
    settings = replace(
        authority.settings, transfer_keys=frozenset({KEY.name}), transfer_networks=(ip_network("192.0.2.0/24"),)
    )
    response = respond(octets, served((authority.zone, settings)), {KEY.name: KEY}, client, NOW, stream=stream)
    if isinstance(response, Refused):
        assert response.event == "transfer-refused"
        return Reply(response.reply(NOW, None), refusal=response.refusal)
    assert isinstance(response, Reply | Transfer)
    return response


def query(rtype: str = "AXFR", name: str = "example.test.", serial: int | None = None) -> bytes:
    message = dns.message.make_query(name, rtype, id=77)
    if serial is not None:
        soa = f"ns.example.test. h.example.test. {serial} 1 1 1 1"
        message.authority.append(dns.rrset.from_text("example.test.", 0, "IN", "SOA", soa))
    return message.to_wire()


def test_the_stream() -> None:
    """Section 2.2: SOA first and last, everything else once, ID and AA in all, the question in the first."""
    transfer = asked(query())
    assert isinstance(transfer, Transfer)
    zone = Authority(TEXT).zone
    messages = [parse_message(octets) for octets in transfer_messages(transfer, zone.soa, records(zone))]
    assert len(messages) > 2
    assert {m.id for m in messages} == {77}
    assert {m.flags & 0x860F for m in messages} == {0x8400}
    assert [len(m.questions) for m in messages] == [1] + [0] * (len(messages) - 1)
    sent = [rr for m in messages for rr in m.answers]
    assert (sent[0].rtype, sent[-1].rtype) == (SOA, SOA)
    assert sent[0] == sent[-1]
    assert sorted((rr.name, rr.rtype, rr.ttl, rr.rdata) for rr in sent[1:-1]) == sorted(records(zone))
    assert all(not m.authorities and not m.additionals for m in messages)


def test_names_are_compressed_as_far_as_a_pointer_reaches() -> None:
    """Names above, below and beside one another, the root, other letters; dnspython understands each message."""
    transfer = asked(query())
    assert isinstance(transfer, Transfer)
    zone = Authority(TEXT).zone
    owners = [
        "example.test.",
        "a.example.test.",
        "b.a.example.test.",
        "c.d.e.example.test.",
        "e.example.test.",
        "test.",
    ]
    sent = []
    for number in range(600):
        owner = owners[number % 6] if number < 60 else f"h{number}.{owners[number % 5]}"
        name = from_text(owner)
        sent += [Record(name, 1, number // 50, bytes((10, 0, number >> 8, number & 255)))]
        sent += [
            Record(name, 12, 9, from_text(f"H{number}.Example.test.")),
            Record(name, 5, 8, name),
            Record(name, 2, 1, b"\0"),
        ]
        sent += [Record(name, 15, 7, b"\0\1" + name), Record(name, 65280, 6, b""), Record(name, 33, 5, bytes(6) + name)]
    messages = list(transfer_messages(transfer, zone.soa, iter(sent)))
    found = [rr for octets in messages for rr in parse_message(octets).answers][1:-1]
    assert [Record(rr.name, rr.rtype, rr.ttl, rr.rdata) for rr in found] == sent
    for octets in messages:
        assert len(octets) < 0x4000
        theirs = dns.message.from_wire(octets, one_rr_per_rrset=True)
        assert len(theirs.answer) == len(parse_message(octets).answers)
    whole = sum(len(rr.name) + 10 + len(rr.rdata) for rr in found)
    assert sum(map(len, messages)) < whole * 0.7


def test_a_record_of_any_size_fits() -> None:
    transfer = asked(query())
    assert isinstance(transfer, Transfer)
    big = [Record(from_text("big.example.test."), 65280, 1, bytes(60000)), Record(from_text("b."), 65280, 1, bytes(9))]
    zone = Authority(TEXT).zone
    counts = [len(parse_message(octets).answers) for octets in transfer_messages(transfer, zone.soa, iter(big * 2))]
    assert sum(counts) == 6


@pytest.mark.parametrize(
    ("octets", "client", "stream", "rcode"),
    [
        (query(), "192.0.2.1", False, "FORMERR"),  # over UDP
        (query(), "198.51.100.1", True, "REFUSED"),
        (query(), "2001:db8::1", True, "REFUSED"),
        (query(name="example.org."), "192.0.2.1", True, "NOTAUTH"),
        (query(name="ns.example.test."), "192.0.2.1", True, "NOTAUTH"),  # not an apex
        (query("IXFR"), "192.0.2.1", True, "FORMERR"),  # does not say its serial
        (query("IXFR", serial=0), "198.51.100.1", True, "REFUSED"),
    ],
)
def test_who_gets_none(octets: bytes, client: str, stream: bool, rcode: str) -> None:
    reply = asked(octets, client, stream=stream)
    assert isinstance(reply, Reply)
    assert dns.rcode.to_text(dns.message.from_wire(reply.octets).rcode()) == rcode
    assert reply.refusal is not None
    assert reply.refusal.reason


def test_a_key_opens_what_the_address_does_not() -> None:
    assert isinstance(asked(sign_request(query(), KEY, NOW)[0], "198.51.100.1"), Transfer)


@pytest.mark.parametrize(("serial", "stream"), [(1, True), (2, True), (0, False), (1, False)])
def test_one_soa_for_a_secondary_that_is_up_to_date_or_asks_over_udp(serial: int, stream: bool) -> None:
    """RFC 1995 sections 2 and 4."""
    reply = asked(query("IXFR", serial=serial), stream=stream)
    assert isinstance(reply, Reply)
    message = parse_message(reply.octets)
    assert [rr.rtype for rr in message.answers] == [SOA]
    assert message.flags & 0x0400


def test_a_secondary_that_is_behind_gets_the_zone() -> None:
    assert isinstance(asked(query("IXFR", serial=0)), Transfer)


@pytest.mark.parametrize(
    ("name", "rtype", "rcode"),
    [("example.test.", SOA, 0), ("EXAMPLE.test.", SOA, 0), ("example.org.", SOA, 9), ("example.test.", 1, 4)],
)
def test_notify_is_answered(name: str, rtype: int, rcode: int) -> None:
    """RFC 1996 section 3.7: same ID and opcode, QR, the question echoed."""
    question = from_text(name) + struct.pack("!2H", rtype, 1)
    reply = Authority().send(struct.pack("!6H", 5, 4 << 11 | 0x0400, 1, 0, 0, 0) + question)
    assert struct.unpack_from("!2H", reply) == (5, 0x8000 | 4 << 11 | (0 if rcode else 0x0400) | rcode)
    assert reply[12:] == question


@pytest.mark.parametrize("opcode", [1, 2, 3, 6, 15])
def test_other_opcodes_are_not_implemented(opcode: int) -> None:
    reply = Authority().send(struct.pack("!6H", 5, opcode << 11, 1, 0, 0, 0) + b"\0\0\6\0\1")
    assert reply == struct.pack("!6H", 5, 0x8000 | opcode << 11 | 4, 1, 0, 0, 0) + b"\0\0\6\0\1"
