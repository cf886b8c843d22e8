"""The sockets of the DHCPv4 probe: as a relay, by unicast; or on a wire, in frames of the client's own.

On a wire the probe is a client that the kernel knows nothing of: its hardware address and its lease are its own, so it
builds its frames itself, listens past the kernel (promiscuously), and answers ARP for the address that it leased.
What the machine refuses is an `OSError` with a text for people.
"""

from __future__ import annotations

import errno
import select
import socket
import time
from struct import Struct

from tenure.dhcpwire.capture import ETHERNET_LINK, datagram_in
from tenure.leasing.v4.arrival import CLIENT_PORT, SERVER_PORT
from tenure.serving.dhcp.packetsocket import build_datagram
from tenure.serving.dhcp.probe_socket import Heard, next_datagram, refused

_ETH_P_ALL, _ETH_P_IP, _ETH_P_ARP = 0x0003, 0x0800, 0x0806
_PACKET_ADD_MEMBERSHIP, _PACKET_MR_PROMISC, _SOL_PACKET = 1, 1, 263  # packet(7)
_PACKET_OUTGOING = 4
_MEMBERSHIP = Struct("@iHH8s")
_EVERYBODY = b"\xff\xff\xff\xff"
_BROADCAST = b"\xff" * 6
_NOWHERE = bytes(4)
# hardware and protocol type, their sizes, operation, then sender and target: hardware and protocol address each
_ARP = Struct("!HHBBH6s4s6s4s")
_ARP_REQUEST, _ARP_REPLY = 1, 2
_LARGEST = 65535

_CLIENT_REMEDIES = {
    errno.EADDRNOTAVAIL: "the answer goes there: give an address of this machine, or ask on a wire with --interface",
}


class RelayWire:
    """A relay's socket, or that of a client which has an address.

    Servers on port 67 answer to a relay's port 67 and to a client's port 68; tenure on another, to where it was asked.
    """

    def __init__(self, server: tuple[str, int], relay: bytes | None, client: bytes | None = None) -> None:
        self._server = server
        what = f"asking {server[0]} port {server[1]}"
        as_who, remedies = ("a relay", {}) if client is None else ("a client", _CLIENT_REMEDIES)
        is_usual = server[1] == SERVER_PORT
        try:
            ours = address_towards(server[0])
            self.address = relay or client or ours
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        except OSError as error:
            raise refused(what, error) from error
        try:
            own = (self.address, SERVER_PORT) if client is None else (client, CLIENT_PORT)
            place = own if is_usual else (ours, 0)
            self._socket.bind((socket.inet_ntoa(place[0]), place[1]))
        except OSError as error:
            self._socket.close()
            raise refused(f"{what} as {as_who} at {socket.inet_ntoa(place[0])}", error, remedies) from error

    def send(self, octets: bytes) -> str:
        """To the server."""
        host, port = self._server
        try:
            self._socket.sendto(octets, self._server)
        except OSError as error:
            raise refused(f"sending to {host} port {port}", error) from error
        return f"{host} port {port}"

    def take(self, address: bytes) -> None:
        """Answers come to the relay, whatever address its client has."""

    def send_to(self, octets: bytes, _server: bytes) -> str:
        """What a client would send past its relay goes the same way."""
        return self.send(octets)

    def receive(self, seconds: float) -> Heard | None:
        """The next message, from any server."""
        return next_datagram(self._socket, seconds)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


class LinkWire:
    """A client's place on an Ethernet."""

    address = _NOWHERE

    def __init__(self, interface: str, hardware: bytes) -> None:
        self._interface = interface
        self._hardware = hardware
        self._taken = _NOWHERE  # the client's address
        self._servers: dict[bytes, bytes] = {}  # the hardware address by which a server's messages came
        what = f"listening on interface {interface}"
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        except OSError as error:
            raise refused(what, error) from error
        try:
            self._socket.bind((interface, _ETH_P_ALL))
            number = socket.if_nametoindex(interface)
            membership = _MEMBERSHIP.pack(number, _PACKET_MR_PROMISC, 0, b"")
            self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, membership)
        except OSError as error:
            self._socket.close()
            raise refused(what, error) from error

    def send(self, octets: bytes) -> str:
        """To everybody on the wire."""
        self._send(_BROADCAST, _EVERYBODY, octets)
        return f"everybody on {self._interface}{self._from()}"

    def take(self, address: bytes) -> None:
        """The client has this address: it speaks from there, and answers ARP for it."""
        self._taken = address

    def send_to(self, octets: bytes, server: bytes) -> str:
        """To one server, by the way that its messages came."""
        hardware = self._servers.get(server) or next(iter(self._servers.values()), _BROADCAST)
        self._send(hardware, server, octets)
        return f"{socket.inet_ntoa(server)} port {SERVER_PORT}{self._from()}"

    def receive(self, seconds: float) -> Heard | None:
        """The next message to a client's port, whoever it is for."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._socket], [], [], left)
            if not ready:
                break
            frame, (_, _, kind, _, _) = self._socket.recvfrom(_LARGEST)
            if kind == _PACKET_OUTGOING:
                continue
            if frame[12:14] == _ETH_P_ARP.to_bytes(2, "big"):
                self._answer(frame)
                continue
            found = datagram_in(ETHERNET_LINK, frame)
            if found is not None and found.destination_port == CLIENT_PORT and len(found.source) == 4:
                self._servers[found.source] = frame[6:12]
                return Heard(found.payload, f"{socket.inet_ntoa(found.source)} port {found.source_port}")
        return None

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def _send(self, hardware: bytes, destination: bytes, octets: bytes) -> None:
        datagram = build_datagram((self._taken, CLIENT_PORT), (destination, SERVER_PORT), octets)
        self._put(hardware, _ETH_P_IP, datagram)

    def _from(self) -> str:
        return "" if self._taken == _NOWHERE else f", from {socket.inet_ntoa(self._taken)}"

    def _put(self, hardware: bytes, ethertype: int, payload: bytes) -> None:
        try:
            self._socket.send(hardware + self._hardware + ethertype.to_bytes(2, "big") + payload)
        except OSError as error:
            raise refused(f"sending on interface {self._interface}", error) from error

    def _answer(self, frame: bytes) -> None:
        """An ARP reply to who asks for the client's address (RFC 826); nothing for any other."""
        if len(frame) < 14 + _ARP.size or self._taken == _NOWHERE:
            return
        *kinds, operation, asker, asker_address, _, wanted = _ARP.unpack_from(frame, 14)
        if operation != _ARP_REQUEST or kinds != [1, _ETH_P_IP, 6, 4] or wanted != self._taken:
            return
        reply = _ARP.pack(*kinds, _ARP_REPLY, self._hardware, wanted, asker, asker_address)
        self._put(asker, _ETH_P_ARP, reply)


def address_towards(host: str) -> bytes:
    """Our address on the way to a host. `OSError`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect((host, SERVER_PORT))
        return socket.inet_aton(asking.getsockname()[0])
