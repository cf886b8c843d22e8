"""Reconciling against real servers of three kinds: what drifted is found and repaired, what is not ours stays."""

from __future__ import annotations

import contextlib
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dns.query
import dns.tsigkeyring
import dns.update
import pytest
from claims import A_CLIENT
from dnspeer import KEY, SECRET_TEXT, DnsPeer
from door import Pass, door
from knotd import knotd
from named import CONFIG, named
from ports import free_port
from powerdns import powerdns
from updater_run import UpdaterRun, gone, leased, want

from tenure.dnswire.name import from_text, to_text
from tenure.naming.registration import State, Want
from tenure.naming.txt_marker import txt_markers
from tenure.naming.zone_reading import verified_at
from tenure.serving.janitor.reconciling import Reconciliation, Wish
from tenure.serving.stop import Stop
from tenure.signing.key import Key
from tenure.updating.routing import Domain, Routes
from tenure.upkeep.finding import Finding, Kind, Source, ZoneResult

FORWARD, REVERSE = "example.test.", "1.10.in-addr.arpa."
POOL = [(bytes([10, 1, 0, 1]), bytes([10, 1, 3, 254]))]
NO_TRANSFER = CONFIG.replace("allow-transfer {{ 127.0.0.1; }}", "allow-transfer {{ none; }}")


def address(number: int) -> bytes:
    return bytes([10, 1, number >> 8, number & 255])


def claim(number: int) -> Want:
    return want(f"pc{number}.{FORWARD}", address(number), A_CLIENT)


def pointer(number: int) -> str:
    return f"{number & 255}.{number >> 8}.1.10.in-addr.arpa."


@pytest.fixture(params=[named, knotd, powerdns], ids=["bind", "knot", "powerdns"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DnsPeer]:
    with request.param(tmp_path / "peer", [FORWARD, REVERSE]) as running:
        yield running


@contextlib.contextmanager
def registered(server: tuple[str, int], folder: Path, *numbers: int) -> Iterator[UpdaterRun]:
    """An updater at work that has registered these."""
    routes = Routes(
        [Domain(from_text(FORWARD), (server,), KEY)],
        [Domain(from_text(REVERSE), (server,), KEY)],
    )
    run = UpdaterRun(folder / "ledger", routes)
    with run.running():
        run.change(*(claim(number) for number in numbers))
        run.settled()
        yield run
    run.close()


def reconcile(
    run: UpdaterRun, wish: Wish | None = None, routes: Routes | None = None
) -> tuple[list[ZoneResult], set[str]]:
    """A pass: its results, and each finding as `missing forward pc1`."""
    found: list[Finding] = []
    wish = replace(wish or Wish(), actor="test", tell=found.append)
    stop = Stop()
    results = Reconciliation(run.ledger, routes or run.routes, {}, POOL, stop).run(wish)
    stop.close()
    words = {f"{one.kind} {one.direction} {to_text(one.name).partition('.')[0]}" for one in found}
    return results, words


def delete(peer: DnsPeer, zone: str, name: str, *rest: str) -> None:
    update = dns.update.UpdateMessage(zone, keyring=dns.tsigkeyring.from_text({"dhcp.": SECRET_TEXT}))
    update.delete(name, *rest)
    assert dns.query.tcp(update, "127.0.0.1", port=peer.port, timeout=5).rcode() == 0


def test_nothing_is_found_and_nothing_written_where_all_is_well(peer: DnsPeer, tmp_path: Path) -> None:
    with registered(peer.server, tmp_path, *range(1, 40)) as run:
        time.sleep(0.01)
        results, found = reconcile(run)
        assert found == set()
        assert [(one.source, one.registered, one.names, one.repaired) for one in results] == [
            (Source.TRANSFER, 39, 39, 0),
            (Source.TRANSFER, 39, 39, 0),
        ]
        readings = run.ledger.zone_readings()
        for row in run.rows():
            assert verified_at(row.forward, readings[from_text(FORWARD)]) is not None
            assert verified_at(row.reverse, readings[from_text(REVERSE)]) is not None
        again, _ = reconcile(run)
        assert {one.source for one in again} == {Source.UNCHANGED}
        assert {event.kind for event in run.events()} == {"registration-confirmed"}


def test_what_drifted_is_written_again_and_only_that(peer: DnsPeer, tmp_path: Path) -> None:
    with registered(peer.server, tmp_path, *range(1, 10)) as run:
        delete(peer, FORWARD, "pc1.example.test.")
        delete(peer, REVERSE, pointer(2))
        delete(peer, FORWARD, "pc3.example.test.", "A")
        peer.write(FORWARD, "pc3.example.test. 300 A 10.9.9.9")
        delete(peer, REVERSE, pointer(4), "PTR")
        peer.write(REVERSE, f"{pointer(4)} 300 PTR elsewhere.example.test.")
        time.sleep(0.01)
        before = len(run.events())
        _, shown = reconcile(run, Wish(repairs=False))
        assert len(run.events()) == before
        _, found = reconcile(run)
        assert (
            found
            == shown
            == {
                "missing forward pc1",
                "missing reverse pc2",
                "wrong forward pc3",
                "wrong reverse pc4",
                "foreign reverse elsewhere",
            }
        )
        run.settled()
        assert "A 10.1.0.1" in peer.at("pc1.example.test.")
        assert "PTR pc2.example.test." in peer.at(pointer(2))
        assert {"A 10.1.0.3", "A 10.9.9.9"} < peer.at("pc3.example.test.")
        assert "PTR pc4.example.test." in peer.at(pointer(4))
        kinds = [event.kind for event in run.events()[before:]]
        assert kinds.count("registration-drifted") == kinds.count("registration-confirmed") == 4
        time.sleep(0.01)
        _, left = reconcile(run)
        assert left <= {"foreign reverse elsewhere"}


def test_what_we_wrote_and_nobody_wants_goes_and_what_others_wrote_stays(peer: DnsPeer, tmp_path: Path) -> None:
    with registered(peer.server, tmp_path, 1, 2) as run:
        kept = {name: peer.at(name) for name in ("pc1.example.test.", pointer(1))}
        run.change(gone(claim(1)))
        run.until(lambda: len(run.rows()) == 1)
        # the zones come back from a backup
        for owner, zone in (("pc1.example.test.", FORWARD), (pointer(1), REVERSE)):
            peer.write(zone, *(f"{owner} 300 {record}" for record in kept[owner]))
        marker = next(record for record in kept[pointer(1)] if record.startswith("DHCID"))
        peer.write(FORWARD, "kea.example.test. 300 A 10.1.0.77", f"kea.example.test. 300 {marker}")
        peer.write(FORWARD, "camera.example.test. 300 A 10.1.0.78", "far.example.test. 300 A 192.0.2.1")
        time.sleep(0.01)
        _, found = reconcile(run)
        assert found == {"stale forward pc1", "stale reverse pc1", "orphaned forward kea", "foreign forward camera"}
        run.until(lambda: len(run.rows()) == 1)
        assert peer.at("pc1.example.test.") == peer.at(pointer(1)) == set()
        assert peer.at("kea.example.test.")
        assert peer.at("camera.example.test.") == {"A 10.1.0.78"}


def test_more_than_the_brake_allows_is_not_taken_away_before_somebody_says_so(peer: DnsPeer, tmp_path: Path) -> None:
    numbers = range(1, 62)
    with registered(peer.server, tmp_path, *numbers) as run:
        kept = {n: peer.at(f"pc{n}.example.test.") for n in numbers}
        run.change(*(gone(claim(n)) for n in numbers))
        run.until(lambda: not run.rows())
        for n in numbers:
            peer.write(FORWARD, *(f"pc{n}.example.test. 300 {record}" for record in kept[n]))
        time.sleep(0.01)
        (forward, _), _ = reconcile(run)
        assert forward.counts == {Kind.STALE: 61}
        assert (forward.repaired, forward.stopped) == (0, "61 of 61 names would go, and one pass takes away at most 50")
        assert not run.rows()
        (forward, _), _ = reconcile(run, Wish(over_the_brake={from_text(FORWARD)}))
        assert (forward.repaired, forward.stopped) == (61, "")
        run.until(lambda: not run.rows())
        assert peer.at("pc7.example.test.") == set()


def test_without_transfers_the_registered_names_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("named.CONFIG", NO_TRANSFER)
    with named(tmp_path / "peer", [FORWARD, REVERSE]) as bind, registered(bind.server, tmp_path, *range(1, 700)) as run:
        delete(bind, FORWARD, "pc1.example.test.")
        delete(bind, REVERSE, pointer(600))
        time.sleep(0.01)
        results, found = reconcile(run)
        assert found == {"missing forward pc1", "missing reverse pc600"}
        assert {(one.source, one.registered, one.names) for one in results} == {(Source.QUERIES, 699, 698)}
        run.settled()
        time.sleep(0.01)
        results, found = reconcile(run)
        assert found == set()
        assert {one.repaired for one in results} == {0}


def test_nothing_comes_of_a_server_that_is_away_or_breaks_off(peer: DnsPeer, tmp_path: Path) -> None:
    with registered(peer.server, tmp_path, *range(1, 1500)) as run:
        rows = run.rows()
        away = Routes([Domain(from_text(FORWARD), (("127.0.0.1", free_port()),), KEY)], [])
        (result,), found = reconcile(run, routes=away)
        assert (result.source, found, run.rows()) == (Source.UNREACHABLE, set(), rows)
        with cut_off(peer.port, 100_000) as port:
            short = Routes([Domain(from_text(FORWARD), (("127.0.0.1", port),), KEY)], [])
            (result,), found = reconcile(run, routes=short)
        assert (result.source, found, run.rows()) == (Source.TRUNCATED, set(), rows), result
        assert "closed the connection in the middle of the transfer" in result.trouble


def test_a_zone_that_was_emptied_is_told_from_one_that_is_away(peer: DnsPeer, tmp_path: Path) -> None:
    with registered(peer.server, tmp_path, 1, 2) as run:
        for number in (1, 2):
            delete(peer, FORWARD, f"pc{number}.example.test.")
        time.sleep(0.01)
        (forward, _), found = reconcile(run)
        assert (forward.source, found) == (Source.EMPTY, {"missing forward pc1", "missing forward pc2"})
        run.settled()
        assert "A 10.1.0.1" in peer.at("pc1.example.test.")


def test_a_name_that_was_taken_and_is_free_again_is_tried_again(peer: DnsPeer, tmp_path: Path) -> None:
    peer.write(FORWARD, "pc1.example.test. 300 A 10.9.9.9", 'pc2.example.test. 300 TXT "mine"')
    peer.write(REVERSE, f"{pointer(3)} 300 PTR mine.example.test.")
    with registered(peer.server, tmp_path, 1, 2, 3) as run:
        reasons = sorted(row.forward.reason + " " + row.reverse.reason for row in run.rows())
        assert reasons == ["confirmed pointer-taken", "name-static forward-refused", "name-static forward-refused"]
        time.sleep(0.01)
        _, found = reconcile(run)
        assert found == {"foreign reverse mine"}
        delete(peer, FORWARD, "pc1.example.test.")
        delete(peer, REVERSE, pointer(3))
        _, found = reconcile(run)
        assert found == {"free forward pc1", "free reverse pc3"}
        run.settled()
        assert "A 10.1.0.1" in peer.at("pc1.example.test.")
        assert "PTR pc1.example.test." in peer.at(pointer(1))
        assert "PTR pc3.example.test." in peer.at(pointer(3))


@pytest.mark.parametrize("transfers", [True, False])
def test_a_ttl_that_somebody_changed_is_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transfers: bool
) -> None:
    if not transfers:
        monkeypatch.setattr("named.CONFIG", NO_TRANSFER)
    with named(tmp_path / "peer", [FORWARD, REVERSE]) as bind:
        put_right(bind, tmp_path)


def test_a_ttl_that_somebody_changed_in_knot_is_put_right(tmp_path: Path) -> None:
    with knotd(tmp_path / "peer", [FORWARD, REVERSE]) as knot:
        put_right(knot, tmp_path)


def put_right(peer: DnsPeer, folder: Path) -> None:
    owners = {"pc1.example.test.": (FORWARD, "A", "10.1.0.1"), pointer(2): (REVERSE, "PTR", "pc2.example.test.")}
    with registered(peer.server, folder, 1, 2, 3) as run:
        for owner, (zone, rtype, rdata) in owners.items():
            delete(peer, zone, owner, rtype)
            peer.write(zone, f"{owner} 77 {rtype} {rdata}")
        time.sleep(0.01)
        _, found = reconcile(run)
        assert found == {"ttl forward pc1", "ttl reverse pc2"}
        drifted = [event.detail for event in run.events() if event.kind == "registration-drifted"]
        assert "forward, ttl: DNS holds A 10.1.0.1, its DHCID with the TTL 77 in the place of 600" in drifted
        run.settled()
        assert {peer.ttl(owner, rtype) for owner, (_, rtype, _) in owners.items()} == {600}
        time.sleep(0.01)
        before = len(run.events())
        _, found = reconcile(run, Wish(insists=True))
        assert (found, len(run.events())) == (set(), before)


@pytest.mark.parametrize("transfers", [True, False])
def test_markers_of_dhcpd_become_dhcids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transfers: bool) -> None:
    """Where the name was refused before, and beside our own; another client's stays."""
    if not transfers:
        monkeypatch.setattr("named.CONFIG", NO_TRANSFER)
    key = b"\1\1\2\0\0\0\x0a\1"
    (ours,), (theirs,) = (txt_markers(one, 0) for one in (key, key[::-1]))
    with (
        named(tmp_path / "peer", [FORWARD, REVERSE]) as bind,
        registered(bind.server, tmp_path, 1) as run,
    ):
        for number, text in ((2, ours), (3, theirs)):
            owner = f"pc{number}.example.test. 300"
            bind.write(FORWARD, f"{owner} A 10.9.9.9", f'{owner} TXT "{text[1:].decode()}"')
        run.change(claim(2), claim(3))
        run.until(lambda: [row.forward.reason for row in run.rows()].count("name-taken") == 2)
        run.settled()
        bind.write(FORWARD, f'pc1.example.test. 300 TXT "{ours[1:].decode()}"')
        leases = [leased(claim(n), key)._replace(subnet_id=n) for n in (1, 2, 3)]
        run.change(leases=leases)
        time.sleep(0.01)
        _, found = reconcile(run)
        expected = {"txt-marker forward pc2"} | ({"txt-marker forward pc1"} if transfers else set())
        assert found == expected
        run.settled()
        rows = {row.name: (row.forward.reason, row.reverse.state) for row in run.rows()}
        assert rows[from_text("pc2.example.test.")] == ("marker-upgraded", State.REGISTERED)
        assert rows[from_text("pc3.example.test.")] == ("name-taken", State.REFUSED)
        if transfers:
            assert not any(one.startswith("TXT") for one in bind.at("pc1.example.test."))
            assert bind.at("pc2.example.test.") == {"A 10.1.0.2", "DHCID " + b64encode(A_CLIENT).decode()}


def test_a_zone_of_less_than_an_octet_and_a_server_with_a_key_of_its_own(tmp_path: Path) -> None:
    part = "0/26.0.1.10.in-addr.arpa."
    with named(tmp_path / "peer", [FORWARD, part]) as bind:
        wrong = Key(KEY.name, KEY.algorithm, bytes(32))
        domains = [
            Domain(from_text(zone), (bind.server,), wrong, server_keys={bind.server: KEY}) for zone in (FORWARD, part)
        ]
        run = UpdaterRun(tmp_path / "ledger", Routes(domains[:1], domains[1:]))
        with run.running():
            run.change(claim(1), claim(2))
            run.settled()
            delete(bind, part, f"2.{part}")
            time.sleep(0.01)
            results, found = reconcile(run)
            assert found == {"missing reverse pc2"}
            assert {one.source for one in results} == {Source.TRANSFER}
            run.settled()
            assert "PTR pc2.example.test." in bind.at(f"2.{part}")
        run.close()


def cut_off(port: int, octets: int) -> contextlib.AbstractContextManager[int]:
    """A door to a server that passes of each TCP connection so many octets back."""

    def begin(_question: bytes) -> Pass:
        left = octets

        def back(data: bytes) -> bytes | None:
            nonlocal left
            passed, left = data[:left], max(0, left - len(data))
            return passed or None

        return back

    return door(port, begin)
