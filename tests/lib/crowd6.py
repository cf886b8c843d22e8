"""Many simulated DHCPv6 devices behind one relay: they ask for leases in parallel, and remember each REPLY."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from dhcpv6 import NA, PD, RENEW, REPLY, REQUEST, SOLICIT, ia, message, read, relayed

LINK = "2001:db8:9::1"


def duid(number: int) -> bytes:
    """A DUID made of the device's hardware address."""
    return b"\0\3\0\1\2\0" + number.to_bytes(4, "big")


@dataclass
class Crowd6:
    """The devices, and what they were promised: an address and a prefix each."""

    port: int
    promised: dict[int, tuple[str, ...]] = field(default_factory=dict)  # device to the leases of its last REPLY
    server: bytes = b""

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.settimeout(0.2)
        self.socket.connect(("::1", self.port))

    def close(self) -> None:
        self.socket.close()

    def join(self, numbers: Iterable[int], seconds: float, window: int = 40) -> None:
        """Each device takes its leases, `window` at a time, asking again each second; until all have or time is up."""
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
                    self.say(number, SOLICIT)
            while (said := self.receive()) is not None:
                number, kind, leases = said
                if kind == REPLY:
                    self.promised[number] = leases
                    asking.pop(number, None)
                elif number in asking:
                    self.say(number, REQUEST, leases)
                if len(asking) < window and (waiting or not asking):
                    break

    def renew(self, number: int, seconds: float = 10) -> tuple[str, ...]:
        """RENEW of what was promised; the leases that the server confirms."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.say(number, RENEW, self.promised[number])
            while (said := self.receive()) is not None:
                if said[0] == number:
                    return said[2]
        raise AssertionError(f"no answer to device {number}")

    def say(self, number: int, kind: int, leases: Iterable[str] = ()) -> None:
        """A message of a device, with its name, to the server, which may be dead."""
        named = ((2, self.server),) if kind in {REQUEST, RENEW} else ()
        name = f"six{number}".encode()
        options = (
            ia(NA, 1, *(lease for lease in leases if "/" not in lease)),
            ia(PD, 1, *(lease for lease in leases if "/" in lease)),
            (39, bytes((1, len(name))) + name),
        )
        octets = message(kind, (1, duid(number)), *named, *options, xid=number.to_bytes(3, "big"))
        try:
            self.socket.send(relayed(octets, LINK))
        except ConnectionRefusedError:
            time.sleep(0.01)

    def receive(self) -> tuple[int, int, tuple[str, ...]] | None:
        """The next reply: device, message type, leases; None when none comes soon."""
        try:
            said = read(self.socket.recv(4096))
        except (TimeoutError, ConnectionRefusedError):
            return None
        self.server = said.options[2]
        return int.from_bytes(said.xid, "big"), said.kind, tuple(said.leases)
