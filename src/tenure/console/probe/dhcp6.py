"""A DHCPv6 client's exchange, from SOLICIT to RELEASE, each step only if the one before it worked (RFC 8415 18.2)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address
from typing import NamedTuple, TypeVar

from tenure.console.probe.asking import Answer, Ignored, Outcome, Question, Told, ask
from tenure.console.probe.wire import Wire
from tenure.dhcpwire.identity_words import duid_text
from tenure.dhcpwire.v6.association import IA_NA, IA_PD, IALease, build_lease, parse_lease
from tenure.dhcpwire.v6.codes import MessageType, Option, Status
from tenure.dhcpwire.v6.request import build_relayed, build_request, carried_in, options_in
from tenure.dhcpwire.v6.words import message_rows, type_text
from tenure.dhcpwire.words import text_of
from tenure.octets import Malformed

T = TypeVar("T")
Talk = Generator[Told, None, T]

_HEADER = 4
_IA_HEAD = 12
_LEASE_OPTIONS = {IA_NA: int(Option.IAADDR), IA_PD: int(Option.IAPREFIX)}


class Start(StrEnum):
    """What the client begins with."""

    SOLICIT = "solicit"  # it has nothing
    CONFIRM = "confirm"  # it has an address, and asks whether it is right for this link
    INFORMATION = "information"  # it wants parameters only


@dataclass(frozen=True, slots=True)
class Wish:
    """What the client says and how far it goes."""

    transaction_id: bytes  # 3 octets
    duid: bytes
    iaid: bytes  # 4 octets
    associations: tuple[tuple[int, tuple[IALease, ...]], ...]  # kind, and what is asked for in it
    options: tuple[tuple[int, bytes], ...]  # in every message; without those of the protocol
    link: bytes | None  # the relay's address on the client's link; None: the wire's own address
    peer: bytes  # the client's link-local address, as its relay sees it
    relay_options: tuple[tuple[int, bytes], ...]
    start: Start
    rapid: bool
    offer_only: bool
    renew: bool
    release: bool
    patience: float  # seconds for each answer


class Granted(NamedTuple):
    """One association of an answer."""

    kind: int
    iaid: bytes
    leases: tuple[IALease, ...]
    status: int
    text: str  # what the status says for people
    data: bytes  # of the option


class Said(NamedTuple):
    """A server's message, taken apart."""

    kind: int
    options: dict[int, bytes]
    granted: tuple[Granted, ...]

    @property
    def leases(self) -> tuple[IALease, ...]:
        """What can be used: leases whose time is not over at once."""
        return tuple(lease for one in self.granted for lease in one.leases if lease.valid)


class Client:
    """One client. `through_relay`: every message goes in a relay's, and answers come to the relay."""

    def __init__(self, wish: Wish, wire: Wire, *, through_relay: bool) -> None:
        self._wish, self._wire, self._relayed = wish, wire, through_relay

    def talk(self) -> Talk[Outcome]:
        """The whole exchange."""
        if self._wish.start is Start.INFORMATION:
            return (yield from self._inform())
        if self._wish.start is Start.CONFIRM:
            return (yield from self._confirm())
        found = yield from self._solicit()
        if isinstance(found, Outcome):
            return found
        if self._wish.renew:
            renewed = yield from self._one(MessageType.RENEW, self._of(found))
            if isinstance(renewed, Outcome):
                return renewed
            found = renewed
        return (yield from self._end(found))

    def _solicit(self) -> Talk[Said | Outcome]:
        wish = self._wish
        wanted = [_association(kind, wish.iaid, leases) for kind, leases in wish.associations]
        if wish.rapid:
            wanted.append((int(Option.RAPID_COMMIT), b""))
        accepted = (MessageType.ADVERTISE, MessageType.REPLY) if wish.rapid else (MessageType.ADVERTISE,)
        answers = yield from self._ask(MessageType.SOLICIT, wanted, accepted, gathers=not self._relayed)
        if not answers:
            return self._nobody(MessageType.SOLICIT)
        first = max((one.content for one in answers), key=_preference)
        if not first.leases:
            return _refused(first)
        if first.kind == MessageType.REPLY:
            return first
        if wish.offer_only:
            offers = "; ".join(f"{leases_text(one.content.leases)} by {server_of(one.content)}" for one in answers)
            words = f"advertised: {offers}; no REQUEST was sent, so nothing is committed"
            return Outcome(True, words, _addresses(first.leases))
        return (yield from self._one(MessageType.REQUEST, self._of(first)))

    def _one(self, kind: MessageType, own: Sequence[tuple[int, bytes]]) -> Talk[Said | Outcome]:
        """The leases that the answer to this message grants, or how it was refused."""
        answers = yield from self._ask(kind, own, (MessageType.REPLY,), gathers=False)
        if not answers:
            return self._nobody(kind)
        said = answers[0].content
        return said if said.leases else _refused(said)

    def _end(self, said: Said) -> Talk[Outcome]:
        leased = f"{leases_text(said.leases)} was leased by {server_of(said)}"
        addresses = _addresses(said.leases)
        if not self._wish.release:
            return Outcome(True, f"{leased}, and stays so; --release gives it back", addresses)
        answers = yield from self._ask(MessageType.RELEASE, self._of(said), (MessageType.REPLY,), gathers=False)
        if not answers:
            return Outcome(False, f"{leased}; nobody answered the RELEASE within {self._wish.patience:g} s", addresses)
        return Outcome(True, f"{leased}, and given back", addresses)

    def _confirm(self) -> Talk[Outcome]:
        wish = self._wish
        wanted = [_association(kind, wish.iaid, leases) for kind, leases in wish.associations]
        answers = yield from self._ask(MessageType.CONFIRM, wanted, (MessageType.REPLY,), gathers=not self._relayed)
        if not answers:
            return self._nobody(MessageType.CONFIRM)
        said = answers[0].content
        if status_of(said) != Status.SUCCESS:
            return _refused(said)
        return Outcome(True, f"{server_of(said)} says that the address is right for this link")

    def _inform(self) -> Talk[Outcome]:
        kind = MessageType.INFORMATION_REQUEST
        answers = yield from self._ask(kind, (), (MessageType.REPLY,), gathers=not self._relayed)
        if not answers:
            return self._nobody(kind)
        servers = ", ".join(server_of(one.content) for one in answers)
        return Outcome(True, f"parameters came from {servers}; nothing is leased")

    def _of(self, said: Said) -> list[tuple[int, bytes]]:
        """Server and associations of an answer, for the message that follows it."""
        options = [(int(Option.SERVER_ID), said.options.get(Option.SERVER_ID, b""))]
        return options + [_association(one.kind, one.iaid, one.leases) for one in said.granted if one.leases]

    def _ask(
        self,
        kind: MessageType,
        own: Iterable[tuple[int, bytes]],
        accepted: Sequence[MessageType],
        *,
        gathers: bool,
    ) -> Talk[list[Answer[Said]]]:
        said = list(own)

        def read(octets: bytes) -> tuple[str, Said]:
            found = self._read(octets)
            if found.kind not in accepted:
                raise Ignored(f"{type_text(found.kind)} is no answer to a {type_text(kind)}")
            return type_text(found.kind), found

        build: Callable[[int], bytes] = lambda seconds: self._build(kind, said, seconds)  # noqa: E731
        question = Question(type_text(kind), build, self._wire.send, read, message_rows, gathers)
        return (yield from ask(self._wire, question, self._wish.patience))

    def _read(self, octets: bytes) -> Said:
        """A server's message to this client."""
        try:
            inner = carried_in(octets)
        except Malformed as malformed:
            raise Ignored(f"it is malformed: {malformed}") from None
        if inner[1:_HEADER] != self._wish.transaction_id:
            raise Ignored
        try:
            said = read_said(inner)
        except Malformed as malformed:
            raise Ignored(f"it is malformed: {malformed}") from None
        if said.options.get(Option.CLIENT_ID, self._wish.duid) != self._wish.duid:
            raise Ignored("it has our transaction id and another client's DUID")
        return said

    def _build(self, kind: MessageType, own: Sequence[tuple[int, bytes]], seconds: int) -> bytes:
        wish = self._wish
        by_hand = {code for code, _ in wish.options}
        elapsed = min(seconds * 100, 0xFFFF).to_bytes(2, "big")
        options = [(int(Option.CLIENT_ID), wish.duid), *own, (int(Option.ELAPSED_TIME), elapsed)]
        octets = build_request(
            kind, wish.transaction_id, [*(one for one in options if one[0] not in by_hand), *wish.options]
        )
        if not self._relayed:
            return octets
        return build_relayed(octets, wish.link or self._wire.address, wish.peer, wish.relay_options)

    def _nobody(self, kind: MessageType) -> Outcome:
        return Outcome(False, f"nobody answered {type_text(kind)} within {self._wish.patience:g} s")


def read_said(octets: bytes) -> Said:
    """A server's message; `Malformed`."""
    if len(octets) < _HEADER:
        raise Malformed(f"a message has at least {_HEADER} octets", 0)
    found = options_in(octets[_HEADER:])
    options: dict[int, bytes] = {}
    for code, data in found:
        options.setdefault(code, data)
    return Said(octets[0], options, tuple(_granted(code, data) for code, data in found if code in _LEASE_OPTIONS))


def _granted(kind: int, data: bytes) -> Granted:
    if len(data) < _IA_HEAD:
        raise Malformed(f"option {kind} is too short", 0)
    inside = options_in(data[_IA_HEAD:])
    leases = tuple(parse_lease(code, inner) for code, inner in inside if code == _LEASE_OPTIONS[kind])
    status = next((inner for code, inner in inside if code == Option.STATUS_CODE), b"\0\0")
    return Granted(kind, data[:4], leases, int.from_bytes(status[:2], "big"), text_of(status[2:]), data)


def _association(kind: int, iaid: bytes, leases: Sequence[IALease]) -> tuple[int, bytes]:
    """An association as a client asks for it: T1 and T2 are the server's to choose."""
    return kind, iaid + bytes(8) + b"".join(build_lease(kind, lease) for lease in leases)


def _preference(said: Said) -> tuple[bool, int]:
    """Leases first, then the server's preference (RFC 8415 section 18.2.1)."""
    return bool(said.leases), int.from_bytes(said.options.get(Option.PREFERENCE, b"\0"), "big")


def _refused(said: Said) -> Outcome:
    """In the words of the status codes."""
    own = [(status_of(said), text_of(said.options.get(Option.STATUS_CODE, b"")[2:]))]
    told = [(code, text) for code, text in [*own, *((one.status, one.text) for one in said.granted)] if code]
    words = "; ".join(f"{_status_text(code)}{f': {text}' if text else ''}" for code, text in told)
    return Outcome(False, f"{server_of(said)} refuses: {words or 'it grants nothing, and does not say why'}")


def _status_text(code: int) -> str:
    return Status(code).name.replace("_", " ").lower() if code in set(Status) else f"status {code}"


def status_of(said: Said) -> int:
    """The status code of the whole message; success where it has none."""
    return int.from_bytes(said.options.get(Option.STATUS_CODE, b"\0\0")[:2], "big")


def server_of(said: Said) -> str:
    """The server's DUID, for people."""
    duid = said.options.get(Option.SERVER_ID)
    return duid_text(duid) if duid else "a server that does not say who it is"


def leases_text(leases: Iterable[IALease]) -> str:
    """`2001:db8::7 for 3600 s, 2001:db8:1::/56 for ever`."""
    return ", ".join(f"{_lease_text(lease)} {_span(lease.valid)}" for lease in leases) or "nothing"


def _lease_text(lease: IALease) -> str:
    address = str(IPv6Address(lease.address))
    return address if lease.prefix_length == 128 else f"{address}/{lease.prefix_length}"


def _addresses(leases: Iterable[IALease]) -> str:
    return ", ".join(map(_lease_text, leases))


def _span(seconds: int) -> str:
    return "for ever" if seconds == 0xFFFFFFFF else f"for {seconds} s"
