"""One server, one TCP connection: messages go out pipelined, answers come back in any order and find their question.

The connection is made when it is needed and kept; a server may close it when it was idle. What is known of a server
that cannot be reached is kept here too: while its breaker is open every question fails at once, then one connection
is the probe for all that wait. TCP, because a lost UDP answer would turn the next try's RCODE into a riddle.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import socket
from collections.abc import Callable
from typing import cast

from tenure.dnswire.tcp import Deframer, frame
from tenure.updating.retry import WORKING, Breaker

CONNECT_SECONDS = 2.0
SILENCE_SECONDS = 10.0  # without any answer while one is owed
HESITATION_SECONDS = 2.0  # the same, before anybody who could do without the answer goes on
MOST_OWED = 64  # answers at a time, over all zones of the server: BIND drops updates past its `update-quota` of 100


class Unreachable(Exception):
    """No answer came; the text says what stood in the way."""


class Unanswered(Unreachable):
    """The message was sent and no answer came: that it was too much for the server may be why."""


class _Lost(Exception):
    """The connection ended while an answer was owed."""


class Link(asyncio.Protocol):
    """The way to one server. Belongs to one event loop."""

    def __init__(
        self,
        server: tuple[str, int],
        clock: Callable[[], float],
        *,
        connect_seconds: float = CONNECT_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self.server = server
        self.text = f"{server[0]} port {server[1]}"
        self.breaker: Breaker = WORKING
        self.trouble = ""  # what the last failure was, while the breaker is open
        self._clock = clock
        self._connect_seconds = connect_seconds
        self._silence_seconds = silence_seconds
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._owed: dict[int, asyncio.Future[bytes]] = {}
        self._turns = asyncio.Semaphore(MOST_OWED)
        self._deframer = Deframer()
        self._next_id = random.randrange(65536)
        self._heard_at = 0.0  # loop time
        self._watch: asyncio.TimerHandle | None = None

    def allows(self) -> bool:
        """Whether the server may be asked now; not while it is known to be away."""
        return self.breaker.allows(self._clock())

    @property
    def hesitates_at(self) -> float:
        """Loop time from which it owes an answer for longer than a server mostly takes."""
        return self._heard_at + HESITATION_SECONDS if self._owed else math.inf

    def new_id(self) -> int:
        """A message ID that no question on its way has."""
        while True:
            self._next_id = (self._next_id + 1) & 0xFFFF
            if self._next_id not in self._owed:
                return self._next_id

    async def ask(self, message_id: int, message: bytes) -> bytes:
        """The octets that came back with this ID; `Unreachable` when none did.

        A connection that ends before the answer is no proof against the server, which may close an idle one at any
        time, and every step may be sent twice: so once more, on a new connection.
        """
        async with self._turns:
            for _ in range(2):
                await self._connect()
                try:
                    return await self._send(message_id, message)
                except _Lost:
                    continue
            self._failed("the connection ends without an answer")
            raise Unanswered(self.trouble)

    def close(self) -> None:
        """Give the connection back; whoever waits is told that it was lost."""
        if self._watch:
            self._watch.cancel()
        if self._connecting:
            self._connecting.cancel()
        if self._transport:
            self._transport.abort()

    async def _connect(self) -> None:
        """Be connected, all who wait by the same attempt."""
        if self._transport is not None:
            return
        if not self.allows():
            raise Unreachable(self.trouble)
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._make_connection())
        await asyncio.shield(self._connecting)

    async def _make_connection(self) -> None:
        host, port = self.server
        try:
            async with asyncio.timeout(self._connect_seconds):
                await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        except TimeoutError:
            raise self._failed(f"no connection within {self._connect_seconds:g} s") from None
        except OSError as error:
            raise self._failed(_words(error)) from None
        finally:
            self._connecting = None

    async def _send(self, message_id: int, message: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        if self._transport is None:
            raise _Lost
        answer: asyncio.Future[bytes] = loop.create_future()
        if not self._owed:
            self._heard_at = loop.time()
        self._owed[message_id] = answer
        if self._watch is None:
            self._watch = loop.call_later(self._silence_seconds, self._look_for_silence)
        self._transport.write(frame(message))
        try:
            return await answer
        finally:
            self._owed.pop(message_id, None)

    def _look_for_silence(self) -> None:
        self._watch = None
        if not self._owed:
            return
        loop = asyncio.get_running_loop()
        left = self._heard_at + self._silence_seconds - loop.time()
        if left > 0:
            self._watch = loop.call_later(left, self._look_for_silence)
            return
        self._failed(f"no answer within {self._silence_seconds:g} s")
        self._give_up(Unanswered(self.trouble))
        if self._transport:
            self._transport.abort()

    def _failed(self, trouble: str) -> Unreachable:
        """Note a failure, once for all who met it, and give what to raise."""
        if self.allows():
            self.breaker = self.breaker.failed(self._clock(), random.random())
        self.trouble = trouble
        return Unreachable(trouble)

    def _give_up(self, error: Exception) -> None:
        owed, self._owed = self._owed, {}
        for answer in owed.values():
            if not answer.done():
                answer.set_exception(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.Transport, transport)
        self._deframer = Deframer()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio. What nobody asked for is dropped, and ends no silence, nor do pieces of an answer."""
        for message in self._deframer.feed(data):
            answer = self._owed.pop(int.from_bytes(message[:2], "big"), None)
            if answer is not None and not answer.done():
                self._heard_at = asyncio.get_running_loop().time()
                self.breaker = WORKING
                answer.set_result(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        del exc
        self._transport = None
        self._give_up(_Lost())


def _words(error: OSError) -> str:
    """What the system calls it: in the place of that, asyncio tells which call failed, and the address once more."""
    if error.errno is None or isinstance(error, socket.gaierror):  # whose numbers are the resolver's own
        return error.strerror or str(error)
    return os.strerror(error.errno)
