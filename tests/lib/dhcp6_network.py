"""A DHCPv6 server in memory with a clock that tests move, and clients that speak to it in octets.

Messages are made and replies are read by `dhcpv6`, by hand, so no code under test checks itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Network
from typing import Any

from dhcpv6 import (
    CONFIRM,
    DECLINE,
    INFORMATION,
    NA,
    PD,
    REBIND,
    RELEASE,
    RENEW,
    REQUEST,
    SOLICIT,
    OptionPair,
    Said,
    ia,
    ip,
    message,
    read,
    relayed,
)
from lease_view import MemoryView

from tenure.dhcpwire.v6.message import parse_datagram
from tenure.dnswire.name import from_text
from tenure.leasing.classes import ClientClass
from tenure.leasing.expression.parser import parse_test, parse_value
from tenure.leasing.expression.v6 import V6, Sighting
from tenure.leasing.lease import Lease
from tenure.leasing.level import Level
from tenure.leasing.offers import OfferBook
from tenure.leasing.pool import Pool
from tenure.leasing.v6.arrival import Arrival, Destination
from tenure.leasing.v6.decide import decide
from tenure.leasing.v6.inquiry import Decision, Server
from tenure.leasing.v6.link import SubnetTable
from tenure.leasing.v6.subnet import PrefixPool, Reservation, Subnet
from tenure.leasing.v6.verdict import Verdict
from tenure.naming.policy import NamingPolicy

ZONE = from_text("example.test.")
START = 1_700_000_000
SERVER = Server(bytes.fromhex("0004") + bytes(range(16)), b"a secret for tests")
NAMING = NamingPolicy(qualifying_suffix=ZONE, forward_zones=frozenset({ZONE}))
LINK = "2001:db8:1::"


def pool(text: str, **given: Any) -> Pool:
    """`first-last`."""
    first, last = text.split("-")
    return Pool(ip(first), ip(last), **given)


def prefix_pool(text: str, delegated: int, excluded: tuple[str, int] | None = None, **given: Any) -> PrefixPool:
    """`prefix/length`, in pieces."""
    network = IPv6Network(text)
    kept = None if excluded is None else (ip(excluded[0]), excluded[1])
    return PrefixPool(network[0].packed, network.prefixlen, delegated, kept, **given)


def subnet(prefix: str = f"{LINK}/64", pools: str = f"{LINK}100-{LINK}109", prefixes: str = "", **given: Any) -> Subnet:
    """A subnet; pools are written `first-last`, prefixes `2001:db8:ff::/48>56`; anything of `Subnet` can be given."""
    network = IPv6Network(prefix)
    pieces = [one.split(">") for one in prefixes.split()]
    defaults: dict[str, Any] = {
        "subnet_id": int.from_bytes(network[0].packed[4:6], "big"),
        "prefix": network[0].packed,
        "prefix_length": network.prefixlen,
        "pools": tuple(pool(one) for one in pools.split()),
        "prefix_pools": tuple(prefix_pool(text, int(length)) for text, length in pieces),
        "options": {23: ip("2001:db8::53"), 24: b"\7example\4test\0"},
        "naming": NAMING,
        "preferred_lifetime": 1800,
        "valid_lifetime": 3600,
        "min_valid_lifetime": 3600,
        "max_valid_lifetime": 3600,
    }
    return Subnet(**{**defaults, **given})


def reserved(*leases: str, name: str | None = None, **given: Any) -> Reservation:
    """Addresses and prefixes (`2001:db8::/56`), a name."""
    networks = [IPv6Network(one) for one in leases if "/" in one]
    addresses = tuple(ip(one) for one in leases if "/" not in one)
    return Reservation(addresses, tuple((one[0].packed, one.prefixlen) for one in networks), name, **given)


def client_class(
    name: str, test: str | None = None, *, if_required: bool = False, **level: Any
) -> ClientClass[Sighting]:
    """A class with what its members get."""
    parsed = None if test is None else parse_test(test, V6)
    return ClientClass(name, parsed, Level(**level), only_if_required=if_required)


@dataclass(frozen=True)
class Answer:
    """A reply taken apart."""

    verdict: Verdict
    octets: bytes = b""
    destination: Destination | None = None

    @property
    def said(self) -> Said:
        """The message; there must be one."""
        assert self.octets, self.verdict
        return read(self.octets)

    @property
    def kind(self) -> int | None:
        """The message type, None for silence."""
        return self.said.kind if self.octets else None

    @property
    def leases(self) -> dict[str, tuple[int, int]]:
        """What was granted or given up: preferred and valid lifetimes."""
        return self.said.leases

    @property
    def lease(self) -> str:
        """The one address or prefix that is granted."""
        (found,) = (lease for lease, (_, valid) in self.leases.items() if valid)
        return found

    @property
    def statuses(self) -> list[int | None]:
        """The status of each association."""
        return [one.status for one in self.said.ias]


def read_reply(decision: Decision) -> Answer:
    """The reply of a decision, or that there is none."""
    reply = decision.reply
    return Answer(decision.counted) if reply is None else Answer(decision.counted, reply.octets, reply.destination)


class Network:
    """A server of some subnets."""

    def __init__(
        self,
        *subnets: Subnet,
        view: MemoryView | None = None,
        classes: Sequence[ClientClass[Sighting]] = (),
        flex: str | None = None,
    ) -> None:
        expression = None if flex is None else parse_value(flex, V6)
        self.subnets = SubnetTable(subnets or (subnet(),), None, classes, expression)
        self.view = view or MemoryView()
        self.offers = OfferBook()
        self.now: float = START
        self._sent = 0

    def send(self, octets: bytes, arrival: Arrival) -> Answer:
        """Decide one message, commit it, give the reply."""
        decision = self.decide(octets, arrival)
        self.view.apply(decision.changes)
        return read_reply(decision)

    def decide(self, octets: bytes, arrival: Arrival) -> Decision:
        """Decide one message and commit nothing."""
        self._sent += 1
        datagram = parse_datagram(octets)
        correlation = f"c{self._sent}"
        return decide(datagram, arrival, self.view, self.offers, self.subnets, SERVER, self.now, correlation)

    def client(self, number: int = 1, **given: Any) -> Client:
        """A client on the relayed link 2001:db8:1::/64."""
        return Client(self, bytes.fromhex("00030001020000") + number.to_bytes(3, "big"), **given)

    def row(self, lease: str) -> Lease:
        """The row of an address or prefix."""
        return self.view.rows[ip(lease.partition("/")[0])]

    def names(self) -> dict[str, set[str]]:
        """What DNS is to say: the addresses of each name, in text."""
        found: dict[str, set[str]] = {}
        for want in self.view.wanted.values():
            if want.forward:
                name = want.name[1 : want.name[0] + 1].decode()
                found.setdefault(name, set()).add(str(IPv6Network(want.address).network_address))
        return found


def from_relay(relay: str = "2001:db8::99") -> Arrival:
    """What a relay sends to our address."""
    return Arrival(ip(relay), 547, multicast=False)


def on_wire(source: str = "fe80::1", interface: str = "eth0", *addresses: str) -> Arrival:
    """What a client sends to the group on a wire of ours."""
    return Arrival(ip(source), 546, True, interface, tuple(ip(one) for one in addresses))


@dataclass(frozen=True)
class Client:
    """One client: its DUID, where it is, what it says of itself in each message."""

    network: Network
    duid: bytes
    link: str = LINK + "1"  # its relay's address there
    source: str = "fe80::1"
    says: tuple[OptionPair, ...] = ()
    relay_says: tuple[OptionPair, ...] = field(default=())

    def saying(self, *options: OptionPair) -> Client:
        """The same client with these options in each of its messages."""
        return replace(self, says=options)

    def at(self, link: str) -> Client:
        """The same client on another link."""
        return replace(self, link=link)

    @property
    def key(self) -> bytes:
        """Its key in the ledger."""
        return b"\2" + self.duid

    def send(self, kind: int, *options: OptionPair, arrival: Arrival | None = None, server: bool = False) -> Answer:
        """One message, through the relay unless it arrives some other way; `server`: it names ours."""
        named = ((2, SERVER.duid),) if server else ()
        octets = message(kind, (1, self.duid), *named, *self.says, *options)
        if arrival is not None:
            return self.network.send(octets, arrival)
        return self.network.send(relayed(octets, self.link, self.source, *self.relay_says), from_relay())

    def solicit(self, *options: OptionPair, **how: Any) -> Answer:
        return self.send(SOLICIT, *(options or (ia(NA, 1),)), **how)

    def request(self, *options: OptionPair, **how: Any) -> Answer:
        return self.send(REQUEST, *(options or (ia(NA, 1),)), server=True, **how)

    def renew(self, *options: OptionPair, **how: Any) -> Answer:
        return self.send(RENEW, *(options or (ia(NA, 1),)), server=True, **how)

    def rebind(self, *options: OptionPair, **how: Any) -> Answer:
        return self.send(REBIND, *(options or (ia(NA, 1),)), **how)

    def confirm(self, *options: OptionPair, **how: Any) -> Answer:
        return self.send(CONFIRM, *options, **how)

    def release(self, *options: OptionPair, **how: Any) -> Answer:
        return self.send(RELEASE, *options, server=True, **how)

    def decline(self, *options: OptionPair, **how: Any) -> Answer:
        return self.send(DECLINE, *options, server=True, **how)

    def inform(self, *options: OptionPair, **how: Any) -> Answer:
        return self.send(INFORMATION, *options, **how)

    def join(self, iaid: int = 1, *options: OptionPair) -> str:
        """An address by SOLICIT and REQUEST."""
        offered = self.solicit(ia(NA, iaid), *options)
        answer = self.request(ia(NA, iaid, offered.lease), *options)
        assert answer.lease == offered.lease
        return answer.lease

    def delegate(self, iaid: int = 1, *options: OptionPair) -> str:
        """A prefix by SOLICIT and REQUEST."""
        offered = self.solicit(ia(PD, iaid), *options)
        answer = self.request(ia(PD, iaid, offered.lease), *options)
        assert answer.lease == offered.lease
        return answer.lease


def fqdn(name: str, flags: int = 1) -> OptionPair:
    """Option 39 with S set; a name with a final dot is full."""
    wire = b"".join(bytes((len(part),)) + part.encode() for part in name.rstrip(".").split(".") if part)
    return 39, bytes((flags,)) + wire + (b"\0" if name.endswith(".") else b"")
