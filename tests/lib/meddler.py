"""Somebody between the updater and its server, on TCP: it hears every message, and may change replies."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from tenure.dnswire.tcp import Deframer, frame

Change = Callable[[bytes], bytes]


class Meddler:
    """What was heard, and what becomes of replies."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.change: Change = lambda reply: reply
        self.server = ("127.0.0.1", 0)


@contextlib.contextmanager
def meddler(upstream: tuple[str, int]) -> Iterator[Meddler]:
    """One that listens on loopback and passes on to `upstream`, which may be away for a while."""
    made, sockets = Meddler(), list[socket.socket]()

    def pump(source: socket.socket, target: socket.socket, through: Change) -> None:
        deframer = Deframer()
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                for message in deframer.feed(octets):
                    target.sendall(frame(through(message)))
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def heard(message: bytes) -> bytes:
        made.asked.append(message)
        return message

    def changed(message: bytes) -> bytes:
        return made.change(message)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                sockets.append(client)
                try:
                    server = socket.create_connection(upstream, 10)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                sockets.append(server)
                threading.Thread(target=pump, args=(client, server, heard), daemon=True).start()
                threading.Thread(target=pump, args=(server, client, changed), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        made.server = listening.getsockname()
        threading.Thread(target=accept, daemon=True).start()
        yield made
        listening.shutdown(socket.SHUT_RDWR)
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
