"""The follower: keeps DNS as the leases of other DHCP servers are, which it reads and never writes.

A source is looked at every second or few, and what is new in it is decided and committed, a thousand leases at a time.
What a source does not say follows from nothing: one that is gone, empty or cannot be read leaves all names as they are.
A lease whose time is over, and of which its server says nothing, ends a little later; but not very many at once, for
then it is more likely that the server is not there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol

from tenure.hearing.ending import end_heard
from tenure.hearing.entry import Entry
from tenure.hearing.follow import ACTOR, Followed, brakes, follow, is_most
from tenure.hearing.heard import REQUESTS, HeardLease, SourceTrouble
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.heard import HeardBatch
from tenure.ledger.leases import LeaseLedger
from tenure.naming.reason import Reason
from tenure.serving.collector import rare_collections
from tenure.serving.correlation import new_batch_id
from tenure.serving.hearers.lease_files import SourceUnavailable
from tenure.serving.report import Report
from tenure.serving.steady_clock import BOOT_SECONDS, ClockWatch, is_synchronised, since_boot
from tenure.serving.stop import Stop

BATCH = 1000  # leases in one transaction
GRACE_SECONDS = 30  # behind the end of a lease, for its server to say something
HOLD_SECONDS = 60.0  # after a jump of the clock, for whoever sets it right
LATE_SECONDS = 300.0  # a lease that has been over for so long was not seen to end
LEDGER_SECONDS = 1.0  # between tries while the ledger is unavailable

LEDGER_PROBLEM = "ledger-unavailable"
CLOCK_PROBLEM = "clock-jumped"
UNSET_PROBLEM = "clock-not-set"
UNAVAILABLE = "source-unavailable"
UNREADABLE = "source-unreadable"


class Source(Protocol):
    """A lease database of another server."""

    place: str
    """Where it is, for people."""

    @property
    def unreadable(self) -> int:
        """How many pieces of it could not be read."""

    @property
    def is_whole(self) -> bool:
        """Whether what it gives is everything that there is, so that what is missing is over."""

    @property
    def is_empty(self) -> bool:
        """Whether it had no lease at all when it was last read whole."""

    @property
    def is_current(self) -> bool:
        """Whether all that it says was given."""

    def look(self) -> Iterator[Entry] | None:
        """What is new; None: nothing is. `SourceUnavailable`, also in the midst of it."""

    def begin_anew(self) -> None:
        """What was given could not be used: give it again."""

    def close(self) -> None:
        """Give back what is open."""


class Watched(NamedTuple):
    """A source, what it is called, and how often it is looked at."""

    followed: Followed
    source: Source
    every_seconds: float


class FollowerService:
    """The service, for one ledger. `wake` wakes the updater."""

    def __init__(
        self,
        ledger: LeaseLedger,
        watched: Sequence[Watched],
        wake: Callable[[], None],
        report: Report,
        *,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = since_boot,
        is_synchronised: Callable[[], bool] = is_synchronised,
    ) -> None:
        self._ledger = ledger
        self._watched = watched
        self._wake = wake
        self._report = report
        self._clock = clock
        self._steady = steady
        self._is_synchronised = is_synchronised
        self._watch = ClockWatch(steady)
        self._known: dict[str, dict[bytes, int]] = {}  # by source: its leases as they were last read, in short
        self._troubles: dict[tuple[str, str], str] = {}  # as the store has them: by source and code, the text
        self._has_recalled = False
        self._look_at = dict.fromkeys((one.followed.source for one in watched), 0.0)  # by the steady clock

    def run(self, stop: Stop) -> None:
        """Follow until `stop`; the transaction in hand is finished."""
        self._report.info("started", sources=" ".join(one.followed.source for one in self._watched))
        self._tell_forgotten()
        with rare_collections():
            while not stop.is_set():
                stop.wait(self.round(stop))
        for one in self._watched:
            one.source.close()
        self._report.info("stopped")

    def round(self, stop: Stop | None = None) -> float:
        """Looks at every source whose time it is; gives the seconds until the next look."""
        for one in self._watched:
            name = one.followed.source
            if self._steady() < self._look_at[name] or (stop is not None and stop.is_set()):
                continue
            self._look_at[name] = self._steady() + one.every_seconds
            try:
                self._recall()
                self._follow(one, stop)
                self._report.healthy(LEDGER_PROBLEM)
            except LedgerUnavailable as error:
                self._report.outage(LEDGER_PROBLEM, str(error))
                one.source.begin_anew()
                self._look_at[name] = self._steady() + LEDGER_SECONDS
        return max(0.0, min(self._look_at.values()) - self._steady())

    def _recall(self) -> None:
        """Once: what was wrong when the follower ended before, so that it is over when it is."""
        if not self._has_recalled:
            self._troubles = {(known.source, known.code): known.text for known in self._ledger.source_troubles.all()}
            self._has_recalled = True

    def _follow(self, one: Watched, stop: Stop | None) -> None:
        took_all = False
        try:
            entries = one.source.look()
            took_all = entries is None or self._take(one, entries, stop)
        except SourceUnavailable as error:
            self._tell(one, UNAVAILABLE, str(error), error.place)
        if not (took_all and one.source.is_current):
            return
        if one.source.is_empty and self._ledger.heard_counts().get(one.followed.source):
            text = "no lease is in it any more, and that is no reason to take names away"
            self._tell(one, UNAVAILABLE, f"{text}; {_remedy(one)}")
            return
        self._is_well(one, UNAVAILABLE)
        self._tell_unreadable(one)
        self._end_by_time(one)

    def _take(self, one: Watched, entries: Iterator[Entry], stop: Stop | None) -> bool:
        """Commits what is new, a batch at a time; whether all of it is."""
        name = one.followed.source
        known = self._known.pop(name, {})  # as long as this is not done, nothing is known
        seen: dict[bytes, int] = {}
        while batch := _next_batch(one.source, entries):
            if one.source.is_whole:
                seen.update((entry.address, hash(entry)) for entry in batch)
                batch = [entry for entry in batch if known.get(entry.address) != seen[entry.address]]
            if batch:
                self._commit(one.followed, batch)
            if stop is not None and stop.is_set():
                return False
        # a row that cannot be read is missing as well, and then nobody knows whose
        if one.source.is_whole and not one.source.unreadable and self._end_missing(one, seen, known):
            self._known[name] = seen
        return True

    def _commit(self, followed: Followed, entries: Sequence[Entry]) -> None:
        now = self._clock()
        batch_id = new_batch_id(now)

        def work(batch: HeardBatch) -> int:
            batch.prefetch([entry.address for entry in entries])
            changed = 0
            for index, entry in enumerate(entries):
                changes = follow(entry, batch, followed, now, f"{batch_id}-{index}")
                batch.apply(changes)
                changed += bool(changes.wants or changes.withdraws)
            return changed

        self._wake_for(self._ledger.transact_heard(work, now))

    def _end_missing(self, one: Watched, seen: Mapping[bytes, int], known: Mapping[bytes, int]) -> bool:
        """What a whole reading did not find is over, unless that is nearly everything; whether it was ended."""
        before = known or {row.address: 0 for row in self._ledger.heard_leases(one.followed.source)}
        gone = [address for address in before if address not in seen]
        going, rows = len(gone), len(before)
        text = f"{going} of {rows} leases are not in it any more"
        if not seen or self._holds(one, "missing", text, brakes(going, rows) or is_most(going, rows)):
            return False
        for first in range(0, len(gone), BATCH):
            self._end_rows(partial(_rows_at, one.followed.source, gone[first : first + BATCH]))
        return True

    def _end_by_time(self, one: Watched) -> None:
        """Leases whose time is over and of which their server says nothing."""
        now, name = self._clock(), one.followed.source
        if self._distrusts_clock(now):
            return
        before = now - GRACE_SECONDS
        end = self._ledger.next_heard_end(name)
        if self._waits_for_clock(one, is_late=end is not None and end < now - LATE_SECONDS):
            return
        over = 0 if end is None or end > before else self._ledger.heard_overdue(name, before)
        rows = self._ledger.heard_counts().get(name, 0) if over else 0
        text = f"{over} of {rows} leases have ended, and it does not say so"
        if self._holds(one, "overdue", text, brakes(over, rows)):
            return
        for _ in range(0, over, BATCH):
            self._end_rows(lambda batch: batch.ended(name, before, BATCH), Reason.LEASE_EXPIRED)

    def _holds(self, one: Watched, what: str, text: str, too_many: bool) -> bool:
        """Whether too many would go at once; that is said for as long as it is so."""
        if not too_many:
            self._is_well(one, f"source-{what}")
            return False
        self._tell(one, f"source-{what}", f"{text}; {_remedy(one)}")
        return True

    def _end_rows(
        self,
        choose: Callable[[HeardBatch], list[HeardLease]],
        cause: Reason = Reason.LEASE_RELEASED,
    ) -> None:
        """Ends the rows that are chosen in the transaction itself, so that one that was renewed meanwhile stays."""
        now = self._clock()
        batch_id = new_batch_id(now)

        def work(batch: HeardBatch) -> int:
            rows = choose(batch)
            for changes in end_heard(rows, batch, cause, ACTOR, now, batch_id):
                batch.apply(changes)
            return len(rows)

        self._wake_for(self._ledger.transact_heard(work, now))

    def _wake_for(self, changed: int) -> None:
        self._report.count("leases_followed", changed)
        if changed:
            self._wake()

    def _tell_unreadable(self, one: Watched) -> None:
        if one.source.unreadable:
            self._tell(
                one, UNREADABLE, f"{one.source.unreadable} leases in it cannot be read, and are left as they are"
            )
        else:
            self._is_well(one, UNREADABLE)

    def _tell(self, one: Watched, code: str, text: str, place: str = "") -> None:
        """Something is wrong with a source: in the log, and for as long as it is in the store, for the commands."""
        source, text = one.followed.source, f"{place or one.source.place}: {text}"
        self._report.problem(f"{code} {source}", text)
        if self._troubles.get((source, code)) != text:
            self._ledger.source_troubles.put(SourceTrouble(source, code, self._clock(), text))
            self._troubles[source, code] = text

    def _is_well(self, one: Watched, code: str) -> None:
        source = one.followed.source
        self._report.healthy(f"{code} {source}")
        if (source, code) in self._troubles:
            self._ledger.source_troubles.drop(source, code)
            del self._troubles[source, code]

    def _tell_forgotten(self) -> None:
        """Names of a source that is configured no longer stay until somebody says that they shall not."""
        known = {REQUESTS, *(one.followed.source for one in self._watched)}
        try:
            strangers = {name: number for name, number in self._ledger.heard_counts().items() if name not in known}
        except LedgerUnavailable:
            return
        for name, number in strangers.items():
            text = (
                f"{number} names are of {name}, which is not configured; they stay until: tenure sources forget {name}"
            )
            self._report.problem(f"source-not-configured {name}", text)

    def _distrusts_clock(self, now: float) -> bool:
        ahead = self._watch.look(now, HOLD_SECONDS)
        if ahead:
            text = f"the clock jumped {ahead:.0f} seconds ahead; no lease is ended for {HOLD_SECONDS:.0f} seconds"
            self._report.problem(CLOCK_PROBLEM, text)
        if self._watch.set_back > GRACE_SECONDS:
            self._read_anew(self._watch.set_back)
        if self._watch.holds:
            return True
        self._report.healthy(CLOCK_PROBLEM)
        return False

    def _waits_for_clock(self, one: Watched, *, is_late: bool) -> bool:
        """Whether what is late may be so by a clock that is wrong: the machine has just started, and nobody has set it.

        Leases that end while somebody looks end as ever.
        """
        if not is_late or self._steady() >= BOOT_SECONDS or self._is_synchronised():
            self._is_well(one, UNSET_PROBLEM)
            return False
        until = f"no lease ends by time until somebody has, or {BOOT_SECONDS / 60.0:g} minutes after the start"
        self._tell(one, UNSET_PROBLEM, f"the machine has just started, and nobody has set its clock yet; {until}")
        return True

    def _read_anew(self, set_back: float) -> None:
        """The clock was ahead until now, as of a machine that began with a wrong one: it may have ended what runs.

        Whether it had jumped is not known, when that was before the start. What runs is still in the sources.
        """
        self._report.info("clock-set-back", seconds=round(set_back), sources="read anew")
        self._known.clear()
        for one in self._watched:
            one.source.begin_anew()


def _next_batch(source: Source, entries: Iterator[Entry]) -> list[Entry]:
    """Up to a batch of what is new; a source that ends in the midst of it has to begin anew."""
    try:
        return list(islice(entries, BATCH))
    except SourceUnavailable:
        source.begin_anew()
        raise


def _rows_at(source: str, addresses: Sequence[bytes], batch: HeardBatch) -> list[HeardLease]:
    batch.prefetch(addresses)
    return [row for address in addresses for row in batch.heard_at(address) if row.source == source]


def _remedy(one: Watched) -> str:
    return f"their names stay; see that the server runs, or: tenure sources forget {one.followed.source}"
