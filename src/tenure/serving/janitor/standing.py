"""Names that reservations keep in DNS: taken from the configuration at the start, and kept right as time passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

from tenure.leasing.lease import Changes
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.standing_names import StandingNames
from tenure.naming.standing import StandingName
from tenure.serving.correlation import new_batch_id
from tenure.serving.report import Report
from tenure.upkeep.reconcile import most_removals
from tenure.upkeep.standing import forget, settle

LOOK_SECONDS = 5.0  # between two looks at what leases have changed
LOOK_SHARE = 50  # and so many times as long as a look took
BATCH = 500  # names in one transaction

HELD_PROBLEM = "reservations-held"


class StandingKeeper:
    """For one ledger and one configuration, whose reservations want these names. `wake` wakes the updater."""

    def __init__(
        self,
        ledger: LeaseLedger,
        wanted: Iterable[StandingName],
        wake: Callable[[], None],
        report: Report,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._wanted: dict[bytes, StandingName] | None = {one.address: one for one in wanted}
        self._wake = wake
        self._report = report
        self._timer = timer
        self._look_at = 0.0
        self._held: AbstractSet[bytes] = set()  # addresses of reservations that are gone, too many at once

    def look(self, now: float) -> None:
        """Make the registrations what the reservations and leases say, if it is time to look. `LedgerUnavailable`."""
        began = self._timer()
        if self._wanted is None and began < self._look_at:
            return
        if self._wanted is not None:
            self._apply(self._wanted, now)
            self._settle(now, again=True)
            self._wanted = None
        else:
            self._settle(now)
        self._tell_held()
        ended = self._timer()
        self._look_at = ended + max(LOOK_SECONDS, (ended - began) * LOOK_SHARE)

    def _apply(self, wanted: dict[bytes, StandingName], now: float) -> None:
        """Has the ledger want what the configuration wants, and no more; each name is changed once.

        Reservations that are gone are a person's doing, or the wrong file's: very many are let go by a person only.
        """
        known = {one.address: one for one in self._ledger.standing_names()}
        gone = known.keys() - wanted.keys()
        self._held = gone if len(gone) > most_removals(len(known)) else set()
        changed = [address for address in {**known, **wanted} if known.get(address) != wanted.get(address)]
        changed = sorted(address for address in changed if address not in self._held)
        for start in range(0, len(changed), BATCH):
            self._transact(partial(_replace, changed[start : start + BATCH], known, wanted, now), now)
        if wanted or changed:
            self._report.info("reservations-named", names=len(wanted), changed=len(changed))

    def _tell_held(self) -> None:
        if not self._held:
            return
        standing = self._ledger.standing_names()
        held = sum(one.address in self._held for one in standing)
        if held:
            text = (
                f"{held} of {len(standing)} reservations whose names are in DNS are not in the configuration any more;"
                " their names stay until: tenure names forget-reservations"
            )
            self._report.problem(HELD_PROBLEM, text)
        else:
            self._held = set()
            self._report.healthy(HELD_PROBLEM)

    def _settle(self, now: float, *, again: bool = False) -> None:
        after = b""
        while found := self._ledger.unsettled_standing_names(now, after, refused=again):
            if not _changes_nothing(settle(found, now, "", again=again)):
                self._transact(partial(_settle_page, after, again, now), now)
            after = found[-1].standing.address

    def _transact(self, work: Callable[[StandingNames, LeaseBatch], Changes], now: float) -> None:
        def attempt(names: StandingNames, batch: LeaseBatch) -> Changes:
            changes = work(names, batch)
            batch.apply(changes)
            return changes

        if not _changes_nothing(self._ledger.transact_standing(attempt, now)):
            self._wake()


def _settle_page(after: bytes, again: bool, now: float, names: StandingNames, _batch: LeaseBatch) -> Changes:
    """What is to be done by the rows as they are in this transaction."""
    return settle(names.unsettled(now, after, refused=again), now, new_batch_id(now), again=again)


def _replace(
    addresses: Sequence[bytes],
    known: dict[bytes, StandingName],
    wanted: dict[bytes, StandingName],
    now: float,
    names: StandingNames,
    batch: LeaseBatch,
) -> Changes:
    """Other names for these addresses, or none."""
    gone = [
        (known[address], batch.lease_at(address))
        for address in addresses
        if address in known and (address not in wanted or wanted[address].claim != known[address].claim)
    ]
    names.drop(address for address in addresses if address not in wanted)
    names.put([wanted[address] for address in addresses if address in wanted])
    return forget(gone, now, new_batch_id(now))


def _changes_nothing(changes: Changes) -> bool:
    return not (changes.wants or changes.withdraws)
