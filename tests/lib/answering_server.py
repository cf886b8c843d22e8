"""A server of a test's own that answers each UPDATE as the test says, over TCP on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from update_model import ModelZone

from tenure.dnswire.message import Message, build_message, parse_message
from tenure.dnswire.tcp import Deframer, frame

Answer = Callable[[bytes, Message], int | bytes | None]


@contextlib.contextmanager
def server(answer: Answer) -> Iterator[tuple[str, int]]:
    """A TCP server that answers each UPDATE with the RCODE, or the octets, that `answer` gives; None: with silence.

    Where `answer` raises an `OSError`, the connection ends.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        connections: list[socket.socket] = []

        def serve(connection: socket.socket) -> None:
            deframer = Deframer()
            with contextlib.suppress(OSError), connection:
                while octets := connection.recv(65536):
                    for message in deframer.feed(octets):
                        parsed = parse_message(message)
                        said = answer(message, parsed)
                        if isinstance(said, int):
                            said = build_message(parsed.id, 0xA800 | said, parsed.questions)
                        if said is not None:
                            connection.sendall(frame(said))

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    connections.append(connection)
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        listening.shutdown(socket.SHUT_RDWR)


def modelled(zone: ModelZone) -> Answer:
    lock = threading.Lock()

    def answer(octets: bytes, _: Message) -> int:
        with lock:
            return zone.update(octets)

    return answer
