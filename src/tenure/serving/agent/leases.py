"""The DHCP clients that the agent itself is, one for each interface that is named: begun, looked after, ended."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from tenure.ledger.agent_memory import AgentMemory
from tenure.ledger.errors import LedgerError
from tenure.obtaining.v4 import Client4
from tenure.obtaining.v6 import Client6
from tenure.obtaining.wish import Family, Flag, Wish
from tenure.registering.interface import IFA_F_DADFAILED, HostAddress, Interface
from tenure.registering.resolv_conf import ResolvConf
from tenure.registering.selection import Judged
from tenure.serving.agent.client_socket4 import ClientSocket4
from tenure.serving.agent.client_socket6 import ClientSocket6
from tenure.serving.agent.configuring import switch_on
from tenure.serving.agent.holding import Holding
from tenure.serving.agent.inventory import read_inventory
from tenure.serving.agent.lease_book import LeaseBook
from tenure.serving.agent.telling import Telling
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report

_DOWN = frozenset({1, 2, 3})  # operational states: not present, down, the layer below is down (RFC 2863)
_IAID_SIZE = 4
HostName = tuple[tuple[bytes, ...], bool]  # its labels, and whether they are the whole name
NameOf = Callable[[ResolvConf], HostName]


@dataclass(frozen=True, slots=True)
class ClientTerms:
    """What the configuration says of the clients."""

    interfaces: tuple[str, ...]
    duid: bytes
    families: tuple[Family, ...] = (Family.IPV4, Family.IPV6)
    flags: frozenset[Flag] = frozenset({Flag.E})
    checks: bool = True
    release: bool = True  # at the end
    tells: bool = True  # DHCPv6 servers of self-made addresses
    resolv_conf: Path | None = None  # the resolver's file, if it is to be written


class Leases:
    """All clients. Belongs to one event loop; what goes wrong with the memory meanwhile is raised by `look`."""

    def __init__(
        self, terms: ClientTerms, memory: AgentMemory, name_of: NameOf, report: Report, clock: Callable[[], float]
    ) -> None:
        """`name_of`: what the host is called, by what its resolver is told."""
        self._terms = terms
        self._memory = memory
        self._name_of = name_of
        self._report = report
        self._clock = clock
        self._book = LeaseBook(memory, terms.resolv_conf, report, clock)
        self._holdings: dict[tuple[str, Family], Holding] = {}
        self._tellings: dict[str, Telling] = {}
        self._carriers: dict[tuple[str, Family], int] = {}  # how often a link had come or gone when it was there last
        self._nudge: Callable[[], None] = lambda: None
        self._failure: LedgerError | None = None

    def start(self, nudge: Callable[[], None]) -> None:
        """`nudge` is called when a lease has begun or ended, so that somebody looks."""
        self._nudge = nudge

    def known(self, resolver: ResolvConf) -> ResolvConf:
        """What the resolver is told, and what servers have told, which counts where the resolver is told nothing."""
        told = self._book.told()
        servers = resolver.servers or tuple(str(ip_address(one)) for one in told.name_servers)
        return ResolvConf(servers, resolver.domains or told.domains)

    @property
    def is_whole(self) -> bool:
        """Whether every client that is wanted has begun."""
        return len(self._holdings) == len(self._terms.interfaces) * len(self._terms.families)

    def look(self, resolver: ResolvConf) -> None:
        """Begin what has not begun, and tell the clients what has changed: the host's name, links; `LedgerError`."""
        if self._failure is not None:
            raise self._failure
        try:
            found = read_inventory()
        except ServiceError as error:
            self._report.problem("dhcp", str(error))
            return
        self._report.healthy("dhcp")
        by_name = {one.name: one for one in found.interfaces}
        name = self._name_of(self.known(resolver))
        for wanted in self._terms.interfaces:
            interface = by_name.get(wanted)
            if interface is None:
                self._report.problem(f"dhcp {wanted}", "there is no such interface")
            else:
                self._report.healthy(f"dhcp {wanted}")
            for family in self._terms.families:
                self._look_at((wanted, family), interface, name)
        self._look_for_duplicates(found.addresses)

    def tell(self, judged: Sequence[Judged]) -> None:
        """Tell DHCPv6 servers of the addresses that are registered and not leased, where they want to be told."""
        if not self._tellings:
            return
        leased = frozenset(one.address for one in self._memory.promises())
        leased |= {lease.address for _, lease in self._memory.leases()}
        for telling in self._tellings.values():
            telling.look(judged, leased)

    def stop(self) -> None:
        """End all clients; `LedgerError`."""
        for telling in self._tellings.values():
            if self._terms.release:
                telling.stop()
            else:
                telling.close()
        self._tellings.clear()
        for holding in self._holdings.values():
            holding.stop(release=self._terms.release)
        self._holdings.clear()

    def _changed(self, failure: LedgerError | None) -> None:
        self._failure = failure or self._failure
        self._nudge()

    def _look_for_duplicates(self, addresses: Sequence[HostAddress]) -> None:
        """Of IPv6 addresses the kernel finds out whether another host has them (RFC 4862 section 5.4)."""
        failed = {(one.interface, one.address) for one in addresses if one.flags & IFA_F_DADFAILED}
        for (_, family), holding in self._holdings.items():
            if family is Family.IPV6:
                for number, address in failed:
                    if number == holding.interface.number:
                        holding.conflict(address)

    def _look_at(self, place: tuple[str, Family], interface: Interface | None, called: HostName) -> None:
        holding = self._holdings.get(place)
        if holding is not None and (interface is None or _is_another(holding.interface, interface)):
            holding.close()
            del self._holdings[place]
            holding = None
            if place[1] is Family.IPV6 and place[0] in self._tellings:
                self._tellings.pop(place[0]).close()
        if interface is None:
            return
        if holding is None:
            self._begin(place, interface, called)
        else:
            self._tell(place, holding, interface, called)

    def _begin(self, place: tuple[str, Family], interface: Interface, called: HostName) -> None:
        if len(interface.hardware) != 6:
            self._report.problem(f"dhcp {interface.name} {place[1]}", "it has no Ethernet address")
            return
        try:
            switch_on(interface.number)
            made = self._holding(place[1], interface, self._wish(interface, called))
        except ServiceError as error:
            self._report.problem(f"dhcp {interface.name} {place[1]}", str(error))
            return
        self._report.healthy(f"dhcp {interface.name} {place[1]}")
        self._holdings[place] = made
        self._carriers[place] = interface.carriers
        made.start()

    def _holding(self, family: Family, interface: Interface, wish: Wish) -> Holding:
        held = self._book.held(interface.name, is_v6=family is Family.IPV6)
        rest = (self._book, self._report, self._clock, self._changed)
        if family is Family.IPV6:
            client = Client6(wish, held, random.random)
            made = Holding(interface, family, client, ClientSocket6(interface.name, interface.number), *rest)
            if self._terms.tells:
                telling = Telling(client, made, wish, self._report, self._clock, self._nudge)
                self._tellings[interface.name] = telling
            return made
        return Holding(interface, family, Client4(wish, held, random.random), ClientSocket4(interface.name), *rest)

    def _tell(self, place: tuple[str, Family], holding: Holding, interface: Interface, called: HostName) -> None:
        if interface.state not in _DOWN and interface.carriers != self._carriers.get(place):
            self._carriers[place] = interface.carriers
            self._report.info("link-up", on=interface.name, family=place[1])
            holding.link_up()
        wish = self._wish(interface, called)
        holding.rename(wish)
        if place[1] is Family.IPV6 and place[0] in self._tellings:
            self._tellings[place[0]].rename(wish)

    def _wish(self, interface: Interface, called: HostName) -> Wish:
        labels, is_full = called
        iaid = interface.hardware[-_IAID_SIZE:]
        terms = self._terms
        return Wish(interface.hardware, terms.duid, iaid, labels, is_full, terms.flags, terms.checks)


def _is_another(before: Interface, now: Interface) -> bool:
    """Whether it was made anew under its name, or has another address."""
    return (before.number, before.hardware) != (now.number, now.hardware)
