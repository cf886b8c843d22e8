"""`tenure names` and `tenure explain` of what reservations keep in DNS, and `tenure names forget-reservations`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ledger_rows import changes, lease, outcomes, want
from tenure_toml import leased, section, tsig_key, updated, write_toml
from typer.testing import CliRunner

from tenure.config.load import load
from tenure.config.standing_names import standing_names
from tenure.console.cli.names import app
from tenure.console.reservations import reservation_sentence
from tenure.leasing.lease import LeaseState
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.naming.registration import State

SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
ROW = '{{ hw-address = "02:00:00:00:00:{0:02x}", ip-address = "10.1.0.{0}", hostname = "desk{0}" }}'
NOW = 1_700_000_000


class Names:
    """The commands, on a configuration with two reservations and its store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write(1, 2)
        self.ledger: LeaseLedger = open_leases(f"sqlite:{folder}/tenure.db")
        self.standing = standing_names(load(self.config))
        self.ledger.transact_standing(lambda names, _: names.put(self.standing), NOW)

    def write(self, *numbers: int) -> None:
        self.config = write_toml(
            self.folder,
            tsig_key("k.", SECRET),
            updated("192.0.2.1:53", "k.", "example.test.", "10.in-addr.arpa."),
            section("ddns", ddns_register_reservations=True),
            leased("127.0.0.1:6767", "10.1.0.0/16", "10.1.0.100-10.1.0.200"),
            f"reservations = [{', '.join(map(ROW.format, numbers))}]",
        )

    def shown(self) -> list[dict[str, Any]]:
        done = CliRunner().invoke(app, ["-c", str(self.config), "-o", "json"])
        assert done.exit_code == 0, done.output
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows

    def forget(self, *words: str) -> str:
        done = CliRunner().invoke(app, ["forget-reservations", "-c", str(self.config), *words])
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
def names(tmp_path: Path) -> Names:
    return Names(tmp_path)


def test_what_is_in_dns_and_what_waits_is_listed_with_who_wants_it(names: Names) -> None:
    one, two = names.standing
    pc = want("pc", 2, 9)
    claim = want("x", 1, 1)._replace(name=one.name, dhcid=one.dhcid, address=one.address)
    bound = lease(2, 9, fqdn=pc.name, dhcid=pc.dhcid)
    names.ledger.transact(lambda batch: batch.apply(changes(claim, pc, bound)), NOW)
    for row in names.ledger.registrations():
        names.ledger.record_outcomes(outcomes(row, State.REGISTERED), [], NOW)
    found = [(row["name"], row["forward"], row["wanted_by"], row["reason_code"]) for row in names.shown()]
    assert found == [
        ("pc.example.test.", "registered", "lease", "confirmed"),
        ("desk1.example.test.", "registered", "reservation", "confirmed"),
        ("desk2.example.test.", "none", "reservation", "other-lease"),
    ]
    assert two.address == bound.address


def test_the_sentence_says_why_one_is_not_there(names: Names) -> None:
    one, two = names.standing
    declined = lease(2, None, state=LeaseState.DECLINED, fqdn=None, dhcid=None)
    names.ledger.transact(lambda batch: batch.apply(changes(declined)), NOW)
    said = [reservation_sentence(one) for one in names.ledger.standing_situations(NOW, [one.name], two.address)]
    assert said == [
        "A reservation keeps desk1.example.test. at 10.1.0.1 in DNS, whether it is leased or not.",
        "A reservation keeps desk2.example.test. at 10.1.0.2 in DNS, whether it is leased or not; not now, because the"
        " client found the address in use and declined it.",
    ]


def test_what_the_configuration_has_no_more_is_let_go(names: Names) -> None:
    claims = [want("x", 1, 1)._replace(name=s.name, dhcid=s.dhcid, address=s.address) for s in names.standing]
    names.ledger.transact(lambda batch: batch.apply(changes(*claims)), NOW)
    assert "has one in the configuration" in names.forget()
    names.write(1)
    assert "1 names of reservations would be taken away" in names.forget("--dry-run")
    assert names.ledger.standing_names() == sorted(names.standing)
    assert "1 names of reservations are being taken away" in names.forget()
    assert names.ledger.standing_names() == names.standing[:1]
    assert {row.address: row.cause for row in names.ledger.registrations()} == {
        names.standing[0].address: "",
        names.standing[1].address: "reservation-gone",
    }
