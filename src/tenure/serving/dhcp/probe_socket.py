"""What the wires of a probe have in common: an answer, how it is waited for, and what the machine refuses."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Mapping
from typing import NamedTuple

_LARGEST = 65535

_REMEDIES = {
    errno.EADDRINUSE: ("the port is in use", "end the other DHCP program on this machine, or ask from another one"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "give an address of this machine as --giaddr"),
    errno.EACCES: ("this user may not", "run as root, or ask a server on another port as a relay"),
    errno.EPERM: ("this user may not", "run as root, or ask a server as a relay with --server"),
    errno.ENODEV: ("there is no such interface", "see `ip link`"),
    errno.ENXIO: ("there is no such interface", "see `ip link`"),
    errno.ENETDOWN: ("the interface is down", "bring it up with `ip link set dev NAME up`"),
    errno.ENETUNREACH: ("there is no route to it", "give a server that can be reached"),
}
_NO_REMEDIES: Mapping[int, str] = {}


class Heard(NamedTuple):
    """A message that came in."""

    octets: bytes
    source: str


def next_datagram(bound: socket.socket, seconds: float) -> Heard | None:
    """The next message that comes in within so many seconds, from anybody."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        bound.settimeout(left)
        try:
            octets, (host, port, *_) = bound.recvfrom(_LARGEST)
        except TimeoutError:
            break
        except ConnectionRefusedError:  # nobody listens there; the next attempt may find somebody
            continue
        return Heard(octets, f"{host} port {port}")
    return None


def refused(what: str, error: OSError, remedies: Mapping[int, str] = _NO_REMEDIES) -> OSError:
    """What the machine refuses a probe, in one line: what, why, and what would help; `remedies` by its number."""
    number = error.errno or 0
    cause, usual = _REMEDIES.get(number, (error.strerror or str(error), "see the system's log"))
    return OSError(f"{what}: {cause}; {remedies.get(number, usual)}")
