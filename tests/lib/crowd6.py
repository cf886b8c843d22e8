"""Many simulated DHCPv6 devices behind one relay: they ask for leases in parallel, and remember each REPLY."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from crowd import Attempt
from dhcpv6 import NA, PD, RENEW, REPLY, REQUEST, SOLICIT, ia, message, read, relayed

LINK = "2001:db8:9::1"


def duid(number: int) -> bytes:
    """A DUID made of the device's hardware address."""
    return b"\0\3\0\1\2\0" + number.to_bytes(4, "big")


class Heard(NamedTuple):
    """A reply: the device, which of its attempts it is for, the message type, leases."""

    number: int
    attempt: int
    kind: int
    leases: tuple[str, ...]


@dataclass
class Crowd6:
    """The devices, and what they were promised: an address and a prefix each."""

    port: int
    others: Sequence[int] = ()  # ports of other servers
    promised: dict[int, tuple[str, ...]] = field(default_factory=dict)  # device to the leases of its last REPLY
    server: bytes = b""

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.settimeout(0.2)
        self.ports = [self.port, *self.others]

    def close(self) -> None:
        self.socket.close()

    def join(self, numbers: Iterable[int], seconds: float, window: int = 40) -> None:
        """Each device takes its leases, `window` at a time, asking again each second; until all have or time is up."""
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
                    self.say(number, SOLICIT, attempt=attempt.number, elapsed=now - attempt.began)
            while (said := self.receive()) is not None:
                self._hear(said, asking)
                if len(asking) < window and (waiting or not asking):
                    break

    def _hear(self, said: Heard, asking: dict[int, Attempt]) -> None:
        """A device takes the first offer to its last attempt; what comes for earlier ones it ignores."""
        attempt = asking.get(said.number)
        if attempt is None or said.attempt != attempt.number:
            return
        if said.kind == REPLY:
            self.promised[said.number] = said.leases
            del asking[said.number]
        elif not attempt.chosen:
            attempt.chosen = True
            self.say(said.number, REQUEST, said.leases, attempt=attempt.number)

    def renew(self, number: int, seconds: float = 10) -> tuple[str, ...]:
        """RENEW of what was promised; the leases that the server confirms."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.say(number, RENEW, self.promised[number])
            while (said := self.receive()) is not None:
                if said.number == number:
                    return said.leases
        raise AssertionError(f"no answer to device {number}")

    def say(self, number: int, kind: int, leases: Iterable[str] = (), attempt: int = 0, elapsed: float = 0.0) -> None:
        """A message of a device, with its name, to the servers, which may be dead."""
        named = ((2, self.server),) if kind in {REQUEST, RENEW} else ()
        name = f"six{number}".encode()
        options = (
            ia(NA, 1, *(lease for lease in leases if "/" not in lease)),
            ia(PD, 1, *(lease for lease in leases if "/" in lease)),
            (39, bytes((1, len(name))) + name),
            (8, min(int(elapsed * 100), 0xFFFF).to_bytes(2, "big")),
        )
        xid = bytes((attempt,)) + number.to_bytes(2, "big")
        octets = message(kind, (1, duid(number)), *named, *options, xid=xid)
        for port in self.ports:
            self.socket.sendto(relayed(octets, LINK), ("::1", port))

    def receive(self) -> Heard | None:
        """The next reply; None when none comes soon."""
        try:
            said = read(self.socket.recv(4096))
        except TimeoutError:
            return None
        self.server = said.options[2]
        return Heard(int.from_bytes(said.xid[1:], "big"), said.xid[0], said.kind, tuple(said.leases))
