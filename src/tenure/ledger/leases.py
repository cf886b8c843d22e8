"""The lease half of the ledger: leases, what they want of DNS, the TSIG keys, and the history of these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import NoReturn, TypeAlias, TypeVar

from tenure.dnswire.name import Name
from tenure.hearing.heard import HeardLease
from tenure.leasing.lease import Changes, Lease
from tenure.leasing.tie import Tie
from tenure.ledger import counts, statements
from tenure.ledger.batch import LeaseBatch, lease_statements
from tenure.ledger.confirmations import Confirmations
from tenure.ledger.due import DueRegistrations
from tenure.ledger.freed_names import FreedNames
from tenure.ledger.heard import HeardBatch, HeardLeases
from tenure.ledger.history import History
from tenure.ledger.keys import KeyStore
from tenure.ledger.lease_orders import LeaseOrders
from tenure.ledger.lease_pipeline import BatchSettled, LeasePipeline
from tenure.ledger.name_orders import NameOrders
from tenure.ledger.reading import (
    LeaseFilter,
    RegistrationFilter,
    read_changed_registrations,
    read_lease_over,
    read_leases,
    read_registrations,
)
from tenure.ledger.refused_names import RefusedNames
from tenure.ledger.registrations import REGISTRATIONS_CHANNEL, Key, Registrations
from tenure.ledger.rehearsal import Rehearsal, Undone
from tenure.ledger.server_secrets import ServerSecrets
from tenure.ledger.server_troubles import ServerTroubles
from tenure.ledger.session import Listener, Store
from tenure.ledger.source_troubles import SourceTroubles
from tenure.ledger.stale_records import StaleRecord, StaleRecords
from tenure.ledger.standing_names import StandingNames
from tenure.ledger.static_names import StaticNames
from tenure.ledger.taken_over_names import TakenOverNames
from tenure.ledger.ties import Ties
from tenure.ledger.txt_markers import TxtMarkers
from tenure.ledger.zone_readings import ZoneReadings
from tenure.ledger.zone_troubles import ZoneTroubles
from tenure.ledger.zones_again import ZonesAgain
from tenure.naming.event import Event
from tenure.naming.registration import Confirmed, Direction, Outcome, RefusedName, Registration
from tenure.naming.server_trouble import ServerTrouble
from tenure.naming.standing import Situation, StandingName
from tenure.naming.zone_reading import ZoneReading
from tenure.naming.zone_trouble import ZoneTrouble

__all__ = ["LeaseBatch", "LeaseFilter", "LeaseLedger", "RegistrationFilter"]

T = TypeVar("T")

# The lease's next name, from the rows as they stand and the claim that was refused.
ChooseAgain: TypeAlias = Callable[[LeaseBatch, RefusedName, float], Changes]

_UPDATING, _RECONCILING = "updating", "reconciling"


class LeaseLedger:
    """One connection to the lease half; for the process and thread that opened it. Nothing is loaded at the start."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._session = session = store.connect()
        self._statements = lease_statements(session)
        self._registrations = Registrations(session)
        self._due = DueRegistrations(session)
        self._txt_markers = TxtMarkers(session)
        self._confirmations = Confirmations(session)
        self.freed_names = FreedNames(session)
        self._refused_names = RefusedNames(session)
        self._taken_over_names = TakenOverNames(session, self._statements.append_event)
        self.history = History(session, "event")
        self.keys = KeyStore(session)
        self._troubles = ZoneTroubles(session)
        self.server_troubles = ServerTroubles(session)
        self.source_troubles = SourceTroubles(session)
        self._zones_again = ZonesAgain(session)
        self._readings = ZoneReadings(session)
        self._stale_records = StaleRecords(session)
        self.name_orders = NameOrders(session, self._registrations, self._new_batch)
        self.lease_orders = LeaseOrders(session, self._new_batch)
        self._standing = StandingNames(session)
        self._ties = Ties(session)
        self._heard = HeardLeases(session)
        self.secrets = ServerSecrets(session, "lease_secret")
        self.static_names: StaticNames | None = None
        """What batches say of names in zones of ours; None: nothing stands there."""
        self.choose_again: ChooseAgain | None = None
        """What becomes of a lease whose name was refused; None: nothing before it is renewed."""

    def another(self) -> LeaseLedger:
        """A connection of its own to the same store, for the thread that calls this."""
        other = LeaseLedger(self._store)
        other.choose_again = self.choose_again
        return other

    @property
    def place(self) -> str:
        """Where the store is, for people."""
        return self._store.place

    def transact(self, work: Callable[[LeaseBatch], T], now: float) -> T:
        """Runs `work` in one transaction and gives its value back once everything it applied is durable.

        `now` is the time of the batch: what it wants of DNS is due then. `work` must have no effect but through the
        batch and its value, because it is called again when another process changed the same rows first. A batch
        that applies nothing costs no disk access. `LedgerUnavailable`: nothing of the batch was committed.
        """

        def attempt() -> T:
            batch = self._new_batch(now)
            value = work(batch)
            batch.write()
            return value

        return self._session.transact(attempt, writes=False)

    def transact_heard(self, work: Callable[[HeardBatch], T], now: float) -> T:
        """As `transact`, for what other DHCP servers say of their leases."""

        def attempt() -> T:
            batch = HeardBatch(self._session, self._statements.append_event, self._heard, self._registrations, now)
            value = work(batch)
            batch.write()
            return value

        return self._session.transact(attempt, writes=False)

    def standing_names(self) -> list[StandingName]:
        """The names that reservations keep in DNS, leased or not; by address."""
        with self._session.reading():
            return self._standing.all()

    def unsettled_standing_names(self, now: float, after: bytes = b"", *, refused: bool = False) -> list[Situation]:
        """A page of those of which something may be to do (`StandingNames.unsettled`)."""
        with self._session.reading():
            return self._standing.unsettled(now, after, refused=refused)

    def standing_situations(self, now: float, names: Iterable[Name], address: bytes | None) -> list[Situation]:
        """How those stand that have one of the names, or the address; by address."""
        with self._session.reading():
            found = [one for name in {b"", *names} for one in self._standing.situations(now, name, address or b"")]
        return sorted({one.standing.address: one for one in found}.values())

    def transact_standing(self, work: Callable[[StandingNames, LeaseBatch], T], now: float) -> T:
        """As `transact`, for what reservations keep in DNS."""
        return self.transact(lambda batch: work(self._standing, batch), now)

    def next_heard_end(self, source: str) -> int | None:
        """When the next lease of a source ends, or ended; None: none has an end that is known."""
        with self._session.reading():
            return self._heard.next_end(source)

    def heard_leases(self, source: str) -> Iterator[HeardLease]:
        """What a source says, by address."""
        after = b""
        while rows := self._heard_page(source, after):
            yield from rows
            after = rows[-1].address

    def _heard_page(self, source: str, after: bytes) -> list[HeardLease]:
        with self._session.reading():
            return self._heard.look_page(source, after)

    def heard_at(self, address: bytes) -> list[HeardLease]:
        """What the sources say of an address."""
        with self._session.reading():
            return self._heard.look_at(address)

    def heard_overdue(self, source: str, before: float) -> int:
        """How many leases of a source ended before then, or then, and are still there."""
        with self._session.reading():
            return self._heard.overdue(source, before)

    def heard_counts(self) -> dict[str, int]:
        """How many leases each source speaks of."""
        with self._session.reading():
            return self._heard.counts()

    def pipeline(self, settled: BatchSettled[T]) -> LeasePipeline[T]:
        """For a service that commits batch after batch; `settled` is told what became of each.

        While a batch is not settled, this ledger is for nothing else.
        """
        return LeasePipeline(self._session, self._new_batch, settled)

    def rehearse(self, work: Callable[[Rehearsal], T], now: float) -> T:
        """Runs `work` as `transact` would, and undoes everything that it did; for a look at what would happen.

        Other writers wait as long as it lasts. `LedgerUnavailable` as there.
        """

        def attempt() -> NoReturn:
            raise Undone(work(Rehearsal(self._session, self._due, partial(self._new_batch, now))))

        try:
            self._session.transact(attempt, writes=False)
        except Undone as over:
            value: T = over.value
            return value

    def _new_batch(self, now: float) -> LeaseBatch:
        return LeaseBatch(
            self._session, self._statements, self._registrations, self._troubles, self._ties, now, self.static_names
        )

    def due_registrations(
        self, now: float, limit: int, skip: Collection[Key] = (), after: Registration | None = None
    ) -> list[Registration]:
        """Rows that the updater must act on now, by due time, at most `limit`, without the keys in `skip`.

        `after` goes on behind the last row of an earlier answer; fewer than `limit` mean that the end is reached. An
        addition is not among them while another device's removal of the same name is still under way: a name that one
        device gives up is out of DNS before the next one claims it. Rows come whole.
        """
        with self._session.reading():
            return self._due.due(now, limit, skip, after)

    def txt_markers(self, address: bytes, dhcid: bytes) -> Collection[bytes]:
        """The TXT markers of ISC dhcpd that the client of a registration may have; none where it is not known."""
        with self._session.reading():
            return self._txt_markers.of(address, dhcid)

    def waiting_registrations(self, limit: int, after: Registration | None = None) -> list[Registration]:
        """Rows of which something is to be done, now or later, by due time; a page behind `after`. For people."""
        with self._session.reading():
            return self._due.waiting(limit, after)

    def next_due_at(self, skip: Collection[Key] = ()) -> float | None:
        """When the next registration that is not in `skip` falls due; None: nothing is to be done."""
        with self._session.reading():
            return self._due.next_due_at(skip)

    def record_outcomes(
        self,
        outcomes: Sequence[Outcome],
        events: Sequence[Event],
        now: float,
        zones: Sequence[ZoneTrouble] = (),
        confirmed: Sequence[Confirmed] = (),
        servers: Sequence[ServerTrouble] = (),
    ) -> int:
        """Records what the updater found out, with its events, in one transaction; how many outcomes counted.

        An outcome of another generation than the row's is passed over: the lease wants something else by now, and the
        row is still due. A row of which nothing is wanted and nothing is in DNS goes. With the removal of a name, the
        claims of other devices that were refused it fall due; with the refusal of one, its lease may get another. Who
        was written over loses the name. With the end of a zone's outage all that waits for it falls due.
        """

        def attempt() -> int:
            recorded = self._registrations.write_outcomes(outcomes, now) + self._confirmations.write(confirmed)
            self._taken_over_names.note(confirmed, now)
            self.freed_names.claim_again(outcomes, now)
            self._troubles.write(zones)
            self._zones_again.are_well(zones, now)
            self.server_troubles.write(servers)
            if events:
                self._session.write(self._statements.append_event, events)
            if self.choose_again is not None and (refused := self._refused_names.among(outcomes)):
                self._choose_again(self.choose_again, refused, now)
            return recorded

        return self._session.transact(attempt, writes=True)

    def _choose_again(self, choose: ChooseAgain, refused: Sequence[RefusedName], now: float) -> None:
        batch = self._new_batch(now)
        for one in refused:
            batch.apply(choose(batch, one, now))
        batch.write()

    def zone_troubles(self) -> list[ZoneTrouble]:
        """Zones that take no update, or took none when they were last asked."""
        with self._session.reading():
            return self._troubles.all()

    def zone_readings(self) -> dict[Name, ZoneReading]:
        """When each zone was last read back and compared."""
        with self._session.reading():
            return self._readings.all()

    def record_reading(self, reading: ZoneReading, events: Sequence[Event]) -> None:
        """Records that a zone was read back, with its event."""

        def attempt() -> None:
            self._readings.write(reading)
            if events:
                self._session.write(self._statements.append_event, events)

        self._session.transact(attempt, writes=True)

    def take_away(self, records: Sequence[StaleRecord], events: Sequence[Event], now: float) -> int:
        """Has records taken away that tenure wrote and no lease wants, with the events; how many are due by this.

        A record that a lease has claimed meanwhile stays.
        """

        def attempt() -> int:
            count = self._stale_records.take_away(records, now)
            if events:
                self._session.write(self._statements.append_event, events)
            return count

        return self._session.transact(attempt, writes=True)

    def ties_of(self, *, hardware: bytes | None = None, identity: bytes | None = None) -> list[Tie]:
        """What was seen with a hardware address or an identity (their keys), the newest first."""
        with self._session.reading():
            if hardware is not None:
                return self._ties.of_hardware(hardware)
            return [] if identity is None else self._ties.of_identity(identity)

    def forget_ties(self, before: float, limit: int) -> int:
        """Forgets up to `limit` ties of clients without a lease that were last new before then; how many."""
        return self._session.transact(lambda: self._ties.prune(before, limit), writes=True)

    def append_events(self, events: Sequence[Event]) -> None:
        """Appends to the history what changed no row."""
        self.record_outcomes((), events, 0)

    def has_updating(self) -> bool:
        """Whether this connection is the one by which registrations are acted on; it takes that on if nobody has it.

        Of several updaters one works at a time. Otherwise a removal that one of them is late with could undo what
        another has registered since.
        """
        return self._session.has_turn(_UPDATING)

    def claim_refused(self, zone: Name, direction: Direction, now: float) -> int:
        """Has claimed again what the servers of a zone refused to take, now that they would; how many rows."""
        return self._session.transact(lambda: self._zones_again.take_updates(zone, direction, now), writes=False)

    def has_reconciling(self) -> bool:
        """Whether this connection is the one that reconciles now and then; it takes that on if nobody has it."""
        return self._session.has_turn(_RECONCILING)

    def next_lease_end(self) -> int | None:
        """When the next bound lease ends, or ended; None: no lease is bound."""
        with self._session.reading():
            row = self._session.one(self._session.sql(statements.NEXT_LEASE_END))
        return None if row is None else row[0]

    def leases(self, wanted: LeaseFilter | None = None) -> list[Lease]:
        """Leases by address, as many as the filter's limit; go on with its `after`."""
        with self._session.reading():
            return read_leases(self._session, wanted or LeaseFilter())

    def lease_over(self, address: bytes) -> Lease | None:
        """The lease of an address, in whichever state, or of the delegated prefix that it is in."""
        with self._session.reading():
            return read_lease_over(self._session, address)

    def registrations(self, wanted: RegistrationFilter | None = None) -> list[Registration]:
        """Registrations by name, address and DHCID, as many as the filter's limit; go on with its `after`."""
        with self._session.reading():
            return read_registrations(self._session, wanted or RegistrationFilter())

    def changed_registrations(self, direction: Direction, since: float, limit: int) -> list[tuple[Name, bytes, float]]:
        """Names and addresses of wanted registrations whose state changed in the direction since then; and when."""
        with self._session.reading():
            return read_changed_registrations(self._session, direction, since, limit)

    def lease_counts(self) -> dict[tuple[int, int], int]:
        """How many lease rows there are, by subnet and state."""
        with self._session.reading():
            return counts.lease_counts(self._session)

    def registration_counts(self) -> dict[tuple[str, str], int]:
        """How many registrations there are, by direction and its state."""
        with self._session.reading():
            return counts.registration_counts(self._session)

    def due_count(self, now: float) -> tuple[int, float | None]:
        """How many registrations are due, and since when the first of them has been."""
        with self._session.reading():
            return counts.due_count(self._session, now)

    def check_writable(self) -> str:
        """Proves that the store can be written; one line for the log. `LedgerUnavailable` names path and cause."""
        return self._store.check_writable()

    def listen(self) -> Listener | None:
        """Hears that registrations changed; None where the store cannot tell (SQLite: `serving.wakeup`)."""
        return self._store.listen(REGISTRATIONS_CHANNEL)

    def close(self) -> None:
        """Gives the connection back, and that of the static names."""
        self._session.close()
        if self.static_names is not None:
            self.static_names.close()
