"""DNS over TCP: connections that carry several messages each way, bounded in number, in idle time and in memory.

RFC 7766: a requestor may send several messages without waiting, and the connection stays open between them. A reply is
either whole octets, or a stream of messages that is drawn only as fast as the requestor takes it (a transfer).
"""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from tenure.authority.server_settings import TcpSettings
from tenure.dnswire.tcp import Deframer, frame

_READ = 65536
_MOST_UNSENT = 256  # replies; a requestor that does not take them is not served any further
_MOST_UNSENT_OCTETS = 1 << 20

Stream: TypeAlias = Generator[bytes, None, None]  # raises OSError when it has to be broken off


class Connection:
    """One requestor. The queue holds what it is still owed, in the order in which it will get it."""

    def __init__(self, tcp: socket.socket, peer: tuple[Any, ...], now: float) -> None:
        self.tcp = tcp
        self.peer = peer
        self.active_at = now  # monotonic seconds of the last whole message, or of the last octets taken
        self.streaming_since: float | None = None  # when it was first seen that a stream is under way
        self.waiting = 0  # replies that come at the end of the batch
        self.finished = False  # the requestor sends no more
        self.closed = False
        self.received: deque[bytes] = deque()  # whole messages that wait for their turn
        self._deframer = Deframer()
        self._unsent = bytearray()
        self._queue: deque[bytes | Stream] = deque()
        self._queued_octets = 0

    def read(self, now: float) -> None:
        """Takes what has arrived into `received`; raises OSError when the connection is gone."""
        try:
            octets = self.tcp.recv(_READ)
        except BlockingIOError:
            return
        if not octets:
            self.finished = True
            return
        messages = self._deframer.feed(octets)
        if messages:
            self.active_at = now
            self.received += messages

    def reply(self, message: bytes | Stream) -> None:
        """Queue a message or a stream of them; empty octets are silence."""
        if isinstance(message, Generator):
            self._queue.append(message)
        elif message:
            self._queue.append(message)
            self._queued_octets += len(message)

    def send(self, now: float) -> None:
        """Sends what the socket takes; raises OSError when the connection is gone or a stream is broken off."""
        while self.wants_to_send:
            self._fill()
            if not self._unsent:
                return
            try:
                taken = self.tcp.send(self._unsent)
            except BlockingIOError:
                return
            del self._unsent[:taken]
            self.active_at = now

    @property
    def wants_to_send(self) -> bool:
        """Whether anything is left to send."""
        return bool(self._unsent or self._queue)

    @property
    def is_streaming(self) -> bool:
        """Whether a stream is owed or under way, which may hold a moment of the store."""
        return any(isinstance(one, Generator) for one in self._queue)

    @property
    def is_full(self) -> bool:
        """Whether so much is owed that the next message has to wait."""
        return len(self._queue) + self.waiting >= _MOST_UNSENT or self._queued_octets >= _MOST_UNSENT_OCTETS

    @property
    def interest(self) -> int:
        """The events to poll for."""
        reading = 0 if self.received or self.finished else select.EPOLLIN
        return reading | (select.EPOLLOUT if self.wants_to_send else 0)

    @property
    def is_done(self) -> bool:
        """Whether the requestor has ended and has all that it is owed."""
        return self.finished and not (self.received or self.waiting or self.wants_to_send)

    def close(self) -> None:
        """Closes the connection; a transfer in its midst gives its snapshot back."""
        self.closed = True
        for item in self._queue:
            if isinstance(item, Generator):
                item.close()
        self._queue.clear()
        self.tcp.close()

    def _fill(self) -> None:
        """Moves replies into the send buffer until it is worth a write."""
        while self._queue and len(self._unsent) < _READ:
            head = self._queue[0]
            message = next(head, None) if isinstance(head, Generator) else head
            if message is not None:
                self._unsent += frame(message)
            if not isinstance(head, Generator):
                self._queued_octets -= len(head)
                self._queue.popleft()
            elif message is None:
                self._queue.popleft()


def _active_at(connection: Connection) -> float:
    return connection.active_at


Receive: TypeAlias = Callable[[bytes, Connection], None]


class TcpServer:
    """Accepts connections and moves their octets, on the service's own poller.

    `settle` is called between reading and `receive`: what another process had committed before a question came is in
    its answer.
    """

    def __init__(
        self, poller: select.epoll, receive: Receive, settle: Callable[[], None], settings: TcpSettings
    ) -> None:
        self._poller = poller
        self._receive = receive
        self._settings = settings
        self._settle = settle
        self._listeners: dict[int, socket.socket] = {}
        self._connections: dict[int, Connection] = {}

    def listen(self, tcp: socket.socket) -> None:
        """Accept from this listening socket from now on."""
        self._listeners[tcp.fileno()] = tcp
        self._poller.register(tcp.fileno(), select.EPOLLIN)

    def ready(self, descriptor: int, events: int, now: float) -> None:
        """The poller says that one of our descriptors is ready; `now` is monotonic seconds."""
        listener = self._listeners.get(descriptor)
        if listener is not None:
            self._accept(listener, now)
            return
        connection = self._connections.get(descriptor)
        if connection is None:
            return
        try:
            if events & ~select.EPOLLOUT:
                connection.read(now)
        except OSError:
            self._drop(connection)
            return
        self._settle()
        self._advance(connection, now)

    def answer(self, connection: Connection, message: bytes, now: float) -> None:
        """The reply that a connection was waiting for since it asked; it may be gone meanwhile."""
        connection.waiting -= 1
        if not connection.closed:
            connection.reply(message)
            self._advance(connection, now)

    def close_idle(self, now: float) -> None:
        """Close what was silent for too long, and what takes a transfer too slowly; asked once in a second or so."""
        for connection in list(self._connections.values()):
            if not connection.is_streaming:
                connection.streaming_since = None
            elif connection.streaming_since is None:
                connection.streaming_since = now
            elif now - connection.streaming_since > self._settings.transfer_seconds:
                self._drop(connection)
                continue
            if now - connection.active_at > self._settings.idle_seconds and not connection.waiting:
                self._drop(connection)

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self._connections.values()):
            self._drop(connection)

    @property
    def count(self) -> int:
        """Connections that are open."""
        return len(self._connections)

    def _accept(self, listener: socket.socket, now: float) -> None:
        try:
            tcp, peer = listener.accept()
        except OSError:  # it is gone again, or there are too many open files: closing idle ones makes room
            return
        tcp.setblocking(False)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._make_room(peer[0])
        self._connections[tcp.fileno()] = Connection(tcp, peer, now)
        self._poller.register(tcp.fileno(), select.EPOLLIN)

    def _make_room(self, address: str) -> None:
        """Where there are as many as may be, of this address or in all, the one that was silent for longest ends."""
        ours = [connection for connection in self._connections.values() if connection.peer[0] == address]
        if len(ours) >= self._settings.clients_per_address:
            self._drop(min(ours, key=_active_at))
        elif len(self._connections) >= self._settings.clients:
            self._drop(min(self._connections.values(), key=_active_at))

    def _advance(self, connection: Connection, now: float) -> None:
        """Serves and sends as far as it goes, then polls for what can happen next."""
        try:
            connection.send(now)
            while connection.received and not connection.is_full:
                while connection.received and not connection.is_full:
                    self._receive(connection.received.popleft(), connection)
                connection.send(now)
        except OSError:
            self._drop(connection)
            return
        if connection.is_done:
            self._drop(connection)
        else:
            self._poller.modify(connection.tcp.fileno(), connection.interest)

    def _drop(self, connection: Connection) -> None:
        del self._connections[connection.tcp.fileno()]
        self._poller.unregister(connection.tcp.fileno())
        connection.close()
