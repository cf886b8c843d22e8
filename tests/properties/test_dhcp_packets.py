from __future__ import annotations

from dhcpv4 import request
from dhcpv4_octets import MESSAGES
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.fqdn import parse_fqdn81
from tenure.dhcpwire.identity import client_key, dhcid_identity, key_to_text
from tenure.dhcpwire.v4.encoding import encode_options
from tenure.dhcpwire.v4.packet import Packet, build_reply, max_reply_size, parse_packet
from tenure.octets import Malformed

CODES = st.integers(1, 254).filter(lambda code: code not in {52, 82})
OPTIONS = st.dictionaries(CODES, st.binary(max_size=300), max_size=12)


@given(MESSAGES)
def test_any_octets_are_a_packet_or_malformed(octets: bytes) -> None:
    try:
        packet = parse_packet(octets)
    except Malformed as problem:
        offset = problem.offset
    else:
        check_packet(packet)
        return
    assert 0 <= offset <= max(len(octets), 240)


def check_packet(packet: Packet) -> None:
    assert len(packet.chaddr) == packet.hlen <= 16
    assert not {0, 52, 255} & packet.options.keys()
    dhcid_identity(packet)
    assert key_to_text(client_key(packet)).isprintable()
    assert parse_packet(build_reply(packet, [])).xid == packet.xid


@given(st.binary(max_size=300))
def test_any_octets_are_an_fqdn_option_or_malformed(octets: bytes) -> None:
    try:
        option = parse_fqdn81(octets)
    except Malformed as problem:
        offset = problem.offset
    else:
        assert all(1 <= len(label) <= 63 for label in option.labels)
        assert sum(len(label) + 1 for label in option.labels) + 1 <= 255
        return
    assert 0 <= offset <= len(octets)


@given(OPTIONS, st.integers(548, 1472), st.one_of(st.none(), st.binary(max_size=255)))
def test_a_reply_says_what_it_was_given_or_leaves_options_out(
    options: dict[int, bytes], size: int, relay: bytes | None
) -> None:
    packet = parse_packet(request(*([] if relay is None else [(82, relay)])))
    reply = build_reply(packet, [(53, b"\5"), *options.items()], max_size=size)
    assert 300 <= len(reply) <= size
    seen = parse_packet(reply).options
    assert seen.pop(82, None) == relay
    everything = {**options, 53: seen[53]}
    assert seen.items() <= everything.items()
    if sum(len(data) + 2 * (len(data) // 255 + 1) for data in options.values()) + len(relay or b"") + 249 <= size:
        assert seen.keys() == everything.keys()


@given(st.lists(st.tuples(CODES, st.binary(max_size=600)), max_size=6))
def test_encoded_options_come_apart_as_they_were_put_together(options: list[tuple[int, bytes]]) -> None:
    encoded = encode_options(options)
    joined: dict[int, bytes] = {}
    for code, data in options:
        joined[code] = joined.get(code, b"") + data
    assert parse_packet(request(end=encoded + b"\xff")).options == joined


@given(st.binary(max_size=4))
def test_a_reply_is_never_shorter_or_longer_than_any_client_takes(wish: bytes) -> None:
    packet: Packet = parse_packet(request((57, wish)))
    assert 548 <= max_reply_size(packet) <= 1472
