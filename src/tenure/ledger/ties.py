"""Ties in the store: which identities were seen with which hardware addresses (`leasing.tie`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tenure.dhcpwire.identity import HARDWARE_KEY
from tenure.leasing.tie import Tie
from tenure.ledger.session import Session, Write

MOST: Final = 64  # of one hardware address or one identity: who makes up more gains nothing

_COLUMNS: Final = ", ".join(Tie._fields)
_NEWEST: Final = f"order by at desc, identity limit {MOST}"
_OF_HARDWARE: Final = f"select {_COLUMNS} from device_tie where hardware = ? {_NEWEST}"
_OF_IDENTITY: Final = f"select {_COLUMNS} from device_tie where identity = ? order by at desc, hardware limit {MOST}"
_OF_ANY: Final = f"""\
select {_COLUMNS} from device_tie where hardware = any(?) or identity = any(?) order by at desc, hardware, identity"""
_PUT: Final = f"""\
insert into device_tie ({_COLUMNS}) /*many*/ values (?, ?, ?, ?)
on conflict (hardware, identity) do update set learned = excluded.learned, at = excluded.at"""

# What nobody has a lease by any more is forgotten; it is learned again when it is shown again.
_PRUNE: Final = """\
delete from device_tie where (hardware, identity) in (select hardware, identity from device_tie where at < ?
and not exists (select 1 from lease where lease.client = device_tie.identity) limit ?)"""


class Ties:
    """Reads and writes them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of_hardware, self._of_identity = session.sql(_OF_HARDWARE), session.sql(_OF_IDENTITY)
        self._of_any = session.sql(_OF_ANY)
        self._put, self._prune = session.sql(_PUT), session.sql(_PRUNE)

    def of_hardware(self, hardware: bytes) -> list[Tie]:
        """What was seen with a hardware address, the newest first."""
        return [Tie._make(row) for row in self._session.rows(self._of_hardware, (hardware,))]

    def of_identity(self, identity: bytes) -> list[Tie]:
        """With what an identity was seen, the newest first."""
        return [Tie._make(row) for row in self._session.rows(self._of_identity, (identity,))]

    def of_any(self, keys: Sequence[bytes]) -> list[Tie]:
        """All ties of these hardware addresses and identities, the newest first."""
        return [Tie._make(row) for row in self._session.rows_among(self._of_any, keys, keys)]

    def write_of(self, ties: Sequence[Tie]) -> Write:
        """How they are noted; what is there already is seen anew."""
        return self._put, ties

    def prune(self, before: float, limit: int) -> int:
        """Forgets up to `limit` ties of clients without a lease that were last new before then; how many."""
        return self._session.write(self._prune, [(before, limit)])


class TiesOfBatch:
    """The ties as one batch sees them: the stored ones, each read once, and those that the batch has learned."""

    def __init__(self, ties: Ties) -> None:
        self._ties = ties
        self._of_hardware: dict[bytes, list[Tie]] = {}
        self._of_identity: dict[bytes, list[Tie]] = {}
        self._learned: dict[tuple[bytes, bytes], Tie] = {}

    def prefetch(self, keys: Sequence[bytes]) -> None:
        """Reads the ties of these hardware addresses and identities at once."""
        of_hardware: dict[bytes, list[Tie]] = {key: [] for key in keys if key[0] == HARDWARE_KEY}
        of_identity: dict[bytes, list[Tie]] = {key: [] for key in keys if key[0] != HARDWARE_KEY}
        for tie in self._ties.of_any(keys):
            for key, known in ((tie.hardware, of_hardware), (tie.identity, of_identity)):
                if (found := known.get(key)) is not None and len(found) < MOST:
                    found.append(tie)
        self._of_hardware |= of_hardware
        self._of_identity |= of_identity

    def of_hardware(self, hardware: bytes) -> list[Tie]:
        """What was seen with a hardware address, the newest first."""
        if (found := self._of_hardware.get(hardware)) is None:
            found = self._of_hardware[hardware] = self._ties.of_hardware(hardware)
        return self._laid_over(found, [tie for tie in self._learned.values() if tie.hardware == hardware])

    def of_identity(self, identity: bytes) -> list[Tie]:
        """With what an identity was seen, the newest first."""
        if (found := self._of_identity.get(identity)) is None:
            found = self._of_identity[identity] = self._ties.of_identity(identity)
        return self._laid_over(found, [tie for tie in self._learned.values() if tie.identity == identity])

    def learn(self, ties: Iterable[Tie]) -> None:
        """What a decision of the batch learned."""
        self._learned.update(((tie.hardware, tie.identity), tie) for tie in ties)

    @property
    def has_changes(self) -> bool:
        """Whether anything was learned."""
        return bool(self._learned)

    def writes(self) -> list[Write]:
        """How what was learned is written."""
        return [self._ties.write_of(list(self._learned.values()))] if self._learned else []

    def _laid_over(self, stored: list[Tie], learned: list[Tie]) -> list[Tie]:
        if not learned:
            return stored
        kept = [tie for tie in stored if (tie.hardware, tie.identity) not in self._learned]
        return sorted([*learned, *kept], key=lambda tie: -tie.at)
