"""The janitor and the names of reservations: applied once, looked at now and then, and braked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_rows import NOW, address, changes, dhcid, lease, name, want

from tenure.leasing.lease import Changes
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.reason import Reason
from tenure.naming.standing import StandingName
from tenure.serving.janitor.standing import HELD_PROBLEM, LOOK_SECONDS, StandingKeeper
from tenure.serving.report import Report


def desk(number: int) -> StandingName:
    return StandingName(address(number), name(f"desk{number}"), dhcid(number), 1200, True)


class Keeping:
    """A ledger, and keepers one after the other."""

    def __init__(self, folder: Path) -> None:
        self.ledger: LeaseLedger = open_leases(f"sqlite:{folder}/tenure.db")
        self.report = Report("janitor", stream=io.StringIO())
        self.woken = 0
        self.time = 0.0

    def begin(self, *standing: StandingName) -> StandingKeeper:
        """A new start with a configuration that wants these, and its first look."""

        def wake() -> None:
            self.woken += 1

        keeper = StandingKeeper(self.ledger, standing, wake, self.report, timer=lambda: self.time)
        keeper.look(NOW)
        return keeper

    def wanted(self) -> set[bytes]:
        rows = self.ledger.registrations(RegistrationFilter(limit=10_000))
        return {row.address for row in rows if not row.cause}


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Keeping]:
    made = Keeping(tmp_path)
    yield made
    made.ledger.close()


def test_the_updater_is_woken_by_what_changes_and_by_nothing_else(keeping: Keeping) -> None:
    keeping.begin()
    assert keeping.woken == 0
    keeping.begin(desk(1))
    assert keeping.woken == 1
    assert keeping.wanted() == {address(1)}
    keeping.begin(desk(1))
    assert keeping.woken == 1
    keeping.begin()
    assert keeping.woken == 2
    assert keeping.wanted() == set()


def test_it_looks_when_it_is_time(keeping: Keeping) -> None:
    keeper = keeping.begin(desk(1))
    other = want("other", 1, 9)
    row = lease(1, 9, fqdn=other.name, dhcid=other.dhcid)
    keeping.ledger.transact(lambda batch: batch.apply(changes(row, other)), NOW)
    keeper.look(NOW + 1)
    assert keeping.woken == 1
    keeping.time = LOOK_SECONDS
    keeper.look(NOW + 2)
    assert keeping.woken == 2
    causes = {one.name: one.cause for one in keeping.ledger.registrations()}
    assert causes == {other.name: "", desk(1).name: Reason.OTHER_LEASE}


def test_a_ledger_that_is_away_at_the_start_is_asked_again(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> list[StandingName]:
        raise LedgerUnavailable("there", "away")

    keeper = StandingKeeper(keeping.ledger, [desk(1)], lambda: None, keeping.report, timer=lambda: keeping.time)
    with monkeypatch.context() as patched:
        patched.setattr(LeaseLedger, "standing_names", fail)
        with pytest.raises(LedgerUnavailable):
            keeper.look(NOW)
    keeper.look(NOW)
    assert keeping.wanted() == {address(1)}


def test_names_of_many_are_written_in_several_transactions(keeping: Keeping) -> None:
    keeping.begin(*map(desk, range(1200)))
    assert len(keeping.wanted()) == 1200
    assert keeping.woken == 3, "by the three transactions that want them"


def test_fifty_that_are_gone_are_let_go_and_one_more_is_held(keeping: Keeping) -> None:
    keeping.begin(*map(desk, range(101)))
    keeping.begin(*map(desk, range(50)))
    assert len(keeping.wanted()) == 101, "51 would go"
    (text,) = [one.text for one in keeping.report.problems.values()]
    assert text == (
        "51 of 101 reservations whose names are in DNS are not in the configuration any more; their names stay until:"
        " tenure names forget-reservations"
    )
    keeping.begin(*map(desk, range(51)))
    assert keeping.wanted() == {address(number) for number in range(51)}


def test_other_names_are_no_reason_to_hold_and_new_ones_are_taken_while_some_are_held(keeping: Keeping) -> None:
    keeping.begin(*map(desk, range(101)))
    renamed = [desk(number)._replace(name=name(f"table{number}")) for number in range(101)]
    keeping.begin(*renamed)
    assert {one.name for one in keeping.ledger.standing_names()} == {one.name for one in renamed}
    keeping.begin(desk(500))
    assert keeping.wanted() == {address(number) for number in (*range(101), 500)}


def test_the_brake_is_over_when_a_person_has_let_them_go(keeping: Keeping) -> None:
    keeping.begin(*map(desk, range(100)))
    keeper = keeping.begin()
    assert HELD_PROBLEM in keeping.report.problems
    keeping.ledger.transact_standing(lambda names, _: names.drop(address(number) for number in range(100)), NOW)
    keeping.time += LOOK_SECONDS + 1
    keeper.look(NOW + 10)
    assert HELD_PROBLEM not in keeping.report.problems


def test_a_lease_keeps_a_name_that_its_reservation_gives_up(keeping: Keeping) -> None:
    keeping.begin(desk(1))
    row = lease(1, 1, fqdn=desk(1).name, dhcid=desk(1).dhcid, reverse=True)
    keeping.ledger.transact(lambda batch: batch.apply(Changes(leases=(row,))), NOW)
    keeping.begin()
    (one,) = keeping.ledger.registrations()
    assert (one.cause, one.until) == ("", row.ends_at)
