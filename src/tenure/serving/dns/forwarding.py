"""Passing updates of secondary zones on to their primaries (RFC 2136 section 6), beside the query loop.

An update goes on octet for octet but for its id, so that the primary can verify who signed it: the TSIG record holds
the id that was signed (RFC 8945 section 5.2). It goes over TCP, however it came: an update that was lost and sent again
could meet its own effect. The reply goes back with the requestor's id, and its signature stays right in the same way.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence

from tenure.authority.settings import RemoteServer
from tenure.dnswire.codes import Opcode
from tenure.dnswire.tcp import frame
from tenure.serving.report import Report

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
MOST_WAITING = 500
_ANSWER_OPCODE = 0x80 | int(Opcode.UPDATE) << 3
_OPCODE_MASK = 0xF8


class Forwarder:
    """Updates that wait for a primary. `fileno()` is readable when replies are there, which `deliver` sends."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self._done: deque[tuple[Callable[[bytes], None], Callable[[], bytes], bytes | None]] = deque()

    def fileno(self) -> int:
        """What to poll."""
        return self._event

    def forward(
        self,
        octets: bytes,
        servers: Sequence[RemoteServer],
        send: Callable[[bytes], None],
        failure: Callable[[], bytes],
    ) -> None:
        """Passes the message on. `send` gets the reply later, or what `failure` makes when no primary answers."""
        if self._waiting >= MOST_WAITING:
            self._report.count("forwards_failed")
            send(failure())
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop.run_forever, name="forwarder", daemon=True)
            self._thread.start()
        self._waiting += 1
        self._report.count("updates_forwarded")
        asyncio.run_coroutine_threadsafe(self._carry(octets, tuple(servers), send, failure), self._loop)

    def deliver(self) -> None:
        """Sends the replies that are there; called by the loop that owns the connections."""
        os.eventfd_read(self._event)
        while self._done:
            send, failure, reply = self._done.popleft()
            self._waiting -= 1
            if reply is None:
                self._report.count("forwards_failed")
            send(failure() if reply is None else reply)

    def close(self) -> None:
        """Ends the thread; who still waits gets no answer, and asks again."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
                self._loop.run_until_complete(asyncio.wait([task]))
        self._loop.close()
        os.close(self._event)

    async def _carry(
        self,
        octets: bytes,
        servers: Sequence[RemoteServer],
        send: Callable[[bytes], None],
        failure: Callable[[], bytes],
    ) -> None:
        reply = None
        for server in servers:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    reader, writer = await asyncio.open_connection(server.host, server.port)
            except (OSError, TimeoutError):
                continue  # it has not had the update: the next one may be asked
            reply = await self._exchange(octets, reader, writer)
            break
        self._done.append((send, failure, reply))
        os.eventfd_write(self._event, 1)

    async def _exchange(
        self, octets: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes | None:
        """The reply with the requestor's id; None if none came that answers."""
        message_id = secrets.token_bytes(2)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                writer.write(frame(message_id + octets[2:]))
                await writer.drain()
                size = int.from_bytes(await reader.readexactly(2), "big")
                reply = await reader.readexactly(size)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return None
        finally:
            writer.close()
        if len(reply) < 12 or reply[:2] != message_id or reply[2] & _OPCODE_MASK != _ANSWER_OPCODE:
            return None
        return octets[:2] + reply[2:]
