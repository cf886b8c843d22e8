"""Leases of other servers: requests and what they come to in the store, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
from ledger_rows import NOW
from ncr import request

from tenure.dnswire.name import from_text
from tenure.hearing.decide import Terms, decide
from tenure.hearing.ending import end_heard
from tenure.hearing.heard import REQUESTS, HeardChanges, HeardLease
from tenure.hearing.request import parse_request
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import Reason
from tenure.naming.registration import NO_END, Registration, State

POLICY = NamingPolicy(forward_zones=frozenset({from_text("example.test.")}))
KNOWN = Terms(POLICY, 3600)
UNKNOWN = Terms(POLICY, None)
OTHER_DHCID = "000001" + "AB" * 32
ADDRESS = bytes([10, 1, 0, 10])
EXPIRES = "20231114223320"  # 1200 seconds behind NOW


def ask(ledger: Ledger, *asked: dict[str, Any], terms: Terms = UNKNOWN, now: float = NOW) -> list[Reason | None]:
    """One batch of requests; why each was refused."""
    requests = [parse_request(request(**{"lease_expires_on": None, **one})) for one in asked]

    def work(batch: Any) -> list[Reason | None]:
        batch.prefetch([one.address for one in requests])
        refused = []
        for index, one in enumerate(requests):
            decision = decide(one, batch, terms, now, f"c-{index}")
            batch.apply(decision.changes)
            refused.append(decision.refused)
        return refused

    return ledger.leases.transact_heard(work, now)


def rows(ledger: Ledger) -> dict[tuple[str, str], Registration]:
    """Registrations by the beginning of their DHCID and the first label."""
    found = ledger.leases.registrations(RegistrationFilter())
    return {(row.name[1 : row.name[0] + 1].decode(), row.dhcid.hex()[6:10]): row for row in found}


def heard(ledger: Ledger, source: str = REQUESTS) -> list[HeardLease]:
    return list(ledger.leases.heard_leases(source))


def kinds(ledger: Ledger) -> list[str]:
    found = ledger.leases.history.events(EventFilter(newest_first=False))
    return [entry.event.kind for entry in found]


REMOVE = {"change_type": 1}


def test_an_addition_is_wanted_in_both_directions_and_has_no_end_unless_one_is_known(ledger: Ledger) -> None:
    assert ask(ledger, {}) == [None]
    (row,) = rows(ledger).values()
    assert (row.forward.state, row.reverse.state) == (State.PENDING, State.PENDING)
    assert (row.ttl, row.until) == (1200, NO_END)
    assert [one.ends_at for one in heard(ledger)] == [None]
    assert kinds(ledger) == ["name-requested"]


def test_the_end_is_the_lifetime_behind_the_last_transaction(ledger: Ledger) -> None:
    ask(ledger, {"lease_expires_on": EXPIRES}, terms=KNOWN)
    (row,) = rows(ledger).values()
    assert row.until == 1700000000 - 1200 + 1200 + 3600 == heard(ledger)[0].ends_at


def test_a_repeated_addition_moves_the_end_and_nothing_else(ledger: Ledger) -> None:
    ask(ledger, {}, terms=KNOWN)
    ask(ledger, {}, terms=KNOWN, now=NOW + 1000)
    (row,) = rows(ledger).values()
    assert row.generation == 1
    assert row.until == NOW + 4600
    assert kinds(ledger) == ["name-requested"]


def test_a_renewal_is_a_removal_and_an_addition_and_changes_nothing(ledger: Ledger) -> None:
    """As Kea tells of it where `ddns-update-on-renew` is set."""
    ask(ledger, {})
    ask(ledger, REMOVE, {}, now=NOW + 10)
    (row,) = rows(ledger).values()
    assert (row.generation, row.cause) == (1, "")
    assert len(heard(ledger)) == 1


def test_a_removal_takes_away_what_was_asked_for(ledger: Ledger) -> None:
    ask(ledger, {})
    ask(ledger, REMOVE)
    (row,) = rows(ledger).values()
    assert (row.cause, row.forward.state, row.reverse.state) == (Reason.TAKEN_BACK, State.REMOVING, State.REMOVING)
    assert heard(ledger) == []
    assert kinds(ledger) == ["name-requested", "name-taken-back"]


def test_a_removal_of_what_d2_has_written_before_is_carried_out(ledger: Ledger) -> None:
    ask(ledger, REMOVE)
    (row,) = rows(ledger).values()
    assert (row.cause, row.forward.state, row.reverse.state) == (Reason.TAKEN_BACK, State.REMOVING, State.REMOVING)
    assert heard(ledger) == []


def test_an_addition_and_a_removal_in_one_batch_leave_nothing_wanted(ledger: Ledger) -> None:
    ask(ledger, {}, REMOVE)
    assert heard(ledger) == []
    assert [row.cause for row in rows(ledger).values()] in ([], [Reason.TAKEN_BACK])


def test_an_address_that_goes_to_another_name_takes_the_first_away(ledger: Ledger) -> None:
    ask(ledger, {})
    ask(ledger, {"fqdn": "pc2.example.test.", "dhcid": OTHER_DHCID})
    found = rows(ledger)
    assert (found["pc1", "989c"].cause, found["pc1", "989c"].forward.state) == (Reason.OTHER_LEASE, State.REMOVING)
    assert (found["pc2", "abab"].cause, found["pc2", "abab"].forward.state) == ("", State.PENDING)
    assert [one.name for one in heard(ledger)] == [from_text("pc2.example.test.")]


def test_a_late_removal_of_the_one_before_leaves_the_new_one(ledger: Ledger) -> None:
    ask(ledger, {}, {"fqdn": "pc2.example.test.", "dhcid": OTHER_DHCID}, REMOVE)
    assert [one.name for one in heard(ledger)] == [from_text("pc2.example.test.")]
    assert rows(ledger)["pc2", "abab"].cause == ""


def test_one_direction_less_takes_that_one_away(ledger: Ledger) -> None:
    ask(ledger, {})
    ask(ledger, {"forward_change": False})
    (row,) = rows(ledger).values()
    assert (row.forward.state, row.reverse.state) == (State.REMOVING, State.PENDING)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("example.test.", Reason.NAME_RESERVED),
        ("wpad.example.test.", Reason.NAME_RESERVED),
        ("_tcp.example.test.", Reason.NAME_RESERVED),
        ("my_pc.example.test.", Reason.NAME_INVALID),
        ("a\\046b.example.test.", Reason.NAME_INVALID),
        (".", Reason.NAME_INVALID),
    ],
)
def test_a_name_that_cannot_stand_in_dns_is_refused_with_its_reason(ledger: Ledger, name: str, reason: Reason) -> None:
    assert ask(ledger, {"fqdn": name}) == [reason]
    assert rows(ledger) == {}
    assert kinds(ledger) == ["change-refused"]


FOLLOWED = HeardLease(
    ADDRESS, "kea", from_text("pc1.example.test."), parse_request(request()).dhcid, 600, True, True, NOW + 600
)


def test_what_two_sources_want_goes_with_the_last_of_them(ledger: Ledger) -> None:
    ask(ledger, {})
    ledger.leases.transact_heard(lambda batch: batch.apply(HeardChanges(put=(FOLLOWED,))), NOW)
    ask(ledger, REMOVE)
    (row,) = rows(ledger).values()
    assert row.cause == ""
    assert heard(ledger) == []
    assert heard(ledger, "kea") == [FOLLOWED]
    assert ledger.leases.heard_counts() == {"kea": 1}


def test_the_end_of_a_lease_ends_it_for_every_source_that_speaks_of_it(ledger: Ledger) -> None:
    ask(ledger, {})
    ledger.leases.transact_heard(lambda batch: batch.apply(HeardChanges(put=(FOLLOWED,))), NOW)
    assert ledger.leases.next_heard_end("kea") == NOW + 600
    assert ledger.leases.next_heard_end(REQUESTS) is None

    def end(before: float) -> None:
        def work(batch: Any) -> None:
            rows = batch.ended("kea", before, 10)
            for changes in end_heard(rows, batch, Reason.LEASE_EXPIRED, "janitor", before, "c"):
                batch.apply(changes)

        ledger.leases.transact_heard(work, before)

    end(NOW)
    assert len(heard(ledger)) == 1, "it has not ended yet"
    assert [ledger.leases.heard_overdue("kea", at) for at in (NOW, NOW + 600)] == [0, 1]
    end(NOW + 600)
    assert heard(ledger) == heard(ledger, "kea") == []
    (row,) = rows(ledger).values()
    assert (row.cause, row.forward.state) == (Reason.LEASE_EXPIRED, State.REMOVING)
