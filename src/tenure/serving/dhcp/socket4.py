"""The sockets of the DHCPv4 service: one for each wire with clients on it, one for each address that relays use."""

from __future__ import annotations

import errno
import fcntl
import socket
import time
from collections.abc import Sequence
from struct import Struct
from typing import Final, Protocol

from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.serving.datagrams import DatagramReader
from tenure.serving.dhcp.interface import addresses_on
from tenure.serving.dhcp.packetsocket import PacketSocket
from tenure.serving.dhcp.sockets import UNREACHABLE, open_all, prepare, refused
from tenure.serving.errors import ServiceError
from tenure.serving.recvmmsg import ADDRESS_ROOM
from tenure.serving.segments import AlikeSender

_LARGEST: Final = 4096  # octets of one packet; what is longer is cut, and malformed if something is missing then
_SIOCGIFADDR: Final = 0x8915  # netdevice(7)
_INTERFACE_REQUEST: Final = Struct("@16s24x")
_SENDER: Final = Struct("@2xH4s")  # struct sockaddr_in (ip(7)): port, in network order, and address
_IP_PKTINFO: Final = 8  # ip(7); the standard library does not name it
_IN_PKTINFO: Final = Struct("@i4s4s")  # interface number, our address, the header's destination (ip(7))
_ANCILLARY: Final = socket.CMSG_SPACE(_IN_PKTINFO.size)
_PKTINFO_AT: Final = ADDRESS_ROOM + socket.CMSG_LEN(0)
_ANY: Final = "0.0.0.0"
_LOOK_SECONDS: Final = 10.0  # how long it takes at most until another address of an interface is noticed
_REMEMBERED: Final = 4096  # relays, and clients that have their address, whose `Arrival` is at hand


class Outlet(Protocol):
    """Where replies go out."""

    where: str

    def send(self, replies: Sequence[bytes], destination: Destination, local: bytes) -> None:
        """Send replies of one size to one place; `local` is the address that their requests came to. `OSError`."""


class Received:
    """One packet and the socket to answer it from."""

    def __init__(self, octets: bytes, arrival: Arrival, inlet: Outlet) -> None:
        self.octets: Final = octets
        self.arrival: Final = arrival
        self.inlet: Final = inlet


class Dhcp4Socket:
    """Where packets come in and replies go out. Made by `relay_socket` and `wire_socket`."""

    def __init__(self, bound: socket.socket, interface: str | None, packets: PacketSocket | None) -> None:
        self._socket = bound
        self._interface = interface
        self._packets = packets
        host, self.port = bound.getsockname()
        self.where = f"{interface or host}:{self.port}"
        # an address of its own says where each packet came to; otherwise the kernel is asked packet by packet
        self._local = socket.inet_aton(host) if host != _ANY else None
        self._arrivals: dict[bytes, Arrival] = {}  # by what the kernel tells beside the octets
        self._looked_at = -_LOOK_SECONDS  # by the monotonic clock, for our addresses on the wire
        self._addresses: tuple[bytes, ...] = ()
        self._sender = AlikeSender(bound)
        if self._local is None:
            bound.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self._reader = DatagramReader(bound, _LARGEST, _ANCILLARY if self._local is None else 0, UNREACHABLE)

    def fileno(self) -> int:
        """What to poll."""
        return self._socket.fileno()

    def receive(self, limit: int) -> list[Received]:
        """Up to `limit` packets that are there already."""
        arrivals = self._arrivals
        if self._interface is not None and time.monotonic() - self._looked_at > _LOOK_SECONDS:
            self._look_for_addresses(self._interface)
        found = []
        for octets, beside in self._reader.read(limit):
            arrival = arrivals.get(beside)
            found.append(Received(octets, self._arrival(beside) if arrival is None else arrival, self))
        return found

    def _look_for_addresses(self, interface: str) -> None:
        found = tuple(addresses_on(interface))
        self._looked_at = time.monotonic()
        if found != self._addresses:
            self._addresses = found
            self._arrivals.clear()

    def _arrival(self, beside: bytes) -> Arrival:
        if len(self._arrivals) >= _REMEMBERED:
            self._arrivals.clear()
        port, source = _SENDER.unpack_from(beside)
        local, is_broadcast = self._local, False
        if local is None:  # of a broadcast, the kernel tells our address on that wire
            _number, local, sent_to = _IN_PKTINFO.unpack_from(beside, _PKTINFO_AT)
            is_broadcast = local != sent_to
        several = self._addresses if len(self._addresses) > 1 else ()
        arrival = Arrival(source, socket.ntohs(port), local, self._interface, is_broadcast, self.port, several)
        self._arrivals[beside] = arrival
        return arrival

    def send(self, replies: Sequence[bytes], destination: Destination, local: bytes) -> None:
        """Send replies of one size to one place; `local` is the address that their requests came to.

        `OSError` as any send: what was not sent yet is not sent then.
        """
        if destination.hardware is not None and self._packets is not None:
            to = (destination.address, destination.port)
            for octets in replies:
                self._packets.send(destination.hardware, (local, self.port), to, octets)
            return
        self._sender.send(replies, (socket.inet_ntoa(destination.address), destination.port))

    def close(self) -> None:
        """Give the sockets back."""
        self._socket.close()
        if self._packets is not None:
            self._packets.close()


def relay_socket(host: str, port: int, *, shares_port: bool = False) -> Dhcp4Socket:
    """A socket at one address of ours, or at all of them (`0.0.0.0`). `ServiceError`."""
    try:
        return Dhcp4Socket(_bound(host, port, None, shares_port=shares_port), None, None)
    except OSError as error:
        raise refused(f"listening on {host}:{port}", error) from error


def wire_socket(interface: str, port: int, *, shares_port: bool = False) -> Dhcp4Socket:
    """A socket for the clients on one wire, whether they have an address or not. `ServiceError`."""
    what = f"listening on interface {interface}, port {port}"
    try:
        _check_addressed(interface, what)
        packets = PacketSocket(interface)
        try:
            return Dhcp4Socket(_bound(_ANY, port, interface, shares_port=shares_port), interface, packets)
        except OSError:
            packets.close()
            raise
    except OSError as error:
        raise refused(what, error) from error


def open_sockets(interfaces: Sequence[str], listen: Sequence[tuple[str, int]], port: int) -> list[Dhcp4Socket]:
    """All the sockets of the service, or none. `ServiceError`."""
    return open_all(wire_socket, relay_socket, interfaces, listen, port)


def _bound(host: str, port: int, interface: str | None, *, shares_port: bool) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        prepare(bound, interface, shares_port=shares_port)
        if interface is not None:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _check_addressed(interface: str, what: str) -> None:
    """The interface is there and has an address: without one there is no server identifier and no subnet."""
    request = _INTERFACE_REQUEST.pack(interface.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            fcntl.ioctl(asking, _SIOCGIFADDR, request)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                remedy = "give it an address in one of its subnets"
                raise ServiceError(what, "the interface has no IPv4 address", remedy) from error
            raise
