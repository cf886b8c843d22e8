"""`tenure scavenge preview`, `run` and `restore`, as a person runs them over a store."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aged_zone import TXT, A, AgedZone, address, rr
from tenure_command import tenure

from tenure.authority.aged import AgingState
from tenure.authority.settings import AgingIntervals
from tenure.dnswire.name import from_text
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger, open_ledger

DAY = 86400
WEEKS = AgingIntervals(7 * DAY, 7 * DAY)
CONFIG = """
[store]
url = "sqlite:tenure.db"
[[keys]]
name = "dhcp."
secret = "bm90IGEgc2VjcmV0LCBhbiBleGFtcGxl"
[dns]
listen = ["127.0.0.1:5300"]
[dns.scavenging]
mode = "MODE"
[[dns.zones]]
name = "example.test."
policy = ["grant dhcp. zonesub ANY"]
aging = true
[[dns.zones]]
name = "1.10.in-addr.arpa."
"""


class Office:
    """A store with an `old` record that is stale, a `leased` one whose lease lives, and a `new` one."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder = folder
        self.ledger = ledger
        self.zone = AgedZone(ledger, WEEKS)
        self.zone.now = time.time() - 15 * DAY
        self.zone.send(rr("old", A, address(1)), rr("old", TXT, b"\3a b"))
        self.zone.send(rr("leased", A, address(2)))
        self.zone.now = time.time()
        self.zone.send(rr("new", A, address(3)))
        soa = ledger.zones.soa(self.zone.zone.id)[1]
        ledger.zones.create_zone(from_text("1.10.in-addr.arpa."), 60, soa)
        self.seen(self.zone.now - 8 * DAY)
        for fqdn, at in (("leased.example.test.", address(2)), ("another.example.test.", address(1))):
            self.bind(fqdn, at)
        self.mode("on")

    def seen(self, since_at: float) -> None:
        state = AgingState(since_at, time.time(), WEEKS)
        self.ledger.zones.aging.put({self.zone.zone.id: state})

    def bind(self, fqdn: str, leased: bytes) -> None:
        now = int(time.time())
        row = Lease(
            *(leased, 1, leased, b"\1c", LeaseState.BOUND, now, now + 3600, 3600, "pc", from_text(fqdn)),
            *(b"dhcid", True, True, "host-name", None, "p1"),
        )
        self.ledger.leases.transact(lambda batch: batch.apply(Changes(leases=(row,))), now)

    def mode(self, mode: str) -> None:
        path = self.folder / "tenure.toml"
        path.write_text(CONFIG.replace("MODE", mode))
        path.chmod(0o600)

    def run(self, *words: str, status: int = 0) -> str:
        done = tenure("scavenge", *words, "-c", self.folder / "tenure.toml")
        assert done.returncode == status, done.stderr + done.stdout
        return done.stdout if status == 0 or done.stdout else done.stderr

    def json(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.run(*words, "-o", "json", status=status))

    def labels(self) -> set[str]:
        return {label for label in ("old", "leased", "new") if self.zone.timestamps(label)}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    ledger = open_ledger(f"sqlite:{tmp_path}/tenure.db")
    yield Office(tmp_path, ledger)
    ledger.close()


def test_preview_run_and_restore(office: Office) -> None:
    before = office.zone.timestamps("old")
    asked_at = int(time.time()) - 3600
    office.ledger.zones.asked.note(office.zone.zone.id, [from_text("old.example.test.")], asked_at, asked_at)
    shown = office.json("preview")
    (zone,) = shown["zones"]
    assert (zone["zone"], zone["names"], zone["stale"], zone["to_go"], zone["removed"]) == ("example.test.", 5, 3, 2, 0)
    assert zone["reason"] == ""
    worst = "worst-case life of a dead record: 21 d (7 d no-refresh + 7 d refresh + 7 d to the next pass)"
    assert zone["worst_case"] == worst
    records = {(one["name"], one["type"]): one for one in shown["records"]}
    old, leased = records["old.example.test.", "A"], records["leased.example.test.", "A"]
    assert (old["data"], old["result"]) == ("10.0.0.1", "goes")
    assert old["reason"].startswith("10.0.0.1 is leased to another.example.test. until ")
    assert old["last_update"].endswith(" by dns key dhcp.")
    assert datetime.fromisoformat(old["last_query"]).timestamp() == asked_at
    assert leased["last_query"] == ""
    assert leased["result"] == "stays"
    assert leased["reason"].startswith(
        "a lease that lives has this address and this name; 10.0.0.2 is leased to leased."
    )
    assert records["old.example.test.", "TXT"]["data"] == '"a b"'
    assert office.labels() == {"old", "leased", "new"}

    done = office.json("run", "example.test.")
    assert done["zones"][0]["removed"] == 2
    assert {(one["name"], one["type"]) for one in done["records"] if one["result"] == "removed"} == {
        key for key, one in records.items() if one["result"] == "goes"
    }
    assert office.labels() == {"leased", "new"}

    listed = office.json("restore", "example.test.", "--all", "--dry-run")
    assert {one["result"] for one in listed} == {"would be restored"}
    assert office.labels() == {"leased", "new"}
    (of_pass,) = {one["of_pass"] for one in listed}
    back = office.json("restore", "example.test.", "old.example.test.", "--pass", of_pass)
    assert {(one["type"], one["result"]) for one in back} == {("A", "restored"), ("TXT", "restored")}
    assert office.zone.timestamps("old") == before
    told = [one.event for one in office.ledger.zones.history.events(EventFilter(name=from_text("old.example.test.")))]
    assert [one.kind for one in told[:2]] == ["records-restored", "records-scavenged"]
    assert all(one.actor.startswith("cli ") for one in told[:2])


def test_restored_as_refreshed_it_is_not_stale(office: Office) -> None:
    office.run("run")
    office.run("restore", "example.test.", "--all", "--refreshed")
    assert office.json("preview")["zones"][0]["to_go"] == 0
    assert "old" in office.labels()


def test_what_is_in_the_way_is_said(office: Office) -> None:
    office.mode("report")
    assert "scavenging only reports" in office.run("run", status=1)
    office.mode("off")
    assert "scavenging is switched off" in office.run("run", status=1)
    office.mode("on")
    office.seen(time.time() - 6 * DAY)
    assert "have not had a whole refresh interval" in office.run("run", status=1)
    assert office.labels() == {"old", "leased", "new"}


def test_the_brake_is_said_and_let_go_of(office: Office) -> None:
    office.zone.now = time.time() - 15 * DAY
    office.zone.send(*(rr(f"h{n}", A, address(500 + n)) for n in range(50)))
    held = office.json("run", status=1)["zones"][0]
    assert "(51 of 55 names, and at most 50)" in held["reason"]
    assert "--remove example.test." in held["reason"]
    assert "old" in office.labels()
    office.run("run", "--remove", "example.test.")
    assert office.labels() == {"leased", "new"}


def test_wrong_usage_is_told(office: Office) -> None:
    assert "1.10.in-addr.arpa. is no zone whose records age (there are: example.test.)" in office.run(
        "preview", "1.10.in-addr.arpa.", status=2
    )
    assert "say what to restore" in office.run("restore", "example.test.", status=2)
    assert office.run("restore", "example.test.", "nobody.example.test.", status=1)


def test_without_records_that_age_there_is_nothing_to_look_at(office: Office) -> None:
    path = office.folder / "tenure.toml"
    path.write_text(path.read_text().replace("aging = true\n", ""))
    assert "the records of no zone age" in office.run("preview", status=1)
