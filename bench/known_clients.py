"""A relay in front of clients that have their leases already, and of new ones.

Runs in a namespace of its own: `python -m bench.known_clients SERVER RELAY TASK NUMBER ...`, prints one line of JSON.

first                        asks until an offer comes: when it came, by the machine's monotonic clock
renew FIRST COUNT STEP       so many clients rebind, one after the other: how many were confirmed
overload FIRST RENEWALS DISCOVERS SECONDS
                             both kinds at these rates: how many were sent and answered, by kind
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator

from dhcpv4 import request

from bench.lease_rows import address, hardware_address

DISCOVER, REQUEST = (53, b"\1"), (53, b"\3")
OFFER, ACK = 2, 5
_TYPE = 242  # where a reply's type is: option 53 comes first
_RECEIVE_BUFFER, _SO_RCVBUFFORCE = 64 << 20, 33  # socket(7)
_SLICE = 0.001  # seconds; what falls due in it is sent together
_LATE = 2.0  # seconds in which the last replies can come
_NEW = 1 << 31  # from here on the transaction ids of new clients


class Relay:
    """The relay's socket."""

    def __init__(self, server: str, relay: str) -> None:
        self._server, self._relay = (server, 67), socket.inet_aton(relay)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        self._socket.bind((relay, 67))

    def send(self, octets: bytes) -> None:
        """To the server."""
        self._socket.sendto(octets, self._server)

    def receive(self, seconds: float) -> bytes:
        """The next reply, empty when none comes in this time."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(2048)
        except (TimeoutError, BlockingIOError):
            return b""

    def waiting(self) -> Iterator[bytes]:
        """The replies that are there."""
        while octets := self.receive(0):
            yield octets

    def discover(self, number: int) -> bytes:
        """A new client begins."""
        chaddr = b"\6\0" + number.to_bytes(4, "big")
        return request(DISCOVER, chaddr=chaddr, giaddr=self._relay, xid=_NEW + number, hops=1)

    def select(self, offer: bytes) -> bytes:
        """And takes what it is offered."""
        chosen = (54, socket.inet_aton(self._server[0])), (50, offer[16:20])
        xid = int.from_bytes(offer[4:8], "big")
        return request(REQUEST, *chosen, chaddr=offer[28:34], giaddr=self._relay, xid=xid, hops=1)

    def rebind(self, number: int) -> bytes:
        """A client that has its lease goes on with it."""
        where, who = address(number), hardware_address(number)
        return request(REQUEST, chaddr=who, ciaddr=where, giaddr=self._relay, xid=number, hops=1)


def first(relay: Relay) -> float:
    """When the first offer came."""
    question = relay.discover(0)
    while True:
        relay.send(question)
        if relay.receive(0.005):
            return time.monotonic()


def renew(relay: Relay, start: int, count: int, step: int) -> int:
    """How many of the clients were confirmed."""
    confirmed = 0
    for number in range(start, start + count * step, step):
        relay.send(relay.rebind(number))
        reply = relay.receive(5)
        confirmed += reply[_TYPE : _TYPE + 1] == bytes((ACK,)) and reply[16:20] == address(number)
    return confirmed


def overload(relay: Relay, start: int, renewals: int, discovers: int, seconds: int) -> dict[str, int]:
    """Both kinds at their rates, made beforehand so that sending is all there is to do."""
    rebinding = [relay.rebind(start + number) for number in range(renewals * seconds)]
    beginning = [relay.discover(number) for number in range(discovers * seconds)]
    seen = {"renewals": 0, "renewed": 0, "discovers": 0, "offered": 0, "leased": 0}
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds + _LATE:
        due = min(elapsed, seconds)
        while seen["renewals"] < int(due * renewals):
            relay.send(rebinding[seen["renewals"]])
            seen["renewals"] += 1
        # a slice is bounded, so that renewals keep their time when this machine cannot offer as much as was asked for
        end = time.monotonic() + _SLICE
        while seen["discovers"] < int(due * discovers) and time.monotonic() < end:
            relay.send(beginning[seen["discovers"]])
            seen["discovers"] += 1
        take(relay, seen)
    return seen


def take(relay: Relay, seen: dict[str, int]) -> None:
    """Count the replies that are there, and ask for what was offered."""
    for reply in relay.waiting():
        is_new = int.from_bytes(reply[4:8], "big") >= _NEW
        if reply[_TYPE] == OFFER:
            seen["offered"] += 1
            relay.send(relay.select(reply))
        elif reply[_TYPE] == ACK:
            seen["leased" if is_new else "renewed"] += 1


if __name__ == "__main__":
    _, server, relay, task, *numbers = sys.argv
    tasks = {"first": first, "renew": renew, "overload": overload}
    print(json.dumps(tasks[task](Relay(server, relay), *map(int, numbers))))  # type: ignore[operator]
