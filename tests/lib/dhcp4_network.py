"""A DHCPv4 server in memory with a clock that tests move, and clients that speak to it in octets.

Requests are made by `dhcpv4.request` and replies are read here by hand, so no code under test checks itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dhcpv4 import request
from lease_view import MemoryView

from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dnswire.name import from_text
from tenure.leasing.classes import ClientClass
from tenure.leasing.expression.parser import parse_test
from tenure.leasing.expression.v4 import V4, Sighting
from tenure.leasing.level import Level
from tenure.leasing.offers import OfferBook
from tenure.leasing.pool import Pool
from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.leasing.v4.decide import decide
from tenure.leasing.v4.inquiry import Decision
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.subnet import Subnet
from tenure.leasing.v4.verdict import Verdict
from tenure.naming.policy import NamingPolicy

ZONE = from_text("example.test.")
START = 1_700_000_000
SERVER = "10.1.0.1"
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
NAMING = NamingPolicy(qualifying_suffix=ZONE, forward_zones=frozenset({ZONE}))


def ip(text: str) -> bytes:
    """Four octets."""
    return bytes(int(part) for part in text.split("."))


def text(address: bytes) -> str:
    """Dotted quad."""
    return ".".join(str(octet) for octet in address)


def subnet(prefix: str = "10.1.0.0/24", pools: str = "10.1.0.100-10.1.0.109", **given: Any) -> Subnet:
    """A subnet; anything of `Subnet` can be given."""
    network, _, length = prefix.partition("/")
    ranges = [one.split("-") for one in pools.split()]
    defaults: dict[str, Any] = {
        "subnet_id": int(network.split(".")[1]),
        "prefix": int.from_bytes(ip(network), "big"),
        "prefix_length": int(length),
        "pools": tuple(Pool(ip(first), ip(last)) for first, last in ranges),
        "options": {3: ip(network[: network.rindex(".")] + ".1"), 6: ip("10.1.0.53")},
        "naming": NAMING,
    }
    return Subnet(**{**defaults, **given})


def client_class(
    name: str, test: str | None = None, *, if_required: bool = False, **level: Any
) -> ClientClass[Sighting]:
    """A class; anything of `Level` can be given."""
    parsed = None if test is None else parse_test(test, V4)
    return ClientClass(name, parsed, Level(**level), only_if_required=if_required)


@dataclass(frozen=True)
class Answer:
    """A reply taken apart."""

    verdict: Verdict
    octets: bytes = b""
    destination: Destination | None = None
    options: dict[int, bytes] = field(default_factory=dict)
    order: tuple[int, ...] = ()

    @property
    def type(self) -> int | None:
        """Option 53, None for silence."""
        return self.options[53][0] if self.octets else None

    @property
    def flags(self) -> int:
        return int.from_bytes(self.octets[10:12], "big")

    @property
    def ciaddr(self) -> str:
        return text(self.octets[12:16])

    @property
    def yiaddr(self) -> str:
        return text(self.octets[16:20])

    @property
    def giaddr(self) -> str:
        return text(self.octets[24:28])

    @property
    def lease_time(self) -> int:
        return int.from_bytes(self.options[51], "big")


def read_reply(decision: Decision) -> Answer:
    """The reply's options, each code once, in their order (replies here are short: nothing is overloaded)."""
    if decision.reply is None:
        return Answer(decision.counted)
    octets = decision.reply.octets
    assert octets[0] == 2
    assert octets[236:240] == b"\x63\x82\x53\x63"
    options: dict[int, bytes] = {}
    offset = 240
    while octets[offset] != 255:
        code, length = octets[offset], octets[offset + 1]
        assert code not in options
        options[code] = octets[offset + 2 : offset + 2 + length]
        offset += 2 + length
    return Answer(decision.counted, octets, decision.reply.destination, options, tuple(options))


class Network:
    """A server of some subnets. Messages come by the relay of the first one unless told otherwise."""

    def __init__(
        self, *subnets: Subnet, view: MemoryView | None = None, classes: Sequence[ClientClass[Sighting]] = ()
    ) -> None:
        self.subnets = SubnetTable(subnets or (subnet(),), classes)
        self.view = view or MemoryView()
        self.offers = OfferBook()
        self.now: float = START
        self._sent = 0

    def send(self, octets: bytes, arrival: Arrival) -> Answer:
        """Decide one packet, commit it, give the reply."""
        decision = self.decide(octets, arrival)
        self.view.apply(decision.changes)
        return read_reply(decision)

    def decide(self, octets: bytes, arrival: Arrival) -> Decision:
        """Decide one packet and commit nothing."""
        self._sent += 1
        packet = parse_packet(octets)
        return decide(packet, arrival, self.view, self.offers, self.subnets, self.now, f"c{self._sent}")

    def client(self, number: int = 1, **given: Any) -> Client:
        """A client on the relayed network 10.1.0.0/24."""
        return Client(self, bytes((2, 0, 0, 0)) + number.to_bytes(2, "big"), **given)


def relayed(server: str = SERVER, relay: str = "10.1.0.254") -> Arrival:
    """A packet that a relay sent."""
    return Arrival(ip(relay), 67, ip(server))


def on_wire(interface: str = "eth0", server: str = SERVER, addresses: Sequence[str] = ()) -> Arrival:
    """A broadcast on one of our wires; `addresses` are ours there, where we have several."""
    ours = tuple(ip(one) for one in addresses)
    return Arrival(bytes(4), 68, ip(server), interface, broadcast=True, addresses=ours)


def unicast(source: str, server: str = SERVER, interface: str | None = "eth0") -> Arrival:
    """A client that has its address speaks to ours."""
    return Arrival(ip(source), 68, ip(server), interface)


@dataclass(frozen=True)
class Client:
    """One client: its hardware address, its identifier, what it says of itself in each message."""

    network: Network
    mac: bytes
    giaddr: str = "10.1.0.254"
    server: str = SERVER
    client_id: bytes | None = None
    says: tuple[tuple[int, bytes], ...] = ()

    def saying(self, *options: tuple[int, bytes]) -> Client:
        """The same client with these options in each of its messages."""
        return replace(self, says=options)

    def at(self, giaddr: str) -> Client:
        """The same client on another network."""
        return replace(self, giaddr=giaddr)

    def send(self, kind: int, *options: tuple[int, bytes], arrival: Arrival | None = None, **fields: Any) -> Answer:
        """One message, through the relay unless it arrives some other way."""
        if arrival is None:
            arrival = relayed(self.server, self.giaddr)
            fields.setdefault("giaddr", ip(self.giaddr))
        return self.network.send(self.message(kind, *options, **fields), arrival)

    def message(self, kind: int, *options: tuple[int, bytes], **fields: Any) -> bytes:
        """The octets of one message."""
        own = () if self.client_id is None else ((61, self.client_id),)
        return request((53, bytes((kind,))), *own, *self.says, *options, chaddr=self.mac, **fields)

    def discover(self, *options: tuple[int, bytes], **fields: Any) -> Answer:
        return self.send(DISCOVER, *options, **fields)

    def select(self, address: str, *options: tuple[int, bytes], server: str | None = None, **fields: Any) -> Answer:
        """A REQUEST in SELECTING."""
        return self.send(REQUEST, (54, ip(server or self.server)), (50, ip(address)), *options, **fields)

    def join(self, *options: tuple[int, bytes], **fields: Any) -> Answer:
        """DISCOVER and REQUEST; the ACK."""
        offered = self.discover(*options, **fields)
        assert offered.type == OFFER, offered.verdict
        answer = self.select(offered.yiaddr, *(one for one in options if one[0] != 50), **fields)
        assert answer.type == ACK, answer.verdict
        return answer

    def reboot(self, address: str, *options: tuple[int, bytes], **fields: Any) -> Answer:
        """A REQUEST in INIT-REBOOT."""
        return self.send(REQUEST, (50, ip(address)), *options, **fields)

    def renew(self, address: str, *options: tuple[int, bytes]) -> Answer:
        """A REQUEST in RENEWING."""
        return self.send(REQUEST, *options, ciaddr=ip(address), arrival=unicast(address, self.server))

    def rebind(self, address: str, *options: tuple[int, bytes]) -> Answer:
        """A REQUEST in REBINDING, through the relay."""
        return self.send(REQUEST, *options, ciaddr=ip(address))

    def release(self, address: str, server: str | None = None) -> Answer:
        arrival = unicast(address, self.server)
        return self.send(RELEASE, (54, ip(server or self.server)), ciaddr=ip(address), arrival=arrival)

    def decline(self, address: str, server: str | None = None) -> Answer:
        return self.send(DECLINE, (54, ip(server or self.server)), (50, ip(address)))

    def inform(self, address: str, *options: tuple[int, bytes], **given: Any) -> Answer:
        given.setdefault("arrival", unicast(address, self.server))
        return self.send(INFORM, *options, ciaddr=ip(address), **given)
