"""Asking a primary: for the SOA of a zone over UDP, for a transfer over TCP (RFC 1034 section 4.3.5, RFC 5936).

Blocks, but never beyond its time-outs and never past the stop; for a thread that has nothing else to do.
"""

from __future__ import annotations

import secrets
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from tenure.authority.secondary import Content, Inbound, TransferFault
from tenure.authority.settings import RemoteServer
from tenure.authority.zone import Record
from tenure.dnswire.codes import Rcode, RRClass, RRType, rcode_to_text, tsig_error_to_text
from tenure.dnswire.message import AA, QR, TC, Message, Question, build_message, parse_message
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rr import RR
from tenure.dnswire.tcp import Deframer, frame
from tenure.octets import Malformed
from tenure.serving.stop import Stop
from tenure.signing.key import Key
from tenure.signing.stream import StreamVerifier
from tenure.signing.tsig import sign_request, verify_response

T = TypeVar("T")

UDP_SECONDS = (1.0, 2.0, 4.0)  # how long each sending of a question waits for its answer
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 60.0  # between two pieces of a transfer
WHOLE_SECONDS = 2 * 3600.0  # a transfer that takes longer is given up
_READ = 65536
_SOA = int(RRType.SOA)
_IN = int(RRClass.IN)


class PrimaryFailed(Exception):
    """Why a primary could not help, in words."""


class SecretRefused(PrimaryFailed):
    """The primary may know another secret of the key."""


class Primary:
    """One primary of a zone, for one refresh of it."""

    def __init__(self, server: RemoteServer, zone: Name, keys: Mapping[Name, Key], stop: Stop) -> None:
        self._server = server
        self._zone = zone
        self._keys = keys
        self._stop = stop

    def soa(self) -> Record:
        """The SOA that the primary has now."""
        return self._with_each_secret(self._ask_soa)

    def transfer(self, have: tuple[int, bytes] | None) -> Content:
        """The differences from the SOA `have` (TTL and RDATA), or the zone as a whole; verified to its end."""
        return self._with_each_secret(lambda key: self._transfer(have, key))

    def stream(self, take: Callable[[Sequence[Record]], None]) -> Record:
        """The zone as a whole, given away in portions as it comes; its SOA, once all of it was verified.

        Before that nothing of it may be believed.
        """
        return self._with_each_secret(lambda key: self._transfer(None, key, lambda come: take(come.release()))).soa

    def changes(
        self,
        have: tuple[int, bytes],
        take_changes: Callable[[Sequence[Record]], None],
        take_whole: Callable[[Sequence[Record]], None],
    ) -> Content:
        """What changed since the SOA `have` (TTL and RDATA), given away in portions as it comes; then without these.

        They are the records that the differences delete and add, or the whole zone if the primary sends that. Nothing
        of it may be believed before this returns.
        """

        def take(come: Inbound) -> None:
            (take_changes if come.is_incremental else take_whole)(come.release())

        return self._with_each_secret(lambda key: self._transfer(have, key, take))

    def exchange(self, message: bytes, message_id: int, *, over_tcp: bool, seconds: float) -> tuple[bytes, Message]:
        """What came back to a message that is ready to be sent; over TCP, each piece within so many seconds."""
        if not over_tcp:
            return self._over_udp(message, message_id)
        return self._over_tcp(message, message_id, seconds)

    def _with_each_secret(self, ask: Callable[[Key | None], T]) -> T:
        name = self._server.key
        if name is None:
            return ask(None)
        key = self._keys.get(name)
        if key is None:
            raise PrimaryFailed(f"the key {to_text(name)} has no good secret here")
        refused = SecretRefused("no secret was tried")
        for secret in key.chain():
            try:
                answer = ask(secret)
            except SecretRefused as error:
                refused = error
            else:
                secret.use.at = time.time()
                return answer
        raise refused

    def _ask_soa(self, key: Key | None) -> Record:
        message_id = secrets.randbits(16)
        question = Question(self._zone, _SOA, _IN)
        query, mac = _signed(build_message(message_id, 0, [question]), key)
        octets, answer = self._over_udp(query, message_id)
        if answer.flags & TC:
            octets, answer = self._over_tcp(query, message_id)
        _check_signature(answer, key, lambda one: verify_response(octets, answer, one, mac, time.time()))
        if answer.rcode != Rcode.NOERROR:
            raise PrimaryFailed(f"it answered {rcode_to_text(answer.rcode)} to a question for the SOA")
        if not answer.flags & AA:
            raise PrimaryFailed("it is not authoritative for the zone")
        found = [rr for rr in answer.answers if rr.rtype == _SOA and rr.name.lower() == self._zone]
        if len(found) != 1 or len(found[0].rdata) < 22:
            raise PrimaryFailed("its answer has no SOA of the zone")
        return Record(self._zone, _SOA, found[0].ttl, found[0].rdata)

    def _over_udp(self, query: bytes, message_id: int) -> tuple[bytes, Message]:
        with _failures(), socket.socket(self._family, socket.SOCK_DGRAM) as udp:
            udp.connect((self._server.host, self._server.port))
            for seconds in UDP_SECONDS:
                udp.send(query)
                until = time.monotonic() + seconds
                while (left := until - time.monotonic()) > 0 and self._readable(udp, left):
                    octets = udp.recv(_READ)
                    answer = _parsed(octets)
                    if answer.id == message_id and answer.flags & QR:
                        return octets, answer
        raise PrimaryFailed(f"it did not answer within {sum(UDP_SECONDS):.0f} s")

    def _over_tcp(self, query: bytes, message_id: int, idle: float = IDLE_SECONDS) -> tuple[bytes, Message]:
        for octets in self._messages(query, idle):
            answer = _parsed(octets)
            if answer.id == message_id:
                return octets, answer
        raise PrimaryFailed("it closed the connection")

    def _transfer(
        self, have: tuple[int, bytes] | None, key: Key | None, take: Callable[[Inbound], None] | None = None
    ) -> Content:
        message_id = secrets.randbits(16)
        rtype = RRType.AXFR if have is None else RRType.IXFR
        known = [] if have is None else [RR(self._zone, _SOA, _IN, *have)]
        request = build_message(message_id, 0, [Question(self._zone, int(rtype), _IN)], authorities=known)
        query, mac = _signed(request, key)
        stream = Inbound(self._zone, message_id, None if have is None else int.from_bytes(have[1][-20:-16], "big"))
        verifier = None if key is None else StreamVerifier(key, mac)
        for octets in self._messages(query):
            message = _parsed(octets)
            if verifier is not None:
                _check_signature(message, key, lambda _key: verifier.verify(octets, message, time.time()))  # noqa: B023
            stream.take(message)
            if take is not None:
                take(stream)
            if stream.is_complete:
                if verifier is not None and (fault := verifier.finish()):
                    raise TransferFault(str(fault))
                return stream.content()
        raise PrimaryFailed("it closed the connection in the middle of the transfer")

    def _messages(self, query: bytes, idle: float = IDLE_SECONDS) -> Iterator[bytes]:
        """The messages that come over a connection of their own after the query; ends with the connection."""
        end = time.monotonic() + WHOLE_SECONDS
        place = self._server.host, self._server.port
        with _failures(), socket.create_connection(place, timeout=CONNECT_SECONDS) as tcp:
            tcp.sendall(frame(query))
            deframer = Deframer()
            while time.monotonic() < end:
                if not self._readable(tcp, idle):
                    raise PrimaryFailed(f"nothing came for {idle:.0f} s")
                octets = tcp.recv(_READ)
                if not octets:
                    return
                yield from deframer.feed(octets)
        raise PrimaryFailed(f"the transfer was not done after {WHOLE_SECONDS:.0f} s")

    def _readable(self, one: socket.socket, seconds: float) -> bool:
        poller = select.poll()
        poller.register(one.fileno(), select.POLLIN)
        poller.register(self._stop.fileno(), select.POLLIN)
        ready = dict(poller.poll(seconds * 1000))
        if self._stop.fileno() in ready:
            raise PrimaryFailed("the service is ending")
        return bool(ready)

    @property
    def _family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self._server.host else socket.AF_INET


def _signed(message: bytes, key: Key | None) -> tuple[bytes, bytes]:
    return (message, b"") if key is None else sign_request(message, key, time.time())


def _parsed(octets: bytes) -> Message:
    try:
        return parse_message(octets)
    except Malformed as error:
        raise TransferFault(f"a message is malformed: {error}") from None


def _check_signature(message: Message, key: Key | None, verify: Callable[[Key], object]) -> None:
    """Raises unless the message is signed as it must be; which RCODE an unsigned error has is told, not believed."""
    if key is None:
        return
    fault = verify(key)
    if fault is None:
        return
    if message.rcode == Rcode.NOTAUTH and message.tsig is not None and message.tsig.error:
        raise SecretRefused(f"it does not take the signature: {tsig_error_to_text(message.tsig.error)}")
    said = "" if message.rcode == Rcode.NOERROR else f"it answered {rcode_to_text(message.rcode)}, and "
    raise PrimaryFailed(f"{said}{fault}")


@contextmanager
def _failures() -> Iterator[None]:
    """What the network does is said as the reason why the primary could not help."""
    try:
        yield
    except TimeoutError:
        raise PrimaryFailed(f"no connection was made within {CONNECT_SECONDS:.0f} s") from None
    except OSError as error:
        raise PrimaryFailed(error.strerror or str(error)) from None
