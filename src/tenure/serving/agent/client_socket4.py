"""The sockets of this host's own DHCPv4 client on one interface, which may have no address yet.

Messages are heard past the kernel, since it takes none for an address that the host does not have; a filter lets only
those to a client's port through, so that other traffic wakes nobody. To all they go as frames, to one server the way
of every datagram.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator

from tenure.dhcpwire.capture import datagram_in
from tenure.dhcpwire.v4.packet import NO_ADDRESS
from tenure.leasing.v4.arrival import CLIENT_PORT, SERVER_PORT
from tenure.serving.dhcp.addresscheck import arp_probe, arp_sender
from tenure.serving.dhcp.packetsocket import PacketSocket
from tenure.serving.errors import ServiceError
from tenure.serving.packet_filter import SO_ATTACH_FILTER, attach

_ETH_P_IP, _ETH_P_ARP = 0x0800, 0x0806
_RAW_IP = 101  # a link type: nothing before the IPv4 header
_EVERYBODY = b"\xff\xff\xff\xff"
_BROADCAST = b"\xff" * 6
_LARGEST = 65535
_AT_ONCE = 64
# Octets from the IPv4 header on: UDP, no later fragment, and the destination port of a client.
_TO_CLIENT = (
    (0x30, 0, 0, 9),  # the protocol
    (0x15, 0, 6, 17),
    (0x28, 0, 0, 6),  # flags and fragment offset
    (0x45, 4, 0, 0x1FFF),
    (0xB1, 0, 0, 0),  # the length of the header
    (0x48, 0, 0, 2),  # the destination port behind it
    (0x15, 0, 1, CLIENT_PORT),
    (0x06, 0, 0, 0xFFFFFFFF),  # taken whole
    (0x06, 0, 0, 0),
)
_NOTHING = ((0x06, 0, 0, 0),)


class ClientSocket4:
    """What one client speaks through and hears by."""

    def __init__(self, interface: str) -> None:
        """`ServiceError`."""
        self._interface = interface
        self._unicast: socket.socket | None = None
        self._unicast_from = b""
        try:
            self._frames = PacketSocket(interface)
            self._heard = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, 0)
            attach(self._heard, SO_ATTACH_FILTER, _TO_CLIENT)
            self._heard.bind((interface, _ETH_P_IP))
        except OSError as error:
            remedy = "run as root, or with CAP_NET_RAW, CAP_NET_ADMIN and CAP_NET_BIND_SERVICE"
            raise ServiceError(f"a DHCP client on {interface}", str(error.strerror), remedy) from error

    def fileno(self) -> int:
        """What to poll."""
        return self._heard.fileno()

    def send(self, octets: bytes, source: bytes, server: bytes) -> None:
        """To one server from this address, or to all; `OSError`."""
        if not server:
            ports = (source or NO_ADDRESS, CLIENT_PORT), (_EVERYBODY, SERVER_PORT)
            self._frames.send(_BROADCAST, *ports, octets)
            return
        if self._unicast is None or self._unicast_from != source:
            self.leave()
            self._unicast, self._unicast_from = self._bound(source), source
        self._unicast.sendto(octets, (socket.inet_ntoa(server), SERVER_PORT))

    def receive(self) -> Iterator[bytes]:
        """The messages that wait."""
        for _ in range(_AT_ONCE):
            try:
                octets = self._heard.recv(_LARGEST)
            except OSError:  # nothing more is there, or the interface is down
                return
            found = datagram_in(_RAW_IP, octets)
            if found is not None and found.destination_port == CLIENT_PORT:
                yield found.payload

    def leave(self) -> None:
        """The address that we spoke from is ours no more."""
        if self._unicast is not None:
            self._unicast.close()
            self._unicast = None

    def close(self) -> None:
        """Give the sockets back."""
        self.leave()
        self._frames.close()
        self._heard.close()

    def _bound(self, source: bytes) -> socket.socket:
        """A socket of the client's port. It hears nothing; without it the kernel would call the port closed."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            attach(made, SO_ATTACH_FILTER, _NOTHING)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._interface.encode() + b"\0")
            made.bind((socket.inet_ntoa(source), CLIENT_PORT))
        except OSError:
            made.close()
            raise
        return made


class ArpQuestions:
    """Whether somebody on the link has an address. `hardware`: the interface's own address."""

    def __init__(self, interface: str, hardware: bytes) -> None:
        self._interface = interface
        self._hardware = hardware
        self._arp: socket.socket | None = None

    def ask(self, address: bytes) -> int:
        """Ask by ARP whether somebody has the address; gives what to poll for answers. `OSError`."""
        if self._arp is None:
            self._arp = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
            self._arp.bind((self._interface, _ETH_P_ARP))
        self._arp.send(arp_probe(self._hardware, address))
        return self._arp.fileno()

    def answers(self) -> Iterator[bytes]:
        """The addresses of who sends ARP messages on the link, of others than us."""
        for _ in range(_AT_ONCE if self._arp is not None else 0):
            try:
                assert self._arp is not None
                sender = arp_sender(self._arp.recv(2048))
            except OSError:
                return
            if sender is not None and sender[0] != self._hardware:
                yield sender[1]

    def end(self, forget: Callable[[int], object]) -> None:
        """No more answers of ARP are waited for; `forget` is told what is polled no more."""
        if self._arp is not None:
            forget(self._arp.fileno())
            self._arp.close()
            self._arp = None


def is_passing(error: OSError) -> bool:
    """Whether what the kernel refused to send may go out later: a link that is down, a way that is not there yet."""
    return error.errno in {errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EAGAIN, errno.EADDRNOTAVAIL}
