"""The sockets of the DHCPv6 probe: as a relay, by unicast; or on a wire, from this machine's link-local address.

What the machine refuses is an `OSError` with a text for people.
"""

from __future__ import annotations

import errno
import socket

from tenure.dhcpwire.v6.hardware import LINK_LOCAL_PREFIX
from tenure.leasing.v6.arrival import CLIENT_PORT, SERVER_PORT
from tenure.serving.dhcp.probe_socket import Heard, next_datagram, refused
from tenure.serving.dhcp.socket6 import RELAYS_AND_SERVERS, addresses_of

_NOWHERE = bytes(16)


class Wire6:
    """A socket to servers; made by `relay_wire` and `link_wire`."""

    def __init__(self, bound: socket.socket, to: tuple[str, int, int], address: bytes, where: str) -> None:
        self._socket, self._to, self._where = bound, to, where
        self.address = address

    def send(self, octets: bytes) -> str:
        """To the server, or to the group of all on the wire."""
        host, port, scope = self._to
        try:
            self._socket.sendto(octets, (host, port, 0, scope))
        except OSError as error:
            raise refused(f"sending to {self._where}", error) from error
        return self._where

    def take(self, address: bytes) -> None:
        """A DHCPv6 client speaks from its link-local address, whatever it has leased."""

    def send_to(self, octets: bytes, _server: bytes) -> str:
        """Clients speak to the group: a server must be asked to hear unicast."""
        return self.send(octets)

    def receive(self, seconds: float) -> Heard | None:
        """The next message, from any server."""
        return next_datagram(self._socket, seconds)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def relay_wire(server: tuple[str, int]) -> Wire6:
    """As a relay. Servers on port 547 answer to a relay's port 547; tenure on another, to where it was asked."""
    host, port = server
    what = f"asking {host} port {port}"
    bound = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        ours = _address_towards(host)
        bound.bind((ours, SERVER_PORT if port == SERVER_PORT else 0))
    except OSError as error:
        bound.close()
        raise refused(what, error) from error
    return Wire6(bound, (host, port, 0), socket.inet_pton(socket.AF_INET6, ours), f"{host} port {port}")


def link_wire(interface: str) -> Wire6:
    """As a client on a wire."""
    what = f"asking on interface {interface}"
    try:
        index = socket.if_nametoindex(interface)
    except OSError:  # it says so without a number
        raise refused(what, OSError(errno.ENODEV, "")) from None
    ours = next((one for one in addresses_of(interface) if one[:8] == LINK_LOCAL_PREFIX), None)
    if ours is None:
        raise OSError(f"{what}: it has no link-local address; bring it up with IPv6 switched on")
    bound = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        bound.bind((socket.inet_ntop(socket.AF_INET6, ours), CLIENT_PORT, 0, index))
    except OSError as error:
        bound.close()
        raise refused(what, error) from error
    return Wire6(bound, (RELAYS_AND_SERVERS, SERVER_PORT, index), _NOWHERE, f"everybody on {interface}")


def _address_towards(host: str) -> str:
    """Our address on the way to a host. `OSError`."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        asking.connect((host, SERVER_PORT))
        return str(asking.getsockname()[0])
