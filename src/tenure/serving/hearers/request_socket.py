"""The socket of name change requests. A request stays in the kernel until it is durable, and the socket outlives us.

A DHCP server sends each request once and never asks what became of it. So a batch is only looked at (`MSG_PEEK`, with
`SO_PEEK_OFF` to go on behind each datagram), and taken out of the kernel's queue when it is committed. Whoever started
this process, `tenure serve` or systemd, holds the socket too: when the process dies, the queue is still there for the
next one. What was committed and not taken yet comes twice then, which changes nothing.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from struct import Struct
from typing import NamedTuple, TypeAlias

from tenure.serving.errors import ServiceError

HELD_SOCKET = "TENURE_REQUESTS"  # environment: the number of the descriptor that `tenure serve` holds too
_LISTEN_PID, _LISTEN_FDS, _FIRST = "LISTEN_PID", "LISTEN_FDS", 3  # sd_listen_fds(3)

RECEIVE_BUFFER = 80 << 20  # octets; the kernel doubles it and counts 1,280 for a request: some 130,000
BURST = 10_000  # requests that must find room
_COUNTED = 1280  # octets that the kernel counts for a request
_LARGEST = 65535  # octets of a datagram

_SO_RCVBUFFORCE, _SO_PEEK_OFF, _SO_MEMINFO = 33, 42, 55  # socket(7); the standard library does not name them
_MEMINFO = Struct("=9I")
_DROPS = 8

Network: TypeAlias = IPv4Network | IPv6Network

_CAUSES = {
    errno.EADDRINUSE: ("the port is in use", "end kea-dhcp-ddns, or set another port here and in Kea's dhcp-ddns"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "correct ip-address in [dhcp-ddns]"),
    errno.EACCES: ("this user may not", "choose a port above 1023"),
}


class Received(NamedTuple):
    """A datagram, and whether who sent it may."""

    octets: bytes
    host: str
    is_allowed: bool


def open_request_socket(host: str, port: int) -> socket.socket:
    """The socket that requests come to, or the one that whoever started us holds for us. `ServiceError`."""
    held = _held()
    if held is not None:
        if port in {0, held.getsockname()[1]} or HELD_SOCKET not in os.environ:
            return held
        held.close()  # of a configuration that was reloaded since, and names another port
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        try:
            found.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER)  # as root, past the system's limit
        except PermissionError:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        found.bind((host, port))
    except OSError as error:
        found.close()
        cause, remedy = _CAUSES.get(error.errno or 0, (error.strerror or str(error), "see the system's log"))
        raise ServiceError(f"{host} port {port} for name change requests", cause, remedy) from error
    return found


def _held() -> socket.socket | None:
    """The socket that `tenure serve` or systemd gave us; None: there is none."""
    number = os.environ.get(HELD_SOCKET)
    if number is None and os.environ.get(_LISTEN_PID) == str(os.getpid()) and os.environ.get(_LISTEN_FDS, "0") != "0":
        number = str(_FIRST)
    if number is None:
        return None
    held = socket.socket(fileno=os.dup(int(number)))  # whoever starts in our place, as at a reload, has it too
    if held.type != socket.SOCK_DGRAM:
        held.close()
        raise ServiceError("the socket that was handed over", "is none of datagrams", "write ListenDatagram= for it")
    held.setblocking(False)
    return held


class RequestSocket:
    """What has come to the socket: to be looked at by `receive`, and taken by `take` once it is durable."""

    def __init__(self, bound: socket.socket, allowed: Sequence[Network]) -> None:
        self._socket = bound
        self._allowed = allowed
        self._known: dict[str, bool] = {}  # hosts that were heard of
        self._drops = self._counted_drops()

    @property
    def where(self) -> str:
        """The address and port, for people."""
        host, port = self._socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def room(self) -> int:
        """How many requests of the usual size find room in the kernel."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // _COUNTED

    @property
    def is_waiting(self) -> bool:
        """Nothing waits but in the kernel."""
        return False

    def fileno(self) -> int:
        """What to poll."""
        return self._socket.fileno()

    def receive(self, limit: int) -> list[Received]:
        """Up to `limit` datagrams from the head of the queue, where they stay."""
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_PEEK_OFF, 0)
        found: list[Received] = []
        try:
            while len(found) < limit:
                octets, sender = self._socket.recvfrom(_LARGEST, socket.MSG_PEEK)
                found.append(Received(octets, sender[0], self._may(sender[0])))
        except BlockingIOError:
            pass
        return found

    def take(self, number: int) -> None:
        """Take as many out of the queue, from its head."""
        try:
            for _ in range(number):
                self._socket.recv(1)
        except BlockingIOError:  # an empty datagram that was looked at twice was counted once too often
            pass

    def dropped(self) -> int:
        """How many datagrams found no room in the kernel since this was asked before."""
        before, self._drops = self._drops, self._counted_drops()
        return (self._drops - before) % 2**32

    def close(self) -> None:
        """Give the socket back; who holds it too still has it."""
        self._socket.close()

    def _counted_drops(self) -> int:
        counters = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        return int(_MEMINFO.unpack(counters)[_DROPS]) if len(counters) == _MEMINFO.size else 0

    def _may(self, host: str) -> bool:
        if (known := self._known.get(host)) is None:
            address = ip_address(host.partition("%")[0])
            known = self._known[host] = any(address in network for network in self._allowed)
        return known
