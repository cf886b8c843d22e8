"""Names that reservations keep in DNS: what makes the registrations say so, and no longer say so. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import ITS_ZONES, NO_END, Want, Withdraw
from tenure.naming.standing import Situation, StandingName

ACTOR: Final = "janitor"


def settle(situations: Iterable[Situation], now: float, correlation: str, *, again: bool = False) -> Changes:
    """What makes the registrations what they should be; `again`: those that DNS refuses are tried once more.

    The names get correlation ids of their own, which begin with `correlation`.
    """
    wants: list[Want] = []
    withdraws: list[Withdraw] = []
    events: list[Event] = []
    for number, one in enumerate(situations):
        standing, its = one.standing, f"{correlation}-{number:x}"
        cause = one.yields_to
        if cause is None and (not one.is_said or (again and one.is_refused)):
            wants.append(_want(standing, NO_END, its))
            if not one.is_wanted:
                events.append(_event("reservation-named", standing, Reason.RESERVATION, now, its))
        elif cause is not None and one.is_wanted:
            withdraws.append(Withdraw(*standing.claim, cause, its))
            events.append(_event("reservation-unnamed", standing, cause, now, its))
    return Changes(wants=tuple(wants), withdraws=tuple(withdraws), events=tuple(events))


def forget(
    gone: Iterable[tuple[StandingName, Lease | None]], now: float, correlation: str, actor: str = ACTOR
) -> Changes:
    """What follows from the end of reservations, or from their having other names; with the leases of the addresses.

    A lease that has the name keeps it until that ends.
    """
    wants: list[Want] = []
    withdraws: list[Withdraw] = []
    events: list[Event] = []
    for number, (standing, lease) in enumerate(gone):
        its = f"{correlation}-{number:x}"
        if lease is not None and lease.state == LeaseState.BOUND and (lease.fqdn, lease.dhcid) == standing.claim[::2]:
            want = _want(standing, lease.ends_at, its)
            wants.append(want._replace(forward=lease.forward, reverse=lease.reverse))
        else:
            withdraws.append(Withdraw(*standing.claim, Reason.RESERVATION_GONE, its))
        events.append(_event("reservation-unnamed", standing, Reason.RESERVATION_GONE, now, its, actor))
    return Changes(wants=tuple(wants), withdraws=tuple(withdraws), events=tuple(events))


def _want(standing: StandingName, until: int, correlation: str) -> Want:
    return Want(*standing.claim, standing.ttl, True, True, until, correlation, conflict_mode=ITS_ZONES)


def _event(kind: str, standing: StandingName, cause: Reason, now: float, correlation: str, actor: str = ACTOR) -> Event:
    return Event(now, kind, actor, cause, correlation, standing.address, standing.name)
