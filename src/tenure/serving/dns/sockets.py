"""The sockets of the DNS service: UDP and TCP on the same addresses and ports, alone or shared by several workers.

Workers bind the same port (SO_REUSEPORT), and the kernel gives each flow to one of them by its addresses and ports.
Updates over UDP are the exception: a filter on the ports' group gives all of them to the first worker, because those
that come together share a commit there, while in different processes they would wait for one another.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Sequence
from typing import NamedTuple

from tenure.serving.dns.outbox import Outbox
from tenure.serving.errors import ServiceError
from tenure.serving.packet_filter import SO_ATTACH_REUSEPORT_CBPF, attach

_RECEIVE_BUFFER = 8 << 20  # a burst of updates waits here while a batch is committed
_BACKLOG = 256
_TRIES_FOR_A_COMMON_PORT = 16
_ANY = {"0.0.0.0", "::"}

# Linux's numbers, which the socket module lacks.
SO_RCVBUFFORCE = 33
IP_PKTINFO = 8

# What a datagram's payload says, as a number of the group's socket; a number that no socket has leaves the choice to
# the kernel. Octet 2 of a DNS message is QR (1), opcode (4) and three flags.
_UPDATES_TO_THE_FIRST = (
    (0x30, 0, 0, 2),  # load octet 2; a datagram without one goes to socket 0
    (0x54, 0, 0, 0x78),  # the opcode's bits
    (0x15, 0, 1, 5 << 3),  # UPDATE?
    (0x06, 0, 0, 0),  # socket 0
    (0x06, 0, 0, 0xFFFFFFFF),  # none: by addresses and ports
)


class Listener(NamedTuple):
    """One address that is listened on."""

    address: tuple[str, int]
    udp: socket.socket
    tcp: socket.socket
    outbox: Outbox  # of the replies over UDP
    is_wildcard: bool  # packets to any address of this host come here, so each reply must name its source


def open_listeners(listen: Sequence[tuple[str, int]], *, shared: bool = False) -> list[Listener]:
    """All of the sockets, or none and a `ServiceError` that says which address cannot be had.

    `shared`: other processes of the same user bind the same ones. Whoever starts them looks first whether these are
    free (`check_free`), because another server that shares its ports too would not be noticed any more.
    """
    with contextlib.ExitStack() as opened:
        listeners = []
        for host, port in listen:
            listener = _open(host, port, shared=shared)
            opened.callback(listener.udp.close)
            opened.callback(listener.tcp.close)
            listeners.append(listener)
        opened.pop_all()
    return listeners


def check_free(listen: Sequence[tuple[str, int]]) -> None:
    """`ServiceError` if the addresses cannot be had by us alone."""
    close_listeners(open_listeners(listen))


def _open(host: str, port: int, *, shared: bool) -> Listener:
    for attempt in range(_TRIES_FOR_A_COMMON_PORT):
        udp = _bound(socket.SOCK_DGRAM, host, port, shared=shared)
        chosen = udp.getsockname()[1]
        try:
            tcp = _bound(socket.SOCK_STREAM, host, chosen, shared=shared)
        except ServiceError:
            udp.close()
            if port or attempt + 1 == _TRIES_FOR_A_COMMON_PORT:
                raise
            continue  # the system chose a port that is free over UDP only
        tcp.listen(_BACKLOG)
        is_wildcard = host in _ANY
        return Listener((host, chosen), udp, tcp, Outbox(udp, names_source=is_wildcard), is_wildcard)
    raise AssertionError("the last try raises or returns")


def _bound(kind: socket.SocketKind, host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    try:
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            _widen(found)
            if host == "0.0.0.0":
                found.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            elif host == "::":
                found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        if shared:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        found.bind((host, port))
        if shared and kind == socket.SOCK_DGRAM:
            _steer_updates(found)
    except OSError as error:
        found.close()
        raise _unable(kind, host, port, error) from None
    return found


def _steer_updates(udp: socket.socket) -> None:
    """Make the kernel give all updates to the first socket of the group; every member says the same."""
    attach(udp, SO_ATTACH_REUSEPORT_CBPF, _UPDATES_TO_THE_FIRST)


def close_listeners(listeners: Sequence[Listener]) -> None:
    """Closes the sockets."""
    for listener in listeners:
        listener.udp.close()
        listener.tcp.close()


def _widen(udp: socket.socket) -> None:
    try:
        udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    except PermissionError:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)


def _unable(kind: socket.SocketKind, host: str, port: int, error: OSError) -> ServiceError:
    transport = "TCP" if kind == socket.SOCK_STREAM else "UDP"
    shown = f"[{host}]" if ":" in host else host
    remedies = {
        errno.EADDRINUSE: "stop the other server on this port, or choose another address in dns.listen",
        errno.EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE; run with it, or choose a higher port",
        errno.EADDRNOTAVAIL: "this host has no such address; correct dns.listen",
    }
    remedy = remedies.get(error.errno or 0, "correct dns.listen")
    return ServiceError(f"DNS over {transport} on {shown}:{port}", os.strerror(error.errno or 0), remedy)
