"""What devices ask for by options 81 and 12, and that a reply which promises something else is noticed."""

from __future__ import annotations

import pytest

from tenure.console.demo.messages import Kind, Reply
from tenure.console.demo.wish import Manner, Told, hear_name, say_name

DOMAIN = "example.test."
WIRE = b"\x04host\x07example\x04test\0"


def ack(options: dict[int, bytes]) -> Reply:
    return Reply(Kind.ACK, 1, "10.1.0.7", options)


@pytest.mark.parametrize(
    ("manner", "options"),
    [
        (Manner.SERVER_DOES_BOTH, [(81, b"\x05\0\0\x04host")]),
        (Manner.FULL_NAME, [(81, b"\x05\0\0" + WIRE)]),
        (Manner.ASCII, [(81, b"\x01\0\0host.example.test")]),
        (Manner.CLIENT_DOES_FORWARD, [(81, b"\x04\0\0\x04host")]),
        (Manner.NO_UPDATE, [(81, b"\x0c\0\0\x04host")]),
        (Manner.EMPTY_FQDN, [(81, b"\x05\0\0")]),
        (Manner.HOST_NAME, [(12, b"host")]),
        (Manner.NAMELESS, []),
    ],
)
def test_each_manner_has_its_octets(manner: Manner, options: list[tuple[int, bytes]]) -> None:
    assert say_name(manner, "host", DOMAIN) == options


@pytest.mark.parametrize(
    ("manner", "options", "told"),
    [
        (Manner.SERVER_DOES_BOTH, {81: b"\x05\xff\xff" + WIRE}, Told("host.example.test.", True, True)),
        (Manner.ASCII, {81: b"\x01\xff\xffhost.example.test"}, Told("host.example.test.", True, True)),
        (Manner.CLIENT_DOES_FORWARD, {81: b"\x04\xff\xff" + WIRE}, Told("host.example.test.", False, True)),
        (Manner.NO_UPDATE, {81: b"\x0c\xff\xff\x04host"}, Told(None, False, False)),
        (Manner.EMPTY_FQDN, {81: b"\x05\xff\xff\x01g" + WIRE[5:]}, Told("g.example.test.", True, True)),
        (Manner.HOST_NAME, {12: b"host.example.test"}, Told("host.example.test.", True, True)),
        (Manner.NAMELESS, {12: b"host-10-1-0-7"}, Told("host-10-1-0-7.example.test.", True, True)),
    ],
)
def test_a_right_reply_is_understood(manner: Manner, options: dict[int, bytes], told: Told) -> None:
    assert hear_name(manner, "host", DOMAIN, ack(options)) == told


@pytest.mark.parametrize(
    ("manner", "options", "complaint"),
    [
        (Manner.SERVER_DOES_BOTH, {}, "asked for both records, was promised no record"),
        (Manner.SERVER_DOES_BOTH, {81: b"\x05"}, "shorter than 3 octets"),
        (Manner.SERVER_DOES_BOTH, {81: b"\x05\xff\xff\x09host"}, "malformed"),
        (Manner.SERVER_DOES_BOTH, {81: b"\x0d\xff\xff" + WIRE}, "both N and S"),
        (Manner.SERVER_DOES_BOTH, {81: b"\x04\xff\xff" + WIRE}, "was promised the reverse record"),
        (Manner.FULL_NAME, {81: b"\x05\xff\xff\x05other" + WIRE[5:]}, "was promised other.example.test."),
        (Manner.NO_UPDATE, {81: b"\x07\xff\xff" + WIRE}, "asked for no record, was promised both"),
        (Manner.CLIENT_DOES_FORWARD, {81: b"\x07\xff\xff" + WIRE}, "asked for the reverse record"),
        (Manner.HOST_NAME, {12: b"other.example.test"}, "was promised other.example.test."),
    ],
)
def test_a_wrong_reply_is_complained_about(manner: Manner, options: dict[int, bytes], complaint: str) -> None:
    assert complaint in hear_name(manner, "host", DOMAIN, ack(options)).complaint
