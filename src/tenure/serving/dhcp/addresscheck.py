"""Asking whether somebody uses an address, by ICMP echo and by ARP, while the packets that wait for it wait here.

A thread of its own asks and listens, so the batch loop waits for nobody's answer: a packet that waits comes back to the
loop as if it had just arrived, once its address is known to be free or not.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from struct import Struct
from typing import NamedTuple

from tenure.leasing.offers import AddressCheck
from tenure.leasing.v4.checks import Found
from tenure.serving.dhcp.packetsocket import internet_checksum
from tenure.serving.dhcp.socket4 import Received
from tenure.serving.errors import ServiceError

MOST_WAITING = 4096  # packets; a client beyond them asks again

_ECHO_REQUEST, _ECHO_REPLY = 8, 0
_ECHO = Struct("!BBHHH")  # type, code, checksum, identifier, sequence (RFC 792)
_ETH_P_ARP = 0x0806
_FRAME = Struct("!6s6sH")  # destination, source, type
_ARP = Struct("!HHBBH6s4s6s4s")  # Ethernet, IPv4, sizes, operation, sender, target (RFC 826)
_ANSWERS_AT_ONCE = 256


class Waiting(NamedTuple):
    """A packet and what it waits for."""

    check: AddressCheck
    packet: Received
    until: float  # monotonic


class AddressChecker:
    """An inlet of the batch loop. `free` and `used` are called, in the loop, before the packet comes back to it."""

    def __init__(self, interfaces: Sequence[str], free: Callable[[bytes], None], used: Callable[[Found], None]) -> None:
        self._free, self._used = free, used
        self._identifier = os.getpid() & 0xFFFF
        self._waiting: dict[bytes, Waiting] = {}  # the thread's own
        self._asked: deque[tuple[AddressCheck, Received]] = deque()
        self._known: deque[tuple[Waiting, str | None]] = deque()  # how it was found to be used; None: it is free
        self._to_thread = os.eventfd(0, os.EFD_NONBLOCK)
        self._to_loop = os.eventfd(0, os.EFD_NONBLOCK)
        self._ends = False
        try:
            self._icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMP)
            self._arp = {interface: _arp_socket(interface) for interface in interfaces}
        except OSError as error:
            what = "asking whether addresses are in use"
            raise ServiceError(
                what, str(error.strerror), "run as root or with CAP_NET_RAW, or check nothing"
            ) from error
        self._thread = threading.Thread(target=self._run, name="address-checker", daemon=True)
        self._thread.start()

    def fileno(self) -> int:
        """What to poll."""
        return self._to_loop

    @property
    def is_waiting(self) -> bool:
        """Whether a packet is to come back."""
        return bool(self._known)

    def begin(self, check: AddressCheck, packet: Received) -> None:
        """Find out about the address; the packet comes back then."""
        self._asked.append((check, packet))
        os.eventfd_write(self._to_thread, 1)

    def receive(self, limit: int) -> list[Received]:
        """Up to `limit` packets whose address is known about."""
        _drain(self._to_loop)
        found: list[Received] = []
        while self._known and len(found) < limit:
            waiting, how = self._known.popleft()
            if how is None:
                self._free(waiting.check.address)
            else:
                self._used(Found(waiting.check.address, how))
            found.append(waiting.packet)
        return found

    def close(self) -> None:
        """End the thread and give the sockets back."""
        self._ends = True
        os.eventfd_write(self._to_thread, 1)
        self._thread.join()
        for one in (self._icmp, *self._arp.values()):
            one.close()
        os.close(self._to_thread)
        os.close(self._to_loop)

    def _run(self) -> None:
        poll = select.poll()
        readers: dict[int, Callable[[], None]] = {self._icmp.fileno(): self._read_icmp}
        for interface, one in self._arp.items():
            readers[one.fileno()] = self._arp_reader(interface, one)
        for descriptor in (self._to_thread, *readers):
            poll.register(descriptor, select.POLLIN)
        while not self._ends:
            for descriptor, _ in poll.poll(self._milliseconds()):
                if descriptor in readers:
                    readers[descriptor]()
            _drain(self._to_thread)
            while self._asked:
                self._ask(*self._asked.popleft())
            self._end_silent(time.monotonic())
        poll.unregister(self._to_thread)

    def _milliseconds(self) -> int | None:
        """Until the first of those that wait has waited long enough; None: nobody does."""
        if not self._waiting:
            return None
        return max(0, int((min(one.until for one in self._waiting.values()) - time.monotonic()) * 1000) + 1)

    def _ask(self, check: AddressCheck, packet: Received) -> None:
        before = self._waiting.get(check.address)
        if before is not None:  # a client that asks again, while it waits
            self._waiting[check.address] = before._replace(packet=packet)
            return
        if len(self._waiting) >= MOST_WAITING:
            return
        self._waiting[check.address] = Waiting(check, packet, time.monotonic() + check.seconds)
        try:
            if check.ping:
                self._icmp.sendto(echo_request(self._identifier), (socket.inet_ntoa(check.address), 0))
            if check.interface in self._arp:
                arp = self._arp[check.interface]
                arp.send(arp_probe(arp.getsockname()[4], check.address))
        except OSError:
            return  # no way there, so nobody answers from there; the packet comes back in its time

    def _end_silent(self, now: float) -> None:
        for address in [address for address, one in self._waiting.items() if one.until <= now]:
            self._know(address, None)

    def _know(self, address: bytes, how: str | None) -> None:
        self._known.append((self._waiting.pop(address), how))
        os.eventfd_write(self._to_loop, 1)

    def _read_icmp(self) -> None:
        for packet, source in _received(self._icmp):
            address = socket.inet_aton(source[0])
            if address in self._waiting and is_echo_reply(packet, self._identifier):
                self._know(address, "answers a ping")

    def _arp_reader(self, interface: str, arp: socket.socket) -> Callable[[], None]:
        ours = arp.getsockname()[4]

        def read() -> None:
            for frame, _ in _received(arp):
                sender = arp_sender(frame)
                if sender is None or sender[0] == ours:
                    continue
                hardware, address = sender
                one = self._waiting.get(address)
                if one is not None and one.check.interface == interface and hardware != one.check.hardware:
                    self._know(address, f"answers ARP as {hardware.hex(':')}")

        return read


def echo_request(identifier: int) -> bytes:
    """An ICMP echo request without data."""
    return _ECHO.pack(
        _ECHO_REQUEST, 0, internet_checksum(_ECHO.pack(_ECHO_REQUEST, 0, 0, identifier, 1)), identifier, 1
    )


def is_echo_reply(datagram: bytes, identifier: int) -> bool:
    """Whether an IPv4 datagram is the answer to an `echo_request`."""
    start = (datagram[0] & 0x0F) * 4 if datagram else 0
    if len(datagram) < start + _ECHO.size or not start:
        return False
    kind, _code, _sum, number, _sequence = _ECHO.unpack_from(datagram, start)
    return (kind, number) == (_ECHO_REPLY, identifier)


def arp_probe(ours: bytes, address: bytes) -> bytes:
    """An ARP request that claims nothing: its sender has no address (RFC 5227 section 2.1.1)."""
    frame = _FRAME.pack(b"\xff" * 6, ours, _ETH_P_ARP)
    return frame + _ARP.pack(1, 0x0800, 6, 4, 1, ours, bytes(4), bytes(6), address)


def arp_sender(frame: bytes) -> tuple[bytes, bytes] | None:
    """Hardware address and IPv4 address of who sent an ARP message; None for any other frame."""
    if len(frame) < _FRAME.size + _ARP.size:
        return None
    fields = _ARP.unpack_from(frame, _FRAME.size)
    return (fields[5], fields[6]) if fields[:4] == (1, 0x0800, 6, 4) else None


def _arp_socket(interface: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_ARP))
    made.bind((interface, _ETH_P_ARP))
    return made


def _received(one: socket.socket) -> list[tuple[bytes, tuple[str, int]]]:
    found: list[tuple[bytes, tuple[str, int]]] = []
    try:
        while len(found) < _ANSWERS_AT_ONCE:
            found.append(one.recvfrom(2048))
    except OSError:  # nothing more is there, or an interface is down
        pass
    return found


def _drain(event: int) -> None:
    with contextlib.suppress(BlockingIOError):
        os.eventfd_read(event)
