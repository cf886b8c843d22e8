"""The sockets of the DHCPv6 service: one for each wire with clients on it, one for each address that relays use."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from struct import Struct
from typing import Final, Protocol

from tenure.dhcpwire.v6.hardware import LINK_LOCAL_PREFIX
from tenure.leasing.v6.arrival import Arrival, Destination
from tenure.serving.datagrams import DatagramReader
from tenure.serving.dhcp.sockets import UNREACHABLE, open_all, prepare, refused
from tenure.serving.errors import ServiceError
from tenure.serving.recvmmsg import ADDRESS_ROOM
from tenure.serving.segments import AlikeSender

# The groups of a link, and of a site (RFC 8415 section 7.1).
RELAYS_AND_SERVERS: Final = "ff02::1:2"
SERVERS: Final = "ff05::1:3"

_LARGEST: Final = 65536  # octets; no datagram has more
_SENDER: Final = Struct("@2xH4x16s4x")  # struct sockaddr_in6 (ipv6(7)): port, in network order, and address
_IN6_PKTINFO: Final = Struct("@16sI")  # the header's destination, interface number (ipv6(7))
_ANCILLARY: Final = socket.CMSG_SPACE(_IN6_PKTINFO.size)
_PKTINFO_AT: Final = ADDRESS_ROOM + socket.CMSG_LEN(0)
_GROUP: Final = Struct("@16sI")  # struct ipv6_mreq
_GROUP_PREFIX: Final = 0xFF  # the first octet of every group's address
_ANY: Final = "::"
_REMEMBERED: Final = 4096  # senders whose `Arrival` is at hand
_ADDRESSES: Final = Path("/proc/net/if_inet6")
_LOOK_SECONDS: Final = 5.0  # between looks at the addresses of a wire: routers renumber


class Outlet(Protocol):
    """Where replies go out."""

    where: str

    def send(self, replies: Sequence[bytes], destination: Destination) -> None:
        """Send replies of one size to one place. `OSError`."""


class Received:
    """One datagram and the socket to answer it from."""

    def __init__(self, octets: bytes, arrival: Arrival, inlet: Outlet) -> None:
        self.octets: Final = octets
        self.arrival: Final = arrival
        self.inlet: Final = inlet


class Dhcp6Socket:
    """Where messages come in and replies go out. Made by `relay_socket` and `wire_socket`."""

    def __init__(self, bound: socket.socket, interface: str | None) -> None:
        self._socket = bound
        self._interface = interface
        self._index = 0 if interface is None else socket.if_nametoindex(interface)
        host, self.port = bound.getsockname()[:2]
        self.where = f"{interface}:{self.port}" if interface is not None else f"[{host}]:{self.port}"
        self._sender = AlikeSender(bound)
        self._addresses: tuple[bytes, ...] = ()
        self._look_at = 0.0  # steady seconds
        self._arrivals: dict[bytes, Arrival] = {}  # by what the kernel tells beside the octets
        self._bound_to = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
        if interface is not None:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        self._reader = DatagramReader(bound, _LARGEST, 0 if interface is None else _ANCILLARY, UNREACHABLE)

    def fileno(self) -> int:
        """What to poll."""
        return self._socket.fileno()

    def receive(self, limit: int) -> list[Received]:
        """Up to `limit` datagrams that are there already."""
        if self._interface is not None:
            self._look_at_addresses(self._interface)
        arrivals = self._arrivals
        found = []
        for octets, beside in self._reader.read(limit):
            arrival = arrivals.get(beside)
            found.append(Received(octets, self._arrival(beside) if arrival is None else arrival, self))
        return found

    def _arrival(self, beside: bytes) -> Arrival:
        if len(self._arrivals) >= _REMEMBERED:
            self._arrivals.clear()
        port, source = _SENDER.unpack_from(beside)
        destination = self._bound_to if self._interface is None else beside[_PKTINFO_AT : _PKTINFO_AT + 16]
        multicast = destination[0] == _GROUP_PREFIX
        arrival = Arrival(
            source, socket.ntohs(port), multicast, self._interface, self._addresses, self.port, destination
        )
        self._arrivals[beside] = arrival
        return arrival

    def _look_at_addresses(self, interface: str) -> None:
        """By them a client's link is known, where no subnet names the interface."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_SECONDS
        addresses = tuple(one for one in addresses_of(interface) if one[:8] != LINK_LOCAL_PREFIX)
        if addresses != self._addresses:
            self._addresses = addresses
            self._arrivals.clear()

    def send(self, replies: Sequence[bytes], destination: Destination) -> None:
        """Send replies of one size to one place, a link-local one on this wire; see `AlikeSender`."""
        address = socket.inet_ntop(socket.AF_INET6, destination.address)
        scope = self._index if destination.address[:8] == LINK_LOCAL_PREFIX else 0
        self._sender.send(replies, (address, destination.port, 0, scope))

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def addresses_of(interface: str | None) -> list[bytes]:
    """The IPv6 addresses of an interface, link-local ones too; none if it is not there. None: of all (proc(5))."""
    try:
        lines = _ADDRESSES.read_text("ascii").splitlines()
    except FileNotFoundError:  # a machine without IPv6
        return []
    rows = [line.split() for line in lines]
    return [bytes.fromhex(row[0]) for row in rows if interface in (None, row[5])]


def relay_socket(host: str, port: int, *, shares_port: bool = False) -> Dhcp6Socket:
    """A socket at one address of ours, or at all of them (`::`). `ServiceError`."""
    try:
        return Dhcp6Socket(_bound(host, port, None, shares_port=shares_port), None)
    except OSError as error:
        raise refused(f"listening on [{host}]:{port}", error) from error


def wire_socket(interface: str, port: int, *, shares_port: bool = False) -> Dhcp6Socket:
    """A socket for the clients and relays on one wire that send to the groups of servers. `ServiceError`."""
    what = f"listening on interface {interface}, port {port}"
    try:
        bound = _bound(_ANY, port, interface, shares_port=shares_port)
        try:
            index = socket.if_nametoindex(interface)
            for group in (RELAYS_AND_SERVERS, SERVERS):
                membership = _GROUP.pack(socket.inet_pton(socket.AF_INET6, group), index)
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
            if not any(one[:8] == LINK_LOCAL_PREFIX for one in addresses_of(interface)):
                remedy = "bring it up with IPv6 switched on, so that clients there can be answered"
                raise ServiceError(what, "the interface has no link-local address", remedy)
            return Dhcp6Socket(bound, interface)
        except (OSError, ServiceError):
            bound.close()
            raise
    except OSError as error:
        raise refused(what, error) from error


def open_sockets(interfaces: Sequence[str], listen: Sequence[tuple[str, int]], port: int) -> list[Dhcp6Socket]:
    """All the sockets of the service, or none. `ServiceError`."""
    return open_all(wire_socket, relay_socket, interfaces, listen, port)


def _bound(host: str, port: int, interface: str | None, *, shares_port: bool) -> socket.socket:
    bound = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        prepare(bound, interface, shares_port=shares_port)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
