"""Any octets are a message or malformed; what is built is read again; dnspython agrees where both accept."""

from __future__ import annotations

import dns.exception
import dns.message
from hypothesis import example, given
from hypothesis import strategies as st

from tenure.dnswire.edns import Edns
from tenure.dnswire.message import Message, build_message, parse_message
from tenure.dnswire.name import from_labels, from_text, from_tree_key, labels, parse_name, to_text, tree_key
from tenure.dnswire.rdata import canonical_rdata, check_rdata
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import add, build_update, name_not_in_use
from tenure.dnswire.zonefile import rdata_to_text
from tenure.octets import Malformed
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import sign_request

LABELS = st.one_of(st.sampled_from([b"host", b"HOST", b"test", b"a"]), st.binary(min_size=1, max_size=63))
NAMES = st.lists(LABELS, max_size=5).filter(lambda ls: sum(map(len, ls)) + len(ls) < 255).map(from_labels)
NUMBERS = st.integers(0, 0xFFFF)
TTLS = st.integers(0, 0xFFFFFFFF)
OPAQUE = st.sampled_from([1, 16, 28, 49, 65280])
RECORDS = st.one_of(
    st.builds(RR, NAMES, OPAQUE, NUMBERS, TTLS, st.binary(max_size=40)),
    st.builds(RR, NAMES, st.sampled_from([2, 5, 12, 39]), NUMBERS, TTLS, NAMES),
    st.builds(lambda n, c, t, m, r: RR(n, 6, c, t, m + r + bytes(20)), NAMES, NUMBERS, TTLS, NAMES, NAMES),
    st.builds(lambda n, c, t, m: RR(n, 15, c, t, b"\0\1" + m), NAMES, NUMBERS, TTLS, NAMES),
    st.builds(lambda n, c, t, m: RR(n, 33, c, t, bytes(6) + m), NAMES, NUMBERS, TTLS, NAMES),
)
SECTIONS = st.lists(RECORDS, max_size=4)
EDNS = st.none() | st.builds(
    Edns,
    st.integers(512, 65535),
    st.integers(0, 255),
    st.integers(0, 255),
    st.booleans(),
    st.lists(st.tuples(NUMBERS, st.binary(max_size=20)), max_size=3).map(tuple),
)
MESSAGES = st.builds(
    build_message,
    NUMBERS,
    NUMBERS,
    st.lists(st.builds(Question, NAMES, NUMBERS, NUMBERS), max_size=2),
    SECTIONS,
    SECTIONS,
    SECTIONS,
    EDNS,
)

HOST = from_text("host.example.test.")
KEY = Key(from_text("key.test."), ALGORITHMS["hmac-sha256"].name, b"secret")
UPDATE = build_update(1, from_text("example.test."), [name_not_in_use(HOST)], [add(HOST, 1, 60, bytes(4))])
SIGNED = sign_request(UPDATE, KEY, 1_700_000_000)[0]


def accepted(octets: bytes) -> Message | None:
    """The message, None if it is malformed; nothing else may happen."""
    try:
        return parse_message(octets)
    except Malformed as problem:
        offset = problem.offset
    assert 0 <= offset <= len(octets)
    return None


@given(st.binary(max_size=600))
def test_any_octets_are_a_message_or_malformed(octets: bytes) -> None:
    accepted(octets)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.binary(max_size=300))
@example([0, 0, 0, 1], b"\0" + SIGNED[-71:])
def test_any_octets_behind_a_header_are_a_message_or_malformed(counts: list[int], octets: bytes) -> None:
    accepted(b"\0\1\x28\0" + b"".join(count.to_bytes(2, "big") for count in counts) + octets)


@given(
    MESSAGES | st.just(SIGNED), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_damaged_messages_are_messages_or_malformed(octets: bytes, damage: list[tuple[int, int]]) -> None:
    damaged = bytearray(octets)
    for at, octet in damage:
        damaged[at % len(damaged)] = octet
    message = accepted(bytes(damaged))
    if message is not None:
        check_message(message)
        if message.questions:
            assert message.questions[0].name == parse_name(bytes(damaged), 12)[0]


@given(MESSAGES | st.just(SIGNED), st.integers(0, 10_000), st.integers(0, 10_000), st.binary(max_size=12))
def test_spliced_messages_are_messages_or_malformed(octets: bytes, start: int, size: int, piece: bytes) -> None:
    at = start % len(octets)
    accepted(octets[:at] + piece + octets[at + size % 40 :])


def check_message(message: Message) -> None:
    """What holds for every message that was accepted: whole names, and no later step can fail on its RDATA."""
    for name, rtype, _, _, rdata in (*message.answers, *message.authorities, *message.additionals):
        assert parse_name(name, 0) == (name, len(name))
        assert from_text(to_text(name)) == name
        assert len(canonical_rdata(rtype, rdata)) == len(rdata)
        assert rdata_to_text(rtype, rdata).isprintable()
        offset = 0
        try:
            check_rdata(rtype, rdata)
        except Malformed as problem:
            offset = problem.offset
        assert 0 <= offset <= len(rdata)


@given(
    NUMBERS,
    NUMBERS,
    st.lists(st.builds(Question, NAMES, NUMBERS, NUMBERS), max_size=2),
    SECTIONS,
    SECTIONS,
    SECTIONS,
    EDNS,
)
def test_what_is_built_is_read(
    message_id: int,
    flags: int,
    questions: list[Question],
    answers: list[RR],
    authorities: list[RR],
    additionals: list[RR],
    edns: Edns | None,
) -> None:
    octets = build_message(message_id, flags, questions, answers, authorities, additionals, edns)
    expected = (tuple(questions), tuple(answers), tuple(authorities), tuple(additionals))
    assert parse_message(octets) == Message(message_id, flags, *expected, edns, None)


@given(SECTIONS, SECTIONS, SECTIONS, EDNS, st.integers(12, 700))
def test_a_limit_is_kept_or_only_the_question_is_left(
    answers: list[RR], authorities: list[RR], additionals: list[RR], edns: Edns | None, max_size: int
) -> None:
    questions = [Question(HOST, 1, 1)]
    octets = build_message(1, 0x8400, questions, answers, authorities, additionals, edns, max_size)
    message = parse_message(octets)
    required = build_message(1, 0x8400, questions, answers, authorities, [], edns)
    if len(required) <= max_size:
        assert len(octets) <= max_size
        assert not message.flags & 0x0200
        assert (message.answers, message.authorities) == (tuple(answers), tuple(authorities))
        assert message.additionals == tuple(additionals[: len(message.additionals)])
    else:
        assert octets == build_message(1, 0x8600, questions, edns=edns)


@given(MESSAGES)
def test_dnspython_reads_the_same_names(octets: bytes) -> None:
    """It refuses more (A records of other sizes, say); what it takes it must take as we do."""
    try:
        theirs = dns.message.from_wire(octets, question_only=True)
    except (dns.exception.DNSException, ValueError):
        return
    ours = parse_message(octets).questions
    assert {question.name.lower() for question in ours} == {
        (rrset.name.to_wire() or b"").lower() for rrset in theirs.question
    }


@given(NAMES)
def test_names_survive_every_form(name: bytes) -> None:
    assert from_labels(labels(name)) == name
    assert from_text(to_text(name)) == name
    assert from_tree_key(tree_key(name)) == name


@given(st.binary(max_size=80), st.integers(0, 79))
def test_any_octets_are_a_name_or_malformed(octets: bytes, offset: int) -> None:
    try:
        name, end = parse_name(octets, offset)
    except Malformed:
        return
    assert offset < end <= len(octets)
    assert parse_name(name, 0) == (name, len(name))
