"""TKEY records and principals: whatever comes is read as itself or refused, and nothing raises anything else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pretended_gss import PretendedMechanism

from tenure.authority.request import Reply
from tenure.authority.respond import Refused, respond
from tenure.authority.tkey import TkeyAnswer
from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import from_labels, from_text
from tenure.dnswire.rr import RR, Question
from tenure.octets import Malformed
from tenure.signing.context import Contexts
from tenure.signing.principal import Principal, identity_of, parse_principal
from tenure.signing.tkey import GSS_TSIG, Tkey, build_tkey, parse_tkey

U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
OCTETS = st.binary(max_size=300)
NAMES = st.lists(st.binary(min_size=1, max_size=20), max_size=5).map(from_labels)
TKEYS = st.builds(Tkey, NAMES.map(bytes.lower), U32, U32, U16, U16, OCTETS, OCTETS)
NOW = 1_700_000_000.0


@given(NAMES, TKEYS)
def test_a_record_is_read_as_it_was_written(name: bytes, tkey: Tkey) -> None:
    record = build_tkey(name, tkey)
    assert parse_tkey(record.rdata) == tkey
    octets = build_message(1, 0, [], (), (), (record,))
    assert parse_message(octets).additionals == (record,)


@given(OCTETS)
def test_any_octets_are_a_record_or_malformed(octets: bytes) -> None:
    try:
        tkey = parse_tkey(octets)
    except Malformed:
        return
    assert build_tkey(b"\0", tkey).rdata.lower() == octets.lower()


@given(st.one_of(OCTETS, TKEYS), st.booleans(), st.sampled_from(["k.", "."]))
def test_any_query_has_an_answer_that_can_be_read(content: bytes | Tkey, stream: bool, name: str) -> None:
    asked = from_text(name)
    record = build_tkey(asked, content) if isinstance(content, Tkey) else RR(asked, 249, 255, 0, content)
    contexts = Contexts(PretendedMechanism())
    octets = build_message(1, 0, [Question(asked, 249, 255)], (), (), (record,))
    found = respond(octets, {}, {}, "192.0.2.1", NOW, stream=stream, contexts=contexts)
    assert isinstance(found, Reply | TkeyAnswer | Refused)
    reply = found.octets if isinstance(found, Reply) else found.reply(NOW, None)
    message = parse_message(reply)
    assert message.id == 1
    assert contexts.count == int(isinstance(found, TkeyAnswer) and found.established is not None)


@given(st.text(max_size=60))
def test_any_token_that_names_a_principal_establishes_one_or_says_why(text: str) -> None:
    contexts = Contexts(PretendedMechanism())
    found = contexts.negotiate(b"\1k\0", GSS_TSIG, text.encode(errors="replace"), "192.0.2.1", NOW)
    if found.context is not None:
        assert parse_principal(str(found.context.principal)) == found.context.principal
        assert found.context.identity == identity_of(found.context.principal)
    else:
        assert found.failure or found.token


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_two_principals_are_known_by_one_name_but_for_case(one: str, other: str) -> None:
    try:
        first, second = parse_principal(one), parse_principal(other)
        identities = identity_of(first), identity_of(second)
    except ValueError:
        return
    assert (identities[0] == identities[1]) == (str(first).lower() == str(second).lower())


@given(
    st.lists(st.text("ab$/@\\.", min_size=1, max_size=6), min_size=1, max_size=3),
    st.text("AB.", min_size=1, max_size=6),
)
def test_a_principal_is_read_as_it_was_written(parts: list[str], realm: str) -> None:
    escaped = tuple("".join(f"\\{char}" if char in "/@\\" else char for char in part) for part in parts)
    principal = Principal(escaped, realm)
    assert parse_principal(str(principal)) == principal
