"""Sending to a client that has no address yet: an IPv4 datagram made by hand, in a frame to its hardware address.

The kernel would ask by ARP for the address that the client is only being offered, and nobody would answer.
"""

from __future__ import annotations

import socket
from struct import Struct

_ETH_P_IP = 0x0800
_TTL = 64
_UDP = 17
# version and header length, TOS, total length, identification, fragment, TTL, protocol, checksum, source, destination
_IPV4 = Struct("!BBHHHBBH4s4s")
_UDP_HEADER = Struct("!HHHH")  # source port, destination port, length, checksum
_PSEUDO = Struct("!4s4sBBH")  # source, destination, zero, protocol, length (RFC 768)


class PacketSocket:
    """Sends datagrams on one interface to link addresses. Receives nothing."""

    def __init__(self, interface: str) -> None:
        self._interface = interface
        # protocol 0: the kernel queues no frame for this socket
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, 0)

    def send(self, hardware: bytes, source: tuple[bytes, int], destination: tuple[bytes, int], payload: bytes) -> None:
        """One datagram to the link address; addresses are 4 octets, with their ports. `OSError` as any send."""
        datagram = build_datagram(source, destination, payload)
        self._socket.sendto(datagram, (self._interface, _ETH_P_IP, 0, 0, hardware))

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def build_datagram(source: tuple[bytes, int], destination: tuple[bytes, int], payload: bytes) -> bytes:
    """IPv4 header, UDP header and payload, with both checksums (RFC 791 section 3.1, RFC 768)."""
    length = 8 + len(payload)
    pseudo = _PSEUDO.pack(source[0], destination[0], 0, _UDP, length)
    ports = (source[1], destination[1], length)
    # a sum of zero is sent as all ones, because zero means that there is no checksum
    checksum = internet_checksum(pseudo + _UDP_HEADER.pack(*ports, 0) + payload) or 0xFFFF
    header = (0x45, 0, 20 + length, 0, 0, _TTL, _UDP)
    ip = _IPV4.pack(
        *header, internet_checksum(_IPV4.pack(*header, 0, source[0], destination[0])), source[0], destination[0]
    )
    return ip + _UDP_HEADER.pack(*ports, checksum) + payload


def internet_checksum(octets: bytes) -> int:
    """The complement of the ones' complement sum of the 16-bit words (RFC 1071); an odd octet counts as the upper one.

    2**16 is 1 modulo 65535, so the remainder of the whole number is that sum.
    """
    if len(octets) % 2:
        octets += b"\0"
    number = int.from_bytes(octets, "big")
    return 0xFFFF - (number % 0xFFFF or (0xFFFF if number else 0))
