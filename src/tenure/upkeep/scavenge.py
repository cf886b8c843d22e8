"""Scavenging as Windows DNS defines it: which records are stale, when a zone may be scavenged, and what stays. Pure.

A record is stale when no-refresh and refresh interval have gone by since its timestamp. Nothing is taken before clients
had a whole refresh interval, without a break, to refresh what is theirs: time in which nobody was here, or that a clock
has jumped over, does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from tenure.authority.aged import AgingState
from tenure.authority.settings import AgingIntervals
from tenure.authority.zone import KeptRecord
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name
from tenure.leasing.lease import Lease, LeaseState
from tenure.naming.registration import Registration, State
from tenure.naming.reverse import address_of
from tenure.upkeep.reconcile import most_removals
from tenure.upkeep.staleness import Protection, Verdict

OUTAGE_SECONDS: Final = 300.0  # between two looks; less is a restart

_A: Final = int(RRType.A)
_AAAA: Final = int(RRType.AAAA)
_NS: Final = int(RRType.NS)
_PTR: Final = int(RRType.PTR)
_ADDRESS_SIZES: Final = {_A: 4, _AAAA: 16}
_WANTED: Final = frozenset({State.PENDING, State.REGISTERED, State.CLIENT, State.MISSING})


class Claims(Protocol):
    """What the leases know of names and addresses. Failing raises: no answer is not an empty one."""

    def lease_at(self, address: bytes) -> Lease | None:
        """The lease of an address."""

    def registrations_of(self, name: Name) -> Sequence[Registration]:
        """What leases want of a name."""


def observe(state: AgingState | None, intervals: AgingIntervals, now: float) -> AgingState:
    """The state after one more look; aging begins anew where it was not seen to go on.

    That is at the first look; after more than a restart without one, when the machine, the services or the store were
    away, or updates or aging were switched off; when the clock jumped in either direction; and with other intervals.
    """
    if state is None:
        return AgingState(now, now, intervals)
    goes_on = state.intervals == intervals and 0 <= now - state.seen_at <= OUTAGE_SECONDS and state.since_at <= now
    passed_at = None if state.passed_at is None else min(state.passed_at, now)
    return AgingState(state.since_at if goes_on else now, now, intervals, passed_at)


def starts_at(state: AgingState) -> float:
    """When the zone may be scavenged first, in UTC seconds: Windows' StartScavenging."""
    return state.since_at + state.intervals.refresh


def next_pass_at(state: AgingState, interval: int) -> float:
    """When the next pass on schedule is due; `interval` is counted from the start of the one before."""
    start = starts_at(state)
    return start if state.passed_at is None else max(start, state.passed_at + interval)


def stale_before(intervals: AgingIntervals, now: float) -> int:
    """Records whose timestamp is earlier than this are stale: timestamp + no-refresh + refresh < now, in seconds."""
    return int(now) - intervals.no_refresh - intervals.refresh


def is_stale(kept: KeptRecord, intervals: AgingIntervals, now: float) -> bool:
    """Whether a record is; one without a timestamp never is."""
    return kept.timestamp != 0 and kept.timestamp < stale_before(intervals, now)


def judge(kept: KeptRecord, apex: Name, claims: Claims, now: float) -> Verdict:
    """Whether a stale record that a client wrote itself stays, because somebody answers for it."""
    name, rtype, _ttl, rdata = kept.record
    address = rdata if _ADDRESS_SIZES.get(rtype) == len(rdata) else address_of(name) if rtype == _PTR else None
    called = rdata.lower() if rtype == _PTR else name
    lease = None if address is None else claims.lease_at(address)
    if lease is not None and lease.state != LeaseState.BOUND:
        lease = None
    protection = None
    if rtype == _NS and name == apex:
        protection = Protection.NAME_SERVER
    elif kept.ends_at is not None and kept.ends_at > now:
        protection = Protection.OWN_END
    elif lease is not None and lease.fqdn in (None, called):
        protection = Protection.LEASE
    elif any(_wants(row, rtype, address) for row in claims.registrations_of(called)):
        protection = Protection.REGISTRATION
    return Verdict(kept, protection, lease)


def exceeds_brake(verdicts: Iterable[Verdict], names: int) -> bool:
    """Whether more names would lose records than one pass may take them from, in a zone that has so many names."""
    return len({one.kept.record.name for one in verdicts if one.protection is None}) > most_removals(names)


def _wants(row: Registration, rtype: int, address: bytes | None) -> bool:
    """Whether a lease wants the record, of whichever address where the record is about none."""
    part = row.reverse if rtype == _PTR else row.forward
    return not row.cause and part.state in _WANTED and address in (None, row.address)
