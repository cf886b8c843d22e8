"""What cannot be read, put to us and to BIND: the same RCODE, and the question where there is one to be read."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from dns_exchange import Authority
from dnspeer import DnsPeer
from named import named

QUESTION = b"\4host\7example\4test\0\0\1\0\1"
RECORD = b"\xc0\x0c\0\1\0\1\0\0\0\0"  # without RDLENGTH and RDATA


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsPeer]:
    with named(tmp_path_factory.mktemp("bind"), ["example.test."]) as running:
        yield running


def message(opcode: int, counts: tuple[int, int, int, int], octets: bytes) -> bytes:
    return struct.pack("!6H", 77, opcode << 11, *counts) + octets


@pytest.mark.parametrize(
    "octets",
    [
        message(0, (1, 1, 0, 0), QUESTION + RECORD),  # cut off in the answer section
        message(0, (1, 0, 0, 1), QUESTION + RECORD + b"\0\5\1"),  # in an additional record
        message(0, (1, 0, 1, 0), QUESTION + b"\xc0\xff"),  # a pointer that points nowhere
        message(0, (1, 0, 0, 0), QUESTION[:-1]),  # in the question
        message(0, (1, 0, 0, 0), b"\x80" + QUESTION),  # a label of a type that is not known
        message(0, (2, 0, 0, 0), QUESTION),  # the second question is missing
        message(0, (1, 0, 0, 2), QUESTION + 2 * b"\0\0\x29\4\xd0\0\0\0\0\0\0"),  # two OPT records
        message(5, (1, 0, 1, 0), QUESTION + RECORD),  # an update
        message(4, (1, 1, 0, 0), QUESTION + RECORD),  # a notice
    ],
)
def test_the_reply_is_the_same(peer: DnsPeer, octets: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect(("127.0.0.1", peer.port))
        udp.send(octets)
        theirs = udp.recv(65535)
    assert Authority().send(octets) == theirs
