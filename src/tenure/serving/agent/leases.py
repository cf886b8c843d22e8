"""The DHCP clients that the agent itself is, one for each interface that is named: begun, looked after, ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from tenure.ledger.agent_memory import AgentMemory
from tenure.ledger.errors import LedgerError
from tenure.obtaining.wish import Flag, Wish
from tenure.registering.interface import Interface
from tenure.registering.resolv_conf import ResolvConf
from tenure.serving.agent.configuring import switch_on
from tenure.serving.agent.holding4 import Holding4
from tenure.serving.agent.inventory import read_inventory
from tenure.serving.agent.lease_book import LeaseBook
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
    flags: frozenset[Flag] = frozenset({Flag.E})
    checks: bool = True
    release: bool = True  # at the end
    resolv_conf: Path | None = None  # the resolver's file, if it is to be written


class Leases:
    """All clients. Belongs to one event loop; what goes wrong with the memory meanwhile is raised by `look`."""

    def __init__(
        self, terms: ClientTerms, memory: AgentMemory, name_of: NameOf, report: Report, clock: Callable[[], float]
    ) -> None:
        """`name_of`: what the host is called, by what its resolver is told."""
        self._terms = terms
        self._name_of = name_of
        self._report = report
        self._clock = clock
        self._book = LeaseBook(memory, terms.resolv_conf, report, clock)
        self._holdings: dict[str, Holding4] = {}
        self._carriers: dict[str, int] = {}  # how often a link had come or gone when it was there last
        self._nudge: Callable[[], None] = lambda: None
        self._failure: LedgerError | None = None

    def start(self, nudge: Callable[[], None]) -> None:
        """`nudge` is called when a lease has begun or ended, so that somebody looks."""
        self._nudge = nudge

    def known(self, resolver: ResolvConf) -> ResolvConf:
        """What the resolver is told, and what servers have told, which counts where the resolver is told nothing."""
        running = self._book.running()
        servers = resolver.servers or tuple(str(ip_address(one)) for lease in running for one in lease.name_servers)
        domains = resolver.domains or tuple(domain for lease in running for domain in lease.domains)
        return ResolvConf(servers, domains)

    def look(self, resolver: ResolvConf) -> None:
        """Begin what has not begun, and tell the clients what has changed: the host's name, links; `LedgerError`."""
        if self._failure is not None:
            raise self._failure
        try:
            by_name = {one.name: one for one in read_inventory().interfaces}
        except ServiceError as error:
            self._report.problem("dhcp", str(error))
            return
        self._report.healthy("dhcp")
        name = self._name_of(self.known(resolver))
        for wanted in self._terms.interfaces:
            self._look_at(wanted, by_name.get(wanted), name)

    def stop(self) -> None:
        """End all clients; `LedgerError`."""
        for holding in self._holdings.values():
            holding.stop(release=self._terms.release)
        self._holdings.clear()

    def _changed(self, failure: LedgerError | None) -> None:
        self._failure = failure or self._failure
        self._nudge()

    def _look_at(self, name: str, interface: Interface | None, called: HostName) -> None:
        holding = self._holdings.get(name)
        if holding is not None and (interface is None or _is_another(holding.interface, interface)):
            holding.close()
            del self._holdings[name]
            holding = None
        if interface is None:
            self._report.problem(f"dhcp {name}", "there is no such interface")
            return
        if holding is None:
            self._begin(interface, called)
        else:
            self._tell(holding, interface, called)

    def _begin(self, interface: Interface, called: HostName) -> None:
        if len(interface.hardware) != 6:
            self._report.problem(f"dhcp {interface.name}", "it has no Ethernet address")
            return
        try:
            switch_on(interface.number)
            wish = self._wish(interface, called)
            made = Holding4(interface, wish, self._book, self._report, self._clock, self._changed)
        except ServiceError as error:
            self._report.problem(f"dhcp {interface.name}", str(error))
            return
        self._report.healthy(f"dhcp {interface.name}")
        self._holdings[interface.name] = made
        self._carriers[interface.name] = interface.carriers
        made.start()

    def _tell(self, holding: Holding4, interface: Interface, called: HostName) -> None:
        if interface.state not in _DOWN and interface.carriers != self._carriers.get(interface.name):
            self._carriers[interface.name] = interface.carriers
            self._report.info("link-up", on=interface.name)
            holding.link_up()
        holding.rename(self._wish(interface, called))

    def _wish(self, interface: Interface, called: HostName) -> Wish:
        labels, is_full = called
        iaid = interface.hardware[-_IAID_SIZE:]
        terms = self._terms
        return Wish(interface.hardware, terms.duid, iaid, labels, is_full, terms.flags, terms.checks)


def _is_another(before: Interface, now: Interface) -> bool:
    """Whether it was made anew under its name, or has another address."""
    return (before.number, before.hardware) != (now.number, now.hardware)
