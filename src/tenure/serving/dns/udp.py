"""DNS over UDP: drains a socket, answers from the cache what it can, hands the rest on.

A cached query costs receive, one dict lookup, and its part of a send. A socket that is bound to all addresses costs
more: the reply has to name the address that the query came to, which the system tells beside each packet.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Final

from tenure.serving.dns.kept import Ready
from tenure.serving.dns.outbox import Peer, Send, Way
from tenure.serving.dns.sockets import IP_PKTINFO, Listener
from tenure.serving.segments import Ancillary

BATCH: Final = 256
_LARGEST: Final = 65535
_ANCILLARY_ROOM: Final = 64
_IP4: Final = (socket.IPPROTO_IP, IP_PKTINFO)
_IP6: Final = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)


class Datagram:
    """A query that came, and how its reply goes. Compiled, an object is made in a fraction of a tuple's time."""

    __slots__ = ("key", "octets", "peer", "send")

    def __init__(self, octets: bytes, key: bytes, peer: Peer, send: Send) -> None:
        self.octets = octets
        self.key = key  # the octets without the id
        self.peer = peer
        self.send = send


Receive = Callable[[list[Datagram]], None]


def drain(listener: Listener, replies: dict[bytes, Ready], receive: Receive, settle: Callable[[], None]) -> int:
    """Takes up to `BATCH` datagrams; gives how many were answered from `replies`. `receive` gets the others, if any.

    `settle` is called between the two: what another process had committed before a query came is in its answer.
    """
    names_source = listener.is_wildcard
    taken = _take_with_source(listener.udp) if names_source else _take(listener.udp)
    settle()
    outbox = listener.outbox
    others = []
    outbox.gather()
    try:
        for octets, way in taken:
            key = octets[2:]
            found = replies.get(key)
            if found is None:
                others.append(Datagram(octets, key, way[0] if names_source else way, partial(outbox.send, way)))
                continue
            found.tally.number += 1
            found.is_asked = True
            outbox.send(way, octets[:2] + found.octets)
        if others:
            receive(others)
    finally:
        outbox.release()
    return len(taken) - len(others)


def _take(udp: socket.socket) -> list[tuple[bytes, Way]]:
    receive = udp.recvfrom
    taken = []
    for _ in range(BATCH):
        try:
            taken.append(receive(_LARGEST))
        except BlockingIOError:
            break
        except OSError:  # the peer of an earlier reply cannot be reached; that is its own business
            continue
    return taken


def _take_with_source(udp: socket.socket) -> list[tuple[bytes, Way]]:
    receive = udp.recvmsg
    taken = []
    for _ in range(BATCH):
        try:
            octets, ancillary, _flags, peer = receive(_LARGEST, _ANCILLARY_ROOM)
        except BlockingIOError:
            break
        except OSError:
            continue
        taken.append((octets, (peer, _source_of_reply(ancillary))))
    return taken


def _source_of_reply(ancillary: list[tuple[int, int, bytes]]) -> Ancillary:
    """The control message that makes the reply leave from the address the query came to.

    `in_pktinfo` is interface index (4), local address to use (4), address in the header (4); the index is left to the
    routing table. `in6_pktinfo` is address (16), interface index (4), which link-local addresses need.
    """
    for level, kind, data in ancillary:
        if (level, kind) == _IP4:
            return ((level, kind, b"\0\0\0\0" + data[4:8] + b"\0\0\0\0"),)
        if (level, kind) == _IP6:
            return ((level, kind, data[:20]),)
    return ()
