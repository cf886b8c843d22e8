"""The sockets of the DHCPv4 service: one for each wire with clients on it, one for each address that relays use."""

from __future__ import annotations

import errno
import fcntl
import socket
from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.serving.dhcp.packetsocket import PacketSocket
from tenure.serving.dhcp.sockets import open_all, prepare, refused
from tenure.serving.errors import ServiceError
from tenure.serving.segments import AlikeSender

_LARGEST = 4096  # octets of one packet; what is longer is cut, and malformed if something is missing then
_SIOCGIFADDR = 0x8915  # netdevice(7)
_INTERFACE_REQUEST = Struct("@16s24x")
_IP_PKTINFO = 8  # ip(7); the standard library does not name it
_IN_PKTINFO = Struct("@i4s4s")  # interface number, our address, the header's destination (ip(7))
_ANCILLARY = socket.CMSG_SPACE(_IN_PKTINFO.size)
_ANY = "0.0.0.0"
_REMEMBERED = 4096  # relays, and clients that have their address, whose `Arrival` is at hand


class Received(NamedTuple):
    """One packet and the socket to answer it from; there is one per packet, hence a NamedTuple."""

    octets: bytes
    arrival: Arrival
    inlet: Dhcp4Socket


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
        self._arrivals: dict[tuple[str, int], Arrival] = {}
        self._sender = AlikeSender(bound)
        if self._local is None:
            bound.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)

    def fileno(self) -> int:
        """What to poll."""
        return self._socket.fileno()

    def receive(self, limit: int) -> list[Received]:
        """Up to `limit` packets that are there already."""
        found: list[Received] = []
        try:
            if self._local is None:
                self._receive_anywhere(found, limit)
            else:
                self._receive_here(found, limit, self._local)
        except BlockingIOError:
            pass
        except OSError as error:
            # what an earlier reply met (no host, no route) or a link that is down comes up here; the socket goes on
            if error.errno not in {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN}:
                raise
        return found

    def _receive_here(self, found: list[Received], limit: int, local: bytes) -> None:
        receive, arrivals = self._socket.recvfrom, self._arrivals
        while len(found) < limit:
            octets, source = receive(_LARGEST)
            arrival = arrivals.get(source)
            if arrival is None:
                if len(arrivals) >= _REMEMBERED:
                    arrivals.clear()
                arrival = Arrival(socket.inet_aton(source[0]), source[1], local, None, False, self.port)
                arrivals[source] = arrival
            found.append(Received(octets, arrival, self))

    def _receive_anywhere(self, found: list[Received], limit: int) -> None:
        receive, port, interface = self._socket.recvmsg, self.port, self._interface
        while len(found) < limit:
            octets, ancillary, _flags, (source, source_port) = receive(_LARGEST, _ANCILLARY)
            local, sent_to = _packet_info(ancillary)
            arrival = Arrival(socket.inet_aton(source), source_port, local, interface, local != sent_to, port)
            found.append(Received(octets, arrival, self))

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


def _packet_info(ancillary: list[tuple[int, int, bytes]]) -> tuple[bytes, bytes]:
    """Our address that the packet came to (of a broadcast: on that wire), and the address that it was sent to."""
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
            _number, local, sent_to = _IN_PKTINFO.unpack_from(data)
            return local, sent_to
    raise AssertionError("the kernel was asked for IP_PKTINFO")
