"""Asking a server for single names, where it gives no transfer: over one TCP connection, pipelined and signed."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

from tenure.authority.settings import RemoteServer
from tenure.dnswire.codes import Rcode, RRClass, rcode_to_text
from tenure.dnswire.message import AA, TC, Message, Question, build_message, parse_message
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.tcp import Deframer, frame
from tenure.octets import Malformed
from tenure.serving.stop import Stop
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request, verify_response

MOST_OWED = 100  # answers at a time
ANSWER_SECONDS = 10.0  # without any answer while one is owed
CONNECT_SECONDS = 5.0
_READ = 65536
_IN = int(RRClass.IN)

Asked: TypeAlias = tuple[Name, int]  # owner and type
# RDATA and TTL; empty: the server says that there are none; None: it says that nothing at all stands at the name
Answers: TypeAlias = dict[Asked, list[tuple[bytes, int]] | None]


class Questions(Protocol):
    """A server that can be asked for names."""

    def ask(self, questions: Iterable[Asked]) -> Answers:
        """The answers to all of them; `NoAnswer`."""

    def close(self) -> None:
        """Nothing more is asked."""


AskServer: TypeAlias = Callable[[RemoteServer, Mapping[Name, Key], Stop], Questions]  # may raise `NoAnswer`


class NoAnswer(Exception):
    """Why a server's names cannot be read, in words."""


class Questioner:
    """One server, for one pass. Blocks, but never beyond its time-outs and never past the stop."""

    def __init__(self, server: RemoteServer, keys: Mapping[Name, Key], stop: Stop) -> None:
        self._server = server
        self._key = None if server.key is None else keys.get(server.key)
        if server.key is not None and self._key is None:
            raise NoAnswer(f"the key {to_text(server.key)} has no good secret here")
        self._stop = stop
        self._tcp: socket.socket | None = None
        self._deframer = Deframer()
        self._next_id = 0
        self._owed: dict[int, tuple[Asked, bytes]] = {}

    def close(self) -> None:
        """End the connection."""
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None

    def ask(self, questions: Iterable[Asked]) -> Answers:
        """The answers to all of them. `NoAnswer` if one cannot be had or not be believed: then none counts."""
        waiting = list(dict.fromkeys(questions))
        waiting.reverse()
        answers: Answers = {}
        tries = 2  # a server may close a connection at any time
        while waiting or self._owed:
            try:
                while waiting and len(self._owed) < MOST_OWED:
                    self._send(waiting)
                self._receive(answers)
            except (OSError, EOFError) as error:
                self.close()
                tries -= 1
                waiting += [asked for asked, _ in self._owed.values()]
                self._owed.clear()
                if not tries:
                    words = getattr(error, "strerror", None) or str(error) or "it closed the connection"
                    raise NoAnswer(words) from None
        return answers

    def _send(self, waiting: list[Asked]) -> None:
        if self._tcp is None:
            self._tcp = socket.create_connection((self._server.host, self._server.port), timeout=CONNECT_SECONDS)
            self._tcp.settimeout(ANSWER_SECONDS)
            self._deframer = Deframer()
        portion = bytearray()
        while waiting and len(self._owed) < MOST_OWED:
            asked = waiting.pop()
            self._next_id = (self._next_id + 1) & 0xFFFF
            message = build_message(self._next_id, 0, [Question(asked[0], asked[1], _IN)])
            mac = b""
            if self._key is not None:
                message, mac = sign_request(message, self._key, int(time.time()))
            self._owed[self._next_id] = asked, mac
            portion += frame(message)
        self._tcp.sendall(portion)

    def _receive(self, answers: Answers) -> None:
        assert self._tcp is not None, "what is owed was sent"
        poller = select.poll()
        poller.register(self._tcp, select.POLLIN)
        poller.register(self._stop.fileno(), select.POLLIN)
        ready = [number for number, _ in poller.poll(ANSWER_SECONDS * 1000)]
        if self._stop.fileno() in ready:
            raise NoAnswer("the service is ending")
        if not ready:
            raise NoAnswer(f"no answer within {ANSWER_SECONDS:.0f} s")
        octets = self._tcp.recv(_READ)
        if not octets:
            raise EOFError
        for answer in self._deframer.feed(octets):
            self._take(answer, answers)

    def _take(self, octets: bytes, answers: Answers) -> None:
        try:
            message = parse_message(octets)
        except Malformed as error:
            raise NoAnswer(f"an answer is malformed: {error}") from None
        owed = self._owed.pop(message.id, None)
        if owed is None:
            return
        asked, mac = owed
        if self._key is not None and (fault := verify_response(octets, message, self._key, mac, int(time.time()))):
            raise NoAnswer(f"it answered {rcode_to_text(message.rcode)}, and {fault}")
        answers[asked] = _records(message, asked)


def _records(message: Message, asked: Asked) -> list[tuple[bytes, int]] | None:
    """RDATA and TTL of what stands at the name itself; an alias answers for another name, NXDOMAIN too (RFC 6604)."""
    if message.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
        raise NoAnswer(f"it answered {rcode_to_text(message.rcode)} to a question for {to_text(asked[0])}")
    if message.flags & TC or not message.flags & AA:
        raise NoAnswer("an answer is cut off" if message.flags & TC else "it is not authoritative for the zone")
    if message.rcode == Rcode.NXDOMAIN and not message.answers:
        return None
    return [(rr.rdata, rr.ttl) for rr in message.answers if rr.rtype == asked[1] and rr.name.lower() == asked[0]]
