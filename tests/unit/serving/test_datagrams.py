from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tenure.serving.datagrams import DatagramReader
from tenure.serving.recvmmsg import ADDRESS_ROOM, AT_ONCE


@contextmanager
def pair(family: socket.AddressFamily, host: str) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A socket to read from, and one that sends to it."""
    with socket.socket(family, socket.SOCK_DGRAM) as bound, socket.socket(family, socket.SOCK_DGRAM) as sender:
        for one in (bound, sender):
            one.bind((host, 0))
        bound.setblocking(False)
        sender.connect(bound.getsockname())
        yield bound, sender


@pytest.mark.parametrize("number", [1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE])
def test_all_that_have_come_are_read_in_their_order(number: int) -> None:
    with pair(socket.AF_INET, "127.0.0.1") as (bound, sender):
        reader = DatagramReader(bound, 100, 0, ())
        for round_of_both in range(2):  # what the first one left in the rooms does not show in the second
            sent = [bytes((round_of_both, index)) * (index % 40) for index in range(number)]
            for octets in sent:
                sender.send(octets)
            assert [octets for octets, _ in reader.read(1000)] == sent
            assert reader.read(1000) == []


@pytest.mark.parametrize("limit", [1, 5, AT_ONCE, AT_ONCE + 5])
def test_no_more_than_wanted_are_read_and_the_others_stay(limit: int) -> None:
    with pair(socket.AF_INET, "127.0.0.1") as (bound, sender):
        reader = DatagramReader(bound, 100, 0, ())
        sent = [bytes((index,)) for index in range(2 * AT_ONCE)]
        for octets in sent:
            sender.send(octets)
        assert [octets for octets, _ in reader.read(limit)] == sent[:limit]
        assert [octets for octets, _ in reader.read(1000)] == sent[limit:]


def test_what_is_too_long_is_cut_and_what_follows_is_not() -> None:
    with pair(socket.AF_INET, "127.0.0.1") as (bound, sender):
        for octets in (b"a" * 101, b"b" * 100, b""):
            sender.send(octets)
        assert [octets for octets, _ in DatagramReader(bound, 100, 0, ()).read(10)] == [b"a" * 100, b"b" * 100, b""]


def test_an_ipv4_sender_stands_in_front_with_zeros_behind() -> None:
    with pair(socket.AF_INET, "127.0.0.1") as (bound, sender):
        sender.send(b"hello")
        ((_, beside),) = DatagramReader(bound, 100, 24, ()).read(10)
        assert len(beside) == ADDRESS_ROOM + 24
        assert int.from_bytes(beside[2:4], "big") == sender.getsockname()[1]
        assert beside[4:8] == bytes((127, 0, 0, 1))
        assert not any(beside[8:])  # no control message was asked for


def test_an_ipv6_datagram_says_where_it_came_to() -> None:
    with pair(socket.AF_INET6, "::1") as (bound, sender):
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sender.send(b"hello")
        ((_, beside),) = DatagramReader(bound, 100, socket.CMSG_SPACE(20), ()).read(10)
        assert int.from_bytes(beside[2:4], "big") == sender.getsockname()[1]
        localhost = socket.inet_pton(socket.AF_INET6, "::1")
        assert beside[8:24] == localhost
        behind = ADDRESS_ROOM + socket.CMSG_LEN(0)
        assert beside[behind : behind + 16] == localhost


def refused(bound: socket.socket) -> None:
    """A datagram from the socket meets a port where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        place = nobody.getsockname()
    bound.connect(place)
    bound.send(b"anybody?")


def test_an_error_that_is_to_be_passed_over_is() -> None:
    with pair(socket.AF_INET, "127.0.0.1") as (bound, sender):
        sender.send(b"before")
        refused(bound)
        reader = DatagramReader(bound, 100, 0, {errno.ECONNREFUSED})
        found = [octets for _ in range(2) for octets, _ in reader.read(10)]
        assert found == [b"before"]


def test_another_error_is_told() -> None:
    with pair(socket.AF_INET, "127.0.0.1") as (bound, _):
        reader = DatagramReader(bound, 100, 0, ())
        refused(bound)
        with pytest.raises(ConnectionRefusedError, match="Connection refused"):
            reader.read(10)
        assert reader.read(10) == []
