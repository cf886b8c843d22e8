"""The replies of one UDP socket: those of a turn go together to whom they go.

Whoever asks much asks from few ports: a load balancer, a forwarder, the resolver of a site. To send a reply costs more
than to find it, and most of that is the way through the kernel, which replies of one size to one port can go as one
(`serving.segments`).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from tenure.serving.segments import AlikeSender, Ancillary

Peer: TypeAlias = tuple[Any, ...]  # what the socket module gives: host, port, and for IPv6 more
Way: TypeAlias = tuple[Any, ...]  # a peer; where the source must be named, a peer and the control message that does it
Send: TypeAlias = Callable[[bytes], None]


class Outbox:
    """`names_source`: replies leave from an address that each of them names."""

    def __init__(self, udp: socket.socket, *, names_source: bool) -> None:
        self._sender = AlikeSender(udp)
        self._names_source = names_source
        self._gathered: dict[Way, list[bytes]] | None = None  # in the order of their first; None: nothing waits

    def gather(self) -> None:
        """What is sent from now on waits for `release`."""
        self._gathered = {}

    def release(self) -> None:
        """Sends what waits; what comes later goes at once."""
        gathered, self._gathered = self._gathered, None
        if gathered is not None:
            for way, replies in gathered.items():
                self._send(replies, way)

    def send(self, way: Way, octets: bytes) -> None:
        """Sends unless the system cannot: it may be lost, and the requestor will ask again. Nothing is silence."""
        if not octets:
            return
        gathered = self._gathered
        if gathered is None:
            self._send([octets], way)
            return
        waiting = gathered.get(way)
        if waiting is None:
            gathered[way] = [octets]
        else:
            waiting.append(octets)

    def _send(self, replies: Sequence[bytes], way: Way) -> None:
        peer: Peer = way
        source: Ancillary = ()
        if self._names_source:
            peer, source = way
        try:
            if len(replies) == 1:
                self._sender.send(replies, peer, source)
            else:
                for alike in _by_size(replies):
                    self._sender.send(alike, peer, source)
        except OSError:
            return


def _by_size(replies: Sequence[bytes]) -> list[list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for octets in replies:
        alike = found.get(len(octets))
        if alike is None:
            found[len(octets)] = [octets]
        else:
            alike.append(octets)
    return list(found.values())
