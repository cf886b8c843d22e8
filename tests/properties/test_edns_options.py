"""Any EDNS options, over any transport: a readable reply that fits, with a cookie just where one belongs."""

from __future__ import annotations

import struct

import dns.message
from dns_exchange import KEYS, NOW
from hypothesis import given
from hypothesis import strategies as st
from zone_view import MemoryZone, served

from tenure.authority.cookie import Cookies, fixed_secrets
from tenure.authority.request import OwnOptions, Reply
from tenure.authority.respond import respond
from tenure.dnswire.edns import COOKIE, TCP_KEEPALIVE, Edns, build_opt
from tenure.dnswire.message import parse_message

ZONES = served(
    MemoryZone.from_text("example.test.", "@ 300 NS ns\nhost 300 A 192.0.2.1\n" + f"big 300 TXT {'x' * 250}\n")
)
CODES = st.one_of(st.sampled_from([COOKIE, COOKIE, TCP_KEEPALIVE, 3, 8, 12, 15]), st.integers(0, 65535))
DATA = st.one_of(st.binary(max_size=45), st.sampled_from([bytes(8), bytes(16), bytes(24), bytes(40)]))
NAMES = st.sampled_from(["host.example.test.", "big.example.test.", "no.example.test.", "x.org.", "example.test."])


@given(
    NAMES,
    st.lists(st.tuples(CODES, DATA), max_size=4),
    st.sampled_from([0, 512, 600, 1232, 65535]),
    st.sampled_from([0, 0, 0, 1, 255]),
    st.sampled_from([0, 0, 0, 4, 5, 2]),
    st.booleans(),
    st.booleans(),
)
def test_any_options(
    name: str,
    options: list[tuple[int, bytes]],
    payload: int,
    version: int,
    opcode: int,
    stream: bool,
    required: bool,
) -> None:
    query = dns.message.make_query(name, "TXT", id=7).to_wire()
    opt = build_opt(Edns(payload, 0, version, False, tuple(options)))
    octets = struct.pack("!6H", 7, opcode << 11, 1, 0, 0, 1) + query[12:] + opt
    own = OwnOptions(Cookies(fixed_secrets([b"s" * 16]), required=required), 300)
    response = respond(octets, ZONES, KEYS, "192.0.2.1", NOW, stream=stream, own=own)
    if not isinstance(response, Reply):
        return
    reply = parse_message(response.octets)
    assert stream or len(response.octets) <= min(1232, max(512, payload))
    assert reply.edns is not None
    found = dict(reply.edns.options)
    first = next((data for code, data in options if code == COOKIE), None)
    good = first is not None and (len(first) == 8 or 16 <= len(first) <= 40) and opcode != 2
    assert (COOKIE in found) == good
    if good and first is not None:
        assert len(found[COOKIE]) == 24
        assert found[COOKIE][:8] == first[:8]
    assert (TCP_KEEPALIVE in found) == (stream and opcode != 2 and any(code == TCP_KEEPALIVE for code, _ in options))
    if response.cookie:
        assert response.octets.endswith(found[COOKIE])
        assert octets.endswith(options[-1][1])
