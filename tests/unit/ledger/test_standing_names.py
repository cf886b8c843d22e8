"""Names that reservations keep in DNS, on both engines: leases that end leave them, and what is to be done is found."""

from __future__ import annotations

import pytest
from ledger_rows import NOW, address, changes, dhcid, lease, name, outcomes, want, withdraw

from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.ledger.name_orders import Order
from tenure.ledger.opening import Ledger
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.reason import Reason
from tenure.naming.registration import NO_END, Registration, State, Want, Withdraw
from tenure.naming.standing import Situation, StandingName

PC = want("pc", 1, 1)._replace(reverse=True, until=NO_END)
DESK = StandingName(PC.address, PC.name, PC.dhcid, PC.ttl, True)


def stand(ledger: Ledger, *standing: StandingName) -> None:
    ledger.leases.transact_standing(lambda names, _: names.put(standing), NOW)


def claim(ledger: Ledger, *claims: Want | Withdraw) -> None:
    ledger.leases.transact(lambda batch: batch.apply(changes(*claims)), NOW)


def rows(ledger: Ledger) -> list[Registration]:
    return ledger.leases.registrations(RegistrationFilter(limit=1000))


def test_they_are_kept_one_for_an_address(ledger: Ledger) -> None:
    other = DESK._replace(address=address(0), gives_way=False)
    stand(ledger, DESK, other)
    assert ledger.leases.standing_names() == [other, DESK]
    renamed = DESK._replace(name=name("table"), dhcid=dhcid(2), ttl=7)
    stand(ledger, renamed)
    assert ledger.leases.standing_names() == [other, renamed]
    ledger.leases.transact_standing(lambda names, _: names.drop([other.address]), NOW)
    assert ledger.leases.standing_names() == [renamed]


@pytest.mark.parametrize("cause", [Reason.LEASE_EXPIRED, Reason.LEASE_RELEASED, Reason.LEASE_TAKEN_AWAY])
def test_the_end_of_a_lease_leaves_a_standing_name_and_takes_every_other(ledger: Ledger, cause: Reason) -> None:
    stand(ledger, DESK)
    others = [
        want("pc", 2, 1),  # another address
        want("laptop", 1, 1),  # another name
        want("pc", 1, 2),  # another proof
    ]
    claim(ledger, PC, *others)
    claim(ledger, *(withdraw(one)._replace(cause=cause) for one in (PC, *others)))
    assert [row[:3] for row in rows(ledger) if not row.cause] == [PC[:3]]
    assert {row[:3] for row in rows(ledger) if row.cause == cause} == {one[:3] for one in others}


@pytest.mark.parametrize("cause", [Reason.SUPERSEDED, Reason.ADDRESS_DECLINED, Reason.DEVICE_TIED])
def test_what_else_takes_a_name_away_takes_this_too(ledger: Ledger, cause: Reason) -> None:
    stand(ledger, DESK)
    claim(ledger, PC)
    claim(ledger, withdraw(PC)._replace(cause=cause))
    assert [row.cause for row in rows(ledger)] == [cause]


def test_many_leases_end_at_once(ledger: Ledger) -> None:
    wants = [want(f"pc{n}", n, n) for n in range(300)]
    stand(ledger, *(StandingName(*(one.address, one.name, one.dhcid), 600, True) for one in wants[::3]))
    claim(ledger, *wants)
    claim(ledger, *(withdraw(one)._replace(cause=Reason.LEASE_EXPIRED) for one in wants))
    assert {row.address for row in rows(ledger) if not row.cause} == {one.address for one in wants[::3]}


def situation(ledger: Ledger, *, refused: bool = False) -> Situation | None:
    found = ledger.leases.unsettled_standing_names(NOW, refused=refused)
    assert len(found) < 2
    return found[0] if found else None


def test_what_is_wanted_already_is_settled(ledger: Ledger) -> None:
    assert situation(ledger) is None
    stand(ledger, DESK)
    found = situation(ledger)
    assert found == Situation(DESK, *[False] * 7)
    claim(ledger, PC)
    assert situation(ledger) is None


@pytest.mark.parametrize(
    "other",
    [
        PC._replace(until=NOW + 60),
        PC._replace(reverse=False),
        PC._replace(forward=False, client_by=NOW + 60),
        PC._replace(ttl=PC.ttl * 2),
    ],
    ids=["with an end", "forward only", "the client's own", "with another TTL"],
)
def test_what_only_a_lease_wants_is_to_be_said(ledger: Ledger, other: Want) -> None:
    stand(ledger, DESK)
    claim(ledger, other)
    found = situation(ledger)
    assert found is not None
    assert (found.is_wanted, found.is_said) == (True, False)
    claim(ledger, PC)
    assert situation(ledger) is None


def test_what_dns_refuses_is_found_when_it_is_asked_for(ledger: Ledger) -> None:
    stand(ledger, DESK)
    claim(ledger, PC)
    ledger.leases.record_outcomes(outcomes(rows(ledger)[0], State.REFUSED, reason=Reason.NAME_TAKEN), [], NOW)
    assert situation(ledger) is None
    found = situation(ledger, refused=True)
    assert found is not None
    assert found.is_refused


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (lease(1, 1, fqdn=PC.name, dhcid=PC.dhcid), "is_leased"),
        (lease(1, 1, fqdn=PC.name, dhcid=dhcid(2)), "is_leased_otherwise"),
        (lease(1, 1, fqdn=None, dhcid=None), "is_leased_otherwise"),
        (lease(1, None, state=LeaseState.DECLINED, fqdn=None, dhcid=None), "is_declined"),
    ],
    ids=["as it is reserved", "another proof", "nameless", "declined"],
)
def test_the_lease_of_the_address_is_told_of(ledger: Ledger, row: Lease, told: str) -> None:
    stand(ledger, DESK)
    ledger.leases.transact(lambda batch: batch.apply(Changes(leases=(row,))), NOW)
    found = situation(ledger)
    assert found is not None
    assert [field for field, value in zip(found._fields, found, strict=True) if value is True] == [told]
    claim(ledger, PC)
    assert (situation(ledger) is None) is (told == "is_leased")


@pytest.mark.parametrize(
    "row",
    [
        lease(1, 1, fqdn=None, dhcid=None, state=LeaseState.EXPIRED),
        lease(1, None, fqdn=None, dhcid=None, state=LeaseState.DECLINED, ends_at=NOW),
    ],
    ids=["expired", "out of quarantine"],
)
def test_a_lease_that_is_over_is_as_none(ledger: Ledger, row: Lease) -> None:
    stand(ledger, DESK)
    ledger.leases.transact(lambda batch: batch.apply(Changes(leases=(row,))), NOW)
    claim(ledger, PC)
    assert situation(ledger) is None


def test_the_same_name_elsewhere_is_told_of_unless_a_reservation_keeps_that_too(ledger: Ledger) -> None:
    stand(ledger, DESK)
    claim(ledger, PC, want("pc", 2, 2), want("other", 3, 1))
    assert situation(ledger) is None, "another device, another name"
    claim(ledger, want("pc", 4, 1))
    found = situation(ledger)
    assert found is not None
    assert found.is_elsewhere
    stand(ledger, DESK._replace(address=address(4)))
    assert all(not one.is_elsewhere for one in ledger.leases.unsettled_standing_names(NOW))


def test_pages_of_many_follow_one_another(ledger: Ledger) -> None:
    stand(ledger, *(DESK._replace(address=address(n)) for n in range(1200)))
    after, seen = b"", 0
    while found := ledger.leases.unsettled_standing_names(NOW, after):
        after, seen = found[-1].standing.address, seen + len(found)
    assert seen == 1200


def test_a_person_takes_it_out_of_dns_and_it_stands_no_more(ledger: Ledger) -> None:
    stand(ledger, DESK)
    claim(ledger, PC)
    ledger.leases.name_orders.release([PC.name], Order("cli ann", NOW, "n-1"), lock=False)
    assert [row.cause for row in rows(ledger)] == [Reason.NAME_RELEASED]
    assert ledger.leases.standing_names() == []


def test_a_person_gives_the_name_to_another_lease(ledger: Ledger) -> None:
    other, beside = want("pc", 2, 2), DESK._replace(address=address(9), name=name("beside"))
    stand(ledger, DESK, beside)
    claim(ledger, PC, other)
    refused = next(row for row in rows(ledger) if row[:3] == other[:3])
    ledger.leases.record_outcomes(outcomes(refused, State.REFUSED, reason=Reason.NAME_TAKEN), [], NOW)
    holder = next(row for row in rows(ledger) if row[:3] == PC[:3])
    assert ledger.leases.name_orders.transfer([holder], [refused], Order("cli ann", NOW, "n-1")) == 1
    assert ledger.leases.standing_names() == [beside]
    claim(ledger, withdraw(PC)._replace(cause=Reason.LEASE_EXPIRED))
    assert {row.cause for row in rows(ledger)} == {Reason.NAME_TRANSFERRED, ""}
