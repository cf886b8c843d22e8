"""Names of a zone whose records age: whoever asks for one, by whatever way, leaves a note in the store."""

from __future__ import annotations

import io
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import dns.message
import pytest
from dns_exchange import KEY
from dns_service import Running, running
from network import eventually
from zone_view import MemoryZone

from tenure.authority.settings import AgingIntervals, ZoneSettings
from tenure.authority.views import Views
from tenure.authority.zone import Record, ZoneChange
from tenure.authority.zones import ServedZone
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rdata import with_serial
from tenure.ledger.opening import open_zones, sqlite_path
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dns import asked
from tenure.serving.dns.asked import AskedNames
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.caches import Caches
from tenure.serving.dns.reads import KeptZone
from tenure.serving.dns.service import DnsService
from tenure.serving.report import Report
from tenure.signing.tsig import sign_request

WEEKS = AgingIntervals(7 * 86400, 7 * 86400)
LABELS = ("udp", "again", "tcp", "cookie", "signed", "renamed", "nobody")


def named(label: str) -> Name:
    return from_text(f"{label}.example.test.")


def add_hosts(_service: DnsService, ledger: ZoneLedger) -> None:
    """Hosts that said their records last a month ago."""
    zone = next(one for one in ledger.zones() if one.name == from_text("example.test."))
    records = [Record(named(label), 1, 300, bytes([192, 0, 2, 100 + n])) for n, label in enumerate(LABELS)]
    soa = with_serial(zone.soa_rdata, 2)
    change = ZoneChange(zone.soa_ttl, soa, (), tuple(records))
    ledger.transact(lambda batch: batch.apply(zone.id, change, origin="foreign"), time.time() - 30 * 86400)


def noted(service: Running) -> set[str]:
    ledger = service.ledger()
    zone = next(one for one in ledger.zones() if one.name == from_text("example.test."))
    found = ledger.asked.among(zone.id, [named(label) for label in LABELS])
    ledger.close()
    assert all(0 <= time.time() - at < 300 for at in found.values())
    return {label for label in LABELS if named(label) in found}


def execute(service: Running, statement: str) -> None:
    path = sqlite_path(service.url, "-zones")
    assert path is not None
    with closing(sqlite3.connect(path, timeout=30)) as store:
        store.execute(statement)


def query(label: str, **options: object) -> bytes:
    return dns.message.make_query(f"{label}.example.test.", "A", **options).to_wire()  # type: ignore[arg-type]


ASK: dict[str, Callable[[Running], object]] = {
    "udp": lambda service: service.ask("UDP.example.test."),
    "again": lambda service: [service.ask("again.example.test.") for _ in range(3)],
    "tcp": lambda service: service.ask("tcp.example.test.", tcp=True),
    "cookie": lambda service: service.send(
        query("cookie", options=[dns.edns.GenericOption(10, b"clientck")], use_edns=0)
    ),
    "signed": lambda service: service.send(sign_request(query("signed"), KEY, int(time.time()))[0]),
}


@pytest.mark.parametrize("label", ASK)
def test_whatever_way_a_name_is_asked_for_it_is_noted(tmp_path: Path, label: str) -> None:
    with running(tmp_path, aging=WEEKS, prepare=add_hosts) as service:
        ASK[label](service)
        assert noted(service) == set()
    assert noted(service) == {label}


def test_notes_are_made_while_the_service_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "NOTE_SECONDS", 1.0)
    with running(tmp_path, aging=WEEKS, prepare=add_hosts) as service:
        for label in ("udp", "again", "again", "tcp"):
            service.ask(f"{label}.example.test.", tcp=label == "tcp")
        eventually(lambda: noted(service) == {"udp", "again", "tcp"}, "what was asked for is noted")


def test_what_has_no_old_records_is_not_noted(tmp_path: Path) -> None:
    with running(tmp_path, aging=AgingIntervals(60 * 86400, 86400), prepare=add_hosts) as service:
        service.ask("udp.example.test.")
    assert noted(service) == set()


def test_where_nothing_ages_nothing_is_noted(tmp_path: Path) -> None:
    with running(tmp_path, prepare=add_hosts) as service:
        service.ask("udp.example.test.")
    assert noted(service) == set()


def test_a_store_that_fails_is_told_of_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "NOTE_SECONDS", 1.0)

    with running(tmp_path, aging=WEEKS, prepare=add_hosts) as service:
        execute(service, "alter table asked_name rename to elsewhere")
        service.ask("udp.example.test.")
        eventually(lambda: asked.PROBLEM in service.report.problems, "the failure is told")
        execute(service, "alter table elsewhere rename to asked_name")
        service.ask("tcp.example.test.", tcp=True)
        eventually(lambda: noted(service) == {"tcp"}, "what is asked later is noted")
        eventually(lambda: asked.PROBLEM not in service.report.problems, "the failure is over")


def test_what_is_read_ahead_of_zones_that_do_not_age_stays(tmp_path: Path) -> None:
    cache = QueryCache()
    ledger = open_zones(f"sqlite:{tmp_path}/tenure.db")
    served = []
    for apex, aging in (("old.test.", WEEKS), ("other.test.", None)):
        zone = MemoryZone.from_text(apex, "a 300 A 192.0.2.1")
        served.append(ServedZone(ZoneSettings(zone.apex, aging=aging), cache.watch(zone, zone.apex)))
    while cache.reads_ahead:
        cache.read_ahead()
    kept = []
    for one in served:
        assert isinstance(one.view, KeptZone)
        name = b"\1a" + one.name
        found = one.view.ahead.at(name)
        assert found is not None
        found.is_asked = True
        kept.append((one.view.ahead, name))
    report = Report("dns", stream=io.StringIO())
    caches = Caches(ledger, Views((), served), cache, report)
    taken = AskedNames(ledger, caches, {}, report)._take()
    assert [(zone.name, list(names)) for zone, names in taken.ahead] == [(served[0].name, [kept[0][1]])]
    assert kept[0][0].at(kept[0][1]) is None
    assert kept[1][0].at(kept[1][1]) is not None
    ledger.close()
