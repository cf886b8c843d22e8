"""How the DHCP services open their sockets: all or none, with room for a burst, and with a remedy for each refusal."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from typing import Protocol, TypeVar

from tenure.serving.errors import ServiceError

_RECEIVE_BUFFER = 8 << 20  # octets: a burst of 10,000 packets waits here for its batch
_SO_RCVBUFFORCE = 33  # socket(7); the standard library does not name it

# What an earlier reply met (no host, no route), or a link that is down, comes up when something is read; the socket
# goes on.
UNREACHABLE = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN})

_CAUSES = {
    errno.EADDRINUSE: ("the port is in use", "end the other DHCP server, or listen elsewhere"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "configure the address, or listen elsewhere"),
    errno.EACCES: ("this user may not", "run as root or with CAP_NET_BIND_SERVICE and CAP_NET_RAW"),
    errno.EPERM: ("this user may not", "run as root or with CAP_NET_BIND_SERVICE and CAP_NET_RAW"),
    errno.ENODEV: ("there is no such interface", "correct `interfaces`, or bring the interface up first"),
}


class _Closable(Protocol):
    def close(self) -> None: ...


S = TypeVar("S", bound=_Closable)
S_co = TypeVar("S_co", bound=_Closable, covariant=True)


class _Opener(Protocol[S_co]):
    """Opens one: of an interface or an address, at a port that others may have too. `ServiceError`."""

    def __call__(self, place: str, port: int, /, *, shares_port: bool) -> S_co: ...


def open_all(
    on_wire: _Opener[S],
    for_relays: _Opener[S],
    interfaces: Sequence[str],
    listen: Sequence[tuple[str, int]],
    port: int,
) -> list[S]:
    """All the sockets of a service, or none. `ServiceError`.

    A wire and an address of this machine can only have the same port if both say that they share it. That would hide
    another program on the port, so it is looked for first.
    """
    shares = bool(interfaces) and any(one == port for _, one in listen)
    found: list[S] = []
    try:
        if shares:
            for host, one in listen:
                for_relays(host, one, shares_port=False).close()
        # one by one, so that those opened before a failure are known and closed
        found.extend(for_relays(host, one, shares_port=shares) for host, one in listen)
        found.extend(on_wire(interface, port, shares_port=shares) for interface in interfaces)
    except ServiceError:
        for inlet in found:
            inlet.close()
        raise
    return found


def prepare(unbound: socket.socket, interface: str | None, *, shares_port: bool) -> None:
    """Ties the socket to the wire, if it is for one, and gives it the buffer that a burst needs. `OSError`."""
    if shares_port:
        unbound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if interface is not None:
        unbound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    try:
        unbound.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)  # as root, past the system's limit
    except PermissionError:
        unbound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)


def refused(what: str, error: OSError) -> ServiceError:
    """Why a socket cannot be had, and what would help."""
    cause, remedy = _CAUSES.get(error.errno or 0, (error.strerror or str(error), "see the system's log"))
    return ServiceError(what, cause, remedy)
