"""One batch of lease decisions: the committed rows, what the batch has decided so far laid over them, and its writing.

Order within a batch is order: a later decision sees the earlier ones. What is written is the last state of each row
and the last claim on each registration.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.leasing.tie import Tie
from tenure.ledger import statements
from tenure.ledger.blocks import BLOCK, block_writes, unused_in_blocks
from tenure.ledger.errors import WriteConflict
from tenure.ledger.pools import count_of, unused
from tenure.ledger.registrations import REGISTRATIONS_CHANNEL, Key, Registrations
from tenure.ledger.session import Row, Session, Write
from tenure.ledger.static_names import StaticNames
from tenure.ledger.ties import Ties, TiesOfBatch
from tenure.ledger.zone_troubles import ZoneTroubles
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Claim, Want, Withdraw

MOST_OVERLAPPING: Final = 256

_FORWARD: Final = Lease._fields.index("forward")  # it and `reverse` behind it are numbers in SQLite

_LOOK: Final = 4096  # rows that are skipped over at once, at the cost of a few exchanges
SMALL_POOL = 4096  # addresses; up to here reading the pool's own rows is quicker than reading the ends of all leases


class LeaseStatements(NamedTuple):
    """The statements of a batch in the dialect of one session."""

    lease_at: str
    leases_of: str
    touched: str
    drop_lease: str
    put_lease: str
    nth_address: str
    within: str
    before: str
    behind: str
    with_hardware: str
    ended_by_address: str
    ended_by_end: str
    bound_past_end: str
    append_event: str


def lease_statements(session: Session) -> LeaseStatements:
    """The statements as the session wants them."""
    written = LeaseStatements(
        statements.LEASE_AT,
        statements.LEASES_OF,
        statements.LEASES_TOUCHED,
        statements.DROP_LEASE,
        statements.PUT_LEASE,
        statements.NTH_ADDRESS,
        statements.WITHIN,
        statements.BEFORE,
        statements.BEHIND,
        statements.WITH_HARDWARE,
        statements.ENDED_BY_ADDRESS,
        statements.ENDED_BY_END,
        statements.BOUND_PAST_END,
        statements.append_event("event"),
    )
    return LeaseStatements._make(map(session.sql, written))


class LeaseBatch:
    """The `leasing.lease.LeaseView` of one transaction, and what it changes. Made by `LeaseLedger.transact`."""

    def __init__(
        self,
        session: Session,
        prepared: LeaseStatements,
        registrations: Registrations,
        troubles: ZoneTroubles,
        ties: Ties,
        now: float,
        static_names: StaticNames | None = None,
    ) -> None:
        self._session = session
        self._static_names = static_names
        self._one = session.one
        self._sql = prepared
        self._registrations = registrations
        self._troubles = troubles
        self._now = now
        self._ties = TiesOfBatch(ties)
        self._failing: frozenset[Name] | None = None  # zones, once somebody has asked
        self._known: dict[bytes, Lease | None] = {}  # rows read ahead by address; None: there is none
        self._known_clients: dict[bytes, list[Lease]] = {}  # rows read ahead by client
        self._changed: dict[bytes, Lease | None] = {}  # decided rows by address; None: dropped
        self._changed_of: dict[bytes, set[bytes]] = {}  # addresses decided for a client
        self._cleared: set[bytes] = set()  # addresses whose row goes before the new one is written
        self._claims: dict[Key, Want | Withdraw] = {}
        self._events: list[Event] = []

    def prefetch(self, clients: Sequence[bytes], addresses: Sequence[bytes]) -> None:
        """Reads the rows of these clients and addresses at once; what is not read ahead is read when it is asked for.

        To be called once, before any decision.
        """
        if not (clients or addresses):
            return
        known = self._known = dict.fromkeys(addresses)
        known_clients = self._known_clients = {client: [] for client in clients}
        for row in self._session.rows_among(self._sql.touched, clients, addresses):
            lease = lease_of(row)
            known[lease.address] = lease
            if lease.client in known_clients:
                known_clients[lease.client].append(lease)

    def prefetch_ties(self, keys: Sequence[bytes]) -> None:
        """Reads at once what is tied to these hardware addresses and identities. To be called once, if at all."""
        self._ties.prefetch(keys)

    def lease_at(self, address: bytes) -> Lease | None:
        """The row of an address."""
        if address in self._changed:
            return self._changed[address]
        if address in self._known:
            return self._known[address]
        row = self._one(self._sql.lease_at, (address,))
        return None if row is None else lease_of(row)

    def leases_of(self, client: bytes) -> Sequence[Lease]:
        """The rows of a client, in all subnets and states."""
        stored = self._known_clients.get(client)
        if stored is None:
            stored = [lease_of(row) for row in self._session.rows(self._sql.leases_of, (client,))]
        changed = self._changed
        if not changed or not (stored or client in self._changed_of):
            return stored
        found = [lease for lease in stored if lease.address not in changed]
        for address in self._changed_of.get(client, ()):
            lease = changed[address]
            if lease is not None and lease.client == client:
                found.append(lease)
        return found

    def unused_addresses(self, first: bytes, last: bytes, after: bytes, limit: int, step: int = 1) -> Sequence[bytes]:
        """Up to `limit` addresses from `after` on (inclusive) in `first`..`last` that have no row, ascending.

        Of a pool of prefixes only each `step`th address counts, from `after` on.
        """
        start = max(first, after)
        taken = sorted(a for a, lease in self._changed.items() if lease is not None and start <= a <= last)
        dropped = sorted(a for a, lease in self._changed.items() if lease is None and start <= a <= last)
        # an address taken in this batch may look unused, so that many more have to be found
        found = self._stored_unused(start, last, limit + len(taken), step)
        self._known.update(dict.fromkeys(found))
        if taken or dropped:
            hidden = set(taken)
            found = sorted({*found, *dropped} - hidden)
        return found[:limit]

    def _stored_unused(self, start: bytes, last: bytes, limit: int, step: int) -> list[bytes]:
        """The same among the rows that the batch has not decided about."""
        if self._has_blocks(len(start), step) and start <= last:
            return unused_in_blocks(self._session, start, last, limit)
        return list(unused(self._nth_address, start, last, limit, step))

    def stretch(self, size: int, step: int) -> int:
        """How many leases one look for unused ones may go over; their addresses have `size` octets."""
        return _LOOK * BLOCK if self._has_blocks(size, step) else _LOOK

    def _has_blocks(self, size: int, step: int) -> bool:
        """Whether the store notes which of such addresses are free."""
        return self._session.counts_blocks and size == 4 and step == 1

    def overlapping(self, first: bytes, last: bytes) -> Sequence[Lease]:
        """The rows whose address or prefix has an address of `first`..`last`; of very many, some."""
        changed, size = self._changed, len(first)
        rows = self._session.rows(self._sql.within, (first, last, size, MOST_OVERLAPPING))
        found = [lease for row in rows if (lease := lease_of(row)).address not in changed]
        found += [row for a, row in changed.items() if row is not None and first <= a <= last and len(a) == size]
        nearest = self.row_before(first, first[:2] + bytes(size - 2))
        return found if nearest is None or nearest.last_address < first else [nearest, *found]

    def leases_behind(self, circuit: bytes, now: int, limit: int) -> Sequence[Lease]:
        """Up to `limit` leases that run on a circuit, and addresses that were declined there and are unusable still."""
        found = self._unchanged(self._sql.behind, (circuit, now, limit + len(self._changed)))
        found += [lease for lease in self._counted(now) if lease.circuit == circuit]
        return found[:limit]

    def leases_with(
        self, hardware: bytes, subnet_id: int, first: bytes, behind: bytes, now: int, limit: int
    ) -> Sequence[Lease]:
        """The same of a hardware address in a subnet, on the circuits from `first` on that are before `behind`."""
        wanted = limit + len(self._changed)
        found = self._unchanged(self._sql.with_hardware, (hardware, subnet_id, now, first, behind, wanted))
        found += [
            lease
            for lease in self._counted(now)
            if (lease.hardware, lease.subnet_id) == (hardware, subnet_id)
            and lease.circuit is not None
            and first <= lease.circuit < behind
        ]
        return found[:limit]

    def _unchanged(self, statement: str, parameters: Sequence[object]) -> list[Lease]:
        """The stored rows that the batch has not decided about."""
        rows = self._session.rows(statement, parameters)
        return [lease for row in rows if (lease := lease_of(row)).address not in self._changed]

    def _counted(self, now: int) -> list[Lease]:
        """The decided rows of what runs, or is unusable since it was declined."""
        states = (int(LeaseState.BOUND), int(LeaseState.DECLINED))
        rows = self._changed.values()
        return [row for row in rows if row is not None and row.ends_at > now and row.state in states]

    def row_before(self, address: bytes, first: bytes) -> Lease | None:
        """The row with the highest address of those from `first` on that are below `address`."""
        size = len(address)
        rows = [row for a, row in self._changed.items() if row is not None and first <= a < address and len(a) == size]
        if (stored := self._stored_before(address, first)) is not None:
            rows.append(stored)
        return max(rows, key=_address_of, default=None)

    def _stored_before(self, address: bytes, first: bytes) -> Lease | None:
        """The same among the rows that the batch has not decided about."""
        while (row := self._one(self._sql.before, (first, address, len(address)))) is not None:
            if row[0] not in self._changed:
                return lease_of(row)
            address = row[0]
        return None

    def longest_ended(self, first: bytes, last: bytes, now: int, limit: int) -> Sequence[bytes]:
        """Addresses whose lease ended (released, expired, or past its end), the one that ended first in front."""
        changed = {a: lease for a, lease in self._changed.items() if first <= a <= last and len(a) == len(first)}
        wanted = limit + len(changed)
        if count_of(first, last) <= SMALL_POOL:
            rows = self._session.rows(self._sql.ended_by_address, (first, last, len(first), now, wanted))
        else:
            rows = []
            for state in LeaseState:
                rows += self._session.rows(self._sql.ended_by_end, (int(state), now, first, last, len(first), wanted))
        found = [(ends_at, address) for address, ends_at in rows if address not in changed]
        found += [(lease.ends_at, a) for a, lease in changed.items() if lease is not None and lease.ends_at <= now]
        return [address for _, address in sorted(found)[:limit]]

    def claims_on(self, name: Name) -> Sequence[Claim]:
        """What devices want of a name."""
        found = self._registrations.claims_on(name)
        for (claimed, address, dhcid), claim in self._claims.items():
            if claimed != name:
                continue
            if isinstance(claim, Withdraw):
                found.pop((address, dhcid), None)
            else:
                found[address, dhcid] = Claim(dhcid, claim.forward or claim.client_by is not None, refused=False)
        return list(found.values())

    def obstacle_at(self, name: Name, zone: Name, address: bytes, identity: tuple[int, bytes]) -> Reason | None:
        """Why this zone of ours refuses the name to a client: for records without a DHCID, or for another client's.

        Not for records that are just this address, nor for a DHCID that a lease here tells of: that is for leases to
        settle, because it may be about to go, and two clients may be one device.
        """
        if self._static_names is None:
            return None
        found = self._static_names.at(name, zone, address, identity)
        if not found.others:
            return Reason.NAME_STATIC if found.is_static else None
        known = {dhcid for claimed, _, dhcid in self._claims if claimed == name}
        return None if found.others & (known | self._registrations.proofs_at(name)) else Reason.NAME_TAKEN

    def ties_of(self, hardware: bytes) -> Sequence[Tie]:
        """What was seen with a hardware address, the newest first."""
        return self._ties.of_hardware(hardware)

    def hardware_of(self, identity: bytes) -> Sequence[bytes]:
        """The hardware addresses with which a client was seen, the newest first."""
        return [tie.hardware for tie in self._ties.of_identity(identity)]

    def failing_zones(self) -> frozenset[Name]:
        """The zones that take no update now, as the updater has found out lately."""
        if self._failing is None:
            self._failing = self._troubles.failing(self._now)
        return self._failing

    def ended_leases(self, now: float, limit: int, unwatched_to: float = 0.0) -> list[Lease]:
        """Leases that are bound in the ledger and past their end, the first to end in front: work for the janitor.

        Those that ended before `unwatched_to` are not among them until one lifetime after it.
        """
        wanted = limit + len(self._changed)
        rows = self._session.rows(self._sql.bound_past_end, (now, unwatched_to, unwatched_to, now, wanted))
        return [lease for row in rows if (lease := lease_of(row)).address not in self._changed][:limit]

    def apply(self, changes: Changes) -> None:
        """Takes a decision into the batch: later reads see it, and it is committed with the rest or not at all."""
        for address in changes.dropped:
            self._cleared.add(address)
            self._changed[address] = None
        for lease in changes.leases:
            self._put(lease)
        for gone in changes.withdraws:
            self._claims[gone[:3]] = gone
        for want in changes.wants:
            self._claims[want[:3]] = want
        self._events += changes.events
        if changes.ties:
            self._ties.learn(changes.ties)

    def end_looks(self) -> None:
        """Lets go of what zones of ours were looked into: nothing more is to be decided."""
        if self._static_names is not None:
            self._static_names.end_looks()

    @property
    def has_changes(self) -> bool:
        """Whether anything was applied."""
        return bool(self._changed or self._claims or self._events or self._cleared or self._ties.has_changes)

    def write(self) -> bool:
        """Writes everything that was applied; whether that was anything. Called once, by the transaction."""
        self.end_looks()
        session, sql = self._session, self._sql
        time = (int(self._now),)
        leases = [lease + time for lease in self._changed.values() if lease is not None]
        writes: list[Write] = [(sql.put_lease, leases)] if leases else []
        if self._claims:
            writes += self._registrations.claim_writes(self._claims.values(), self._now)
            session.notify(REGISTRATIONS_CHANNEL)
        if self._events:
            writes.append((sql.append_event, self._events))
        writes += self._ties.writes()
        if self._cleared:
            writes.insert(0, (sql.drop_lease, [(address,) for address in self._cleared]))
        if session.counts_blocks:
            writes += block_writes(*self._came_and_went())
        counts = session.write_all(writes)
        if leases and counts[bool(self._cleared)] != len(leases):
            raise WriteConflict("an address was given to another client first")
        return bool(writes)

    def _came_and_went(self) -> tuple[list[bytes], list[bytes]]:
        """The IPv4 addresses that have a row now and perhaps had none, and those that have none."""
        came: list[bytes] = []
        went: list[bytes] = []
        known = self._known
        for address, lease in self._changed.items():
            if len(address) != 4:
                continue
            if lease is None:
                went.append(address)
            elif known.get(address) is None:
                came.append(address)
        return came, went

    def _put(self, lease: Lease) -> None:
        address = lease.address
        before = self._changed.pop(address, None)  # so that rows are written in the order of their last change
        if before is not None and before.client != lease.client:
            self._cleared.add(address)
        self._changed[address] = lease
        if lease.client is not None:
            self._changed_of.setdefault(lease.client, set()).add(address)

    def _nth_address(self, start: bytes, last: bytes, offset: int) -> bytes | None:
        row = self._one(self._sql.nth_address, (start, last, offset))
        return None if row is None else row[0]


def lease_of(row: Row) -> Lease:
    """The value of a row with `LEASE_COLUMNS`."""
    return Lease._make((*row[:_FORWARD], bool(row[_FORWARD]), bool(row[_FORWARD + 1]), *row[_FORWARD + 2 :]))


def leases_of(rows: Iterable[Row]) -> list[Lease]:
    """The values of rows with `LEASE_COLUMNS`."""
    return [lease_of(row) for row in rows]


def _address_of(lease: Lease) -> bytes:
    return lease.address
