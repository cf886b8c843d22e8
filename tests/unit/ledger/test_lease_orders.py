"""A person ends leases and quarantines: the row, the names and the history, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
from dhcpv6 import DUID, ip
from ledger_rows import NOW, address, changes, dhcid, lease, name, outcomes, want

from tenure.leasing.lease import FOREVER, Lease, LeaseKind, LeaseState
from tenure.ledger.history import EventFilter
from tenure.ledger.name_orders import Order
from tenure.ledger.opening import Ledger
from tenure.naming.event import Event
from tenure.naming.registration import State, Want
from tenure.naming.standing import StandingName

LATER = NOW + 60
ORDER = Order("cli ann", LATER + 0.5, "n-1")
PC = lease(1, 1, fqdn=name("pc"), dhcid=dhcid(1), reverse=True)
CLAIM = want("pc", 1, 1)
PREFIX = lease(2, 2, client=b"\2" + DUID, fqdn=None, dhcid=None, kind=LeaseKind.PREFIX)._replace(
    address=ip("2001:db8:8000::"), prefix_length=56
)
DECLINED = lease(3, None, state=LeaseState.DECLINED, ends_at=NOW + 86400, fqdn=None, dhcid=None, forward=False)


def put(ledger: Ledger, *parts: Lease | Want) -> None:
    ledger.leases.transact(lambda batch: batch.apply(changes(*parts)), NOW)


def register(ledger: Ledger) -> None:
    """The lease of `PC`, whose name is in DNS."""
    put(ledger, PC, CLAIM)
    (row,) = ledger.leases.registrations()
    ledger.leases.record_outcomes(outcomes(row, State.REGISTERED), [], NOW)


def events(ledger: Ledger) -> list[Event]:
    return [one.event for one in ledger.leases.history.events(EventFilter(newest_first=False))]


def test_a_lease_ends_with_its_names_and_stands_in_the_history(ledger: Ledger) -> None:
    register(ledger)
    assert ledger.leases.lease_orders.release(PC, ORDER)
    assert ledger.leases.leases() == [PC._replace(state=LeaseState.RELEASED, ends_at=LATER, correlation="n-1")]
    (row,) = ledger.leases.due_registrations(ORDER.at, 10)
    assert (row.cause, row.correlation) == ("lease-taken-away", "n-1")
    assert (row.forward.state, row.reverse.state) == ("removing", "removing")
    about = (PC.address, PC.fqdn, PC.client, PC.hardware)
    assert events(ledger) == [Event(ORDER.at, "lease-taken-away", "cli ann", "tenure leases", "n-1", *about)]


def test_it_ends_in_the_answer_to_who_held_the_address(ledger: Ledger) -> None:
    register(ledger)
    about: dict[str, Any] = {"address": PC.address, "client": PC.client, "hardware": PC.hardware}
    ledger.leases.append_events([Event(NOW, "lease-bound", "dhcp4", "REQUEST SELECTING", "c-1", **about)])
    ledger.leases.lease_orders.release(PC, ORDER)
    held = ledger.leases.history.holder_at(PC.address, NOW + 1)
    assert held is not None
    assert (held.client, held.ended_at) == (PC.client, ORDER.at)
    assert ledger.leases.history.holder_at(PC.address, ORDER.at + 1) is None


def test_a_name_that_a_reservation_keeps_stays(ledger: Ledger) -> None:
    register(ledger)
    standing = StandingName(*CLAIM[1:2], CLAIM.name, CLAIM.dhcid, CLAIM.ttl, True)
    ledger.leases.transact_standing(lambda names, _: names.put([standing]), NOW)
    assert ledger.leases.lease_orders.release(PC, ORDER)
    assert [(row.cause, row.forward.state) for row in ledger.leases.registrations()] == [("", "registered")]


def test_a_prefix_is_named_in_the_history(ledger: Ledger) -> None:
    put(ledger, PREFIX)
    assert ledger.leases.lease_orders.release(PREFIX, ORDER)
    assert [row.state for row in ledger.leases.leases()] == [LeaseState.RELEASED]
    assert [one.detail for one in events(ledger)] == ["the prefix 2001:db8:8000::/56"]


def test_a_quarantine_ends(ledger: Ledger) -> None:
    put(ledger, DECLINED)
    assert ledger.leases.lease_orders.release(DECLINED, ORDER)
    (row,) = ledger.leases.leases()
    assert (row.state, row.client, row.ends_at) == (LeaseState.RELEASED, None, LATER)
    assert [(one.kind, one.address, one.client) for one in events(ledger)] == [
        ("quarantine-lifted", DECLINED.address, None)
    ]
    assert ledger.leases.registrations() == []


@pytest.mark.parametrize(
    "fields",
    [{"kind": LeaseKind.SELF_MADE}, {"ends_at": FOREVER}, {"ends_at": NOW - 5}],
    ids=["self-made", "without end", "over, and the janitor has not come"],
)
def test_what_else_ends(ledger: Ledger, fields: dict[str, Any]) -> None:
    row = PC._replace(**fields)
    put(ledger, row, CLAIM)
    assert ledger.leases.lease_orders.release(row, ORDER)
    assert [(one.state, one.ends_at) for one in ledger.leases.leases()] == [(LeaseState.RELEASED, LATER)]
    assert [one.cause for one in ledger.leases.registrations()] == ["lease-taken-away"]


def test_a_lease_that_was_renewed_since_it_was_seen_ends(ledger: Ledger) -> None:
    put(ledger, PC._replace(ends_at=PC.ends_at + 50, correlation="c-9"))
    assert ledger.leases.lease_orders.release(PC, ORDER)


@pytest.mark.parametrize(
    "now",
    [
        None,
        lease(1, 7),
        PC._replace(state=LeaseState.RELEASED, ends_at=NOW),
        PC._replace(state=LeaseState.EXPIRED, ends_at=NOW),
        DECLINED._replace(address=address(1)),
    ],
    ids=["gone", "another client's", "released", "expired", "declined"],
)
def test_what_is_not_as_it_was_seen_is_left_alone(ledger: Ledger, now: Lease | None) -> None:
    if now is not None:
        put(ledger, now)
    assert not ledger.leases.lease_orders.release(PC, ORDER)
    assert (ledger.leases.leases(), events(ledger)) == ([] if now is None else [now], [])


def test_a_quarantine_that_is_over_is_left_alone(ledger: Ledger) -> None:
    over = DECLINED._replace(ends_at=LATER)
    put(ledger, over)
    assert not ledger.leases.lease_orders.release(over, ORDER)


def test_the_address_is_free_for_anybody_and_the_client_may_have_it_again(ledger: Ledger) -> None:
    put(ledger, PC)
    ledger.leases.lease_orders.release(PC, ORDER)
    found = ledger.leases.transact(lambda batch: batch.longest_ended(address(0), address(9), LATER, 5), LATER)
    assert list(found) == [PC.address]
    put(ledger, lease(1, 5))
    assert [row.client for row in ledger.leases.leases()] == [lease(1, 5).client]


def test_the_lease_over_an_address(ledger: Ledger) -> None:
    put(ledger, PC, PREFIX)
    for text, row in (
        ("2001:db8:8000::", PREFIX),
        ("2001:db8:8000:ff:ffff:ffff:ffff:ffff", PREFIX),
        ("2001:db8:8000:100::", None),
        ("2001:db8:7fff::", None),
        ("2001:db9::", None),
    ):
        assert ledger.leases.lease_over(ip(text)) == row, text
    assert ledger.leases.lease_over(PC.address) == PC
    assert ledger.leases.lease_over(address(2)) is None
