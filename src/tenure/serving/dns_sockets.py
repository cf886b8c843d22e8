"""The sockets of the DNS service: UDP and TCP on the same addresses and ports."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Sequence
from typing import NamedTuple

from tenure.serving.errors import ServiceError

_RECEIVE_BUFFER = 8 << 20  # a burst of updates waits here while a batch is committed
_BACKLOG = 256
_TRIES_FOR_A_COMMON_PORT = 16

# Linux's numbers, which the socket module lacks.
SO_RCVBUFFORCE = 33
IP_PKTINFO = 8


class Listener(NamedTuple):
    """One address that is listened on."""

    address: tuple[str, int]
    udp: socket.socket
    tcp: socket.socket

    @property
    def is_wildcard(self) -> bool:
        """Whether packets to any address of this host come here, so that each reply must name its source."""
        return self.address[0] in {"0.0.0.0", "::"}


def open_listeners(listen: Sequence[tuple[str, int]]) -> list[Listener]:
    """All of the sockets, or none and a `ServiceError` that says which address cannot be had."""
    with contextlib.ExitStack() as opened:
        listeners = []
        for host, port in listen:
            listener = _open(host, port)
            opened.callback(listener.udp.close)
            opened.callback(listener.tcp.close)
            listeners.append(listener)
        opened.pop_all()
    return listeners


def _open(host: str, port: int) -> Listener:
    for attempt in range(_TRIES_FOR_A_COMMON_PORT):
        udp = _bound(socket.SOCK_DGRAM, host, port)
        chosen = udp.getsockname()[1]
        try:
            tcp = _bound(socket.SOCK_STREAM, host, chosen)
        except ServiceError:
            udp.close()
            if port or attempt + 1 == _TRIES_FOR_A_COMMON_PORT:
                raise
            continue  # the system chose a port that is free over UDP only
        tcp.listen(_BACKLOG)
        return Listener((host, chosen), udp, tcp)
    raise AssertionError("the last try raises or returns")


def _bound(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
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
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise _unable(kind, host, port, error) from None
    return found


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
