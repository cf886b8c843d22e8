"""Any octets to the authority give a reply or silence, never an exception, and never a reply to a response."""

from __future__ import annotations

import struct

import dns.message
from dns_exchange import KEY, NOW, Authority, TransferBegun
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR, Question
from tenure.signing.tsig import sign_request

OWNERS = [from_text(n) for n in ("example.test.", "a.example.test.", "b.a.example.test.", "*.example.test.", "x.org.")]
TYPES = st.sampled_from([0, 1, 2, 5, 6, 11, 12, 15, 16, 28, 33, 39, 46, 49, 250, 251, 252, 255, 65280])
CLASSES = st.sampled_from([1, 1, 1, 3, 254, 255])
RDATAS = st.one_of(
    st.just(b""),
    st.just(b"\1\2\3\4"),
    st.just(b"\1x"),
    st.sampled_from(OWNERS),
    st.just(from_text("m.") * 2 + struct.pack("!5I", 9, 1, 1, 1, 1)),
    st.binary(max_size=40),
)
RECORDS = st.builds(RR, st.sampled_from(OWNERS), TYPES, CLASSES, st.sampled_from([0, 0, 60, 2**31]), RDATAS)
QUESTIONS = st.builds(Question, st.sampled_from(OWNERS), st.one_of(st.just(6), TYPES), CLASSES)


def check(octets: bytes) -> None:
    authority = Authority()
    for stream in (False, True):
        try:
            reply = authority.send(octets, stream=stream)
        except TransferBegun:
            continue
        if len(octets) < 12 or octets[2] & 0x80:
            assert reply == b""
            continue
        assert reply[:2] == octets[:2]
        assert reply[2] & 0x80
        assert (reply[2] ^ octets[2]) & 0x78 == 0
        parse_message(reply)
        assert stream or len(reply) <= 1232


@given(st.binary(max_size=300))
@example(b"")
@example(b"\0" * 12)
@example(b"\xff" * 12)
def test_any_octets(octets: bytes) -> None:
    check(octets)


@given(
    st.integers(0, 0xFFFF),
    st.lists(QUESTIONS, max_size=2),
    st.lists(RECORDS, max_size=3),
    st.lists(RECORDS, max_size=4),
    st.booleans(),
)
@settings(max_examples=300)
def test_any_records(flags: int, questions: list[Question], first: list[RR], second: list[RR], signed: bool) -> None:
    """Any sections, any flags, signed or not."""
    try:
        octets = build_message(3, flags, questions, first, second)
    except (IndexError, struct.error):
        return  # RDATA that cannot even be written
    check(sign_request(octets, KEY, NOW)[0] if signed else octets)


@given(st.lists(RECORDS.map(lambda rr: rr._replace(rclass=rr.rclass if rr.rclass != 3 else 1)), max_size=8))
@settings(max_examples=300)
def test_the_serial_moves_when_and_only_when_the_content_does(updates: list[RR]) -> None:
    authority = Authority("@ 300 NS ns\na 60 A 1.2.3.4\na 60 TXT x\n")
    before = {name: dict(node) for name, node in authority.zone.nodes.items()}
    soa = authority.zone.soa
    try:
        rcode = authority.records([], updates)
    except (IndexError, struct.error):
        return
    same = content(before) == content(authority.zone.nodes) and soa[0] == authority.zone.soa[0]
    assert same == (authority.zone.soa == soa)
    assert rcode == "NOERROR" or same


def content(nodes: dict[bytes, dict[int, tuple[int, tuple[bytes, ...]]]]) -> dict[tuple[bytes, int], object]:
    return {(n, t): (ttl, sorted(rdatas)) for n, node in nodes.items() for t, (ttl, rdatas) in node.items()}


@given(st.data())
def test_a_damaged_update_is_survived(data: st.DataObject) -> None:
    message = dns.message.make_query("example.test.", "SOA").to_wire()
    octets = bytearray(sign_request(message, KEY, NOW)[0])
    octets[2] = data.draw(st.sampled_from([0, 5 << 3, 4 << 3]))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    check(bytes(octets[: data.draw(st.integers(0, len(octets)))]))
