"""Zones that are read again by what changed since (IXFR), in BIND, Knot, PowerDNS and tenure; and what else is done."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import pytest
from claims import A_CLIENT
from dns_estate import DnsEstate
from dnspeer import KEY, SECRET_TEXT, DnsPeer
from door import Pass, door
from knotd import knotd
from named import named
from ports import free_port
from powerdns import powerdns
from updater_run import UpdaterRun, gone, want

from tenure.dnswire.name import from_text, to_text
from tenure.leasing.lease import Changes
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Outcome, State, Want
from tenure.naming.zone_reading import verified_at
from tenure.serving.janitor import since_then
from tenure.serving.janitor.reconciling import Reconciliation, Wish
from tenure.serving.janitor.since_then import Whole
from tenure.serving.janitor.timed_reconciling import TimedReconciling
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.updating.routing import Domain, Routes
from tenure.upkeep.finding import Finding, Source, ZoneResult

FORWARD, REVERSE = "example.test.", "1.10.in-addr.arpa."
POOL = [(bytes([10, 1, 0, 1]), bytes([10, 1, 3, 254]))]
NUMBERS = range(1, 41)


@contextlib.contextmanager
def tenured(folder: Path, zones: list[str]) -> Iterator[DnsPeer]:
    """tenure itself with these zones."""
    assert zones == [FORWARD, REVERSE]
    policy = 'policy = ["grant dhcp. zonesub ANY"]\n'
    more = f'{policy}[[dns.zones]]\nname = "{REVERSE}"\nallow-transfer = ["127.0.0.0/8", "key dhcp."]\n{policy}'
    estate = DnsEstate(folder, free_port(), more)
    try:
        yield DnsPeer(estate.port, estate.process)
    finally:
        estate.stop()


@pytest.fixture(autouse=True)
def no_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    """What changed just before a pass is not asked for again by the next one."""
    monkeypatch.setattr(since_then, "SLACK_SECONDS", 0.0)


PEERS = {"bind": named, "knot": knotd, "tenure": tenured, "powerdns": powerdns}


@pytest.fixture(params=["bind", "knot", "tenure"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DnsPeer]:
    with PEERS[request.param](tmp_path / "peer", [FORWARD, REVERSE]) as running:
        yield running


def claim(number: int) -> Want:
    return want(f"pc{number}.{FORWARD}", bytes([10, 1, number >> 8, number & 255]), A_CLIENT)


def pointer(number: int) -> str:
    return f"{number & 255}.{number >> 8}.1.10.in-addr.arpa."


class Passes:
    """Passes of one janitor, which remembers how it read the zones."""

    def __init__(self, run: UpdaterRun, routes: Routes | None = None) -> None:
        self.run = run
        self.routes = routes or run.routes
        self.wholes: dict[bytes, Whole] = {}
        self.results: list[ZoneResult] = []
        self.moved = 0

    def look(self, wish: Wish | None = None) -> set[str]:
        """One pass: each finding as `missing forward pc1`."""
        time.sleep(0.01)  # what changed in the moment in which it begins is passed over
        found: list[Finding] = []
        self.moved = 0

        def moved(records: int) -> None:
            self.moved += records

        stop = Stop()
        whole = Reconciliation(self.run.ledger, self.routes, {}, POOL, stop, wholes=self.wholes)
        self.results = whole.run(replace(wish or Wish(), actor="test", tell=found.append, moved=moved))
        stop.close()
        return {f"{one.kind} {one.direction} {to_text(one.name).partition('.')[0]}" for one in found}

    @property
    def sources(self) -> set[Source]:
        return {one.source for one in self.results}


def routes_to(server: tuple[str, int]) -> Routes:
    return Routes([Domain(from_text(FORWARD), (server,), KEY)], [Domain(from_text(REVERSE), (server,), KEY)])


@contextlib.contextmanager
def read_once(server: tuple[str, int], folder: Path, numbers: range = NUMBERS) -> Iterator[Passes]:
    """An updater that has registered these, and a janitor that has read the zones whole and found them well."""
    run = UpdaterRun(folder / "ledger", routes_to(server))
    with run.running():
        run.change(*map(claim, numbers))
        run.settled()
        passes = Passes(run)
        assert passes.look() == set()
        assert passes.sources == {Source.TRANSFER}
        yield passes
    run.close()


def delete(peer: DnsPeer, zone: str, name: str, *rest: str) -> None:
    update = dns.update.UpdateMessage(zone, keyring=dns.tsigkeyring.from_text({"dhcp.": SECRET_TEXT}))
    update.delete(name, *rest)
    assert dns.query.tcp(update, "127.0.0.1", port=peer.port, timeout=5).rcode() == 0


def stir(peer: DnsPeer) -> None:
    """Let the serial of both zones move, by something that is nothing to us."""
    peer.write(FORWARD, f"else{time.monotonic_ns()}.{FORWARD} 300 TXT else")
    peer.write(REVERSE, f"else{time.monotonic_ns()}.{REVERSE} 300 TXT else")


def test_what_others_changed_is_found_by_it_as_by_the_whole_zone(peer: DnsPeer, tmp_path: Path) -> None:
    with read_once(peer.server, tmp_path) as passes:
        run = passes.run
        kept = peer.at("pc9.example.test.")
        run.change(gone(claim(9)))
        run.until(lambda: len(run.rows()) == len(NUMBERS) - 1)
        peer.write(FORWARD, *(f"pc9.example.test. 300 {record}" for record in kept))
        delete(peer, FORWARD, "pc1.example.test.")
        delete(peer, REVERSE, pointer(2))
        delete(peer, FORWARD, "pc3.example.test.", "A")
        peer.write(FORWARD, "pc3.example.test. 300 A 10.9.9.9", "camera.example.test. 300 A 10.1.0.78")
        delete(peer, REVERSE, pointer(4), "PTR")
        peer.write(REVERSE, f"{pointer(4)} 300 PTR elsewhere.example.test.")
        delete(peer, FORWARD, "pc5.example.test.", "A")
        peer.write(FORWARD, "pc5.example.test. 77 A 10.1.0.5")
        whole = Passes(run).look(Wish(repairs=False, insists=True))
        found = passes.look()
        assert passes.sources == {Source.DIFFERENCES}
        assert found == whole
        assert found == {
            *("missing forward pc1", "missing reverse pc2", "wrong forward pc3", "wrong reverse pc4"),
            *("ttl forward pc5", "stale forward pc9", "foreign forward camera", "foreign reverse elsewhere"),
        }
        run.settled()
        run.until(lambda: len(run.rows()) == len(NUMBERS) - 1)
        assert "A 10.1.0.1" in peer.at("pc1.example.test.")
        assert peer.at("pc9.example.test.") == set()
        left = passes.look()
        assert left == {"foreign forward camera", "foreign reverse elsewhere"}
        assert passes.sources == {Source.TRANSFER}, "what was not well is read whole before it counts as well"
        assert passes.look() == set()
        assert passes.sources == {Source.UNCHANGED}


def test_what_we_changed_ourselves_is_verified_and_little_is_read(peer: DnsPeer, tmp_path: Path) -> None:
    with read_once(peer.server, tmp_path, range(1, 400)) as passes:
        whole, run = passes.moved, passes.run
        assert passes.look() == set()
        run.change(claim(500), claim(501))
        run.settled()
        events = len(run.events())
        for _ in range(3):
            assert passes.look() == set()
        assert passes.sources == {Source.UNCHANGED}
        assert len(run.events()) == events
        run.change(claim(502))
        run.settled()
        assert passes.look() == set()
        assert passes.sources == {Source.DIFFERENCES}
        assert passes.moved < whole / 20
        assert [one.serial for one in passes.results] == [serial_of(peer, zone) for zone in (FORWARD, REVERSE)]
        readings = run.ledger.zone_readings()
        for row in run.rows():
            assert verified_at(row.forward, readings[from_text(FORWARD)]) is not None
            assert verified_at(row.reverse, readings[from_text(REVERSE)]) is not None


def serial_of(peer: DnsPeer, zone: str) -> int:
    answer = dns.query.udp(dns.message.make_query(zone, "SOA"), "127.0.0.1", port=peer.port, timeout=5)
    return int(answer.answer[0][0].serial)


@pytest.mark.parametrize("serial_moves", [True, False])
def test_what_was_confirmed_and_is_not_there_is_found(peer: DnsPeer, tmp_path: Path, *, serial_moves: bool) -> None:
    """Nothing in the zone tells of it: the server said NOERROR, and it is elsewhere, if anywhere."""
    with read_once(peer.server, tmp_path) as passes:
        lost = claim(77)
        ledger = passes.run.ledger
        # the updater leaves it alone: it is due in an hour
        ledger.transact(lambda batch: batch.apply(Changes(wants=(lost,))), time.time() + 3600)
        (row,) = [row for row in passes.run.rows() if row.name == lost.name]
        confirmed = [
            Outcome(*row[:3], row.generation, direction, State.REGISTERED, Reason.CONFIRMED, "", None, 0)
            for direction in Direction
        ]
        ledger.record_outcomes(confirmed, [], time.time())
        if serial_moves:
            stir(peer)
        assert passes.look() == {"missing forward pc77", "missing reverse pc77"}
        assert passes.sources == {Source.DIFFERENCES}


def test_a_name_that_is_free_again_is_seen_by_its_absence(peer: DnsPeer, tmp_path: Path) -> None:
    """And not by NXDOMAIN alone, which an alias to nowhere has too."""
    peer.write(FORWARD, *(f'pc{n}.example.test. 300 TXT "mine"' for n in (50, 51, 52)))
    with read_once(peer.server, tmp_path) as passes:
        run = passes.run
        run.change(claim(50), claim(51), claim(52))
        run.settled()
        assert [row.forward.reason for row in run.rows()].count("name-static") == 3
        delete(peer, FORWARD, "pc50.example.test.")
        peer.write(FORWARD, 'pc51.example.test. 300 TXT "still"')
        delete(peer, FORWARD, "pc52.example.test.")
        peer.write(FORWARD, "pc52.example.test. 300 CNAME nowhere.example.test.")
        assert passes.look() == {"free forward pc50"}
        assert passes.sources == {Source.DIFFERENCES} | {one.source for one in passes.results[1:]}
        run.settled()
        assert "A 10.1.0.50" in peer.at("pc50.example.test.")


def test_a_server_that_sends_the_whole_zone_instead_is_read_so(tmp_path: Path) -> None:
    with powerdns(tmp_path / "peer", [FORWARD, REVERSE]) as peer, read_once(peer.server, tmp_path) as passes:
        delete(peer, FORWARD, "pc1.example.test.")
        stir(peer)
        assert passes.look() == {"missing forward pc1"}
        assert passes.sources == {Source.TRANSFER}
        assert {one.whole_because for one in passes.results} == {"it sent the whole zone in the place of what changed"}


def test_changes_that_the_server_knows_no_more_are_a_reason_to_read_the_zone(tmp_path: Path) -> None:
    """BIND without the journal of before, as after a zone that came back from a backup with a higher serial."""
    folder, port = tmp_path / "peer", free_port()
    with named(folder, [FORWARD, REVERSE], port=port) as peer, read_once(peer.server, tmp_path) as passes:
        stir(peer)
        peer.process.terminate()
        peer.process.wait(20)
        for journal in folder.glob("*.jnl"):
            journal.unlink()
        serial = 4_000_000
        for number, zone in enumerate((FORWARD, REVERSE)):
            (folder / f"zone{number}").write_text(
                f"$TTL 300\n{zone} SOA ns.invalid. root.invalid. {serial} 3600 600 86400 60\n{zone} NS ns.invalid.\n"
            )
        with named(folder, [FORWARD, REVERSE], port=port):
            found = passes.look(Wish(repairs=False))
        assert len(found) == 2 * len(NUMBERS)
        assert passes.sources == {Source.EMPTY}
        assert {one.whole_because for one in passes.results} == {"it sent the whole zone in the place of what changed"}


def test_more_changes_than_it_pays_to_ask_for_are_read_whole(
    peer: DnsPeer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(since_then, "LEAST_CHANGES", 3)
    with read_once(peer.server, tmp_path) as passes:
        peer.write(FORWARD, *(f"else{n}.example.test. 300 TXT else" for n in range(20)))
        delete(peer, FORWARD, "pc1.example.test.")
        assert passes.look() == {"missing forward pc1"}
        (forward,) = [one for one in passes.results if one.direction is Direction.FORWARD]
        assert (forward.source, forward.whole_because) == (Source.TRANSFER, "more than 5 names changed")


def test_a_day_later_and_for_a_janitor_that_begins_anew_the_zone_is_read_whole(peer: DnsPeer, tmp_path: Path) -> None:
    with read_once(peer.server, tmp_path) as passes:
        stir(peer)
        again = Passes(passes.run)
        assert again.look() == set()
        assert again.sources == {Source.TRANSFER}
        stir(peer)
        day = since_then.FULL_SECONDS
        again.wholes = {zone: whole._replace(at=whole.at - day) for zone, whole in again.wholes.items()}
        assert again.look() == set()
        assert again.sources == {Source.TRANSFER}


def test_the_janitor_reads_by_differences_and_says_once_why_not(tmp_path: Path) -> None:
    with (
        named(tmp_path / "bind", [FORWARD]) as bind,
        powerdns(tmp_path / "powerdns", [REVERSE]) as other,
    ):
        routes = Routes(
            [Domain(from_text(FORWARD), (bind.server,), KEY)], [Domain(from_text(REVERSE), (other.server,), KEY)]
        )
        run, log = UpdaterRun(tmp_path / "ledger", routes), StringIO()
        keys, stop, report = (
            SimpleNamespace(keys={}, look=lambda _now: None),
            Stop(),
            Report("janitor", stream=log),
        )
        woken: list[int] = []
        timed = TimedReconciling(
            run.ledger,
            lambda _: keys,
            lambda _: routes,
            POOL,
            lambda: woken.append(1),
            report,
            3600,  # type: ignore[arg-type, return-value]
        )
        with run.running():
            run.change(*map(claim, NUMBERS))
            run.settled()
            for number in (101, 102, 103):
                time.sleep(0.01)
                timed.look(run.ledger, keys, stop)  # type: ignore[arg-type]
                run.change(claim(number))
                run.settled()
            assert not woken
            delete(bind, FORWARD, "pc1.example.test.")
            time.sleep(0.01)
            timed.look(run.ledger, keys, stop)  # type: ignore[arg-type]
            assert woken
        said = log.getvalue()
        assert said.count("event=zone-read-whole") == 1, said
        assert "zone=1.10.in-addr.arpa." in said
        assert report.counts["zones_read"] == 8
        assert report.counts["zones_read_by_differences"] == 3
        stop.close()
        run.close()


Tamper = Callable[[bytes, bytes], bytes | None]  # the question and a piece of the answer; None: the connection ends


def tampering(port: int, tamper: Tamper) -> contextlib.AbstractContextManager[int]:
    """A door to a server that lets everything pass but the answers to IXFR."""

    def begin(question: bytes) -> Pass:
        is_ixfr = b"\0\xfb\0\1" in question
        return lambda data: tamper(question, data) if is_ixfr else data

    return door(port, begin)


def refuse(question: bytes, _: bytes) -> bytes:
    message = dns.message.from_wire(question[2:], keyring=False, ignore_trailing=True)
    answer = dns.message.make_response(dns.message.make_query(message.question[0].name, "IXFR", id=message.id))
    answer.set_rcode(dns.rcode.NOTIMP)
    wire = answer.to_wire()
    return len(wire).to_bytes(2, "big") + wire


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "not implemented": (refuse, "it answered NOTIMP"),
    "cut off": (lambda _, data: None, "it closed the connection in the middle of the transfer"),
    "an octet is another": (lambda _, data: data[:60] + bytes((data[60] ^ 1,)) + data[61:], ""),
}


@pytest.mark.parametrize(("tamper", "words"), TAMPERED.values(), ids=TAMPERED)
def test_odd_answers_are_not_believed_and_the_zone_is_read_whole(tmp_path: Path, tamper: Tamper, words: str) -> None:
    with (
        named(tmp_path / "peer", [FORWARD, REVERSE]) as peer,
        tampering(peer.port, tamper) as door,
        read_once(("127.0.0.1", door), tmp_path) as passes,
    ):
        delete(peer, FORWARD, "pc1.example.test.")
        stir(peer)
        assert passes.look() == {"missing forward pc1"}
        assert passes.sources == {Source.TRANSFER}
        for one in passes.results:
            assert one.whole_because
            assert words in one.whole_because
