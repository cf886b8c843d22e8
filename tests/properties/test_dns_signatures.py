"""A signature holds for the very octets that were signed, and for no others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.tcp import Deframer, frame
from tenure.dnswire.update import add, build_update
from tenure.octets import Malformed
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import Rejected, Verified, rejection_response, sign_request, verify_request

NOW = 1_700_000_000
ZONE = from_text("example.test.")
KEYS = [Key(from_text("key.test."), algorithm.name, b"secret") for algorithm in ALGORITHMS.values()]


@given(st.sampled_from(KEYS), st.binary(max_size=60), st.integers(0, 2**48 - 301), st.integers(-300, 300))
def test_what_is_signed_is_accepted(key: Key, rdata: bytes, time: int, late: int) -> None:
    octets, mac = sign_request(build_update(1, ZONE, [], [add(ZONE, 65280, 60, rdata)]), key, time)
    found = verify_request(octets, parse_message(octets), {key.name: key}, time + late)
    assert isinstance(found, Verified)
    assert found.mac == mac


@given(st.sampled_from(KEYS), st.lists(st.tuples(st.integers(2, 10_000), st.integers(1, 255)), min_size=1, max_size=3))
def test_what_was_changed_is_not(key: Key, damage: list[tuple[int, int]]) -> None:
    """Malformed, or rejected, and then it can be answered; accepted only if it still says the very same."""
    signed, _ = sign_request(build_update(1, ZONE, [], [add(ZONE, 65280, 60, b"abc")]), key, NOW)
    damaged = bytearray(signed)
    for at, mask in damage:
        damaged[2 + at % (len(damaged) - 2)] ^= mask
    octets = bytes(damaged)
    try:
        message = parse_message(octets)
    except Malformed:
        return
    if message.tsig is None:
        return
    found = verify_request(octets, message, {key.name: key}, NOW)
    if isinstance(found, Rejected):
        parse_message(rejection_response(build_update(1, ZONE, [], []), found, NOW))
    else:
        assert message == parse_message(signed)


@given(st.lists(st.binary(max_size=300), max_size=6), st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_a_stream_is_cut_into_its_messages(messages: list[bytes], portions: list[int]) -> None:
    stream = b"".join(map(frame, messages))
    deframer = Deframer()
    found = []
    for portion in portions:
        found += deframer.feed(stream[:portion])
        stream = stream[portion:]
    found += deframer.feed(stream)
    assert found == messages
