"""A DHCPv4 client's exchange, from DISCOVER to RELEASE, each step only if the one before it worked (RFC 2131 4.4)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from tenure.console.probe.asking import Answer, Ignored, Outcome, Question, Told, ask
from tenure.console.probe.wire import Wire
from tenure.console.words import address_text
from tenure.dhcpwire.v4.options import MessageType, Option
from tenure.dhcpwire.v4.packet import BOOTREPLY, BROADCAST, NO_ADDRESS, Packet, parse_packet
from tenure.dhcpwire.v4.request import ETHERNET, build_request
from tenure.dhcpwire.v4.words import packet_rows
from tenure.dhcpwire.words import text_of
from tenure.octets import Malformed

T = TypeVar("T")
Talk = Generator[Told, None, T]

_XID = slice(4, 8)


class Start(StrEnum):
    """What the client begins with."""

    DISCOVER = "discover"  # it has no address
    REBOOT = "reboot"  # it believes to have one, and asks whether it may keep it
    INFORM = "inform"  # it has one from elsewhere, and wants parameters


@dataclass(frozen=True, slots=True)
class Wish:
    """What the client says and how far it goes."""

    xid: int
    hardware: bytes
    options: tuple[tuple[int, bytes], ...]  # in every message but RELEASE, which keeps the identifier; without 53
    relay: bytes | None  # option 82, the last one
    giaddr: bytes | None  # None: the wire's own address, where it is a relay's
    broadcast: bool  # the flag
    start: Start
    address: bytes | None  # asked for: in a DISCOVER, or of a client that reboots or informs itself
    offer_only: bool  # stop before anything is committed
    renew: bool
    release: bool  # give it back at the end
    patience: float  # seconds for each answer


class Client:
    """One client.

    `through_relay`: every message has a giaddr, and answers come to the relay. `one_server`: no other one hears it.
    """

    def __init__(self, wish: Wish, wire: Wire, *, through_relay: bool, one_server: bool) -> None:
        self._wish, self._wire = wish, wire
        self._giaddr = (wish.giaddr or wire.address) if through_relay else wish.giaddr or NO_ADDRESS
        self._relayed, self._one_server = through_relay, one_server
        self._ours = wish.xid.to_bytes(4, "big")

    def talk(self) -> Talk[Outcome]:
        """The whole exchange."""
        wish = self._wish
        if wish.start is Start.INFORM:
            return (yield from self._inform())
        if wish.start is Start.REBOOT:
            assert wish.address is not None
            lease = yield from self._request((Option.REQUESTED_ADDRESS, wish.address))
        else:
            lease = yield from self._discover()
        if isinstance(lease, Outcome):
            return lease
        if wish.renew:
            renewed = yield from self._renew(lease)
            if isinstance(renewed, Outcome):
                return renewed
            lease = renewed
        return (yield from self._end(lease))

    def _discover(self) -> Talk[Packet | Outcome]:
        """The offers, then a lease of the first one; with rapid commit the first answer may be the lease."""
        wish = self._wish
        wanted = [] if wish.address is None else [(int(Option.REQUESTED_ADDRESS), wish.address)]
        accepted = (MessageType.OFFER, MessageType.ACK) if self._is_rapid() else (MessageType.OFFER,)
        answers = yield from self._ask(MessageType.DISCOVER, wanted, accepted, gathers=not self._one_server)
        if not answers:
            return self._nobody(MessageType.DISCOVER)
        first = next((one for one in answers if type_of(one.content) == MessageType.ACK), answers[0])
        if type_of(first.content) == MessageType.ACK:
            return first.content
        address = address_text(first.content.yiaddr)
        if wish.offer_only:
            servers = ", ".join(f"{address_text(one.content.yiaddr)} by {server_of(one.content)}" for one in answers)
            return Outcome(True, f"offered: {servers}; no REQUEST was sent, so nothing is committed", address)
        server_id = first.content.options.get(Option.SERVER_IDENTIFIER)
        if server_id is None:
            return Outcome(False, f"{first.source} offers {address} without a server identifier (option 54)", address)
        return (
            yield from self._request(
                (Option.SERVER_IDENTIFIER, server_id), (Option.REQUESTED_ADDRESS, first.content.yiaddr)
            )
        )

    def _request(
        self, *own: tuple[int, bytes], ciaddr: bytes = NO_ADDRESS, server: bytes = b""
    ) -> Talk[Packet | Outcome]:
        """The lease, or how it was refused."""
        accepted = (MessageType.ACK, MessageType.NAK)
        answers = yield from self._ask(MessageType.REQUEST, own, accepted, gathers=False, ciaddr=ciaddr, server=server)
        if not answers:
            return self._nobody(MessageType.REQUEST)
        (answer,) = answers
        if type_of(answer.content) == MessageType.NAK:
            said = text_of(answer.content.options.get(Option.MESSAGE, b"").rstrip(b"\0"))
            return Outcome(False, f"{server_of(answer.content)} refuses: {said or 'it does not say why'}")
        return answer.content

    def _renew(self, lease: Packet) -> Talk[Packet | Outcome]:
        """As in RENEWING; through a relay, which a renewal goes past, as in REBINDING (RFC 2131 section 4.3.2)."""
        self._wire.take(lease.yiaddr)
        server = lease.options.get(Option.SERVER_IDENTIFIER, b"")
        return (yield from self._request(ciaddr=lease.yiaddr, server=server))

    def _end(self, lease: Packet) -> Talk[Outcome]:
        address, server = address_text(lease.yiaddr), server_of(lease)
        seconds = lease.options.get(Option.LEASE_TIME, b"")
        span = "for ever" if seconds == b"\xff\xff\xff\xff" else f"for {int.from_bytes(seconds, 'big')} s"
        leased = f"{address} was leased by {server} {span}"
        if not self._wish.release:
            return Outcome(True, f"{leased}, and stays so; --release gives it back", address)
        server_id = lease.options.get(Option.SERVER_IDENTIFIER)
        if server_id is None:
            return Outcome(False, f"{leased}; without option 54 it cannot be given back", address)
        octets = self._build(MessageType.RELEASE, [(Option.SERVER_IDENTIFIER, server_id)], 0, lease.yiaddr)
        self._wire.take(lease.yiaddr)
        peer = self._send(octets, server_id)
        yield Told(True, name_of(MessageType.RELEASE), peer, 0.0, octets, tuple(packet_rows(octets)))
        return Outcome(True, f"{leased}, and given back; a RELEASE has no answer", address)

    def _inform(self) -> Talk[Outcome]:
        address = self._wish.address or NO_ADDRESS
        self._wire.take(address)
        answers = yield from self._ask(
            MessageType.INFORM, (), (MessageType.ACK,), gathers=not self._one_server, ciaddr=address
        )
        if not answers:
            return self._nobody(MessageType.INFORM)
        servers = ", ".join(server_of(one.content) for one in answers)
        return Outcome(True, f"parameters came from {servers}; nothing is leased", address_text(address))

    def _ask(
        self,
        kind: MessageType,
        own: Sequence[tuple[int, bytes]],
        accepted: Sequence[MessageType],
        *,
        gathers: bool,
        ciaddr: bytes = NO_ADDRESS,
        server: bytes = b"",
    ) -> Talk[list[Answer[Packet]]]:
        def read(octets: bytes) -> tuple[str, Packet]:
            packet = self._read(octets)
            if type_of(packet) not in accepted:
                raise Ignored(f"{name_of(type_of(packet))} is no answer to a {kind.name}")
            return name_of(type_of(packet)), packet

        question = Question(
            kind=name_of(kind),
            build=lambda seconds: self._build(kind, own, seconds, ciaddr),
            send=lambda octets: self._send(octets, server),
            read=read,
            rows=packet_rows,
            gathers=gathers,
        )
        return (yield from ask(self._wire, question, self._wish.patience))

    def _read(self, octets: bytes) -> Packet:
        """A server's message to this client."""
        if octets[_XID] != self._ours or octets[:1] != bytes((BOOTREPLY,)):
            raise Ignored
        try:
            packet = parse_packet(octets)
        except Malformed as malformed:
            raise Ignored(f"it is malformed: {malformed}") from None
        if packet.chaddr != self._wish.hardware:
            raise Ignored("it has our xid and another client's hardware address")
        return packet

    def _build(self, kind: MessageType, own: Sequence[tuple[int, bytes]], seconds: int, ciaddr: bytes) -> bytes:
        """Our message; what the person who asks sets by hand goes before what the protocol would say."""
        wish = self._wish
        said = [(int(code), data) for code, data in own]
        options = [(int(Option.MESSAGE_TYPE), bytes((kind,)))]
        by_hand = {code for code, _ in wish.options}
        options += [(code, data) for code, data in said if code not in by_hand]
        kept = {int(Option.CLIENT_IDENTIFIER)} if kind is MessageType.RELEASE else None
        options += [(code, data) for code, data in wish.options if kept is None or code in kept]
        if wish.relay is not None:
            options.append((int(Option.RELAY_AGENT_INFORMATION), wish.relay))
        return build_request(
            wish.xid,
            (ETHERNET, wish.hardware),
            options,
            hops=1 if self._relayed else 0,
            secs=min(seconds, 0xFFFF),
            flags=BROADCAST if wish.broadcast else 0,
            ciaddr=ciaddr,
            giaddr=self._giaddr,
        )

    def _send(self, octets: bytes, server: bytes) -> str:
        return self._wire.send_to(octets, server) if server else self._wire.send(octets)

    def _is_rapid(self) -> bool:
        return any(code == Option.RAPID_COMMIT for code, _ in self._wish.options)

    def _nobody(self, kind: MessageType) -> Outcome:
        return Outcome(False, f"nobody answered {name_of(kind)} within {self._wish.patience:g} s")


def type_of(packet: Packet) -> int:
    """The message type, 0 for a message without one."""
    data = packet.options.get(Option.MESSAGE_TYPE, b"")
    return data[0] if len(data) == 1 else 0


def name_of(kind: int) -> str:
    """`DHCPOFFER`."""
    return f"DHCP{MessageType(kind).name}" if kind in set(MessageType) else f"a message of type {kind}"


def server_of(packet: Packet) -> str:
    """The server's own address (option 54), for people."""
    server_id = packet.options.get(Option.SERVER_IDENTIFIER, b"")
    return address_text(server_id) if len(server_id) == 4 else "a server that does not say who it is"
