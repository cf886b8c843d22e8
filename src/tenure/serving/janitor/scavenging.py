"""Scavenging over the store: what is stale in a zone and what else knows of it, its removal, and its restoring.

Leases and zones are never in one transaction. So a record is judged by the leases first, and when it is taken the zone
is locked and the record looked at again: what an update has refreshed or changed meanwhile stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from tenure.authority.aged import AgingState, BinnedRecord
from tenure.authority.history import APPLIED
from tenure.authority.settings import AgingIntervals, ZonePlace, ZoneSettings
from tenure.authority.zone import KeptRecord
from tenure.dnswire.name import Name
from tenure.leasing.lease import Lease
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import LeaseFilter, RegistrationFilter
from tenure.ledger.zones import ZoneBatch, ZoneLedger
from tenure.naming.event import Event
from tenure.naming.registration import Registration
from tenure.upkeep.reconcile import most_removals
from tenure.upkeep.scavenge import exceeds_brake, is_stale, judge, next_pass_at, observe, stale_before, starts_at
from tenure.upkeep.scavenge_change import Made, owners_again, pass_event, restorable, restore, scavenge
from tenure.upkeep.staleness import Hold, Restored, ZonePass

BATCH_RECORDS = 500  # removed in one transaction
ASKED_KEPT_SECONDS = 90 * 86400  # that a name was asked for before that says nothing of its host
MOST_REGISTRATIONS = 1000  # of one name


class ScavengingTerms(NamedTuple):
    """How the server scavenges."""

    hold: Hold | None = Hold.REPORT_ONLY  # OFF, REPORT_ONLY or None: it does
    interval: int = 7 * 86400  # seconds from the start of one pass on schedule to the next
    tombstone: int = 14 * 86400  # seconds for which what was removed can be restored


class LedgerClaims:
    """The `upkeep.scavenge.Claims` of one store."""

    def __init__(self, ledger: LeaseLedger) -> None:
        self._ledger = ledger

    def lease_at(self, address: bytes) -> Lease | None:
        """The lease of an address."""
        return next(iter(self._ledger.leases(LeaseFilter(first=address, last=address, limit=1))), None)

    def registrations_of(self, name: Name) -> Sequence[Registration]:
        """What leases want of a name."""
        return self._ledger.registrations(RegistrationFilter(name=name, limit=MOST_REGISTRATIONS))


class Scavenging:
    """Looks, passes and restores over one store. For one thread."""

    def __init__(
        self, zones: ZoneLedger, leases: LeaseLedger, settings: Sequence[ZoneSettings], terms: ScavengingTerms
    ) -> None:
        self._zones = zones
        self._claims = LedgerClaims(leases)
        self._settings = {zone.place: zone for zone in settings if not zone.primaries}
        self._terms = terms

    def places(self, *, aging_only: bool = True) -> list[ZonePlace]:
        """The primary zones of the store that are configured: those whose records age, or all."""
        there = self._ids()
        return [place for place, zone in self._settings.items() if place in there and (zone.aging or not aging_only)]

    def observe(self, now: float) -> list[ZonePlace]:
        """Notes that aging goes on; the zones in which a pass is due."""
        ids, known = self._ids(), self._zones.aging.states()
        states = {
            ids[place]: observe(known.get(ids[place]), intervals, now)
            for place, intervals in self._aging().items()
            if place in ids
        }
        if states:
            self._zones.aging.put(states)
        due = {zone_id for zone_id, state in states.items() if next_pass_at(state, self._terms.interval) < now}
        return [] if self._terms.hold is Hold.OFF else [place for place, zone_id in ids.items() if zone_id in due]

    def begin_pass(self, place: ZonePlace, now: float) -> None:
        """A pass on schedule begins: the next one is counted from here."""
        zone_id = self._ids()[place]
        state = self._zones.aging.states()[zone_id]
        self._zones.aging.put({zone_id: state._replace(passed_at=now)})

    def preview(self, place: ZonePlace, now: float, over_the_brake: Collection[ZonePlace] = ()) -> ZonePass:
        """What a pass would find and remove now; nothing is changed. `LedgerUnavailable`: nothing is known."""
        zone_id, settings = self._ids()[place], self._settings.get(place)
        intervals = settings.aging if settings is not None else None
        if settings is None or intervals is None:
            return ZonePass(place, None, 0, (), (), Hold.NO_AGING)
        with self._zones.stale_records(zone_id, stale_before(intervals, now)) as (names, stale):
            verdicts = [judge(kept, place.name, self._claims, now) for kept in stale]
        state = observe(self._zones.aging.states().get(zone_id), intervals, now)
        hold = self._hold(settings, state, now)
        if hold is None and place not in over_the_brake and exceeds_brake(verdicts, names):
            hold = Hold.BRAKE
        return ZonePass(place, intervals, names, verdicts, (), hold, starts_at(state), most_removals(names))

    def run(self, place: ZonePlace, actor: str, now: float, over_the_brake: Collection[ZonePlace] = ()) -> ZonePass:
        """One pass over a zone: what its preview says is removed, and the history is told of it."""
        found = self.preview(place, now, over_the_brake)
        if found.intervals is None:
            return found
        zone_id, made = self._ids()[place], Made(actor, now, f"s{secrets.token_hex(6)}", place.view)
        removed: list[KeptRecord] = []
        if found.hold is None:
            going = [one.kept for one in found.verdicts if one.protection is None]
            for start in range(0, len(going), BATCH_RECORDS):
                part = going[start : start + BATCH_RECORDS]
                removed += self._zones.transact(partial(_remove, zone_id, part, found.intervals, made), now)
        done = found._replace(removed=removed)
        self._zones.transact(lambda batch: batch.apply(zone_id, None, (pass_event(done, made),)), now)
        return done

    def restore(
        self,
        place: ZonePlace,
        wanted: Callable[[BinnedRecord], bool],
        actor: str,
        now: float,
        *,
        refreshed: bool = False,
        dry_run: bool = False,
    ) -> list[Restored]:
        """Brings records of the bin back as they were, those that are wanted; what becomes of each.

        `refreshed`: with the timestamp of now, so that they have both intervals again.
        """
        zone_id, made = self._ids()[place], Made(actor, now, f"s{secrets.token_hex(6)}", place.view)
        timestamp = int(now) if refreshed else None

        def work(batch: ZoneBatch) -> list[Restored]:
            binned = [one for one in batch.binned(zone_id) if wanted(one)]
            nodes = {one.kept.record.name: batch.rrsets_at(zone_id, one.kept.record.name) for one in binned}
            found = restorable(binned, dict(nodes))
            coming = [one for one in found if one.record is not None]
            if coming and not dry_run:
                owners = owners_again(coming, nodes)
                batch.apply(zone_id, *restore(batch.soa(zone_id), coming, owners, made))
                for name, owner in owners.items():
                    batch.put_owner(zone_id, name, owner)
                batch.take_out_of_bin(zone_id, [_as_added(one) for one in coming], timestamp)
            return found

        return self._zones.transact(work, now)

    def last_update(self, name: Name) -> Event | None:
        """The last update of the name that the history knows of."""
        found = self._zones.history.events(EventFilter(name=name, kind=APPLIED, limit=1))
        return found[0].event if found else None

    def last_asked(self, place: ZonePlace, name: Name) -> float | None:
        """When somebody last asked for a name whose records nobody refreshes, to a quarter of an hour."""
        return self._zones.asked.among(self._ids()[place], [name]).get(name)

    def prune_asked(self, now: float, limit: int) -> int:
        """Forgets some of the names that nobody has asked for in a long time; how many."""
        return self._zones.asked.prune(now - ASKED_KEPT_SECONDS, limit)

    def prune_bin(self, now: float, limit: int) -> int:
        """Forgets some of what was removed too long ago; how many."""
        return self._zones.bin.prune(now - self._terms.tombstone, limit)

    def _ids(self) -> dict[ZonePlace, int]:
        return {zone.place: zone.id for zone in self._zones.zones()}

    def _aging(self) -> Mapping[ZonePlace, AgingIntervals]:
        """Zones whose records can age: who is not allowed to refresh anything does not do without one either."""
        return {place: zone.aging for place, zone in self._settings.items() if zone.aging is not None and zone.updates}

    def _hold(self, settings: ZoneSettings, state: AgingState, now: float) -> Hold | None:
        if not settings.updates:
            return Hold.NO_UPDATES
        if self._terms.hold is not None:
            return self._terms.hold
        return Hold.GRACE if now <= starts_at(state) else None


def _remove(
    zone_id: int, going: Sequence[KeptRecord], intervals: AgingIntervals, made: Made, batch: ZoneBatch
) -> list[KeptRecord]:
    """Those of the records that are as they were judged: an update may have come meanwhile."""
    there = {one.record: one for one in batch.kept_at(zone_id, list({one.record.name for one in going}))}
    still = [one for one in going if there.get(one.record) == one and is_stale(one, intervals, made.now)]
    if still:
        batch.put_into_bin(zone_id, still, made.correlation)
        batch.apply(zone_id, *scavenge(batch.soa(zone_id), still, intervals, made))
    return still


def _as_added(one: Restored) -> BinnedRecord:
    """With the TTL that it has got."""
    assert one.record is not None, "it stays in the bin"
    return one.binned._replace(kept=one.binned.kept._replace(record=one.record))
