"""Leases of other DHCP servers in the store (`hearing.heard`), and one batch of decisions about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tenure.hearing.heard import HeardChanges, HeardLease
from tenure.ledger.registrations import REGISTRATIONS_CHANNEL, Key, Registrations
from tenure.ledger.session import Row, Session
from tenure.naming.event import Event
from tenure.naming.registration import Want, Withdraw

_COLUMNS: Final = ", ".join(HeardLease._fields)
_FORWARD: Final = HeardLease._fields.index("forward")  # it and `reverse` behind it are numbers in SQLite
_SET: Final = ", ".join(f"{column} = excluded.{column}" for column in HeardLease._fields[2:])
_LOOK_AT: Final = f"select {_COLUMNS} from heard_lease where address = ? order by source"
_AT: Final = f"{_LOOK_AT} /*locked*/"
_AT_ANY: Final = f"select {_COLUMNS} from heard_lease where address = any(?) order by address, source /*locked*/"
_PUT: Final = f"""\
insert into heard_lease ({_COLUMNS}) values ({", ".join("?" * len(HeardLease._fields))})
on conflict (address, source) do update set {_SET}"""
_DROP: Final = "delete from heard_lease where address = ? and source = ?"
_ENDED: Final = f"""\
select {_COLUMNS} from heard_lease where source = ? and ends_at > ? and ends_at <= ?
order by ends_at, address limit ? /*locked*/"""
_NEXT_END: Final = "select min(ends_at) from heard_lease where source = ?"
_OVERDUE: Final = "select count(*) from heard_lease where source = ? and ends_at <= ?"
_LOOK_OF_SOURCE: Final = f"select {_COLUMNS} from heard_lease where source = ? and address > ? order by address limit ?"
_OF_SOURCE: Final = f"{_LOOK_OF_SOURCE} /*locked*/"
_COUNTS: Final = "select source, count(*) from heard_lease group by source order by source"
_PAGE: Final = 5000


class HeardLeases:
    """Reads and writes them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._at, self._at_any = session.sql(_AT), session.sql(_AT_ANY)
        self._look_at = session.sql(_LOOK_AT)
        self._put, self._drop = session.sql(_PUT), session.sql(_DROP)
        self._ended, self._next_end = session.sql(_ENDED), session.sql(_NEXT_END)
        self._overdue = session.sql(_OVERDUE)
        self._of_source, self._look_of_source = session.sql(_OF_SOURCE), session.sql(_LOOK_OF_SOURCE)
        self._counts = session.sql(_COUNTS)

    def at(self, address: bytes) -> list[HeardLease]:
        """The rows of an address, kept from others until the transaction ends."""
        return _heard(self._session.rows(self._at, (address,)))

    def look_at(self, address: bytes) -> list[HeardLease]:
        """The rows of an address."""
        return _heard(self._session.rows(self._look_at, (address,)))

    def at_any(self, addresses: Sequence[bytes]) -> list[HeardLease]:
        """The rows of several addresses."""
        return _heard(self._session.rows_among(self._at_any, addresses)) if addresses else []

    def ended(self, source: str, now: float, limit: int, after: float) -> list[HeardLease]:
        """Rows of a source whose end is over and came after a point in time, the first to end in front."""
        return _heard(self._session.rows(self._ended, (source, int(after), int(now), limit)))

    def next_end(self, source: str) -> int | None:
        """When the next row of a source ends, or ended."""
        row = self._session.one(self._next_end, (source,))
        return None if row is None else row[0]

    def page(self, source: str, after: bytes, limit: int) -> list[HeardLease]:
        """Rows of a source behind an address, by address, kept from others until the transaction ends."""
        return _heard(self._session.rows(self._of_source, (source, after, limit)))

    def look_page(self, source: str, after: bytes) -> list[HeardLease]:
        """Some thousand rows of a source behind an address, by address."""
        return _heard(self._session.rows(self._look_of_source, (source, after, _PAGE)))

    def overdue(self, source: str, before: float) -> int:
        """How many rows of a source have an end that was before then, or is then."""
        row = self._session.one(self._overdue, (source, int(before)))
        return 0 if row is None else int(row[0])

    def counts(self) -> dict[str, int]:
        """How many rows each source has."""
        return {row[0]: row[1] for row in self._session.rows(self._counts)}

    def write(self, put: Iterable[HeardLease], dropped: Iterable[tuple[bytes, str]]) -> None:
        """Writes rows, and takes others out."""
        gone = list(dropped)
        if gone:
            self._session.write(self._drop, gone)
        rows = list(put)
        if rows:
            self._session.write(self._put, rows)


class HeardBatch:
    """The `hearing.heard.HeardView` of one transaction, and what it changes. Made by `LeaseLedger.transact_heard`."""

    def __init__(
        self,
        session: Session,
        append_event: str,
        heard: HeardLeases,
        registrations: Registrations,
        now: float,
    ) -> None:
        self._session = session
        self._append_event = append_event
        self._heard = heard
        self._registrations = registrations
        self._now = now
        self._known: dict[bytes, dict[str, HeardLease]] = {}  # as the batch has them by now
        self._changed: dict[tuple[bytes, str], HeardLease | None] = {}  # None: it goes
        self._claims: dict[Key, Want | Withdraw] = {}
        self._unknown: dict[Key, Want] = {}
        self._events: list[Event] = []

    def prefetch(self, addresses: Iterable[bytes]) -> None:
        """Reads the rows of these addresses at once. To be called once, before any decision."""
        self._known = {address: {} for address in addresses}
        for row in self._heard.at_any(list(self._known)):
            self._known[row.address][row.source] = row

    def heard_at(self, address: bytes) -> Sequence[HeardLease]:
        """What the sources say of an address."""
        return list(self._rows_at(address).values())

    def ended(self, source: str, before: float, limit: int, after: float = -1.0) -> list[HeardLease]:
        """Rows of a source whose end was before then or is then, in the ledger, the first to end in front.

        Only those that ended after `after`.
        """
        return self._heard.ended(source, before, limit, after)

    def of_source(self, source: str, after: bytes, limit: int) -> list[HeardLease]:
        """Up to `limit` rows of a source behind an address, in the ledger."""
        return self._heard.page(source, after, limit)

    def apply(self, changes: HeardChanges) -> None:
        """Takes a decision into the batch: later reads see it, and it is committed with the rest or not at all."""
        for row in changes.dropped:
            self._rows_at(row.address).pop(row.source, None)
            self._changed[row.address, row.source] = None
        for row in changes.put:
            self._rows_at(row.address)[row.source] = row
            self._changed[row.address, row.source] = row
        for gone in changes.withdraws:
            self._claims[gone[:3]] = gone
        for want in changes.unknown:
            self._unknown[want[:3]] = want
        for want in changes.wants:
            self._claims[want[:3]] = want
        self._events += changes.events

    def write(self) -> None:
        """Writes everything that was applied. Called once, by the transaction."""
        changed = self._changed.items()
        self._heard.write(
            [row for _, row in changed if row is not None], [place for place, row in changed if row is None]
        )
        if self._claims:
            # What is withdrawn without ever having been wanted becomes a row first, of which that can be said.
            unknown = [want for key, want in self._unknown.items() if isinstance(self._claims[key], Withdraw)]
            self._registrations.write_claims(unknown, self._now)
            self._registrations.write_claims(self._claims.values(), self._now)
            self._session.notify(REGISTRATIONS_CHANNEL)
        if self._events:
            self._session.write(self._append_event, self._events)

    def _rows_at(self, address: bytes) -> dict[str, HeardLease]:
        if (rows := self._known.get(address)) is None:
            rows = self._known[address] = {row.source: row for row in self._heard.at(address)}
        return rows


def _heard(rows: Iterable[Row]) -> list[HeardLease]:
    return [
        HeardLease._make((*row[:_FORWARD], bool(row[_FORWARD]), bool(row[_FORWARD + 1]), row[_FORWARD + 2]))
        for row in rows
    ]
