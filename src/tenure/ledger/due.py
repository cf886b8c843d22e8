"""Registrations that are due: which, in what order, what they must wait for, and what they bring along."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from tenure.ledger.locked_names import LockedNames
from tenure.ledger.registrations import COLUMNS, Key, registration_of
from tenure.ledger.session import Row, Session
from tenure.ledger.txt_markers import TxtMarkers
from tenure.naming.reason import Reason
from tenure.naming.registration import Former, Part, Registration, State

# A name that one device gives up is free for the next only when it is out of DNS: an addition waits for every removal
# of the same name by another device that is still under way, in whatever order they are due. A device's own new address
# does not wait for its old one to go, so that the name stays in DNS while its device moves. A locked name goes nowhere,
# and whoever claims it is told so.
_NOT_BLOCKED: Final = f"""\
not (forward_state = '{State.PENDING}' and exists (select 1 from registration other
where other.name = registration.name and other.forward_state = '{State.REMOVING}'
and other.forward_due_at is not null and other.dhcid <> registration.dhcid
and not exists (select 1 from locked_name where locked_name.name = other.name)))"""

# Records of a claim whose removal is late stand at the address: whoever writes the next pointer there takes exactly
# these away first, and leaves what a person put beside them.
_HAS_FORMERS: Final = f"""\
(reverse_state = '{State.PENDING}' and exists (select 1 from registration former
where former.address = registration.address and former.reverse_state = '{State.REMOVING}'))"""
_FORMERS: Final = f"select name, dhcid from registration where address = ? and reverse_state = '{State.REMOVING}'"

# Whoever keeps its forward record itself, or has none, may call itself what is another client's in DNS.
_FORWARD_IS_NOT_OURS: Final = frozenset({State.CLIENT, State.MISSING, State.NONE})
_HOLDERS: Final = f"""\
select name, address, dhcid from registration
where name = any(?) and forward_state = '{State.REGISTERED}' and cause = ''"""

# Mostly nothing is on its way out, and then no row need be asked what it must wait for or has to bring along.
_ANY_LEAVING: Final = f"""\
select exists (select 1 from registration where forward_state = '{State.REMOVING}')
or exists (select 1 from registration where reverse_state = '{State.REMOVING}')"""


def _due(has_formers: str, condition: str) -> str:
    """A page of what is due, in the order of the index, without a sort: a hundred thousand rows may be due at once."""
    return f"""\
select {COLUMNS}, due_at, {has_formers} from registration
where (due_at, name, address, dhcid) > (?, ?, ?, ?) and due_at <= ?{condition}
order by due_at, name, address, dhcid limit ?"""


# Most rows that are due were just written by a lease, and differ from one another in few columns: to fetch a column
# costs as much as to compare it, and to make a value of it as much again.
_AS_CLAIMED: Final = " and ".join(
    f"{direction}_state = '{State.PENDING}' and {direction}_due_at = wanted_at and {direction}_attempts = 0"
    f" and {direction}_reason = '{Reason.WAITING}' and {direction}_detail = '' and {direction}_changed_at = wanted_at"
    for direction in ("forward", "reverse")
)
DUE_AS_CLAIMED: Final = f"""\
select name, address, dhcid, ttl, until, generation, wanted_at, correlation,
cause = '' and conflict_mode is null and {_AS_CLAIMED}
from registration
where (due_at, name, address, dhcid) > (?, ?, ?, ?) and due_at <= ?
order by due_at, name, address, dhcid limit ?"""
# Rows under way are due until they are recorded, and mostly the first ones: the index alone tells which they are.
DUE_KEYS: Final = """\
select due_at, name, address, dhcid from registration
where (due_at, name, address, dhcid) > (?, ?, ?, ?) and due_at <= ?
order by due_at, name, address, dhcid limit ?"""
DUE: Final = _due("null", "")
DUE_BEHIND_REMOVALS: Final = _due(_HAS_FORMERS, f" and {_NOT_BLOCKED}")
WAITING: Final = f"""\
select {COLUMNS} from registration where (due_at, name, address, dhcid) > (?, ?, ?, ?)
order by due_at, name, address, dhcid limit ?"""
NEXT_DUE: Final = f"""\
select due_at, name, address, dhcid from registration where due_at is not null and {_NOT_BLOCKED}
order by due_at limit ?"""

_PENDING: Final = State.PENDING.value
_WAITING: Final = Reason.WAITING.value
_TXT_MARKER: Final = Reason.TXT_MARKER.value
_KEYS: Final = 200  # read at a time, to pass rows over


def due_at_of(row: Registration) -> float:
    """When the row falls due: the earlier of its directions. It must be due at some time."""
    return min(part.due_at for part in (row.forward, row.reverse) if part.due_at is not None)


def _place_behind(row: Registration | None) -> tuple[Any, ...]:
    """Where in the order of due rows a page begins; None: at its beginning."""
    return (0.0, b"", b"", b"") if row is None else (due_at_of(row), *row[:3])


def _as_claimed(row: Row) -> Registration:
    """The value of a row of `DUE_AS_CLAIMED` to which nothing has happened."""
    name, address, dhcid, ttl, until, generation, at, correlation, _ = row
    part = tuple.__new__(Part, (_PENDING, at, 0, _WAITING, "", at))  # what `Part` calls, after a detour of twice that
    columns = (name, address, dhcid, ttl, until, generation, at, "", correlation, part, part, None, (), None, (), None)
    return tuple.__new__(Registration, columns)


def _points_elsewhere(row: Registration) -> bool:
    """Whether a pointer is due to a name that is not ours to write, and was not seen to have this address."""
    if row.reverse.state != _PENDING or row.cause or row.forward.state not in _FORWARD_IS_NOT_OURS:
        return False
    return row.forward.reason != Reason.CLIENT_UPDATED


def _holder_at(row: Registration, holders: Sequence[Row]) -> bytes | None:
    """The address of another client's lease that has the name."""
    if not _points_elsewhere(row):
        return None
    others = (address for name, address, dhcid in holders if name == row.name and dhcid != row.dhcid)
    return next(others, None)


class DueRegistrations:
    """Reads them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._any_leaving = session.sql(_ANY_LEAVING)
        self._due_as_claimed = session.sql(DUE_AS_CLAIMED)
        self._due_keys = session.sql(DUE_KEYS)
        self._due = session.sql(DUE)
        self._due_behind_removals = session.sql(DUE_BEHIND_REMOVALS)
        self._waiting = session.sql(WAITING)
        self._next_due = session.sql(NEXT_DUE)
        self._formers = session.sql(_FORMERS)
        self._holders = session.sql(_HOLDERS)
        self._locked = LockedNames(session)
        self._txt_markers = TxtMarkers(session)

    def due(self, now: float, limit: int, skip: Collection[Key], after: Registration | None) -> list[Registration]:
        """Rows that the updater must act on; see `leases.LeaseLedger.due_registrations`."""
        self._session.begin_reads()  # a lease that comes alone is found by five short reads, half of each a lock
        try:
            return self._read_due(now, limit, skip, after)
        finally:
            self._session.end_reads()

    def _read_due(
        self, now: float, limit: int, skip: Collection[Key], after: Registration | None
    ) -> list[Registration]:
        found: list[Registration] = []
        place = _place_behind(after)
        if after is None and skip:
            place = self._behind_known(place, now, skip)
        while len(found) < limit:
            rows = self._due_page((*place, now, limit))
            found += [row for row in rows if row[:3] not in skip] if skip else rows
            if len(rows) < limit:
                break
            place = _place_behind(rows[-1])
        return self.with_locks(found[:limit])

    def _behind_known(self, place: tuple[Any, ...], now: float, skip: Collection[Key]) -> tuple[Any, ...]:
        """The place behind the rows at the beginning that are all in `skip`."""
        while True:
            rows = self._session.rows(self._due_keys, (*place, now, _KEYS))
            for row in rows:
                if row[1:] not in skip:
                    return place
                place = row
            if len(rows) < _KEYS:
                return place

    def with_locks(self, rows: list[Registration]) -> list[Registration]:
        """The rows, those of locked names with the lock."""
        locks = {one.name: one for one in self._locked.all()} if rows else {}
        if not locks:
            return rows
        return [row._replace(lock=locks.get(row.name)) for row in rows]

    def with_txt_markers(self, row: Registration) -> Registration:
        """The row with the TXT markers that its client may have, if one was seen at the name."""
        if row.forward.reason != _TXT_MARKER:
            return row
        return row._replace(txt_markers=self._txt_markers.of(row.address, row.dhcid))

    def _due_page(self, parameters: tuple[Any, ...]) -> list[Registration]:
        if not self._is_any_leaving():
            page = self._page_as_claimed(parameters)
            if page is None:
                rows = self._session.rows(self._due, parameters)
                page = self.with_holders([self.with_txt_markers(registration_of(row)) for row in rows])
            if not self._is_any_leaving():  # nor has anything begun to while they were read
                return page
        rows = self._session.rows(self._due_behind_removals, parameters)
        page = self.with_holders([self.with_txt_markers(registration_of(row)) for row in rows])
        return [self.with_formers(one) if row[-1] else one for one, row in zip(page, rows, strict=True)]

    def _page_as_claimed(self, parameters: tuple[Any, ...]) -> list[Registration] | None:
        """A page of rows to which nothing has happened since a lease wrote them; None if one is otherwise."""
        rows = self._session.rows(self._due_as_claimed, parameters)
        return list(map(_as_claimed, rows)) if all(row[-1] for row in rows) else None

    def _is_any_leaving(self) -> bool:
        row = self._session.one(self._any_leaving)
        return row is not None and bool(row[0])

    def with_holders(self, page: list[Registration]) -> list[Registration]:
        """The rows, those of pointers to names that other clients' leases have with the address of such a lease."""
        names = {row.name for row in page if _points_elsewhere(row)}
        if not names:
            return page
        holders = self._session.rows_among(self._holders, list(names))
        return [row._replace(holder_at=_holder_at(row, holders)) if row.name in names else row for row in page]

    def with_formers(self, row: Registration) -> Registration:
        """The row with the claims on its address whose removal is late."""
        return row._replace(formers=tuple(map(Former._make, self._session.rows(self._formers, (row.address,)))))

    def waiting(self, limit: int, after: Registration | None) -> list[Registration]:
        """Rows of which something is to be done now or later, by when."""
        return [registration_of(row) for row in self._session.rows(self._waiting, (*_place_behind(after), limit))]

    def next_due_at(self, skip: Collection[Key]) -> float | None:
        """When the next row that is not in `skip` falls due."""
        rows = self._session.rows(self._next_due, (len(skip) + 1,))
        return next((row[0] for row in rows if row[1:4] not in skip), None)
