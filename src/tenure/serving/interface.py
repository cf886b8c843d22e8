"""What the kernel says about an interface."""

from __future__ import annotations

import fcntl
import socket
from struct import Struct

_SIOCGIFADDR = 0x8915  # netdevice(7)
_REQUEST = Struct("@16s24x")


def address_on(interface: str) -> bytes | None:
    """The first IPv4 address of an interface of this machine; None without the interface or the address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            answer = fcntl.ioctl(asking, _SIOCGIFADDR, _REQUEST.pack(interface.encode()[:15]))
        except OSError:
            return None
    return answer[20:24]  # struct ifreq: name(16) family(2) port(2) address(4)
