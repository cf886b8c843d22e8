"""Many simulated devices behind one relay address: they ask for leases in parallel, and remember each ACK."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

RELAY = socket.inet_aton("10.9.0.1")
_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_NOTHING = bytes(4)


def message(number: int, kind: int, *options: tuple[int, bytes], ciaddr: bytes = _NOTHING) -> bytes:
    """A message of device `number`, relayed; a name in option 12 goes with each."""
    chaddr = b"\x02\0" + number.to_bytes(4, "big") + bytes(10)
    head = _HEADER.pack(
        1, 1, 6, 1, number, 0, 0, ciaddr, _NOTHING, _NOTHING, RELAY, chaddr, bytes(64), bytes(128), b"\x63\x82\x53\x63"
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
class Crowd:
    """The devices, and what they were promised."""

    port: int
    promised: dict[int, str] = field(default_factory=dict)  # device to the address of its last ACK
    refused: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.2)
        self.socket.connect(("127.0.0.1", self.port))

    def close(self) -> None:
        self.socket.close()

    def join(self, numbers: Iterable[int], seconds: float, window: int = 40) -> None:
        """Each device takes a lease, `window` at a time, asking again each second; until all have one or time is up."""
        waiting = list(numbers)[::-1]
        asking: dict[int, float] = {}
        deadline = time.monotonic() + seconds
        while (waiting or asking) and time.monotonic() < deadline:
            while waiting and len(asking) < window:
                asking[waiting.pop()] = 0.0
            now = time.monotonic()
            for number, since in asking.items():
                if now - since > 1:
                    asking[number] = now
                    self.send(message(number, 1))
            while reply := self.receive():
                number = int.from_bytes(reply[4:8], "big")
                kind = option(reply, 53)
                if kind == b"\2" and number in asking:
                    self.send(message(number, 3, (50, reply[16:20]), (54, option(reply, 54))))
                elif kind == b"\5":
                    self.promised[number] = socket.inet_ntoa(reply[16:20])
                    asking.pop(number, None)
                elif kind == b"\6":
                    self.refused.append(number)
                    asking[number] = 0.0
                if len(asking) < window and (waiting or not asking):
                    break

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
        """To the server, which may be dead."""
        try:
            self.socket.send(octets)
        except ConnectionRefusedError:
            time.sleep(0.01)

    def receive(self) -> bytes:
        """The next reply, empty when none comes soon."""
        try:
            return self.socket.recv(2048)
        except (TimeoutError, ConnectionRefusedError):
            return b""
