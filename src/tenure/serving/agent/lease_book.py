"""What follows from a lease of this host's own DHCP client: in the memory, in the kernel, in the log.

What the server promises to write is in the memory before the host has the address, or the agent would write it itself.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from tenure.dnswire.name import ROOT, to_text
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.duration import duration_words
from tenure.obtaining.lease import ENDLESS, Configure, Learned, Lease, Remove
from tenure.obtaining.wish import answered_name
from tenure.registering.promise import Answer, Heard, Moment, Promise, learn
from tenure.serving.agent.configuring import configure, unconfigure, write_resolv_conf
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report


class LeaseBook:
    """The leases of all interfaces, one of each family; one writer."""

    def __init__(
        self, memory: AgentMemory, resolv_conf: Path | None, report: Report, clock: Callable[[], float]
    ) -> None:
        """`resolv_conf`: the resolver's file, if it is to be written."""
        self._memory = memory
        self._resolv_conf = resolv_conf
        self._report = report
        self._clock = clock
        self._learned: dict[str, Learned] = {}
        self._known = {(interface, lease.is_v6): lease for interface, lease in memory.leases()}

    def held(self, interface: str, *, is_v6: bool) -> Lease | None:
        """What the interface had last."""
        return self._known.get((interface, is_v6))

    def told(self) -> Learned:
        """All name servers and domains that came with leases which have not ended, or without one."""
        now = self._clock()
        running = [lease for _, lease in sorted(self._known.items()) if now < lease.until_at]
        beside = [one for _, one in sorted(self._learned.items())]
        every = [*((one.name_servers, one.domains) for one in running), *beside]
        servers = dict.fromkeys(server for name_servers, _ in every for server in name_servers)
        domains = dict.fromkeys(domain for _, of_one in every for domain in of_one)
        return Learned(tuple(servers), tuple(domains))

    def learn(self, interface: str, told: Learned) -> None:
        """A server has told this without a lease."""
        if self._learned.get(interface) != told:
            self._learned[interface] = told
            self._report.info("parameters-told", on=interface, name_servers=len(told.name_servers))
            self._write_resolv_conf()

    def begin(self, interface: str, number: int, action: Configure) -> None:
        """The host has this lease from now on."""
        lease, now = action.lease, self._clock()
        if action.replaces is not None:
            self._unconfigure(interface, number, action.replaces)
        promise = self._promise(interface, action, now) if action.is_heard else None
        self._memory.put_lease(interface, lease, promise)
        self._known[interface, lease.is_v6] = lease
        try:
            configure(number, lease, now)
            self._report.healthy(_code(interface, lease))
        except ServiceError as error:
            self._report.problem(_code(interface, lease), str(error))
        self._write_resolv_conf()
        if not action.is_heard:
            self._report.info("lease-confirmed", on=interface, address=ip_address(lease.address))
            return
        self._report.info(
            "lease-bound" if action.is_new else "lease-renewed",
            on=interface,
            address=ip_address(lease.address),
            server=ip_address(lease.server) if len(lease.server) == 4 else lease.server.hex(":"),
            valid="for ever" if lease.seconds == ENDLESS else duration_words(lease.seconds),
            **_answered(lease),
        )

    def end(self, interface: str, number: int, action: Remove) -> None:
        """The host has it no more."""
        self._unconfigure(interface, number, action.lease)
        self._memory.drop_lease(interface, action.lease)
        self._known.pop((interface, action.lease.is_v6), None)
        self._write_resolv_conf()
        self._report.info("lease-ended", on=interface, address=ip_address(action.lease.address), cause=action.cause)

    def _promise(self, interface: str, action: Configure, now: float) -> Promise | None:
        """What is known of who writes the name from now on."""
        lease = action.lease
        moment = Moment.BOUND if action.is_new else Moment.RENEWED
        heard = Heard(lease.address, interface, moment, _answer(lease), lease.seconds)
        before = next((one for one in self._memory.promises() if one.address == lease.address), None)
        return learn(before, heard, now)

    def _unconfigure(self, interface: str, number: int, lease: Lease) -> None:
        try:
            unconfigure(number, lease)
        except ServiceError as error:
            self._report.problem(_code(interface, lease), str(error))

    def _write_resolv_conf(self) -> None:
        told = self.told()
        if self._resolv_conf is None or not any(told):
            return  # nothing better is known than what was told last
        try:
            write_resolv_conf(self._resolv_conf, told)
            self._report.healthy("resolv-conf")
        except ServiceError as error:
            self._report.problem("resolv-conf", str(error))


def _answer(lease: Lease) -> Answer | None:
    """What the server says that it writes."""
    said = lease.answer
    return None if said is None else Answer(said.s, said.n, answered_name(said) or ROOT)


def _answered(lease: Lease) -> dict[str, str]:
    """Of the option in the server's answer, for the log."""
    said = lease.answer
    if said is None:
        return {"fqdn": "not answered"}
    letters = "".join(letter for letter, is_set in (("S", said.s), ("O", said.o), ("N", said.n)) if is_set)
    name = answered_name(said)
    return {"fqdn": letters or "none set"} | ({} if name is None else {"name": to_text(name)})


def _code(interface: str, lease: Lease) -> str:
    return f"dhcpv{6 if lease.is_v6 else 4} {interface}"
