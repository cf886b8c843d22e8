"""Zone files into a store and out of it again: the difference, what is not taken, and what is refused whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure.authority.zone import Record, ZoneChange
from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.console.zone_export import export_lines
from tenure.console.zone_import import ImportLine, import_file
from tenure.console.zone_reading import Notice, UnusableZoneFile
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.dnswire.zonefile import record_to_text
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import open_zones
from tenure.ledger.zones import ZoneLedger

NOW = 1_700_000_000
APEX = from_text("example.test.")
CONFIG = """
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
[[dns.zones]]
name = "away.test."
type = "secondary"
primaries = ["192.0.2.1"]
"""
HEAD = "$TTL 300\n$ORIGIN example.test.\n@ SOA ns admin {serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"


class Store:
    """A configuration with its store, and a zone file."""

    def __init__(self, folder: Path) -> None:
        (folder / "tenure.toml").write_text(CONFIG)
        self.file = folder / "zone"
        self.configuration: Configuration = load(folder / "tenure.toml")
        self.ledger: ZoneLedger = open_zones(self.configuration.store_url)
        self.notices: list[Notice] = []

    def take(self, text: str, *, zone: str = "", partial: bool = False) -> ImportLine:
        self.file.write_text(text)
        self.notices = []
        name = from_text(zone) if zone else None
        return import_file(
            *(self.configuration, self.ledger, self.file, name, self.notices.append, lambda _octets: None, NOW),
            partial_content=partial,
        )

    @property
    def zone_id(self) -> int:
        return self.ledger.zones()[0].id

    @property
    def serial(self) -> int:
        return soa_serial(self.ledger.soa(self.zone_id)[1])

    def lines(self) -> list[str]:
        """The zone without its SOA."""
        with self.ledger.snapshot(self.zone_id) as snapshot:
            return sorted(record_to_text(*record) for record in snapshot.records)

    def add_leased(self, *records: Record) -> None:
        ttl, rdata = self.ledger.soa(self.zone_id)
        change = ZoneChange(ttl, with_serial(rdata, soa_serial(rdata) + 1), (), records)
        self.ledger.transact(lambda batch: batch.apply(self.zone_id, change, origin="lease"), NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path)
    yield found
    found.ledger.close()


def test_a_file_a_second_time_and_a_changed_one(store: Store) -> None:
    text = HEAD.format(serial=7) + "a A 10.0.0.1\nb A 10.0.0.2\n"
    first = store.take(text)
    assert (first.zone, first.result, first.serial, first.added) == ("example.test.", "a new zone", "7", 4)
    again = store.take(text)
    assert (again.result, again.serial, again.added) == ("nothing: it is all so already", "7", 0)
    changed = store.take(text.replace("b A 10.0.0.2", "c A 10.0.0.3").replace("a A", "a 60 A"))
    assert (changed.serial, changed.added, changed.removed, changed.retimed) == ("8", 1, 1, 1)
    assert store.take(store.file.read_text()).result == "nothing: it is all so already"
    events = [stored.event for stored in store.ledger.history.events(EventFilter())]
    assert [event.kind for event in events] == ["zone-imported", "zone-imported"]
    assert "serial 8: 1 records added, 1 removed, 1 with another TTL; from zone" in events[0].detail
    assert len(store.ledger.journal_since(store.zone_id, 7) or []) == 1


def test_what_updates_wrote_stays(store: Store) -> None:
    store.take(HEAD.format(serial=1))
    store.add_leased(Record(from_text("pc.example.test."), 1, 60, b"\x0a\0\0\x09"))
    assert store.take(HEAD.format(serial=1) + "a A 10.0.0.1\n").result == "the difference"
    assert "pc.example.test. 60 IN A 10.0.0.9" in store.lines()
    assert store.serial == 3


@pytest.mark.parametrize(
    ("soa", "serial"),
    [
        ("ns admin 1 2 3 4 5", 7),  # older, and nothing else is another
        ("ns admin 9 2 3 4 5", 9),  # newer
        ("ns other 1 2 3 4 5", 8),  # another mailbox
        ("ns admin 7 2 3 4 6", 8),  # another minimum
    ],
)
def test_which_serial_the_zone_has_then(store: Store, soa: str, serial: int) -> None:
    store.take(HEAD.format(serial=7))
    store.take(HEAD.replace("ns admin {serial} 2 3 4 5", soa))
    assert store.serial == serial


def test_a_line_that_cannot_be_taken_leaves_the_zone_as_it_is(store: Store) -> None:
    store.take(HEAD.format(serial=7))
    text = HEAD.format(serial=8) + "a A 10.0.0.1\nbad A 10.0\nns CNAME a\na 60 A 10.0.0.2\n@ SOA ns admin 9 2 3 4 5\n"
    line = store.take(text)
    assert (line.result, line.not_taken) == ("nothing: some lines cannot be taken", 3)
    assert store.serial == 7
    told = [(notice.line, notice.is_taken) for notice in store.notices]
    assert told == [(7, False), (10, False), (9, True), (8, False)]
    assert {notice.file for notice in store.notices} == {str(store.file)}
    line = store.take(text, partial=True)
    assert (line.result, line.not_taken, line.added, store.serial) == ("the difference", 3, 2, 8)
    assert "a.example.test. 300 IN A 10.0.0.2" in store.lines()


def test_an_alias_beside_what_an_update_wrote(store: Store) -> None:
    store.take(HEAD.format(serial=1))
    store.add_leased(Record(from_text("pc.example.test."), 1, 60, b"\x0a\0\0\x09"))
    text = HEAD.format(serial=1) + "$GENERATE 1-1 pc CNAME ns\n$GENERATE 1-2 h$ CNAME ns\n"
    assert store.take(text).result == "nothing: some lines cannot be taken"
    assert [notice.line for notice in store.notices] == [6]
    assert store.take(text, partial=True).added == 2


def test_included_files_stand_beside_the_file(store: Store) -> None:
    folder = store.file.parent / "more"
    folder.mkdir()
    (folder / "one").write_text("x A 10.0.0.1\n$INCLUDE two\n")
    (folder / "two").write_text("y A 10.0.0.2\nz B\n")
    line = store.take(HEAD.format(serial=1) + "$INCLUDE more/one sub\n$INCLUDE nowhere\n", partial=True)
    assert (line.added, line.not_taken) == (4, 2)
    assert "y.sub.example.test. 300 IN A 10.0.0.2" in store.lines()
    assert [Path(notice.file).name for notice in store.notices] == ["two", "zone"]


@pytest.mark.parametrize(
    ("text", "zone", "reason"),
    [
        (HEAD.replace("example", "other"), "", r'other.test. is not configured(.|\n)*\[\[dns.zones\]\]\nname = "other'),
        ("", "other.test.", "not configured"),
        (HEAD.replace("example", "away"), "", "secondary zone"),
        (HEAD.format(serial=1).replace("@ NS ns", ""), "", "no NS record"),
        ("@ 5 NS ns\n", "example.test.", "no SOA"),
        ("", "", "--zone"),
        ("a A 10.0.0.1\n", "", "--zone"),
    ],
)
def test_a_file_that_cannot_be_imported_at_all(store: Store, text: str, zone: str, reason: str) -> None:
    with pytest.raises(UnusableZoneFile, match=reason):
        store.take(text.replace("{serial}", "1"), zone=zone)
    assert store.ledger.zones() == []


def test_a_file_that_is_not_there(store: Store) -> None:
    with pytest.raises(UnusableZoneFile, match="cannot be read"):
        import_file(
            store.configuration, store.ledger, Path("/nowhere/zone"), APEX, store.notices.append, lambda _o: None, NOW
        )


def test_a_zone_without_an_soa_in_the_file_keeps_its_own(store: Store) -> None:
    store.take(HEAD.format(serial=7))
    line = store.take("$TTL 300\n@ NS ns\nns A 192.0.2.1\na A 10.0.0.1\n", zone="example.test")
    assert (line.added, store.serial) == (1, 8)


def test_what_is_exported_comes_back_the_same(store: Store) -> None:
    text = HEAD.format(serial=7) + 't TXT "a;\\"b" \\255\nu TYPE65280 \\# 3 010203\nv TYPE65281 \\# 0\n*.w MX 1 ns\n'
    store.take(text)
    with store.ledger.snapshot(store.zone_id) as snapshot:
        exported = "\n".join(export_lines(snapshot)) + "\n"
    assert store.take(exported).result == "nothing: it is all so already"
