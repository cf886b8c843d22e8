"""The memory of an agent: a small SQLite file with what it wrote where, and how each of its names is now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tenure.dnswire.name import Name
from tenure.ledger.agent_leases import ALL_LEASES, DROP_LEASE, PUT_LEASE, family_of, lease_of, lease_row
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.folder import folder_problem
from tenure.ledger.halves import AGENT_SCHEMA
from tenure.ledger.sqlite import SqliteStore
from tenure.ledger.versions import ensure_current
from tenure.naming.registration import Direction, State
from tenure.obtaining.lease import Lease
from tenure.registering.entry import Conflict, Kept, Record
from tenure.registering.promise import Answer, Promise

_COLUMNS: Final = ", ".join(Kept._fields)
_SET: Final = ", ".join(f"{column} = excluded.{column}" for column in Kept._fields[1:])
_ALL: Final = f"select {_COLUMNS} from agent_name order by direction, owner"
_PUT: Final = f"""\
insert into agent_name ({_COLUMNS}) values ({", ".join("?" * len(Kept._fields))})
on conflict (owner) do update set {_SET}"""
_DROP: Final = "delete from agent_name where owner = ?"
_PASSED: Final = "insert into agent_pass (id, at) values (1, ?) on conflict (id) do update set at = excluded.at"
_LAST: Final = "select at from agent_pass"
_PROMISES: Final = (
    "select address, interface, s, n, name, is_silent, heard_at, until_at from agent_promise order by address"
)
_PROMISE: Final = """\
insert or replace into agent_promise (address, interface, s, n, name, is_silent, heard_at, until_at)
values (?, ?, ?, ?, ?, ?, ?, ?)"""
_DROP_PROMISE: Final = "delete from agent_promise where address = ?"
_DROP_ENDED: Final = "delete from agent_promise where until_at < ?"


class AgentMemory:
    """The file, opened. What is put is synced to the disk before the call returns."""

    def __init__(self, path: Path, *, upgrade: bool = True) -> None:
        """Made where it is not there; `LedgerError`. Without `upgrade` it has to be there, in the form that we know."""
        if not upgrade and not path.exists():
            cause = folder_problem(path) or "there is no memory yet; `tenure agent` makes it"
            raise LedgerUnavailable(str(path), cause)
        store = SqliteStore(path)
        ensure_current(store, AGENT_SCHEMA, f"sqlite:///{path}", upgrade=upgrade)
        self._session = store.connect()

    def names(self) -> list[Kept]:
        """All that is known."""
        with self._session.reading():
            rows = self._session.rows(_ALL)
        return [
            Kept(
                *(row[0], Direction(row[1]), row[2], row[3], Conflict(row[4]), *row[5:8]),
                *(_records(row[8]), _records(row[9]), State(row[10]), *row[11:]),
            )
            for row in rows
        ]

    def put(self, kept: Sequence[Kept]) -> None:
        """Keep these, in the place of what was known of the same names."""
        rows = [
            (
                *one[:4],
                one.conflict.value,
                *one[5:8],
                _text(one.confirmed),
                _text(one.written),
                one.state.value,
                *one[11:],
            )
            for one in kept
        ]
        self._session.transact(lambda: self._session.write(_PUT, rows), writes=True)

    def drop(self, owners: Sequence[Name]) -> None:
        """Forget these: nothing of ours stands there any more."""
        self._session.transact(lambda: self._session.write(_DROP, [(owner,) for owner in owners]), writes=True)

    def passed(self, at: float) -> None:
        """Everything was looked at, at this time; UTC seconds."""
        self._session.transact(lambda: self._session.write(_PASSED, [(at,)]), writes=True)

    def last_pass(self) -> float:
        """When everything was looked at last; 0.0: never."""
        with self._session.reading():
            row = self._session.one(_LAST)
        return 0.0 if row is None else float(row[0])

    def promises(self) -> list[Promise]:
        """What DHCP servers have said of leased addresses; also of leases that have ended unheard."""
        with self._session.reading():
            rows = self._session.rows(_PROMISES)
        return [
            Promise(
                *(row[0], row[1], None if row[2] is None else Answer(bool(row[2]), bool(row[3]), row[4])),
                *(bool(row[5]), row[6], row[7]),
            )
            for row in rows
        ]

    def put_promise(self, one: Promise) -> None:
        """Keep this, in the place of what was known of the address; leases that had ended by then are forgotten."""

        def work() -> None:
            self._session.write(_DROP_ENDED, [(one.heard_at,)])
            self._session.write(_PROMISE, [_promise_row(one)])

        self._session.transact(work, writes=True)

    def drop_promise(self, address: bytes) -> None:
        """The lease has ended."""
        self._session.transact(lambda: self._session.write(_DROP_PROMISE, [(address,)]), writes=True)

    def foreign_changes(self) -> int:
        """Another number whenever somebody else has written into the file, as a DHCP client's hook does."""
        return self._session.foreign_changes("")

    def leases(self) -> list[tuple[str, Lease]]:
        """What the agent's own DHCP client has leased, by interface."""
        with self._session.reading():
            rows = self._session.rows(ALL_LEASES)
        return [lease_of(row) for row in rows]

    def put_lease(self, interface: str, lease: Lease, promise: Promise | None) -> None:
        """Keep a lease, in the place of another of its family, and what its server promises with it."""
        before = [one for name, one in self.leases() if name == interface and family_of(one) == family_of(lease)]
        gone = [(one.address,) for one in before if one.address != lease.address]

        def work() -> None:
            self._session.write(_DROP_PROMISE, gone)
            self._session.write(PUT_LEASE, [lease_row(interface, lease)])
            if promise is not None:
                self._session.write(_PROMISE, [_promise_row(promise)])

        self._session.transact(work, writes=True)

    def drop_lease(self, interface: str, lease: Lease) -> None:
        """The lease has ended, and its promise with it."""

        def work() -> None:
            self._session.write(_DROP_PROMISE, [(lease.address,)])
            self._session.write(DROP_LEASE, [(interface, family_of(lease))])

        self._session.transact(work, writes=True)

    def close(self) -> None:
        """Give the file back."""
        self._session.close()


def _promise_row(one: Promise) -> tuple[object, ...]:
    s, n, name = (None, None, None) if one.answer is None else one.answer
    return one.address, one.interface, s, n, name, one.is_silent, one.heard_at, one.until_at


def _text(records: Sequence[Record]) -> str:
    return json.dumps([[rtype, rdata.hex()] for rtype, rdata in records])


def _records(text: str) -> tuple[Record, ...]:
    return tuple((int(rtype), bytes.fromhex(rdata)) for rtype, rdata in json.loads(text))
