"""The owners of names: one row for each name of a zone that somebody owns (`authority.owner`).

A zone's own row says whether it ever had any, so that changes of the others never look here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from tenure.authority.owner import NOBODY, NameOwner, OwnerChange
from tenure.dnswire.name import Name, from_tree_key, tree_key
from tenure.ledger.session import Row, Session, Store

READ_AT_ONCE: Final = 512  # names
OWNER_AT: Final = "select owner, since_at, wrote_at from name_owner where zone_id = ? and name_key = ?"
OWNERS_AMONG: Final = """\
select name_key, owner, since_at, wrote_at from name_owner where zone_id = any(?) and name_key = any(?)"""
PUT_OWNER: Final = """\
insert into name_owner (zone_id, name_key, owner, since_at, wrote_at) values (?, ?, ?, ?, ?)
on conflict (zone_id, name_key) do update
set owner = excluded.owner, since_at = excluded.since_at, wrote_at = excluded.wrote_at"""
COUNT_OWNED: Final = "select count(*) from name_owner where zone_id = ? and owner = ?"
DROP_OWNER: Final = "delete from name_owner where zone_id = ? and name_key = ?"
NOTE_OWNERS: Final = "update zone set has_owners = ? where id = ?"
DROP_LEFT_OVER: Final = """\
delete from name_owner where zone_id = ? and not exists (
select 1 from record where record.zone_id = name_owner.zone_id and record.name_key = name_owner.name_key)"""
OF_ZONE: Final = """\
select names.name_key, owner, since_at, wrote_at, is_static from
(select name_key, max(case when origin = 'static' then 1 else 0 end) as is_static from record
where zone_id = ? group by name_key) as names
left join name_owner on name_owner.zone_id = ? and name_owner.name_key = names.name_key
order by names.name_key"""


class OwnerStatements(NamedTuple):
    """The statements of a batch in the dialect of one session."""

    owner_at: str
    owners_among: str
    count_owned: str
    put_owner: str
    drop_owner: str
    note_owners: str


def owner_statements(session: Session) -> OwnerStatements:
    """The statements as the session wants them."""
    return OwnerStatements._make(
        map(session.sql, (OWNER_AT, OWNERS_AMONG, COUNT_OWNED, PUT_OWNER, DROP_OWNER, NOTE_OWNERS))
    )


class OwnedName(NamedTuple):
    """One name of a zone that has records, and whose it is."""

    name: Name  # lower-cased
    owner: NameOwner | None
    is_static: bool  # a person's record is among those that stand there


class OwnerDraft:
    """The owners of one zone within a batch, with what the batch changes of them."""

    def __init__(self, session: Session, prepared: OwnerStatements, zone_id: int, *, has_owners: bool) -> None:
        self._session = session
        self._sql = prepared
        self._id = zone_id
        self._has_rows = has_owners  # what the zone's own row says
        self.has_any = has_owners  # the same, until the batch makes the first one
        self._known: dict[Name, NameOwner | None] = {}
        self._counts: dict[str, int] = {}  # of names in the store, by owner
        self._moved: Counter[str] = Counter()  # names that the batch has given to an owner, less those that it took
        self._changed: dict[Name, bytes] = {}  # names whose rows are to be written or dropped, with their tree keys

    def prefetch(self, names: Collection[Name]) -> None:
        """Reads the owners of these names together."""
        if not self._has_rows:
            return
        unread = [name for name in names if name not in self._known]
        for start in range(0, len(unread), READ_AT_ONCE):
            by_key: dict[bytes, Name] = {}
            for name in unread[start : start + READ_AT_ONCE]:
                by_key[tree_key(name)] = name
                self._known[name] = None
            rows = self._session.rows_among(self._sql.owners_among, [self._id], list(by_key))
            for key, owner, since_at, wrote_at in rows:
                self._known[by_key[key]] = NameOwner(owner, since_at, wrote_at)

    def at(self, name: Name) -> NameOwner | None:
        """Who owns a name that has records; None: nobody does."""
        if self._has_rows and name not in self._known:
            row = self._session.one(self._sql.owner_at, (self._id, tree_key(name)))
            self._known[name] = None if row is None else NameOwner(*row)
        return self._known.get(name)

    def count_of(self, owner: str) -> int:
        """How many names it owns; of those that the batch has changed it knows what was looked at."""
        if owner not in self._counts:
            row = self._session.one(self._sql.count_owned, (self._id, owner)) if self._has_rows else None
            self._counts[owner] = row[0] if row else 0
        return self._counts[owner] + self._moved[owner]

    def put(self, name: Name, owner: NameOwner | None) -> None:
        """Makes it the owner of a name; None: nobody owns the name, as when it has lost its last record."""
        self.has_any = True
        before = self._known.get(name)
        if before is not None:
            self._moved[before.owner] -= 1
        if owner is not None:
            self._moved[owner.owner] += 1
        self._known[name] = owner
        self._changed[name] = tree_key(name)

    def note(self, changes: Iterable[OwnerChange], now: int) -> None:
        """What an update makes of owners."""
        for name, owner, is_new in changes:
            present = self.at(name)
            since_at = now if is_new or present is None else present.since_at
            self.put(name, NameOwner(owner, since_at, now))

    def write(self) -> None:
        """Writes what has changed."""
        put, drop = [], []
        for name, key in self._changed.items():
            owner = self._known[name]
            if owner is None or owner.owner == NOBODY:
                drop.append((self._id, key))
            else:
                put.append((self._id, key, *owner))
        for statement, rows in ((self._sql.drop_owner, drop), (self._sql.put_owner, put)):
            if rows:
                self._session.write(statement, rows)
        if self.has_any and not self._has_rows:
            self._session.write(self._sql.note_owners, [(True, self._id)])


class NameOwners:
    """The owners of names of one store, as committed."""

    def __init__(self, store: Store, session: Session) -> None:
        self._store = store
        self._session = session

    def at(self, zone_id: int, name: Name) -> NameOwner | None:
        """Who owns the name; None: nobody does."""
        with self._session.reading():
            row = self._session.one(self._session.sql(OWNER_AT), (zone_id, tree_key(name)))
        return None if row is None else NameOwner(*row)

    @contextmanager
    def names(self, zone_id: int) -> Iterator[Iterator[OwnedName]]:
        """All names of a zone that have records, at one moment and through a connection of its own, by tree keys."""
        session = self._store.connect()
        try:
            with session.snapshot():
                yield map(_owned_name, session.stream(session.sql(OF_ZONE), (zone_id, zone_id)))
        finally:
            session.close()


def _owned_name(row: Row) -> OwnedName:
    key, owner, since_at, wrote_at, is_static = row
    owned = None if owner is None else NameOwner(owner, since_at, wrote_at)
    return OwnedName(from_tree_key(key), owned, bool(is_static))
