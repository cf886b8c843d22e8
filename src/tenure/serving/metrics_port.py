"""Where Prometheus asks for the numbers: one path over HTTP/1.1, and the sockets by which processes give theirs.

Under `tenure serve` the supervisor has the port. It asks each child over a pair of sockets that the child was born
with; a child that is busy is left out of this scrape and not waited for.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from struct import Struct

from tenure.serving.errors import ServiceError
from tenure.serving.metrics import merged
from tenure.serving.report import Report

ASKED_BY = "TENURE_METRICS"  # environment: the number of the socket by which the supervisor asks
ANSWER_SECONDS = 2.0  # for a child, and for a scraper to say what it wants
PATH = b"/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_REQUEST = 8192  # octets of a request
_HEAD = Struct("!BQ")  # before an answer: the number of the question, octets


class MetricsPort:
    """Answers scrapes with what `texts` gives, merged, in a thread of its own until the process ends."""

    def __init__(self, listen: Sequence[tuple[str, int]], texts: Callable[[], Sequence[str]]) -> None:
        self._texts = texts
        for place in listen:
            listener = _listener(place)
            threading.Thread(target=self._serve, args=(listener,), name="metrics", daemon=True).start()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.settimeout(ANSWER_SECONDS)
                connection.sendall(self._answer(_request_of(connection)))

    def _answer(self, request: bytes) -> bytes:
        method, _, rest = request.partition(b" ")
        path = rest.split(b" ", 1)[0].partition(b"?")[0]
        if method not in (b"GET", b"HEAD"):
            return _response("405 Method Not Allowed", "only GET is answered\n")
        if path != PATH:
            return _response("404 Not Found", f"the numbers are at {PATH.decode()}\n")
        return _response("200 OK", merged(self._texts()), without_body=method == b"HEAD")


def open_port(listen: Sequence[tuple[str, int]], texts: Callable[[], Sequence[str]], report: Report) -> None:
    """Answer scrapes there. A port that cannot be had is a problem, and no reason for the services not to run."""
    try:
        MetricsPort(listen, texts)
    except ServiceError as error:
        report.problem("metrics-port", str(error))


class Asked:
    """The supervisor's end of the pair of sockets that one child was born with."""

    def __init__(self) -> None:
        self._ours, self.childs = socket.socketpair()
        self._lock = threading.Lock()
        self._number = 0  # of the question, which its answer begins with
        self._heard = bytearray()

    def born(self) -> None:
        """The child has its end."""
        self.childs.close()

    def ask(self) -> str:
        """The child's numbers; none if it does not answer in time. What comes late is passed over by the next."""
        with self._lock:
            self._number = (self._number + 1) % 256
            deadline = time.monotonic() + ANSWER_SECONDS
            try:
                self._ours.sendall(bytes((self._number,)))
                while (answer := self._taken()) is None:
                    self._ours.settimeout(max(0.001, deadline - time.monotonic()))
                    more = self._ours.recv(1 << 16)
                    if not more:
                        return ""
                    self._heard += more
            except OSError:
                return ""
            return answer.decode()

    def _taken(self) -> bytes | None:
        """The answer to the newest question, once all of it is heard; older ones before it are dropped."""
        while len(self._heard) >= _HEAD.size:
            number, size = _HEAD.unpack_from(self._heard)
            if len(self._heard) < _HEAD.size + size:
                return None
            answer = bytes(self._heard[_HEAD.size : _HEAD.size + size])
            del self._heard[: _HEAD.size + size]
            if number == self._number:
                return answer
        return None

    def close(self) -> None:
        """The child has ended."""
        self._ours.close()


def answer_scrapes(report: Report, alone: Sequence[tuple[str, int]]) -> None:
    """Give this process's numbers to the supervisor that started it, or, where it is alone, on ports of its own."""
    number = os.environ.pop(ASKED_BY, None)
    if number is None:
        open_port(alone, lambda: [report.metrics_text()], report)
        return
    asked = socket.socket(fileno=int(number))

    def answer() -> None:
        with suppress(OSError):
            while question := asked.recv(256):  # whoever has asked again does not wait for the answers before
                text = report.metrics_text().encode()
                asked.sendall(_HEAD.pack(question[-1], len(text)) + text)

    threading.Thread(target=answer, name="metrics", daemon=True).start()


def _listener(place: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    try:
        return socket.create_server(place, family=family)
    except OSError as error:
        what = f"the metrics port {place[0]} port {place[1]}"
        raise ServiceError(what, error.strerror or str(error), "give [metrics] another port") from None


def _request_of(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request and len(request) < MOST_REQUEST and (more := connection.recv(4096)):
        request += more
    return request


def _response(status: str, text: str, *, without_body: bool = False) -> bytes:
    body = text.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if without_body else body)
