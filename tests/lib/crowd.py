"""Many simulated devices behind one relay address: they ask for leases in parallel, and remember each ACK."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

RELAY = socket.inet_aton("10.9.0.1")
_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_NOTHING = bytes(4)
_NUMBER_BITS = 20  # of a transaction id; the others count the device's attempts


def message(
    number: int, kind: int, *options: tuple[int, bytes], ciaddr: bytes = _NOTHING, attempt: int = 0, secs: int = 0
) -> bytes:
    """A message of device `number`, relayed; a name in option 12 goes with each. The transaction is the attempt's."""
    chaddr, xid = b"\x02\0" + number.to_bytes(4, "big") + bytes(10), attempt << _NUMBER_BITS | number
    head = _HEADER.pack(
        1, 1, 6, 1, xid, secs, 0, ciaddr, _NOTHING, _NOTHING, RELAY, chaddr, bytes(64), bytes(128), b"\x63\x82\x53\x63"
    )
    name = f"dev{number}".encode()
    every = [(53, bytes([kind])), *options, (12, name)]
    return head + b"".join(bytes([code, len(data)]) + data for code, data in every) + b"\xff"


def option(reply: bytes, code: int) -> bytes:
    """The data of one option of a reply."""
    at = 240
    while at < len(reply) and reply[at] != 255:
        if reply[at] == code:
            return reply[at + 2 : at + 2 + reply[at + 1]]
        at += 2 + reply[at + 1] if reply[at] else 1
    return b""


@dataclass
class Attempt:
    """A device that has no lease yet."""

    began: float  # when it first asked, by the monotonic clock
    number: int = 0
    at: float = 0.0  # when it asked last
    chosen: bool = False  # it has taken an offer


@dataclass
class Crowd:
    """The devices, and what they were promised. Their relay sends everything to every server there is."""

    port: int
    others: Sequence[tuple[str, int]] = ()  # servers beside the one at this port of 127.0.0.1
    promised: dict[int, str] = field(default_factory=dict)  # device to the address of its last ACK
    refused: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.2)
        self.servers = [("127.0.0.1", self.port), *self.others]

    def close(self) -> None:
        self.socket.close()

    def join(self, numbers: Iterable[int], seconds: float, window: int = 40) -> None:
        """Each device takes a lease, `window` at a time, asking again each second; until all have one or time is up."""
        waiting = list(numbers)[::-1]
        asking: dict[int, Attempt] = {}
        deadline = time.monotonic() + seconds
        while (waiting or asking) and time.monotonic() < deadline:
            now = time.monotonic()
            while waiting and len(asking) < window:
                asking[waiting.pop()] = Attempt(now)
            for number, attempt in asking.items():
                if now - attempt.at > 1:
                    attempt.number, attempt.at, attempt.chosen = attempt.number + 1, now, False
                    self.send(message(number, 1, attempt=attempt.number, secs=int(now - attempt.began)))
            while reply := self.receive():
                self._hear(reply, asking)
                if len(asking) < window and (waiting or not asking):
                    break

    def _hear(self, reply: bytes, asking: dict[int, Attempt]) -> None:
        """A device takes the first offer to its last attempt; what comes for earlier ones it ignores."""
        number = device_of(reply)
        attempt = asking.get(number)
        if attempt is None or int.from_bytes(reply[4:8], "big") >> _NUMBER_BITS != attempt.number:
            return
        match option(reply, 53):
            case b"\2" if not attempt.chosen:
                attempt.chosen = True
                chosen = (50, reply[16:20]), (54, option(reply, 54))
                self.send(message(number, 3, *chosen, attempt=attempt.number))
            case b"\5":
                self.promised[number] = socket.inet_ntoa(reply[16:20])
                del asking[number]
            case b"\6":
                self.refused.append(number)
                attempt.at = 0.0

    def renew(self, number: int, seconds: float = 10) -> str | None:
        """REQUEST at T2 of the promised address; the address that the server confirms, None for a NAK."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.send(message(number, 3, ciaddr=socket.inet_aton(self.promised[number])))
            while reply := self.receive():
                if int.from_bytes(reply[4:8], "big") == number:
                    return socket.inet_ntoa(reply[16:20]) if option(reply, 53) == b"\5" else None
        raise AssertionError(f"no answer to device {number}")

    def send(self, octets: bytes) -> None:
        """To the servers, which may be dead."""
        for server in self.servers:
            self.socket.sendto(octets, server)

    def receive(self) -> bytes:
        """The next reply, empty when none comes soon."""
        try:
            return self.socket.recv(2048)
        except TimeoutError:
            return b""


def device_of(reply: bytes) -> int:
    """The number of the device that a reply is for."""
    return int.from_bytes(reply[4:8], "big") & (1 << _NUMBER_BITS) - 1
