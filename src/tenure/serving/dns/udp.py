"""DNS over UDP: drains a socket, answers from the cache what it can, hands the rest on.

A cached query costs receive, one dict lookup, send. A socket that is bound to all addresses costs more: the
reply has to name the address that the query came to, which the system tells beside each packet.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tenure.serving.dns.cache import Ready
from tenure.serving.dns.sockets import IP_PKTINFO, Listener

BATCH = 256
_LARGEST = 65535
_ANCILLARY_ROOM = 64
_IP4 = (socket.IPPROTO_IP, IP_PKTINFO)
_IP6 = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)

Peer = tuple[Any, ...]  # what the socket module gives: host, port, and for IPv6 more
Send = Callable[[bytes], None]


class Datagram:
    """A query that came, and how its reply goes. Compiled, an object is made in a fraction of a tuple's time."""

    __slots__ = ("key", "octets", "peer", "send")

    def __init__(self, octets: bytes, key: bytes, peer: Peer, send: Send) -> None:
        self.octets = octets
        self.key = key  # the octets without the id
        self.peer = peer
        self.send = send


Receive = Callable[[list[Datagram]], None]


def drain(listener: Listener, replies: Mapping[bytes, Ready], receive: Receive, settle: Callable[[], None]) -> int:
    """Takes up to `BATCH` datagrams; gives how many were answered from `replies`. `receive` gets the others, if any.

    `settle` is called between the two: what another process had committed before a query came is in its answer.
    """
    if listener.is_wildcard:
        return _drain_any_address(listener.udp, replies, receive, settle)
    return _drain_one_address(listener.udp, replies, receive, settle)


def _drain_one_address(
    udp: socket.socket, replies: Mapping[bytes, Ready], receive: Receive, settle: Callable[[], None]
) -> int:
    take, send, ready = udp.recvfrom, udp.sendto, replies.get
    taken = []
    for _ in range(BATCH):
        try:
            taken.append(take(_LARGEST))
        except BlockingIOError:
            break
        except OSError:  # the peer of an earlier reply cannot be reached; that is its own business
            continue
    settle()
    others = []
    for octets, peer in taken:
        key = octets[2:]
        found = ready(key)
        if found is None:
            others.append(Datagram(octets, key, peer, partial(_send, udp, peer)))
            continue
        reply, tally = found
        tally.number += 1
        try:
            send(octets[:2] + reply, peer)
        except OSError:  # a datagram may be lost, and the requestor will ask again
            continue
    if others:
        receive(others)
    return len(taken) - len(others)


def _drain_any_address(
    udp: socket.socket, replies: Mapping[bytes, Ready], receive: Receive, settle: Callable[[], None]
) -> int:
    taken = []
    for _ in range(BATCH):
        try:
            taken.append(udp.recvmsg(_LARGEST, _ANCILLARY_ROOM))
        except BlockingIOError:
            break
        except OSError:
            continue
    settle()
    others = []
    for octets, ancillary, _flags, peer in taken:
        send = partial(_send_from, udp, peer, _source_of_reply(ancillary))
        key = octets[2:]
        found = replies.get(key)
        if found is None:
            others.append(Datagram(octets, key, peer, send))
        else:
            reply, tally = found
            tally.number += 1
            send(octets[:2] + reply)
    if others:
        receive(others)
    return len(taken) - len(others)


def _send(udp: socket.socket, peer: Peer, octets: bytes) -> None:
    """Sends unless the system cannot: a datagram may be lost, and the requestor will ask again. Nothing is silence."""
    if not octets:
        return
    try:
        udp.sendto(octets, peer)
    except OSError:
        return


def _send_from(udp: socket.socket, peer: Peer, source: list[tuple[int, int, bytes]], octets: bytes) -> None:
    if not octets:
        return
    try:
        udp.sendmsg([octets], source, 0, peer)
    except OSError:
        return


def _source_of_reply(ancillary: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """The control message that makes the reply leave from the address the query came to.

    `in_pktinfo` is interface index (4), local address to use (4), address in the header (4); the index is left to the
    routing table. `in6_pktinfo` is address (16), interface index (4), which link-local addresses need.
    """
    for level, kind, data in ancillary:
        if (level, kind) == _IP4:
            return [(level, kind, b"\0\0\0\0" + data[4:8] + b"\0\0\0\0")]
        if (level, kind) == _IP6:
            return [(level, kind, data[:20])]
    return []
