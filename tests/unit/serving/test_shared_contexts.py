"""Workers that share the security contexts: one keeps them, the others hand on, and take over when it is gone."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tenure.serving.dns.contexts import SharedContexts
from tenure.serving.dns.outbox import Send

CLIENT = ("192.0.2.77", 5353)


class Worker:
    """One worker's part, whose loop the test turns."""

    def __init__(self, address: str) -> None:
        self.poller = select.epoll()
        self.asked: list[tuple[bytes, tuple[str, int], bool]] = []
        self.waiting: list[Send] = []  # replies that this worker owes to others
        self.replies: list[bytes] = []
        self.lost = 0
        self.part = SharedContexts(address, self.poller, self._receive)
        self.part.begin()

    def _receive(self, octets: bytes, client: tuple[str, int], stream: bool, send: Send) -> None:
        self.asked.append((octets, client, stream))
        self.waiting.append(send)

    def hand_on(self, octets: bytes, *, stream: bool = True) -> bool:
        def fail() -> None:
            self.lost += 1

        return self.part.hand_on(octets, CLIENT, stream, self.replies.append, fail)

    def turn(self) -> None:
        for descriptor, events in self.poller.poll(0):
            assert self.part.ready(descriptor, events)

    def close(self) -> None:
        self.part.close()
        self.poller.close()


def turn(*workers: Worker) -> None:
    """Until nothing moves any more."""
    for _ in range(4):
        for worker in workers:
            worker.turn()


@pytest.fixture
def pair() -> Iterator[tuple[Worker, Worker]]:
    address = f"\0tenure-test-{uuid4().hex}"
    keeper, other = Worker(address), Worker(address)
    yield keeper, other
    for one in (other, keeper):
        if not one.poller.closed:
            one.close()


def test_the_first_keeps_them_and_the_other_hands_on(pair: tuple[Worker, Worker]) -> None:
    keeper, other = pair
    assert (keeper.part.is_keeper, other.part.is_keeper) == (True, False)
    messages = [b"one", b"", bytes(65535), b"two"]
    for number, octets in enumerate(messages):
        assert other.hand_on(octets, stream=number % 2 == 0)
    turn(keeper, other)
    assert keeper.asked == [(octets, CLIENT, number % 2 == 0) for number, octets in enumerate(messages)]
    for number in (2, 0, 3, 1):  # answers find their questions in any order
        keeper.waiting[number](b"reply to " + messages[number][:3])
    turn(keeper, other)
    assert other.replies == [b"reply to " + messages[number][:3] for number in (2, 0, 3, 1)]


def test_much_at_once_waits_and_arrives(pair: tuple[Worker, Worker]) -> None:
    keeper, other = pair
    octets = [bytes([number]) * 20000 for number in range(60)]  # more than a socket takes at once
    for one in octets:
        assert other.hand_on(one)
    for _ in range(20):
        turn(keeper, other)
    assert [asked[0] for asked in keeper.asked] == octets
    for send, one in zip(keeper.waiting, octets, strict=True):
        send(one)
    for _ in range(20):
        turn(other, keeper)
    assert other.replies == octets


def test_what_a_keeper_takes_with_it_is_answered_and_its_place_is_taken(pair: tuple[Worker, Worker]) -> None:
    keeper, other = pair
    assert other.hand_on(b"answered")
    assert other.hand_on(b"lost")
    turn(keeper, other)
    keeper.waiting[0](b"yes")
    turn(keeper, other)
    keeper.close()
    turn(other)
    assert (other.replies, other.lost) == ([b"yes"], 1)
    assert not other.hand_on(b"next")
    assert other.part.is_keeper


def test_a_reply_for_a_worker_that_is_gone_is_dropped(pair: tuple[Worker, Worker]) -> None:
    keeper, other = pair
    assert other.hand_on(b"question")
    turn(keeper, other)
    other.close()
    turn(keeper)
    keeper.waiting[0](b"nobody hears it")
    assert keeper.part.is_keeper


def test_a_keeper_that_takes_nothing_any_more_is_given_up(pair: tuple[Worker, Worker]) -> None:
    _keeper, other = pair
    for _ in range(200):
        assert other.hand_on(bytes(65535))
        if other.lost:
            break
    assert other.lost


def test_what_is_not_ours_is_left_alone(pair: tuple[Worker, Worker]) -> None:
    keeper, _other = pair
    with socket.socket() as stranger:
        assert not keeper.part.ready(stranger.fileno(), select.EPOLLIN)
