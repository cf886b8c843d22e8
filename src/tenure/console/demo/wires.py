"""The sockets of the demo: one relay for all devices, one resolver for the judge. UDP on loopback, by asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from tenure.console.demo.claims import Subject
from tenure.console.demo.judge import Answer

HOST = "127.0.0.1"
ANSWER_SECONDS = 1.0  # how long a query waits for its answer


class Relay(asyncio.DatagramProtocol):
    """Hands devices' messages to the server and the server's replies to `receive`."""

    def __init__(self, server_port: int, receive: Callable[[bytes], bytes | None]) -> None:
        self._server = (HOST, server_port)
        self._receive = receive
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Is called once, when the socket is there."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio calls it so
        """Takes a reply; what its device answers goes out at once."""
        answer = self._receive(data)
        if answer is not None:
            self.send(answer)

    def close(self) -> None:
        """Closes the socket."""
        assert self._transport is not None
        self._transport.close()

    def send(self, octets: bytes) -> None:
        """Sends a device's message to the server."""
        assert self._transport is not None
        self._transport.sendto(octets, self._server)


class Resolver(asyncio.DatagramProtocol):
    """Asks the authoritative server and hands each answer, or its absence, to `heard`."""

    def __init__(self, server_port: int, heard: Callable[[Subject, int, Answer], object]) -> None:
        self._server = (HOST, server_port)
        self._heard = heard
        self._transport: asyncio.DatagramTransport | None = None
        self._asked: dict[int, tuple[Subject, int, float]] = {}
        self._waiting: set[Subject] = set()
        self._next_id = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Is called once, when the socket is there."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def close(self) -> None:
        """Closes the socket."""
        assert self._transport is not None
        self._transport.close()

    def ask(self, subject: Subject, version: int, now: float) -> bool:
        """Sends a query; `version` comes back with its answer. False if one about the same is still on its way."""
        assert self._transport is not None
        if subject in self._waiting:
            return False
        self._next_id = (self._next_id + 1) & 0xFFFF
        query = dns.message.make_query(subject.owner, subject.rtype, id=self._next_id, flags=0)
        self._asked[query.id] = (subject, version, now)
        self._waiting.add(subject)
        self._transport.sendto(query.to_wire(), self._server)
        return True

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio calls it so
        """Takes an answer."""
        asked = self._asked.pop(int.from_bytes(data[:2], "big"), None)
        if asked is not None:
            subject, version, _ = asked
            self._waiting.discard(subject)
            self._heard(subject, version, read_answer(subject, data))

    def give_up(self, now: float) -> None:
        """Reports every query that has waited too long as not answered."""
        for query_id, (subject, version, at) in list(self._asked.items()):
            if now - at > ANSWER_SECONDS:
                del self._asked[query_id]
                self._waiting.discard(subject)
                self._heard(subject, version, Answer(frozenset(), "no answer"))


def read_answer(subject: Subject, octets: bytes) -> Answer:
    """What a response says about its question."""
    try:
        message = dns.message.from_wire(octets)
    except dns.exception.DNSException as error:
        return Answer(frozenset(), f"malformed response: {error}")
    rcode = message.rcode()
    if rcode not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
        return Answer(frozenset(), dns.rcode.to_text(rcode))
    if not message.flags & dns.flags.AA:
        return Answer(frozenset(), "not authoritative")
    wanted = dns.rdatatype.from_text(subject.rtype)
    records = {
        rdata.to_text().lower()
        for rrset in message.answer
        if rrset.rdtype == wanted and rrset.name.to_text().lower() == subject.owner
        for rdata in rrset
    }
    return Answer(frozenset(records))


async def open_relay(server_port: int, receive: Callable[[bytes], bytes | None]) -> Relay:
    """A relay on a port of its own."""
    loop = asyncio.get_running_loop()
    _, relay = await loop.create_datagram_endpoint(lambda: Relay(server_port, receive), local_addr=(HOST, 0))
    return relay


async def open_resolver(server_port: int, heard: Callable[[Subject, int, Answer], object]) -> Resolver:
    """A resolver on a port of its own."""
    loop = asyncio.get_running_loop()
    _, resolver = await loop.create_datagram_endpoint(lambda: Resolver(server_port, heard), local_addr=(HOST, 0))
    return resolver


async def free_port() -> int:
    """A port that nobody has, neither for UDP nor for TCP."""
    loop = asyncio.get_running_loop()
    while True:
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(HOST, 0))
        port: int = transport.get_extra_info("sockname")[1]
        try:
            server = await asyncio.start_server(lambda _reader, _writer: None, HOST, port)
        except OSError:
            continue
        finally:
            transport.close()
        server.close()
        await server.wait_closed()
        return port
