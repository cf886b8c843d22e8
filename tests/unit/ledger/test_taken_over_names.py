"""What a lease says of a name that another one has written over, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
from ledger_rows import NOW, changes, outcomes, want

from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.naming.reason import Reason
from tenure.naming.registration import Confirmed, Direction, Registration, State, Want

PC, RIVAL = want("pc", 1, 1), want("pc", 2, 2)
SIX = PC._replace(address=bytes(15) + b"\1")


def claim(ledger: Ledger, *claims: Want) -> None:
    ledger.leases.transact(lambda batch: batch.apply(changes(*claims)), NOW)


def row_of(ledger: Ledger, claim: Want) -> Registration:
    (row,) = [row for row in ledger.leases.registrations() if row[:3] == claim[:3]]
    return row


def confirm(ledger: Ledger, *claims: Want, takes_over: bool = True, both: bool = True) -> None:
    groups = [
        Confirmed([row_of(ledger, claim)], direction, NOW + 1, Reason.CONFIRMED.value, "", "NOERROR", "")
        for claim in claims
        for direction in (Direction if both else [Direction.FORWARD])
    ]
    groups = [one._replace(takes_over=takes_over and one.direction is Direction.FORWARD) for one in groups]
    ledger.leases.record_outcomes((), (), NOW + 2, confirmed=groups)


def states(ledger: Ledger, claim: Want) -> tuple[str, str, str, str]:
    row = row_of(ledger, claim)
    return row.forward.state, row.forward.reason, row.reverse.state, row.reverse.reason


LOST = ("refused", "name-taken-over", "removing", "forward-refused")
HAS = ("registered", "confirmed", "registered", "confirmed")


def test_the_other_client_loses_the_name_and_its_pointer_is_due_to_go(ledger: Ledger) -> None:
    claim(ledger, PC, want("laptop", 3, 3))
    confirm(ledger, PC, want("laptop", 3, 3))
    claim(ledger, RIVAL)
    confirm(ledger, RIVAL)
    assert (states(ledger, PC), states(ledger, RIVAL), states(ledger, want("laptop", 3, 3))) == (LOST, HAS, HAS)
    lost = row_of(ledger, PC)
    assert (lost.forward.due_at, lost.forward.detail) == (None, "the name has 10.1.0.2 now")
    assert [row[:3] for row in ledger.leases.due_registrations(NOW + 2, 10)] == [PC[:3]]
    events = ledger.leases.history.events(EventFilter(kind="name-taken-over"))
    assert [(one.event.address, one.event.correlation, one.event.detail) for one in events] == [
        (PC.address, "c-1", "the name has 10.1.0.2 now")
    ]


def test_of_those_that_are_recorded_together_the_last_one_has_it(ledger: Ledger) -> None:
    claim(ledger, PC, RIVAL, want("pc", 3, 3))
    confirm(ledger, RIVAL, want("pc", 3, 3), PC)
    assert [states(ledger, one) for one in (PC, RIVAL, want("pc", 3, 3))] == [HAS, LOST, LOST]


def test_each_family_has_the_last_one_of_its_own(ledger: Ledger) -> None:
    other_six = RIVAL._replace(address=bytes(15) + b"\2")
    claim(ledger, PC, SIX, RIVAL, other_six)
    confirm(ledger, PC, other_six, SIX, RIVAL)
    assert [states(ledger, one) for one in (PC, SIX, RIVAL, other_six)] == [LOST, HAS, HAS, LOST]


def test_what_was_not_written_over_stays(ledger: Ledger) -> None:
    """The other family, another address of the client itself, and its address under another proof."""
    others = [SIX, want("pc", 4, 2), want("pc", 2, 5)]
    claim(ledger, *others, RIVAL)
    confirm(ledger, *others, takes_over=False)
    confirm(ledger, RIVAL)
    assert [states(ledger, one) for one in others] == [HAS] * 3


def test_where_the_mode_checks_nobody_is_looked_at(ledger: Ledger) -> None:
    claim(ledger, PC, RIVAL)
    confirm(ledger, PC, RIVAL, takes_over=False)
    assert (states(ledger, PC), states(ledger, RIVAL)) == (HAS, HAS)


def test_a_pointer_that_is_just_being_confirmed_counts_no_more(ledger: Ledger) -> None:
    claim(ledger, PC, RIVAL)
    confirm(ledger, PC, both=False)
    seen = row_of(ledger, PC)
    confirm(ledger, RIVAL)
    late = outcomes(seen, State.REGISTERED, Direction.REVERSE)
    assert ledger.leases.record_outcomes(late, [], NOW + 3) == 0
    assert states(ledger, PC) == LOST


@pytest.mark.parametrize(
    ("again", "takes_it"),
    [
        ({}, False),
        ({"ttl": 4800}, False),
        ({"again": True}, True),
        ({"conflict_mode": "no-check-with-dhcid"}, False),
        ({"conflict_mode": "no-check-with-dhcid", "asked": True}, True),
    ],
    ids=["renewed", "renewed for longer", "update-on-renew", "renewed in a mode of its own", "another server asks"],
)
def test_only_who_means_it_takes_it_back(ledger: Ledger, again: dict[str, Any], *, takes_it: bool) -> None:
    claim(ledger, PC)
    confirm(ledger, PC)
    claim(ledger, RIVAL)
    confirm(ledger, RIVAL)
    claim(ledger, PC._replace(**again))
    if takes_it:
        assert states(ledger, PC) == ("pending", "waiting", "pending", "waiting")
    else:
        assert states(ledger, PC) == LOST
