"""RFC 2181 section 9: TC is set when something required was left out, and only then; RFC 9471: glue is required."""

from __future__ import annotations

import dns.flags
import dns.message
import pytest

from tenure.dnswire.edns import Edns
from tenure.dnswire.message import TC, build_message, parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR, Question

HOST = from_text("host.example.test.")
QUESTION = [Question(HOST, 1, 1)]
MANY = [RR(HOST, 1, 1, 60, bytes((10, 0, 0, n))) for n in range(40)]
NAMES = [from_text(f"ns{n}.example.test.") for n in range(30)]
GLUE = [RR(name, rtype, 1, 60, bytes(size)) for name in NAMES for rtype, size in ((1, 4), (28, 16))]


@pytest.mark.parametrize("section", ["answers", "authorities"])
def test_what_is_required_and_does_not_fit_sets_tc_and_is_not_sent_in_part(section: str) -> None:
    octets = build_message(1, 0x8400, QUESTION, **{section: MANY}, edns=Edns(1232), max_size=512)
    message = parse_message(octets)
    assert message.flags == 0x8400 | TC
    assert message.questions == tuple(QUESTION)
    assert (message.answers, message.authorities, message.additionals) == ((), (), ())
    assert message.edns == Edns(1232)
    assert dns.message.from_wire(octets).flags & dns.flags.TC


def test_the_limit_is_exact() -> None:
    whole = build_message(1, 0x8400, QUESTION, MANY, edns=Edns(1232))
    size = len(whole)
    assert build_message(1, 0x8400, QUESTION, MANY, edns=Edns(1232), max_size=size) == whole
    assert parse_message(build_message(1, 0x8400, QUESTION, MANY, edns=Edns(1232), max_size=size - 1)).flags & TC


@pytest.mark.parametrize("max_size", range(60, 1000, 13))
def test_other_additionals_are_left_out_silently_and_whole_rrsets_at_a_time(max_size: int) -> None:
    pairs = [record for record in GLUE for _ in range(2)]  # RRsets of two
    octets = build_message(1, 0x8400, QUESTION, additionals=pairs, edns=Edns(1232), max_size=max_size)
    message = parse_message(octets)
    assert len(octets) <= max_size
    assert not message.flags & TC
    assert message.additionals == tuple(pairs[: len(message.additionals)])
    assert len(message.additionals) % 2 == 0
    assert message.edns == Edns(1232)


def test_glue_that_does_not_fit_sets_tc() -> None:
    assert (
        parse_message(build_message(1, 0x8000, QUESTION, additionals=GLUE, max_size=512, needed_additionals=60)).flags
        & TC
    )
    fitting = parse_message(build_message(1, 0x8000, QUESTION, additionals=GLUE, max_size=512, needed_additionals=4))
    assert not fitting.flags & TC
    assert len(fitting.additionals) >= 4


def test_a_message_never_grows_past_65535_octets() -> None:
    records = [RR(HOST, 16, 1, 60, bytes([255]) + bytes(255))] * 300
    message = parse_message(build_message(1, 0x8400, QUESTION, records))
    assert message.flags & TC
