"""The secrets of TSIG keys that the store keeps, and when each secret of a key was last used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tenure.dnswire.name import Name
from tenure.ledger.session import Session
from tenure.ledger.statements import append_event
from tenure.naming.event import Event
from tenure.signing.rotation import Secret

_COLUMNS = "name, algorithm, secret, from_at, until_at"
_ALL = f"select {_COLUMNS} from tsig_secret order by name, number"
_NAMED = f"select {_COLUMNS} from tsig_secret where name = ? order by number /*locked*/"
# One by one: what another connection has committed since these were read is not among them, and the unique key tells.
_DROP = "delete from tsig_secret where name = ? and number = ?"
_ADD = f"insert into tsig_secret ({_COLUMNS}, number) values (?, ?, ?, ?, ?, ?)"

_USES = "select name, fingerprint, service, at from key_use order by name, fingerprint, service"
_NOTE = """\
insert into key_use (name, fingerprint, service, at) values (?, ?, ?, ?)
on conflict (name, fingerprint, service) do update set at = excluded.at where key_use.at < excluded.at"""


class Use(NamedTuple):
    """When a service last used a secret."""

    name: Name  # of the key, lower-cased
    fingerprint: str  # of the secret
    service: str  # `dns` has verified with it, `updater` has signed with it and was believed
    at: float  # UTC seconds


class KeyStore:
    """The keys of one store, through its session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def secrets(self) -> list[Secret]:
        """Every secret that is kept, also those whose time is over, by key and then in the order of their making."""
        with self._session.reading():
            return [Secret(*row) for row in self._session.rows(self._session.sql(_ALL))]

    def change(
        self, name: Name, decide: Callable[[Sequence[Secret]], Sequence[Secret]], events: Iterable[Event] = ()
    ) -> tuple[Secret, ...]:
        """Puts what `decide` makes of the key's secrets in their place, with its events; what is kept then.

        Of two that change one key at a time, the second sees what the first has left. What `decide` raises ends the
        transaction, and nothing is changed.
        """
        session = self._session
        named, drop, add = map(session.sql, (_NAMED, _DROP, _ADD))
        append = session.sql(append_event("event"))

        def attempt() -> tuple[Secret, ...]:
            before = [Secret(*row) for row in session.rows(named, (name,))]
            after = tuple(decide(before))
            if after != tuple(before):
                if before:
                    session.write(drop, [(name, number) for number, _ in enumerate(before, 1)])
                if after:
                    session.write(add, [(*secret, number) for number, secret in enumerate(after, 1)])
                if told := list(events):
                    session.write(append, told)
            return after

        return session.transact(attempt, writes=True)

    def uses(self) -> list[Use]:
        """The last use of each secret by each service."""
        with self._session.reading():
            return [Use(*row) for row in self._session.rows(self._session.sql(_USES))]

    def note_uses(self, uses: Iterable[Use]) -> None:
        """Writes down when secrets were last used; an earlier time than the one that is known changes nothing."""
        note = self._session.sql(_NOTE)
        noted = list(uses)
        if noted:
            self._session.transact(lambda: self._session.write(note, noted), writes=True)
