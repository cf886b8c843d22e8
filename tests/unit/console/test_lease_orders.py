"""`tenure leases release`: told before, carried out, and refused where there is nothing to end."""

from __future__ import annotations

import getpass
import json
import time
from pathlib import Path
from typing import Any

import pytest
from dhcpv6 import DUID, ip
from ledger_rows import address, changes, lease, name, outcomes, want
from tenure_toml import leased, tsig_key, updated, write_toml
from typer.testing import CliRunner

from tenure.console.cli.leases import app
from tenure.console.lease_orders import Leased, leased_from_text
from tenure.hearing.heard import HeardChanges, HeardLease
from tenure.leasing.lease import LeaseKind, LeaseState
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.name_orders import Order
from tenure.ledger.opening import open_leases
from tenure.naming.registration import State
from tenure.naming.standing import StandingName

SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
NOW = int(time.time())
PC = lease(1, 1, fqdn=name("pc"), reverse=True, started_at=NOW, ends_at=NOW + 3600)
CLAIM = want("pc", 1, 1)
OVER = lease(2, 2, state=LeaseState.RELEASED, ends_at=NOW - 10)
DECLINED = lease(
    3, None, state=LeaseState.DECLINED, ends_at=NOW + 86400, fqdn=None, dhcid=None, forward=False, hardware=b""
)
PREFIX = lease(4, 4, client=b"\2" + DUID, fqdn=None, dhcid=None, kind=LeaseKind.PREFIX, ends_at=NOW + 3600)._replace(
    address=ip("2001:db8:8000::"), prefix_length=56
)
HEARD = HeardLease(address(9), "floor-2", name("printer"), bytes(35), 600, True, True, None)
ME = f"cli {getpass.getuser()}"


class Leases:
    """The command, on one configuration with its store, in which there are leases."""

    def __init__(self, folder: Path) -> None:
        self.config = write_toml(
            folder,
            tsig_key("k.", SECRET),
            leased("127.0.0.1:6767", "10.1.0.0/16", "10.1.0.1-10.1.0.200", ddns_qualifying_suffix="example.test."),
            updated("192.0.2.1:53", "k.", "example.test.", "10.in-addr.arpa."),
        )
        self.ledger: LeaseLedger = open_leases(f"sqlite:{folder}/tenure.db")
        self.ledger.transact(lambda batch: batch.apply(changes(PC, OVER, DECLINED, PREFIX, CLAIM)), NOW)
        (row,) = self.ledger.registrations()
        self.ledger.record_outcomes(outcomes(row, State.REGISTERED), (), NOW)
        self.ledger.transact_heard(lambda batch: batch.apply(HeardChanges(put=(HEARD,))), NOW)

    def run(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, ["release", *words, "-c", str(self.config)])
        assert done.exit_code == status, done.output
        return done.output

    def row(self, *words: str) -> dict[str, Any]:
        (row,) = json.loads(self.run(*words, "-o", "json"))
        return row  # type: ignore[no-any-return]

    def told(self) -> list[tuple[str, str]]:
        """What the history has, the oldest first."""
        found = self.ledger.history.events(EventFilter(newest_first=False))
        return [(one.event.kind, one.event.actor) for one in found]

    def state(self, at: bytes) -> int:
        lease = self.ledger.lease_over(at)
        assert lease is not None
        return lease.state


@pytest.fixture
def leases(tmp_path: Path) -> Leases:
    return Leases(tmp_path)


def test_what_is_only_told_is_not_done(leases: Leases) -> None:
    row = leases.row("10.1.0.1", "--dry-run")
    assert (row["address"], row["was"], row["name"], row["done"]) == ("10.1.0.1", "bound", "pc.example.test.", False)
    assert row["forward"] == "A 10.1.0.1 is taken away"
    assert row["reverse"] == "1.0.1.10.in-addr.arpa. PTR is taken away"
    assert (leases.state(PC.address), leases.told()) == (LeaseState.BOUND, [])


def test_a_lease_is_ended(leases: Leases) -> None:
    printed = leases.run("10.1.0.1")
    assert "A 10.1.0.1 is taken away" in printed
    assert "has the lease again when it renews" in printed
    assert leases.state(PC.address) == LeaseState.RELEASED
    assert leases.told() == [("lease-taken-away", ME)]
    assert [row.cause for row in leases.ledger.registrations()] == ["lease-taken-away"]
    assert "10.1.0.1 is free already, since" in leases.run("10.1.0.1", status=1)


def test_a_prefix_is_ended_as_it_is_listed(leases: Leases) -> None:
    row = leases.row("2001:db8:8000::/56")
    assert (row["address"], row["forward"], row["done"]) == ("2001:db8:8000::/56", "", True)
    assert leases.state(PREFIX.address) == LeaseState.RELEASED


def test_a_quarantine_is_ended_and_nobody_hears_of_a_client(leases: Leases) -> None:
    printed = leases.run("10.1.0.3")
    assert "declined" in printed
    assert "renews" not in printed
    assert leases.told() == [("quarantine-lifted", ME)]


def test_what_stays_in_dns_is_said(leases: Leases) -> None:
    leases.ledger.name_orders.lock([CLAIM.name], Order("cli ann", NOW, "n-1"))
    assert leases.row("10.1.0.1", "--dry-run")["forward"] == "A 10.1.0.1 stays as it is, until the name is unlocked"
    standing = StandingName(CLAIM.address, CLAIM.name, CLAIM.dhcid, CLAIM.ttl, True)
    leases.ledger.transact_standing(lambda names, _: names.put([standing]), NOW)
    assert leases.row("10.1.0.1")["forward"] == "A 10.1.0.1 is a reservation's too, and stays"
    assert leases.state(PC.address) == LeaseState.RELEASED
    assert [(row.cause, row.forward.state) for row in leases.ledger.registrations()] == [("", "registered")]


@pytest.mark.parametrize(
    ("said", "status", "why"),
    [
        ("10.1.0.77", 1, "no lease at 10.1.0.77; see: tenure leases; nothing was done"),
        ("10.1.0.2", 1, "10.1.0.2 is free already, since"),
        ("10.1.0.9", 1, "10.1.0.9 is leased by another DHCP server (floor-2); end the lease there"),
        ("2001:db8:8000::", 1, "2001:db8:8000:: is the lease of a prefix, 2001:db8:8000::/56; write it so"),
        ("2001:db8:8000::7", 1, "2001:db8:8000::7 is in the lease of a prefix, 2001:db8:8000::/56; write it so"),
        ("2001:db8:8000::/60", 1, "2001:db8:8000::/60 is the lease of a prefix, 2001:db8:8000::/56; write it so"),
        ("2001:db8:9000::/56", 1, "no lease at 2001:db8:9000::/56"),
        ("10.1.0", 2, "'10.1.0' is no address; write 10.1.2.55, 2001:db8::55"),
        ("10.1.0.1/32", 2, "'10.1.0.1/32' is no address"),
        ("2001:db8:8000::1/56", 2, "'2001:db8:8000::1/56' is no address"),
    ],
)
def test_what_cannot_be_ended_is_said_and_nothing_is(leases: Leases, said: str, status: int, why: str) -> None:
    printed = leases.run(said, status=status)
    assert why in printed
    assert printed.count("\n") == 1
    assert (leases.state(PC.address), leases.told()) == (LeaseState.BOUND, [])


def test_how_leases_are_called() -> None:
    assert leased_from_text("10.1.2.55") == Leased(bytes((10, 1, 2, 55)))
    assert leased_from_text("2001:db8::55") == Leased(ip("2001:db8::55"))
    assert leased_from_text("2001:db8:8000::/56") == Leased(ip("2001:db8:8000::"), 56)
