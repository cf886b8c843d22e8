"""A zone as text and back: the person's differences alone, and what is refused because others changed the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dns_service import create_zone

from tenure.authority.zone import Record, ZoneChange
from tenure.console.cli.zone_edit import MOST_ROUNDS
from tenure.console.zone_edit import (
    ClashError,
    Edit,
    ZoneText,
    apply_edit,
    parse_text,
    with_errors,
    without_errors,
    zone_text,
)
from tenure.console.zone_lines import record_lines
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.dnswire.zonefile import record_to_text
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import open_zones
from tenure.ledger.zones import ZoneLedger

NOW = 1_700_000_000
APEX = from_text("example.test.")
ZONE = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.10\nhost 300 A 192.0.2.11\nalias 300 CNAME host\n"
LEASED = Record(from_text("pc.example.test."), 1, 60, b"\x0a\0\0\x09")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[ZoneLedger]:
    found = open_zones(f"sqlite:{tmp_path / 'tenure.db'}")
    create_zone(found, "example.test.", ZONE)
    change(found, (), (LEASED,), origin="lease")
    yield found
    found.close()


def change(ledger: ZoneLedger, gone: tuple[Record, ...], new: tuple[Record, ...], *, origin: str = "foreign") -> None:
    """What somebody else does, by an update."""
    ttl, rdata = ledger.soa(1)
    step = ZoneChange(ttl, with_serial(rdata, soa_serial(rdata) + 1), gone, new)
    ledger.transact(lambda batch: batch.apply(1, step, origin=origin), NOW)


def text_of(ledger: ZoneLedger) -> str:
    with ledger.kept_records(1) as (zone, kept):
        return zone_text(zone, kept)


def parsed(text: str) -> ZoneText:
    found = parse_text(text, APEX)
    assert isinstance(found, ZoneText), found
    return found


def edited(ledger: ZoneLedger, *replace: tuple[str, str], meanwhile: Callable[[], None] = lambda: None) -> int | None:
    """The serial after a person has replaced parts of the text, while others did something."""
    before = after = text_of(ledger)
    for old, new in replace:
        assert old in after
        after = after.replace(old, new)
    meanwhile()
    return apply_edit(ledger, ledger.zones()[0], Edit(parsed(before), parsed(after)), NOW)


def lines(ledger: ZoneLedger) -> set[str]:
    with ledger.snapshot(1) as snapshot:
        return {record_to_text(*record).replace(".example.test.", "") for record in snapshot.records}


def test_the_text_marks_what_updates_wrote(ledger: ZoneLedger) -> None:
    change(ledger, (), (Record(from_text("x.example.test."), 1, 60, b"\x0a\0\0\1"),))
    ledger.transact(lambda batch: batch.set_ends(1, [(LEASED, NOW + 99)], frozenset(("lease",))), NOW)
    found = text_of(ledger)
    assert "pc.example.test. 60 IN A 10.0.0.9 ; lease until 20" in found
    assert "x.example.test. 60 IN A 10.0.0.1 ; foreign\n" in found
    assert "host.example.test. 300 IN A 192.0.2.10\n" in found
    assert Edit(parsed(found), parsed(found)).lines() == []
    with ledger.kept_records(1) as (zone, kept):
        leased = list(record_lines(zone, kept, "lease"))
    assert [(line.name, line.written_by, line.ends[:2]) for line in leased] == [("pc.example.test.", "lease", "20")]


def test_just_the_difference_is_applied_as_one_change(ledger: ZoneLedger) -> None:
    serial = edited(ledger, ("192.0.2.11", "192.0.2.12"), ("alias.example.test. 300", "alias.example.test. 60"))
    assert serial == 3
    (entry,) = ledger.journal_since(1, 2) or []
    assert (len(entry.deletions), len(entry.additions)) == (2, 2)
    assert {"host 300 IN A 192.0.2.12", "alias 60 IN CNAME host", "pc 60 IN A 10.0.0.9"} <= lines(ledger)
    events = [stored.event for stored in ledger.history.events(EventFilter(kind="zone-edited"))]
    assert {(event.name, event.detail) for event in events} == {
        (from_text("host.example.test."), "serial 3: -A +A"),
        (from_text("alias.example.test."), "serial 3: -CNAME +CNAME"),
    }
    static = ledger.transact(
        lambda batch: (
            batch.rrsets_at(1, from_text("host.example.test.")),
            batch.zone(1).static_types(from_text("host.example.test.")),
        ),
        NOW,
    )
    assert static[1] == {1}


def test_what_others_change_meanwhile_stays(ledger: ZoneLedger) -> None:
    new = Record(from_text("new.example.test."), 1, 60, b"\x0a\0\0\1")
    serial = edited(ledger, ("192.0.2.11", "192.0.2.12"), meanwhile=lambda: change(ledger, (LEASED,), (new,)))
    assert serial == 4
    assert {"new 60 IN A 10.0.0.1", "host 300 IN A 192.0.2.12"} <= lines(ledger)
    assert not any(line.startswith("pc ") for line in lines(ledger))


def test_a_clash_changes_nothing_and_says_which(ledger: ZoneLedger) -> None:
    moved = Record(LEASED.name, 1, 60, b"\x0a\0\0\x0a")
    with pytest.raises(ClashError, match=r"^A of pc.example.test. is not what it was any more$"):
        edited(
            ledger,
            ("pc.example.test. 60 IN A 10.0.0.9", "pc.example.test. 60 IN A 10.0.0.77"),
            ("192.0.2.11", "192.0.2.12"),
            meanwhile=lambda: change(ledger, (LEASED,), (moved,)),
        )
    assert "host 300 IN A 192.0.2.11" in lines(ledger)
    assert soa_serial(ledger.soa(1)[1]) == 3


def test_who_wants_the_same_does_not_clash(ledger: ZoneLedger) -> None:
    assert edited(ledger, ("pc.example.test. 60", "; pc"), meanwhile=lambda: change(ledger, (LEASED,), ())) is None


def test_an_alias_where_somebody_else_wrote_meanwhile(ledger: ZoneLedger) -> None:
    new = Record(from_text("new.example.test."), 1, 60, b"\x0a\0\0\1")
    with pytest.raises(ClashError, match=r"new.example.test. would be an alias"):
        edited(
            ledger,
            ("alias.example.test.", "new.example.test. 60 CNAME ns\nalias.example.test."),
            meanwhile=lambda: change(ledger, (), (new,)),
        )


def test_an_alias_in_the_place_of_what_was_there(ledger: ZoneLedger) -> None:
    assert edited(ledger, ("pc.example.test. 60 IN A 10.0.0.9", "pc 60 CNAME ns")) == 3
    assert "pc 60 IN CNAME ns" in lines(ledger)


@pytest.mark.parametrize(("soa", "serial"), [("9 3600", 9), ("0 3600", 4), ("2 3601", 4)])
def test_the_serial_that_a_person_writes_counts_when_it_is_newer(ledger: ZoneLedger, soa: str, serial: int) -> None:
    new = Record(from_text("new.example.test."), 1, 60, b"\x0a\0\0\1")
    assert edited(ledger, (" 2 3600", f" {soa}"), meanwhile=lambda: change(ledger, (), (new,))) == serial


def test_a_clash_of_the_soa(ledger: ZoneLedger) -> None:
    def meanwhile() -> None:
        ttl, rdata = ledger.soa(1)
        ledger.transact(lambda batch: batch.apply(1, ZoneChange(ttl + 1, with_serial(rdata, 3), (), ())), NOW)

    with pytest.raises(ClashError, match="the SOA is not what it was"):
        edited(ledger, (" 2 3600", " 2 3601"), meanwhile=meanwhile)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a 60 A 10.0", "octets"),
        ("host 60 A 10.0.0.1", "TTL of an RRset"),
        ("alias 300 CNAME ns", "one CNAME"),
        ("host 300 CNAME ns", "alias"),
        ("@ 300 SOA a b 1 2 3 4 5", "one SOA"),
        ("$INCLUDE /etc/passwd", "cannot include"),
    ],
)
def test_what_is_wrong_stands_above_its_line(ledger: ZoneLedger, line: str, reason: str) -> None:
    text = text_of(ledger) + line + "\n"
    faults = parse_text(text, APEX)
    assert isinstance(faults, list)
    marked = with_errors(text, faults)
    above, below = marked.splitlines()[-2:]
    assert above.startswith("; ERROR: ")
    assert reason in above
    assert below == line
    assert without_errors(marked) == text


def test_a_zone_without_name_servers_or_soa_is_wrong(ledger: ZoneLedger) -> None:
    whole = text_of(ledger)
    without = {
        word: parse_text("".join(line for line in whole.splitlines(True) if f" {word} " not in line), APEX)
        for word in ("NS", "SOA")
    }
    assert "no NS record" in str(without["NS"])
    assert "one SOA record" in str(without["SOA"])


@pytest.fixture
def command(ledger: ZoneLedger, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    config = tmp_path / "tenure.toml"
    config.write_text('[dns]\nlisten = ["127.0.0.1:5300"]\n[[dns.zones]]\nname = "example.test."\n')

    def run(editor: str, *words: str) -> subprocess.CompletedProcess[str]:
        script = tmp_path / "editor"
        script.write_text(f"#!/bin/sh\n{editor}\n")
        script.chmod(0o755)
        whole = [sys.executable, "-m", "tenure", "zones", "edit", "example.test", *words, "-c", str(config)]
        environment = {**os.environ, "EDITOR": str(script), "VISUAL": "", "TMPDIR": str(tmp_path)}
        return subprocess.run(
            whole, check=False, capture_output=True, text=True, timeout=60, env=environment, stdin=subprocess.DEVNULL
        )

    return run


def test_the_command_shows_and_applies(
    ledger: ZoneLedger, command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    editor = 'sed -i s/192.0.2.11/192.0.2.12/ "$1"'
    shown = "- host.example.test. 300 IN A 192.0.2.11\n+ host.example.test. 300 IN A 192.0.2.12\n"
    assert command(editor, "--dry-run").stdout == shown
    assert soa_serial(ledger.soa(1)[1]) == 2
    done = command(editor)
    assert (done.returncode, done.stdout) == (0, shown + "example.test.: changed, serial 3\n")
    assert command("true").stdout == "example.test.: nothing was changed\n"


def test_the_command_gives_a_wrong_text_back_to_the_editor(
    ledger: ZoneLedger, command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    first_wrong = 'if grep -q ERROR "$1"; then sed -i s/10.0.0/10.0.0.5/ "$1"; else echo "a 60 A 10.0.0" >> "$1"; fi'
    done = command(first_wrong.replace("s/10.0.0/10.0.0.5/", "'s/A 10.0.0$/A 10.0.0.5/'"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "a 60 IN A 10.0.0.5" in lines(ledger)
    still_wrong = command('grep -q ERROR "$1" || echo "b 60 A 10.0.0" >> "$1"')
    assert still_wrong.returncode == 1
    assert "Expected 4 octets" in still_wrong.stderr
    kept = Path(still_wrong.stderr.split("your text is in ")[1].strip())
    assert "b 60 A 10.0.0\n" in kept.read_text()


def test_an_editor_that_errs_each_time_comes_to_an_end(
    command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = command(f'echo . >> {tmp_path}/rounds; echo "c$(wc -l < {tmp_path}/rounds) 60 A 10.0.0" >> "$1"')
    assert done.returncode == 1
    assert (tmp_path / "rounds").read_text().count(".") == MOST_ROUNDS
    assert f"c{MOST_ROUNDS} 60 A 10.0.0" in Path(done.stderr.split("your text is in ")[1].strip()).read_text()


def test_an_editor_that_fails_changes_nothing(command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = command('echo "a 60 A 10.0.0.1" >> "$1"; exit 3')
    assert (done.returncode, "ended with status 3" in done.stderr) == (1, True)
