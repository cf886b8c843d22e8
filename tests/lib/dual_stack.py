"""The house of `world` with DHCPv6 in it: two IPv6 subnets beside the two of IPv4, and devices that speak both.

A device is one hardware address. What it has is read from its own memory, what DNS must hold for it follows from that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dhcp4_network as net4
import dhcp6_network as net6
from dhcpv6 import NA, OptionPair, ia
from mortal_store import Crash
from primary import DHCP_KEY
from world import FORWARD, LIFETIME, REVERSE, SERVERS, SUBNETS, ZONES, World

from tenure.dhcpwire.v6.message import parse_datagram
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text, to_text
from tenure.leasing.offers import OfferBook
from tenure.leasing.v4.subnet import Subnet
from tenure.leasing.v6.arrival import Arrival
from tenure.leasing.v6.decide import decide
from tenure.leasing.v6.inquiry import Decision
from tenure.leasing.v6.link import NO_HOSTS, SubnetTable
from tenure.leasing.v6.subnet import Subnet as Subnet6
from tenure.ledger.batch import LeaseBatch
from tenure.naming.policy import NamingPolicy, OneDevice
from tenure.naming.reverse import reverse_name
from tenure.updating.routing import Domain, Routes

NETS6 = (101, 102)  # 2001:db8:101::/64 and :102::
REVERSE6 = "8.b.d.0.1.0.0.2.ip6.arpa."
DEVICES = replace(SUBNETS[0].naming, one_device=OneDevice.SEEN)


def subnets4(naming: NamingPolicy) -> tuple[Subnet, ...]:
    return tuple(replace(one, naming=naming) for one in SUBNETS)


def subnets6(naming: NamingPolicy, **more: Any) -> tuple[Subnet6, ...]:
    lifetimes = ("preferred_lifetime", "valid_lifetime", "min_valid_lifetime", "max_valid_lifetime")
    given = {**dict.fromkeys(lifetimes, LIFETIME), "naming": naming, **more}
    return tuple(
        net6.subnet(f"2001:db8:{n}::/64", f"2001:db8:{n}::100-2001:db8:{n}::109", subnet_id=n, **given) for n in NETS6
    )


class DualWorld(World):
    """`world.World`, to which DHCPv6 clients speak too."""

    texts: Mapping[str, str] = {**ZONES, REVERSE6: "@ 3600 NS ns.example.test.\n"}
    routes = Routes(
        [Domain(from_text(FORWARD), SERVERS[:2], DHCP_KEY)],
        [Domain(from_text(zone), SERVERS[2:], DHCP_KEY) for zone in (REVERSE, REVERSE6)],
    )

    def __init__(
        self,
        folder: Path,
        template: Path | None = None,
        naming: NamingPolicy = DEVICES,
        *,
        four: tuple[Subnet, ...] | None = None,
        six: tuple[Subnet6, ...] | None = None,
        hosts: Mapping[bytes, bytes] = NO_HOSTS,
    ) -> None:
        super().__init__(folder, template, subnets4(naming) if four is None else four)
        self.six = Door6(self, SubnetTable(subnets6(naming) if six is None else six, hosts=hosts))


class Door6(net6.Network):
    """The way of DHCPv6 messages into the world; a `Crash` leaves a lease service that remembers nothing."""

    def __init__(self, world: DualWorld, subnets: SubnetTable) -> None:
        self.world = world
        self.subnets = subnets
        self.offers = OfferBook()
        self._sent = 0

    def send(self, octets: bytes, arrival: Arrival) -> net6.Answer:
        """Decide one message, commit it, give the reply."""
        self._sent += 1
        datagram, correlation = parse_datagram(octets), f"s{self._sent}"
        world = self.world

        def work(batch: LeaseBatch) -> Decision:
            server, now = net6.SERVER, world.now
            found = decide(datagram, arrival, batch, self.offers, self.subnets, server, now, correlation)
            batch.apply(found.changes)
            return found

        try:
            decision = world.leases.transact(work, world.now)
        except Crash:
            self.offers = OfferBook()
            raise
        return net6.read_reply(decision)


@dataclass
class Device:
    """A dual-stack host with one interface."""

    world: DualWorld
    number: int
    name: str
    client_id: bytes | None = None  # option 61
    duid: bytes = b""
    seen_by_relay: bool = True  # the relay of IPv6 says what it saw (option 79)
    held4: list[str] = field(default_factory=list)  # the newest last
    held6: list[str] = field(default_factory=list)

    @property
    def mac(self) -> bytes:
        return bytes((2, 0, 0, 0, 0, self.number))

    @property
    def four(self) -> net4.Client:
        client = self.world.client(self.number, client_id=self.client_id)
        return client.saying((12, self.name.encode()))

    @property
    def six(self) -> net6.Client:
        seen: tuple[OptionPair, ...] = ((79, b"\0\1" + self.mac),) if self.seen_by_relay else ()
        duid = self.duid or b"\0\4" + bytes((self.number,)) * 16
        return net6.Client(self.world.six, duid, "2001:db8:101::1", says=(net6.fqdn(self.name),), relay_says=seen)

    def join4(self, net: int = 1) -> None:
        self.held4.append(self.four.at(f"10.{net}.0.254").join().yiaddr)

    def join6(self, net: int = 1) -> None:
        self.held6.append(self.six.at(f"2001:db8:10{net}::1").join())

    def renew4(self) -> None:
        if self.held4:
            assert self.four.renew(self.held4[-1]).type == net4.ACK

    def renew6(self) -> None:
        if self.held6:
            self.six.at(self.held6[-1].partition("::")[0] + "::1").renew(ia(NA, 1, self.held6[-1]))

    def release4(self) -> None:
        self.four.release(self.held4.pop())

    def release6(self) -> None:
        address = self.held6.pop()
        self.six.at(address.partition("::")[0] + "::1").release(ia(NA, 1, address))


def proofs(world: DualWorld, name: str) -> set[bytes]:
    """The DHCIDs at a name."""
    marker = (from_text(name), RRType.DHCID)
    return {rdata for owner, rtype, rdata in world.primary.content() if (owner, rtype) == marker}


def expected(addresses: list[str]) -> list[str]:
    """What a name must hold that has these addresses."""
    lines = [f"{'AAAA' if ':' in one else 'A'} {one}" for one in addresses]
    return sorted([*lines, "DHCID"] if lines else [])


def pointer(address: str) -> str:
    """The name of an address."""
    return to_text(reverse_name(ip_address(address).packed))
