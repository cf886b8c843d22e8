"""`tenure names lock`, `unlock`, `release`: told before, carried out, and refused where there is nothing to do."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import pytest
from ledger_rows import address, changes, client, lease, outcomes
from tenure_toml import leased, tsig_key, updated, write_toml
from typer.testing import CliRunner
from updater_run import gone, want

from tenure.console.cli.names import app
from tenure.dhcpwire.identity import key_identity
from tenure.dnswire.name import from_text
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Registration, State, Wished

SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
PC = "pc1.example.test."
CLAIM = want(PC, bytes((10, 1, 0, 1)), bytes(35))


class Names:
    """The commands, on one configuration with its store, in which a lease has a name."""

    def __init__(self, folder: Path) -> None:
        self.config = write_toml(
            folder,
            tsig_key("k.", SECRET),
            leased("127.0.0.1:6767", "10.1.0.0/16", "10.1.0.1-10.1.0.200", ddns_qualifying_suffix="example.test."),
            updated("192.0.2.1:53", "k.", "example.test.", "10.in-addr.arpa."),
        )
        self.ledger: LeaseLedger = open_leases(f"sqlite:{folder}/tenure.db")
        self.ledger.transact(lambda batch: batch.apply(changes(CLAIM)), 1000)
        (row,) = self.ledger.registrations()
        self.ledger.record_outcomes(outcomes(row, State.REGISTERED), (), 1000)

    def run(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, "-c", str(self.config)])
        assert done.exit_code == status, done.output
        return done.output

    def rows(self, *words: str) -> list[dict[str, Any]]:
        return json.loads(self.run(*words, "-o", "json"))  # type: ignore[no-any-return]

    def told(self) -> list[tuple[str, str]]:
        """What the history has, the oldest first."""
        found = self.ledger.history.events(EventFilter(newest_first=False))
        return [(one.event.kind, one.event.actor) for one in found]

    def state(self) -> tuple[str, str, str]:
        (row,) = self.ledger.registrations()
        return row.forward.state, row.reverse.state, row.cause


@pytest.fixture
def names(tmp_path: Path) -> Names:
    return Names(tmp_path)


def test_the_list_is_what_the_command_alone_prints(names: Names) -> None:
    assert [row["name"] for row in names.rows()] == [PC]


@pytest.mark.parametrize("order", ["lock", "release"])
def test_what_is_only_told_is_not_done(names: Names, order: str) -> None:
    (row,) = names.rows(order, PC, "--dry-run")
    assert (row["name"], row["address"], row["done"]) == (PC, "10.1.0.1", False)
    assert names.state() == ("registered", "registered", "")
    assert (names.told(), names.rows("locked")) == ([], [])


def test_a_lock_is_listed_until_the_name_is_unlocked(names: Names) -> None:
    first, second = names.rows("lock", "PC1.Example.TEST", "free.example.test.")
    assert (first["forward"], first["done"]) == ("A 10.1.0.1 stays in DNS", True)
    assert (second["address"], second["forward"]) == ("", "no lease gets it")
    assert [(row["name"], row["held"]) for row in names.rows("locked")] == [(PC, True), ("free.example.test.", False)]
    assert {row["by"] for row in names.rows("locked")} == {f"cli {getpass.getuser()}"}
    names.run("unlock", PC, "free.example.test.")
    assert names.rows("locked") == []
    assert {actor for _, actor in names.told()} == {f"cli {getpass.getuser()}"}
    assert sorted(kind for kind, _ in names.told()) == ["name-locked"] * 2 + ["name-unlocked"] * 2


def test_a_release_says_what_is_removed_and_that_it_may_come_back(names: Names) -> None:
    printed = names.run("release", PC)
    assert "A 10.1.0.1 is taken away" in printed
    assert "1.0.1.10.in-addr.arpa. PTR is taken away" in printed
    assert "claims its name again" in printed
    assert names.state() == ("removing", "removing", "name-released")
    assert names.told() == [("name-released", f"cli {getpass.getuser()}")]


def test_a_release_with_a_lock_says_nothing_of_coming_back(names: Names) -> None:
    assert "claims its name again" not in names.run("release", PC, "--lock")
    assert [row["name"] for row in names.rows("locked")] == [PC]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("release", "pc2.example.test."), 1, "pc2.example.test. stands for no lease"),
        (("release", PC, "pc2.example.test."), 1, "nothing was done"),
        (("unlock", PC), 1, f"{PC} is not locked"),
        (("lock", "pc1"), 1, "pc1. is in no zone that leases are registered in"),
        (("lock", "a..b"), 2, "'a..b' is no name"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is(
    names: Names, words: tuple[str, ...], status: int, said: str
) -> None:
    assert said in " ".join(names.run(*words, status=status).split())
    assert (names.state(), names.told()) == (("registered", "registered", ""), [])


def refuse(names: Names, address: int, holder: int, reason: str = Reason.NAME_STATIC) -> None:
    """Another client wants the name, and DNS refuses it."""
    claim = want(PC, bytes((10, 1, 0, address)), bytes((holder,)) * 35)
    names.ledger.transact(lambda batch: batch.apply(changes(claim)), 1000)
    (row,) = [row for row in names.ledger.registrations() if row.address == claim.address]
    names.ledger.record_outcomes(outcomes(row, State.REFUSED, Direction.FORWARD, reason=reason), (), 1000)


def end_first(names: Names) -> None:
    """The lease that has the name is over, and its records are gone."""
    names.ledger.transact(lambda batch: batch.apply(changes(gone(CLAIM))), 1000)
    (row,) = [row for row in names.ledger.registrations() if row.address == CLAIM.address]
    names.ledger.record_outcomes(outcomes(row, State.NONE), (), 1000)


def test_an_adoption_is_told_and_then_done(names: Names) -> None:
    end_first(names)
    refuse(names, 2, 2)
    (told,) = names.rows("adopt", PC, "--dry-run")
    assert told["forward"] == "A 10.1.0.2 with its DHCID replaces every A, CNAME and DHCID there"
    assert (names.state()[0], names.told()) == ("refused", [])
    (done,) = names.rows("adopt", PC)
    assert (done["address"], done["done"]) == ("10.1.0.2", True)
    assert names.ledger.registrations()[0].forward[3] == "name-adopted"
    assert names.told() == [("name-adopted", f"cli {getpass.getuser()}")]


def test_a_transfer_is_told_and_then_done(names: Names) -> None:
    refuse(names, 2, 2, Reason.NAME_TAKEN)
    refuse(names, 3, 3, Reason.NAME_TAKEN)
    told = names.rows("transfer", PC, "10.1.0.2", "--dry-run")
    assert [(row["address"], row["forward"], row["done"]) for row in told] == [
        ("10.1.0.1", "A 10.1.0.1 is taken away", False),
        ("10.1.0.2", "A 10.1.0.2 with its DHCID replaces every A, CNAME and DHCID there", False),
    ]
    assert names.told() == []
    assert [row["done"] for row in names.rows("transfer", PC, "10.1.0.2")] == [True, True]
    assert names.told() == [("name-transferred", f"cli {getpass.getuser()}")] * 2
    first, second, third = sorted(names.ledger.registrations(), key=lambda row: row.address)
    assert (first.cause, second.forward.reason, third.forward.state) == ("name-transferred", "name-adopted", "refused")


@pytest.mark.parametrize(
    ("to", "status", "said"),
    [
        ("10.1.0.9", 1, "is not what the lease of 10.1.0.9 has asked for, if there is one"),
        ("10.1.0.1", 1, "is the name of 10.1.0.1 already"),
        ("ten", 2, "TO 'ten' is no address"),
    ],
)
def test_what_cannot_be_transferred_says_why(names: Names, to: str, status: int, said: str) -> None:
    refuse(names, 2, 2, Reason.NAME_TAKEN)
    assert said in " ".join(names.run("transfer", PC, to, status=status).split())
    assert names.told() == []


def test_a_locked_name_and_one_that_nobody_has_are_not_transferred(names: Names) -> None:
    refuse(names, 2, 2, Reason.NAME_TAKEN)
    names.run("lock", PC)
    assert "is locked; unlock it first" in names.run("transfer", PC, "10.1.0.2", status=1)
    names.run("unlock", PC)
    end_first(names)
    refuse(names, 2, 2, Reason.NAME_TAKEN)
    assert "is no other lease's" in " ".join(names.run("transfer", PC, "10.1.0.2", status=1).split())


def test_of_several_clients_one_is_named_by_its_address(names: Names) -> None:
    end_first(names)
    refuse(names, 2, 2)
    refuse(names, 3, 3, Reason.NAME_TAKEN)
    assert "several clients (10.1.0.2, 10.1.0.3); say whose" in names.run("adopt", PC, status=1)
    assert [row["address"] for row in names.rows("adopt", PC, "--address", "10.1.0.3")] == ["10.1.0.3"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("adopt", "pc2.example.test."), 1, "is not refused to such a lease"),
        (("adopt", PC, "--address", "10.1.0.9"), 1, "is not refused to such a lease"),
        (("adopt", PC, "--address", "ten"), 2, "'ten' is no address"),
        (("adopt", PC), 1, "is another lease's (10.1.0.1); release it first"),
    ],
)
def test_what_cannot_be_adopted_says_why(names: Names, words: tuple[str, ...], status: int, said: str) -> None:
    refuse(names, 2, 2, Reason.NAME_TAKEN)
    assert said in " ".join(names.run(*words, status=status).split())
    assert names.told() == []


def test_a_locked_name_is_not_adopted(names: Names) -> None:
    end_first(names)
    refuse(names, 2, 2)
    names.run("lock", PC)
    assert "is locked; unlock it first" in names.run("adopt", PC, status=1)


def test_what_a_server_failure_met_is_kept_apart_from_a_refusal(names: Names) -> None:
    refuse(names, 2, 2, Reason.SERVER_REFUSED)
    assert "is not refused to such a lease" in names.run("adopt", PC, status=1)


def number(names: Names) -> Registration:
    """Another client asked for the name, and goes by one with a number instead."""
    instead = from_text("pc1-2.example.test.")
    proof = dhcid_rdata(*identity_of(client(2)), instead)
    claim = want("pc1-2.example.test.", address(2), proof)._replace(wished=Wished(CLAIM.name, None))
    row = lease(2, 2, fqdn=instead, dhcid=proof, ends_at=2**40, reason=Reason.NUMBERED)
    names.ledger.transact(lambda batch: batch.apply(changes(row, claim)), 1000)
    (found,) = [one for one in names.ledger.registrations() if one.name == instead]
    names.ledger.record_outcomes(outcomes(found, State.REGISTERED), (), 1000)
    return found


def identity_of(key: bytes) -> tuple[int, bytes]:
    identity = key_identity(key)
    assert identity is not None
    return identity


def test_a_name_is_moved_to_a_lease_that_goes_by_another_one_instead(names: Names) -> None:
    number(names)
    told = names.rows("transfer", PC, "10.1.0.2", "--dry-run")
    assert [(row["name"], row["address"], row["forward"], row["reverse"]) for row in told] == [
        (PC, "10.1.0.1", "A 10.1.0.1 is taken away", "1.0.1.10.in-addr.arpa. PTR is taken away"),
        (
            "pc1-2.example.test.",
            "10.1.0.2",
            "A 10.1.0.2 is taken away",
            f"2.0.1.10.in-addr.arpa. PTR becomes {PC}",
        ),
        (PC, "10.1.0.2", "A 10.1.0.2 with its DHCID replaces every A, CNAME and DHCID there", ""),
    ]
    assert (names.told(), {row.cause for row in names.ledger.registrations()}) == ([], {""})
    names.run("lock", "pc1-2.example.test.")
    told = names.rows("transfer", PC, "10.1.0.2", "--dry-run")
    assert told[1]["forward"] == "A 10.1.0.2 stays in DNS, until the name is unlocked"
    names.run("unlock", "pc1-2.example.test.")
    assert {row["done"] for row in names.rows("transfer", PC, "10.1.0.2")} == {True}
    by = f"cli {getpass.getuser()}"
    assert names.told()[2:] == [("lease-renamed", by), ("name-transferred", by), ("name-transferred", by)]
    (row,) = [row for row in names.ledger.registrations() if not row.cause]
    proof = dhcid_rdata(*identity_of(client(2)), CLAIM.name)
    assert (row[:3], row.forward.reason) == ((CLAIM.name, address(2), proof), "name-adopted")


def test_a_lease_that_goes_by_another_name_adopts_the_one_that_it_asked_for_by_its_address(names: Names) -> None:
    number(names)
    assert "is another lease's (10.1.0.1)" in " ".join(
        names.run("adopt", PC, "--address", "10.1.0.2", status=1).split()
    )
    end_first(names)
    assert "instead is meant by --address" in " ".join(names.run("adopt", PC, status=1).split())
    assert [row["name"] for row in names.rows("adopt", PC, "--address", "10.1.0.2")] == ["pc1-2.example.test.", PC]
    states = {row.name: (row.cause, row.forward.reason) for row in names.ledger.registrations()}
    assert states == {CLAIM.name: ("", "name-adopted"), from_text("pc1-2.example.test."): ("name-changed", "waiting")}
