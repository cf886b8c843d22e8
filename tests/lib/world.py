"""The whole house in one process, with a clock that the test moves: leasing, updater, primary, janitor and their store.

No socket, no sleep, no thread. Devices speak DHCP in octets (`dhcp4_network.Client`), every decision is committed to a
real SQLite ledger, the updater's real parts carry real signed messages to the real authority. What a service has in
memory is lost when it crashes; the ledgers stay.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from dhcp4_network import ZONE, Answer, Network, read_reply, subnet
from mortal_store import Crash, Moment, new_stores
from primary import DHCP_KEY, Content, Primary
from stepped_updater import Fate, SteppedUpdater

from tenure.authority.settings import ZonePlace
from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, from_text
from tenure.leasing.lease import FOREVER, Lease, LeaseState
from tenure.leasing.offers import OfferBook
from tenure.leasing.second_choice import choose_again
from tenure.leasing.v4.arrival import Arrival
from tenure.leasing.v4.decide import decide
from tenure.leasing.v4.inquiry import Decision
from tenure.leasing.v4.subnet import Subnet
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import LeaseFilter, RegistrationFilter
from tenure.ledger.zones import ZoneLedger
from tenure.naming.event import Event
from tenure.naming.policy import NamingPolicy
from tenure.naming.registration import Part, Registration, State
from tenure.naming.reverse import reverse_name
from tenure.serving.janitor.service import JanitorService
from tenure.serving.report import Report
from tenure.signing.key import Key
from tenure.updating.routing import Domain, Routes

ALL = 100_000
LIFETIME = 10_000
FORWARD, REVERSE = "example.test.", "10.in-addr.arpa."
ZONES = {
    FORWARD: "@ 3600 NS ns\nns 3600 A 10.1.0.53\nprinter 3600 A 10.1.0.9\n",
    REVERSE: "@ 3600 NS ns.example.test.\n9.0.1 3600 PTR printer.example.test.\n",
}
NAMING = NamingPolicy(qualifying_suffix=ZONE, forward_zones=frozenset({ZONE}))
SUBNETS = (
    subnet(pools="10.1.0.100-10.1.0.102", naming=NAMING, valid_lifetime=LIFETIME, decline_seconds=2 * LIFETIME),
    subnet(
        "10.2.0.0/24",
        pools="10.2.0.100-10.2.0.102",
        naming=replace(NAMING, override_client_update=True),
        valid_lifetime=LIFETIME,
        decline_seconds=2 * LIFETIME,
    ),
)
SERVERS = (("192.0.2.1", 53), ("192.0.2.2", 53), ("192.0.2.3", 53))  # all of them doors to one store
ROUTES = Routes(
    [Domain(from_text(FORWARD), SERVERS[:2], DHCP_KEY)],
    [Domain(from_text(REVERSE), SERVERS[2:], DHCP_KEY)],
)

_A, _AAAA, _PTR, _DHCID = int(RRType.A), int(RRType.AAAA), int(RRType.PTR), int(RRType.DHCID)
_QUIET_ROUNDS = 200


class Template(NamedTuple):
    """A folder with empty tables, made once for many worlds."""

    folder: Path

    @classmethod
    def made(cls) -> Template:
        return cls(Path(tempfile.mkdtemp(prefix="tenure-template-")))

    def drop(self) -> None:
        shutil.rmtree(self.folder)


class World(Network):
    """A server of two subnets and two zones. `client(...)` gives devices, see `dhcp4_network`."""

    texts: Mapping[str, str] = ZONES
    routes = ROUTES

    def __init__(self, folder: Path, template: Path | None = None, subnets: tuple[Subnet, ...] = SUBNETS) -> None:
        super().__init__(*subnets)
        self.lease_store, self.zone_store = new_stores(folder, template or folder / "..")
        self.leases = LeaseLedger(self.lease_store)
        self.zones = ZoneLedger(self.zone_store)
        self.leases.static_names = self.zones.static_names({ZONE: ZonePlace("", ZONE)}, {ZONE}, reads_markers=False)
        self.leases.choose_again = partial(choose_again, policy=subnets[0].naming)
        self.keys: dict[Name, Key] = {}  # of the updater, where those in its routes are not the ones that are good
        self.log = io.StringIO()
        self.report = Report("world", stream=self.log, clock=self.clock)
        self.primary = Primary(self.zones, self.texts, self.clock)
        self.janitor = JanitorService(self.leases, None, lambda: None, self.report, clock=self.clock)
        self.static = self.primary.content()
        self.start_updater()

    def close(self) -> None:
        self.updater.crash()
        self.leases.close()
        self.zones.close()

    def clock(self) -> float:
        return self.now

    # the services

    def send(self, octets: bytes, arrival: Arrival) -> Answer:
        """Decide one packet, commit it, give the reply; a `Crash` leaves a lease service that remembers nothing."""
        self._sent += 1
        packet, correlation = parse_packet(octets), f"c{self._sent}"

        def work(batch: LeaseBatch) -> Decision:
            decision = decide(packet, arrival, batch, self.offers, self.subnets, self.now, correlation)
            batch.apply(decision.changes)
            return decision

        try:
            decision = self.leases.transact(work, self.now)
        except Crash:
            self.offers = OfferBook()
            raise
        return read_reply(decision)

    def lease_store_dies(self, moment: Moment) -> None:
        """The next one to write leases or registrations ends there."""
        self.lease_store.dies = moment

    def zone_store_dies(self, moment: Moment) -> None:
        """The primary ends at its next update."""
        self.zone_store.dies = moment

    def start_updater(self) -> None:
        """A new updater, knowing nothing of one before."""
        self.updater = SteppedUpdater(self.leases, self.routes, self.primary, self.clock, self.report, self.keys)

    def crash_updater(self) -> None:
        """What the updater has in memory is gone; another one is started."""
        self.updater.crash()
        self.start_updater()

    def expire(self) -> None:
        """The janitor ends what is over."""
        while self.janitor.expire_batch():
            pass

    def pass_time(self, seconds: float) -> None:
        """Time goes by, and the janitor sees to it."""
        self.now += seconds
        self.expire()

    def settle(self, fate: Callable[[bytes], Fate] = lambda _: Fate.ANSWERED) -> None:
        """Go on until nothing falls due any more: over back-offs and pauses, and over what ends meanwhile."""
        for _ in range(_QUIET_ROUNDS):
            self.expire()
            self.updater.run(fate)
            due_at = self.leases.next_due_at()
            if due_at is None:
                return
            self.now = max(self.now, due_at)
        raise AssertionError(f"it does not come to rest: {self.registrations()}")

    # what there is

    def lease(self, address: bytes) -> Lease | None:
        return next((lease for lease in self.all_leases() if lease.address == address), None)

    def all_leases(self) -> list[Lease]:
        return self.leases.leases(LeaseFilter(limit=ALL))

    def bound(self) -> list[Lease]:
        """Leases that are bound in the ledger, whether their time is over or not."""
        return [lease for lease in self.all_leases() if lease.state == LeaseState.BOUND]

    def registrations(self) -> list[Registration]:
        return self.leases.registrations(RegistrationFilter(limit=ALL))

    def registration(self, name: str) -> Registration:
        """The one registration of a name that is wanted."""
        (row,) = [row for row in self.registrations() if row.name == from_text(name) and not row.cause]
        return row

    def events(self) -> list[Event]:
        """The history of leases and registrations, oldest first."""
        stored = self.leases.history.events(EventFilter(newest_first=False, limit=ALL))
        return [entry.event for entry in stored]

    def registered(self) -> Content:
        """What DNS must hold for the registrations that are said to be registered."""
        found: Content = set()
        for row in self.registrations():
            found |= records_of(row)
        return found


def forward_records(row: Registration) -> Content:
    rtype = _A if len(row.address) == 4 else _AAAA
    return {(row.name, rtype, row.address), (row.name, _DHCID, row.dhcid)}


def reverse_records(row: Registration) -> Content:
    pointer = reverse_name(row.address)
    return {(pointer, _PTR, row.name), (pointer, _DHCID, row.dhcid)}


def all_records_of(row: Registration) -> Content:
    """The records of both directions, wanted or not."""
    return forward_records(row) | reverse_records(row)


def records_of(row: Registration) -> Content:
    """The records of the directions that are registered."""
    found: Content = set()
    if row.forward.state == State.REGISTERED:
        found |= forward_records(row)
    if row.reverse.state == State.REGISTERED:
        found |= reverse_records(row)
    return found


def parts(row: Registration) -> tuple[Part, Part]:
    return row.forward, row.reverse


def key_of(lease: Lease) -> tuple[Name, bytes, bytes] | None:
    """The key of the registration that a bound lease must have; None: it must have none."""
    if lease.fqdn is None or lease.dhcid is None or not (lease.forward or lease.reverse):
        return None
    return lease.fqdn, lease.address, lease.dhcid


def is_over(lease: Lease, now: float) -> bool:
    return lease.ends_at != FOREVER and lease.ends_at <= now
