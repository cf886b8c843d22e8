"""Replies that go together arrive one by one, from whatever address they must come."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tenure.serving.dns.outbox import Outbox
from tenure.serving.dns.sockets import IP_PKTINFO

SENT = [b"one", b"two", b"longer", b"six", b"longer too", b"x" * 3000, b"y" * 3000, b"ten"]


@pytest.fixture(params=[("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def sockets(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours, and a client's."""
    host, family = request.param
    with socket.socket(family, socket.SOCK_DGRAM) as ours, socket.socket(family, socket.SOCK_DGRAM) as client:
        for one in (ours, client):
            one.bind((host, 0))
            one.settimeout(10)
        yield ours, client


def take(client: socket.socket, number: int) -> list[bytes]:
    return [client.recv(65535) for _ in range(number)]


def waiting(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        client.recv(65535, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        client.settimeout(10)
    return True


@pytest.mark.parametrize("cuts", [True, False])
def test_what_was_gathered_arrives_when_it_is_released(
    sockets: tuple[socket.socket, socket.socket], cuts: bool
) -> None:
    ours, client = sockets
    outbox = Outbox(ours, names_source=False)
    outbox._sender._is_cut = cuts
    outbox.gather()
    for octets in SENT:
        outbox.send(client.getsockname(), octets)
    outbox.send(client.getsockname(), b"")
    assert not waiting(client)
    outbox.release()
    assert sorted(take(client, len(SENT))) == sorted(SENT)
    assert not waiting(client)
    outbox.send(client.getsockname(), b"late")
    assert take(client, 1) == [b"late"]


def test_more_than_one_call_can_take_arrive(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, client = sockets
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    outbox = Outbox(ours, names_source=False)
    outbox.gather()
    sent = [number.to_bytes(2, "big") * 50 for number in range(150)]
    for octets in sent:
        outbox.send(client.getsockname(), octets)
    outbox.release()
    assert take(client, len(sent)) == sent


def test_each_client_gets_its_own(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, client = sockets
    with socket.socket(client.family, socket.SOCK_DGRAM) as other:
        other.bind((client.getsockname()[0], 0))
        other.settimeout(10)
        outbox = Outbox(ours, names_source=False)
        outbox.gather()
        for number in range(3):
            outbox.send(client.getsockname(), b"c%d" % number)
            outbox.send(other.getsockname(), b"o%d" % number)
        outbox.release()
        assert take(client, 3) == [b"c0", b"c1", b"c2"]
        assert take(other, 3) == [b"o0", b"o1", b"o2"]


def test_they_leave_from_the_address_that_they_name() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, socket.socket(type=socket.SOCK_DGRAM) as client:
        ours.bind(("0.0.0.0", 0))
        client.bind(("127.0.0.1", 0))
        client.settimeout(10)
        outbox = Outbox(ours, names_source=True)
        outbox.gather()
        for last in (3, 4):
            source = ((socket.IPPROTO_IP, IP_PKTINFO, bytes(4) + bytes((127, 0, 0, last)) + bytes(4)),)
            for octets in (b"one", b"two"):
                outbox.send((client.getsockname(), source), octets)
        outbox.release()
        came = [client.recvfrom(100) for _ in range(4)]
    assert [(octets, peer[0]) for octets, peer in came] == [
        (octets, f"127.0.0.{last}") for last in (3, 4) for octets in (b"one", b"two")
    ]


def test_what_cannot_be_sent_keeps_nothing_else_back(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, client = sockets
    outbox = Outbox(ours, names_source=False)
    outbox.gather()
    nobody = (client.getsockname()[0], 0, *client.getsockname()[2:])
    for octets in (b"one", b"two"):
        outbox.send(nobody, octets)
        outbox.send(client.getsockname(), octets)
    outbox.release()
    assert take(client, 2) == [b"one", b"two"]
