"""What the kernel says about interfaces and their addresses."""

from __future__ import annotations

import fcntl
import socket
from array import array
from struct import Struct

_SIOCGIFADDR, _SIOCGIFCONF = 0x8915, 0x8912  # netdevice(7)
_REQUEST = Struct("@16s24x")
_ROOM = Struct("@iP")  # struct ifconf: octets, where


def address_on(interface: str) -> bytes | None:
    """The first IPv4 address of an interface of this machine; None without the interface or the address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            answer = fcntl.ioctl(asking, _SIOCGIFADDR, _REQUEST.pack(interface.encode()[:15]))
        except OSError:
            return None
    return answer[20:24]  # struct ifreq: name(16) family(2) port(2) address(4)


def addresses_on(interface: str) -> list[bytes]:
    """All IPv4 addresses of an interface of this machine, in the kernel's order, whatever their labels."""
    return [address for name, address in _configured() if name == interface]


def addresses4() -> list[bytes]:
    """All IPv4 addresses of this machine."""
    return [address for _, address in _configured()]


def _configured() -> list[tuple[str, bytes]]:
    """The IPv4 addresses of this machine, each with the interface that has it."""
    count = 32
    while True:
        found = array("B", bytes(count * _REQUEST.size))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            answer = fcntl.ioctl(asking, _SIOCGIFCONF, _ROOM.pack(len(found), found.buffer_info()[0]))
        used, _where = _ROOM.unpack(answer)
        if used < len(found):
            rows = [found[at : at + _REQUEST.size].tobytes() for at in range(0, used, _REQUEST.size)]
            return [(_interface_of(row), row[20:24]) for row in rows]
        count *= 2  # it may be that not all had room


def _interface_of(row: bytes) -> str:
    """The interface in a struct ifreq; behind a colon stands the label of an address."""
    return row[:16].partition(b"\0")[0].decode(errors="replace").partition(":")[0]
