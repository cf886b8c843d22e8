"""What waits for a zone falls due when the zone takes updates again, and nothing else does."""

from __future__ import annotations

import pytest
from ledger_rows import NOW, name, outcomes, want

from tenure.dnswire.name import from_text
from tenure.leasing.lease import Changes
from tenure.ledger.opening import Ledger
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Registration, State
from tenure.naming.zone_trouble import ZoneTrouble

FORWARD, REVERSE = Direction
LATER = NOW + 300


def failed(ledger: Ledger, label: str, number: int, reason: Reason, state: State, *directions: Direction) -> None:
    """A claim of which these directions ended so; what is to be tried again is due later."""
    ledger.leases.transact(lambda batch: batch.apply(Changes(wants=(want(label, number, number),))), NOW)
    due_at = LATER if state is State.PENDING else None
    found = outcomes(row(ledger, label), state, *directions, reason=reason, due_at=due_at, attempts=9)
    ledger.leases.record_outcomes(found, [], NOW)


def row(ledger: Ledger, label: str) -> Registration:
    (found,) = [one for one in ledger.leases.registrations(RegistrationFilter()) if one.name == name(label)]
    return found


def well(ledger: Ledger, *zones: str) -> None:
    over = [ZoneTrouble(from_text(zone), 0.0, NOW, "server-unreachable", "") for zone in zones]
    ledger.leases.record_outcomes((), (), NOW + 1, over)


@pytest.mark.parametrize("reason", [Reason.SERVER_UNREACHABLE, Reason.KEY_REJECTED])
def test_what_waits_for_a_zone_that_is_well_again_is_due(ledger: Ledger, reason: Reason) -> None:
    failed(ledger, "pc", 1, reason, State.PENDING, FORWARD, REVERSE)
    well(ledger, "other.test.", "168.192.in-addr.arpa.")
    assert row(ledger, "pc").forward.due_at == row(ledger, "pc").reverse.due_at == LATER
    well(ledger, "example.test.")
    found = row(ledger, "pc")
    assert (found.forward.due_at, found.reverse.due_at) == (NOW + 1, LATER)
    assert (found.forward.reason, found.forward.attempts) == (reason, 9), "as long as it is not known better"
    well(ledger, "1.10.in-addr.arpa.")
    assert row(ledger, "pc").reverse.due_at == NOW + 1


def test_what_waits_for_something_else_does_not(ledger: Ledger) -> None:
    failed(ledger, "pc", 1, Reason.NAME_LOCKED, State.PENDING, FORWARD, REVERSE)
    failed(ledger, "refused", 2, Reason.SERVER_REFUSED, State.REFUSED, FORWARD, REVERSE)
    well(ledger, "example.test.", "1.10.in-addr.arpa.")
    assert row(ledger, "pc").forward.due_at == LATER
    assert row(ledger, "refused").forward.due_at is None


def test_an_outage_that_has_begun_anew_lets_nothing_fall_due(ledger: Ledger) -> None:
    failed(ledger, "pc", 1, Reason.SERVER_UNREACHABLE, State.PENDING, FORWARD)
    over = ZoneTrouble(from_text("example.test."), 0.0, NOW, "server-unreachable", "")
    ledger.leases.record_outcomes((), (), NOW + 1, [over, over._replace(until_at=NOW + 60)])
    assert row(ledger, "pc").forward.due_at == LATER


def test_zones_of_less_than_an_octet_hold_their_addresses(ledger: Ledger) -> None:
    for number in (63, 64, 127):
        failed(ledger, f"pc{number}", number, Reason.SERVER_FAILED, State.PENDING, REVERSE)
    well(ledger, "64/26.0.1.10.in-addr.arpa.")
    due = [row(ledger, f"pc{number}").reverse.due_at for number in (63, 64, 127)]
    assert due == [LATER, NOW + 1, NOW + 1]


def test_what_a_server_refused_is_claimed_again_once_it_takes_updates(ledger: Ledger) -> None:
    failed(ledger, "pc", 1, Reason.SERVER_REFUSED, State.REFUSED, FORWARD, REVERSE)
    failed(ledger, "taken", 2, Reason.NAME_TAKEN, State.REFUSED, FORWARD)
    before = row(ledger, "pc").generation
    assert ledger.leases.claim_refused(from_text("other.test."), FORWARD, NOW + 1) == 0
    assert ledger.leases.claim_refused(from_text("example.test."), FORWARD, NOW + 1) == 1
    found = row(ledger, "pc")
    assert (found.forward.state, found.forward.due_at, found.forward.reason) == ("pending", NOW + 1, "waiting")
    assert (found.reverse.state, found.generation) == (State.REFUSED, before + 1)
    assert ledger.leases.claim_refused(from_text("10.in-addr.arpa."), REVERSE, NOW + 2) == 1
    assert row(ledger, "pc").reverse.due_at == NOW + 2
    assert row(ledger, "taken").forward.state == State.REFUSED
