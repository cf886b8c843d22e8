"""A door to a DNS server on loopback: datagrams pass whole; a test says what passes of the streams that come back."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Pass = Callable[[bytes], bytes | None]  # a piece of the answer, and what becomes of it; None: the connection ends
Begin = Callable[[bytes], Pass]  # by the question that a connection begins with


@contextlib.contextmanager
def door(port: int, begin: Begin) -> Iterator[int]:
    """One to the server on this port; gives its own."""
    udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
    tcp.bind(("127.0.0.1", 0))
    udp.bind(tcp.getsockname())
    tcp.listen()
    over = threading.Event()
    for one in (udp, tcp):
        one.settimeout(0.1)

    def pass_datagrams() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                question, asker = udp.recvfrom(65536)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
                    there.settimeout(5)
                    there.sendto(question, ("127.0.0.1", port))
                    udp.sendto(there.recv(65536), asker)

    def pass_stream(here: socket.socket) -> None:
        with here, socket.create_connection(("127.0.0.1", port), timeout=5) as there:
            question = here.recv(65536)
            there.sendall(question)
            back = begin(question)
            there.settimeout(0.05)
            here.settimeout(0.05)
            while not over.is_set():
                for one, other in ((there, here), (here, there)):
                    with contextlib.suppress(TimeoutError):
                        if not (data := one.recv(65536)):
                            return
                        passed = back(data) if one is there else data
                        if passed is None:
                            return
                        other.sendall(passed)

    def pass_streams() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError, OSError):
                pass_stream(tcp.accept()[0])

    threads = [threading.Thread(target=work) for work in (pass_datagrams, pass_streams)]
    for thread in threads:
        thread.start()
    try:
        yield tcp.getsockname()[1]
    finally:
        over.set()
        for thread in threads:
            thread.join()
        udp.close()
        tcp.close()
