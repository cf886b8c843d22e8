"""RFC 2136 section 3.1.1: the zone section, and what is said about zones that are not ours."""

from __future__ import annotations

import struct

import pytest
from dns_exchange import KEY, ZONE, Authority

from tenure.dnswire.message import build_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import Question

SOA, A, IN, CH = 6, 1, 1, 3
APEX = from_text(ZONE)


@pytest.mark.parametrize(
    ("zones", "rcode"),
    [
        ([Question(APEX, SOA, IN)], "NOERROR"),
        ([Question(APEX.upper(), SOA, IN)], "NOERROR"),
        ([], "FORMERR"),
        ([Question(APEX, SOA, IN)] * 2, "FORMERR"),
        ([Question(APEX, A, IN)], "FORMERR"),
        ([Question(APEX, SOA, CH)], "NOTAUTH"),
        ([Question(from_text("host.example.test."), SOA, IN)], "NOTAUTH"),  # a name inside is not enough
        ([Question(from_text("test."), SOA, IN)], "NOTAUTH"),
        ([Question(from_text("example.org."), SOA, IN)], "NOTAUTH"),
    ],
)
def test_the_zone_section(zones: list[Question], rcode: str) -> None:
    authority = Authority()
    assert authority.rcode(build_message(1, 0x2800, zones), key=KEY) == rcode
    assert (authority.refusal is None) == (rcode == "NOERROR")


def test_the_reply_echoes_the_zone_section_and_nothing_else() -> None:
    """Section 3.8; as BIND and Knot answer: no records, AA and the reserved bits clear, opcode kept."""
    reply = Authority().send(build_message(0x1234, 0x2800 | 0x07F0, [Question(APEX, SOA, IN)]))
    assert struct.unpack_from("!6H", reply) == (0x1234, 0x8000 | 0x2800 | 0x0100 | 5, 1, 0, 0, 0)
    assert reply[12:] == APEX + b"\0\6\0\1"


def test_updates_switched_off() -> None:
    authority = Authority()
    authority.settings = authority.settings.__class__(authority.settings.name, authority.settings.policy, updates=False)
    assert authority.rcode(build_message(1, 0x2800, [Question(APEX, SOA, IN)]), key=KEY) == "REFUSED"
    assert authority.refusal is not None
    assert "switched off" in authority.refusal.reason
