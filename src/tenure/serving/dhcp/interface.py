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


def addresses4() -> list[bytes]:
    """All IPv4 addresses of this machine."""
    count = 32
    while True:
        found = array("B", bytes(count * _REQUEST.size))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            answer = fcntl.ioctl(asking, _SIOCGIFCONF, _ROOM.pack(len(found), found.buffer_info()[0]))
        used, _where = _ROOM.unpack(answer)
        if used < len(found):
            return [found[at + 20 : at + 24].tobytes() for at in range(0, used, _REQUEST.size)]
        count *= 2  # it may be that not all had room
