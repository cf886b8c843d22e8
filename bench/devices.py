"""A relay with many new devices behind it: leases at a steady rate, and how long until a sample of the names resolves.

Runs in a namespace of its own: `python -m bench.devices SERVER RELAY DNS RATE SECONDS`; prints one line of JSON:
acknowledged leases, the lags from ACK to the first right answer in seconds, and how many of the sample never resolved.
"""

from __future__ import annotations

import heapq
import json
import selectors
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
COOKIE = b"\x63\x82\x53\x63"
NOTHING = b"\0\0\0\0"
SAMPLE = 10  # one name in so many is watched
POLL = 0.0001  # seconds between questions for one name: well below what is measured, for everybody
GIVE_UP = 30.0  # seconds


def packet(number: int, relay: bytes, kind: int, more: bytes = b"") -> bytes:
    """A DISCOVER (1) or REQUEST (3) of device `number`, relayed, with its name in option 81 and S set."""
    hardware = b"\x02\0" + number.to_bytes(4, "big") + bytes(10)
    name = f"dev{number}".encode()
    labels = bytes([len(name)]) + name + b"\5bench\4test\0"
    fqdn = bytes([81, 3 + len(labels), 0x05, 0, 0]) + labels
    head = HEADER.pack(
        1, 1, 6, 1, number, 0, 0, NOTHING, NOTHING, NOTHING, relay, hardware, bytes(64), bytes(128), COOKIE
    )
    return head + bytes([53, 1, kind]) + more + fqdn + b"\xff"


def option(reply: bytes, code: int) -> bytes:
    """The data of one option of a reply, empty when it is not there."""
    at = 240
    while at < len(reply) and reply[at] != 255:
        if reply[at] == 0:
            at += 1
            continue
        if reply[at] == code:
            return reply[at + 2 : at + 2 + reply[at + 1]]
        at += 2 + reply[at + 1]
    return b""


def question(number: int) -> bytes:
    """A query for the device's address."""
    name = f"dev{number}".encode()
    labels = bytes([len(name)]) + name + b"\5bench\4test\0"
    return struct.pack("!6H", number & 0xFFFF, 0, 1, 0, 0, 0) + labels + b"\0\1\0\1"


@dataclass
class Load:
    """The state of one run."""

    server: str
    relay: str
    dns: tuple[str, int]
    acknowledged: int = 0
    lags: list[float] = field(default_factory=list)
    watched: dict[int, tuple[int, float]] = field(default_factory=dict)  # query id: device, when it got its ACK
    polls: list[tuple[float, int]] = field(default_factory=list)  # when to ask next, query id
    unresolved: int = 0

    def run(self, rate: int, seconds: float) -> None:
        """Offer `rate` new devices a second for `seconds`, then wait for the last names."""
        self.leases = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.leases.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.leases.bind((self.relay, 67))
        self.queries = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.queries.connect(self.dns)
        ready = selectors.SelectSelector()  # epoll(7) waits for whole milliseconds, as long as what is measured
        for sock in (self.leases, self.queries):
            sock.setblocking(False)
            ready.register(sock, selectors.EVENT_READ)
        relay = socket.inet_aton(self.relay)
        began, sent = time.monotonic(), 0
        while (elapsed := time.monotonic() - began) < seconds or self.watched:
            if elapsed > seconds + GIVE_UP:
                break
            while sent < min(elapsed, seconds) * rate:
                sent += 1
                self.leases.sendto(packet(sent, relay, 1), (self.server, 67))
            next_send = began + min(sent / rate, seconds) if elapsed < seconds else float("inf")
            next_poll = self.polls[0][0] if self.polls else float("inf")
            for key, _ in ready.select(max(0.0, min(next_send, next_poll) - time.monotonic())):
                if key.fileobj is self.leases:
                    self.replies(relay)
                else:
                    self.answers()
            self.ask()
        self.unresolved = len(self.watched)

    def replies(self, relay: bytes) -> None:
        """An OFFER is requested, an ACK of the sample is watched from now on."""
        while reply := receive(self.leases):
            number, kind = int.from_bytes(reply[4:8], "big"), option(reply, 53)
            if kind == b"\2":
                wanted = bytes([50, 4]) + reply[16:20] + bytes([54, 4]) + option(reply, 54)
                self.leases.sendto(packet(number, relay, 3, wanted), (self.server, 67))
            elif kind == b"\5":
                self.acknowledged += 1
                if number % SAMPLE == 0:
                    now = time.monotonic()
                    self.watched[number & 0xFFFF] = (number, now)
                    heapq.heappush(self.polls, (now, number & 0xFFFF))

    def ask(self) -> None:
        """The questions whose time has come."""
        now = time.monotonic()
        while self.polls and self.polls[0][0] <= now:
            _, query = heapq.heappop(self.polls)
            if query in self.watched:
                self.queries.send(question(self.watched[query][0]))
                heapq.heappush(self.polls, (now + POLL, query))

    def answers(self) -> None:
        """A positive answer ends the watch."""
        while reply := receive(self.queries):
            query, _, _, answers = struct.unpack_from("!4H", reply)
            if answers and query in self.watched:
                self.lags.append(time.monotonic() - self.watched.pop(query)[1])


def receive(sock: socket.socket) -> bytes:
    """The next datagram, empty when there is none."""
    try:
        return sock.recv(2048)
    except (BlockingIOError, ConnectionRefusedError):
        return b""


if __name__ == "__main__":
    _, server, relay, dns, rate, seconds = sys.argv
    load = Load(server, relay, (dns.rpartition(":")[0], int(dns.rpartition(":")[2])))
    load.run(int(rate), float(seconds))
    print(json.dumps({"acknowledged": load.acknowledged, "lags": load.lags, "unresolved": load.unresolved}))
