"""The security contexts of several workers: one of them keeps them all, the others hand it what is signed in one.

A context cannot be in two processes: each would take the same signature once, and a replay would be carried out
(docs/decisions/0031-contexts-of-workers.md). Who keeps them is whoever has the workers' common address, an abstract
socket that the kernel gives to one of them and takes back when that one ends; then another takes over, knows no
context, and the clients negotiate anew. Frames, both ways behind their size (32 bits):

    asked:    ticket (32) | 1 over TCP, 0 over UDP (8) | port (16) | size of the address (8), address | message
    answered: ticket (32) | reply, perhaps empty
"""

from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Callable
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

from tenure.authority.request import Reply, Request, Unanswerable
from tenure.authority.respond import is_tkey_query, server_failure
from tenure.serving.dns.outbox import Send
from tenure.serving.errors import ServiceError
from tenure.signing.tkey import GSS_ALGORITHMS
from tenure.signing.tsig import BADKEY

Receive = Callable[[bytes, tuple[str, int], bool, Send], None]  # message, who sent it, over TCP, what takes the reply
Fail = Callable[[], None]  # answers a requestor whose message was lost on the way

_SIZE = Struct("!I")
_TICKET = Struct("!I")
_ASKED = Struct("!IBHB")
_CREDENTIALS = Struct("3i")  # pid, uid, gid (unix(7))
_READ = 1 << 18
_MOST_UNSENT = 8 << 20  # octets; a worker that does not take its replies is not served any further


def common_address(secret: bytes, listen: list[tuple[str, int]]) -> str:
    """The address of the workers that listen there: in no folder, and nobody knows it without the store's secret."""
    places = " ".join(f"{host}#{port}" for host, port in sorted(listen)).encode()
    return "\0tenure-" + sha256(secret + places).hexdigest()[:40]


def is_in_context(request: object) -> bool:
    """Whether a request, which was read without any contexts, is for the one who keeps them."""
    if isinstance(request, Request):
        return is_tkey_query(request)
    if not isinstance(request, Unanswerable) or request.rejected is None:
        return False
    return request.rejected.tsig_error == BADKEY and request.rejected.record.algorithm in GSS_ALGORITHMS


class InContext(NamedTuple):
    """A request that is for the one who keeps the contexts."""

    request: Request | Unanswerable | Reply


def lost_reply(found: InContext, now: float) -> bytes:
    """The reply to a request that was lost on its way there: in a context BADKEY, by which clients negotiate anew."""
    request = found.request
    return request.reply(now) if isinstance(request, Unanswerable) else server_failure(request, now)


class _Link:
    """One connection between two workers."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self._received = bytearray()
        self._unsent = bytearray()

    def read(self) -> list[bytes]:
        """The frames that have come; `OSError`: the other end is gone."""
        try:
            octets = self.stream.recv(_READ)
        except BlockingIOError:
            return []
        if not octets:
            raise ConnectionResetError
        self._received += octets
        frames = []
        while len(self._received) >= _SIZE.size:
            end = _SIZE.size + _SIZE.unpack_from(self._received)[0]
            if len(self._received) < end:
                break
            frames.append(bytes(self._received[_SIZE.size : end]))
            del self._received[:end]
        return frames

    def send(self, frame: bytes = b"") -> None:
        """Sends the frame, and what was left before; what the socket does not take waits. `OSError`: it is gone."""
        if frame:
            self._unsent += _SIZE.pack(len(frame)) + frame
        if len(self._unsent) > _MOST_UNSENT:
            raise ConnectionResetError
        try:
            while self._unsent:
                del self._unsent[: self.stream.send(self._unsent)]
        except BlockingIOError:
            return

    @property
    def interest(self) -> int:
        """The events to poll for."""
        return select.EPOLLIN | (select.EPOLLOUT if self._unsent else 0)


class SharedContexts:
    """One worker's part in it. For the thread of the loop, on its poller."""

    def __init__(self, address: str, poller: select.epoll, receive: Receive) -> None:
        """`receive` carries out what another worker has handed on, when this one keeps the contexts."""
        self._address = address
        self._poller = poller
        self._receive = receive
        self._listener: socket.socket | None = None
        self._links: dict[int, _Link] = {}  # from other workers
        self._keeper: _Link | None = None  # to the one who keeps the contexts
        self._tickets: dict[int, tuple[Send, Fail]] = {}
        self._ticket = 0

    def begin(self) -> None:
        """Keep the contexts, if nobody does yet."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            listener.bind(self._address)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise ServiceError(
                    "the workers' common address", os.strerror(error.errno or 0), "set workers = 1"
                ) from None
            return
        listener.listen(64)
        self._listener = listener
        self._poller.register(listener.fileno(), select.EPOLLIN)

    @property
    def is_keeper(self) -> bool:
        """Whether this worker keeps the contexts."""
        return self._listener is not None

    def hand_on(self, octets: bytes, client: tuple[str, int], stream: bool, send: Send, fail: Fail) -> bool:
        """Lets the one who keeps the contexts answer; False: that is this worker now, so it has to do it itself."""
        keeper = self._keeper or self._connect()
        if keeper is None:
            return False
        self._ticket = (self._ticket + 1) & 0xFFFFFFFF
        self._tickets[self._ticket] = send, fail
        host = client[0].encode()
        self._send(keeper, _ASKED.pack(self._ticket, stream, client[1], len(host)) + host + octets)
        return True

    def ready(self, descriptor: int, events: int) -> bool:
        """The poller says that something is ready; whether that was one of ours."""
        if self._listener is not None and descriptor == self._listener.fileno():
            self._accept(self._listener)
            return True
        keeper = self._keeper
        is_keeper = keeper is not None and descriptor == keeper.stream.fileno()
        link = keeper if is_keeper else self._links.get(descriptor)
        if link is None:
            return False
        try:
            frames = link.read() if events & ~select.EPOLLOUT else []
        except OSError:
            self._drop(link)
            return True
        for frame in frames:
            if is_keeper:
                self._answered(frame)
            else:
                self._asked(link, frame)
        self._send(link)
        return True

    def close(self) -> None:
        """Give everything back; another worker may keep contexts then."""
        for link in [*self._links.values(), *([self._keeper] if self._keeper else [])]:
            self._drop(link)
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _connect(self) -> _Link | None:
        """The link to the one who keeps the contexts; None: nobody did, so it is this worker now."""
        while self._listener is None:
            stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                stream.connect(self._address)
            except ConnectionRefusedError:
                stream.close()
                self.begin()
                continue
            stream.setblocking(False)
            self._keeper = _Link(stream)
            self._poller.register(stream.fileno(), self._keeper.interest)
            return self._keeper
        return None

    def _accept(self, listener: socket.socket) -> None:
        try:
            stream, _ = listener.accept()
        except OSError:  # it is gone again
            return
        credentials = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        if _CREDENTIALS.unpack(credentials)[1] != os.geteuid():
            stream.close()
            return
        stream.setblocking(False)
        link = self._links[stream.fileno()] = _Link(stream)
        self._poller.register(stream.fileno(), link.interest)

    def _asked(self, link: _Link, frame: bytes) -> None:
        ticket, stream, port, size = _ASKED.unpack_from(frame)
        at = _ASKED.size + size
        head = _TICKET.pack(ticket)

        def send(reply: bytes) -> None:
            if link.stream.fileno() >= 0:  # the worker is there still
                self._send(link, head + reply)

        self._receive(frame[at:], (frame[_ASKED.size : at].decode(), port), bool(stream), send)

    def _answered(self, frame: bytes) -> None:
        send, _fail = self._tickets.pop(_TICKET.unpack_from(frame)[0])
        send(frame[_TICKET.size :])

    def _send(self, link: _Link, frame: bytes = b"") -> None:
        if link.stream.fileno() < 0:
            return
        try:
            link.send(frame)
            self._poller.modify(link.stream.fileno(), link.interest)
        except OSError:
            self._drop(link)

    def _drop(self, link: _Link) -> None:
        self._links.pop(link.stream.fileno(), None)
        self._poller.unregister(link.stream.fileno())
        link.stream.close()
        if link is self._keeper:
            self._keeper = None
            lost, self._tickets = self._tickets, {}
            for _send, fail in lost.values():
                fail()
