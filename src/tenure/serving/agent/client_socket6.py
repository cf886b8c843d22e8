"""The socket of this host's own DHCPv6 client on one interface: it speaks to the group of all servers and relays."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from struct import Struct

from tenure.leasing.v6.arrival import CLIENT_PORT, SERVER_PORT
from tenure.serving.dhcp.socket6 import RELAYS_AND_SERVERS
from tenure.serving.errors import ServiceError

_PACKET_INFO = Struct("=16sI")  # source address and interface (RFC 3542 section 6.1)
_LARGEST = 65535
_AT_ONCE = 64


class ClientSocket6:
    """Bound to no address: the interface may have none yet, and answers come to whatever a message was sent from."""

    def __init__(self, interface: str, number: int) -> None:
        """`ServiceError`."""
        self._number = number
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
            self._socket.bind(("::", CLIENT_PORT))
        except OSError as error:
            self._socket.close()
            remedy = "end the other DHCPv6 client of this host, or run as root, or with CAP_NET_BIND_SERVICE"
            raise ServiceError(f"a DHCPv6 client on {interface}", str(error.strerror), remedy) from error

    def fileno(self) -> int:
        """What to poll."""
        return self._socket.fileno()

    def send(self, octets: bytes, source: bytes, _server: bytes) -> None:
        """To all, from this address, or the link-local one; `OSError`: also while that is not there yet."""
        place = (RELAYS_AND_SERVERS, SERVER_PORT, 0, self._number)
        told = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, _PACKET_INFO.pack(source, self._number))] if source else []
        self._socket.sendmsg([octets], told, 0, place)

    def receive(self) -> Iterator[bytes]:
        """The messages that wait."""
        for _ in range(_AT_ONCE):
            try:
                yield self._socket.recv(_LARGEST)
            except OSError:  # nothing more is there, or the interface is down
                return

    def leave(self) -> None:
        """A DHCPv6 client speaks from its link-local address, whatever it has leased."""

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()
