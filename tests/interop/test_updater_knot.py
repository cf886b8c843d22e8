"""The updater against a real Knot: the same story, told to another server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from claims import A_CLIENT, OTHER_CLIENT
from dnspeer import KEY, DnsPeer
from knotd import knotd
from updater_run import UpdaterRun, gone, want

from tenure.dnswire.name import from_text
from tenure.naming.registration import State
from tenure.signing.key import Key
from tenure.updating.routing import Domain, Routes

FORWARD, REVERSE = "example.test.", "1.10.in-addr.arpa."
ADDRESS, SECOND = bytes([10, 1, 0, 5]), bytes([10, 1, 0, 6])
POINTER = "5.0.1.10.in-addr.arpa."


def marker(dhcid: bytes) -> str:
    return "DHCID " + base64.b64encode(dhcid).decode()


def routes(peer: DnsPeer, key: Key = KEY) -> Routes:
    domains = [Domain(from_text(zone), (peer.server,), key) for zone in (FORWARD, REVERSE)]
    return Routes(domains[:1], domains[1:])


@pytest.fixture
def knot(tmp_path: Path) -> Iterator[DnsPeer]:
    with knotd(tmp_path / "knot", [FORWARD, REVERSE]) as peer:
        yield peer


@pytest.fixture
def run(knot: DnsPeer, tmp_path: Path) -> Iterator[UpdaterRun]:
    updater = UpdaterRun(tmp_path / "ledger", routes(knot))
    with updater.running():
        yield updater
    updater.close()


def test_add_conflict_move_and_remove(run: UpdaterRun, knot: DnsPeer) -> None:
    first = want("pc1.example.test.", ADDRESS, A_CLIENT)
    run.change(first)
    run.settled()
    knot.write(FORWARD, 'pc1.example.test. 300 TXT "by hand"')
    run.change(want("pc1.example.test.", bytes([10, 1, 0, 9]), OTHER_CLIENT))
    run.settled()
    assert {(r.dhcid, r.forward.reason, r.reverse.reason) for r in run.rows()} == {
        (A_CLIENT, "confirmed", "confirmed"),
        (OTHER_CLIENT, "name-taken", "forward-refused"),
    }
    second = want("pc1.example.test.", SECOND, A_CLIENT)
    run.change(second, gone(first, "superseded"))
    run.settled()
    assert knot.at("pc1.example.test.") == {"A 10.1.0.6", marker(A_CLIENT), 'TXT "by hand"'}
    assert knot.at(POINTER) == set()
    run.change(gone(second))
    run.until(lambda: len(run.rows()) == 1)
    assert knot.at("pc1.example.test.") == {'TXT "by hand"'}


def test_what_a_person_wrote_beside_a_device_s_records_stays(run: UpdaterRun, knot: DnsPeer) -> None:
    first, second = want("pc1.example.test.", ADDRESS, A_CLIENT), want("pc1.example.test.", SECOND, A_CLIENT)
    run.change(first)
    run.settled()
    knot.write(FORWARD, "pc1.example.test. 300 A 10.1.9.9")
    knot.write(
        REVERSE, "6.0.1.10.in-addr.arpa. 300 PTR camera.example.test.", f"{POINTER} 300 PTR camera.example.test."
    )
    run.change(second, gone(first, "superseded"))
    run.settled()
    assert knot.at("pc1.example.test.") == {"A 10.1.0.6", "A 10.1.9.9", marker(A_CLIENT)}
    assert knot.at("6.0.1.10.in-addr.arpa.") == knot.at(POINTER) == {"PTR camera.example.test."}
    (row,) = run.rows()
    assert (row.forward.reason, row.reverse.state, row.reverse.reason) == ("confirmed", "refused", "pointer-taken")
    assert row.reverse.detail.startswith("NXRRSET to reverse-compare, 127.0.0.1 port")


def test_a_pointer_that_a_person_made_and_that_is_right_counts_and_stays(run: UpdaterRun, knot: DnsPeer) -> None:
    knot.write(REVERSE, f"{POINTER} 300 PTR pc1.example.test.")
    claim = want("pc1.example.test.", ADDRESS, A_CLIENT)
    run.change(claim)
    run.settled()
    (row,) = run.rows()
    assert (row.reverse.state, row.reverse.reason) == (State.REGISTERED, "confirmed")
    run.change(gone(claim))
    run.until(lambda: not run.rows())
    assert knot.at(POINTER) == {"PTR pc1.example.test."}


def test_a_pointer_of_a_client_that_nobody_removed_is_taken_over(run: UpdaterRun, knot: DnsPeer) -> None:
    knot.write(REVERSE, f"{POINTER} 300 PTR former.example.test.", f"{POINTER} 300 {marker(OTHER_CLIENT)}")
    run.change(want("pc1.example.test.", ADDRESS, A_CLIENT))
    run.settled()
    assert knot.at(POINTER) == {"PTR pc1.example.test.", marker(A_CLIENT)}


def test_another_lifetime_gives_the_records_another_ttl(run: UpdaterRun, knot: DnsPeer) -> None:
    run.change(claim := want("pc1.example.test.", ADDRESS, A_CLIENT))
    run.settled()
    run.change(claim._replace(ttl=claim.ttl * 2))
    run.settled()
    assert knot.ttl("pc1.example.test.", "A") == knot.ttl(POINTER, "PTR") == claim.ttl * 2


def test_a_crowd_with_conflicts(run: UpdaterRun, knot: DnsPeer) -> None:
    knot.write(FORWARD, *(f"pc{n}.example.test. 300 A 10.1.9.{n}" for n in (3, 77, 150, 151)))
    run.change(*(want(f"pc{n}.example.test.", bytes([10, 1, 1, n]), A_CLIENT) for n in range(250)))
    run.settled(60)
    taken = {row.name for row in run.rows() if row.forward.reason == "name-taken"}
    assert taken == {from_text(f"pc{n}.example.test.") for n in (3, 77, 150, 151)}
    assert sum(row.forward.reason == "confirmed" for row in run.rows()) == 246
    assert knot.at("77.1.1.10.in-addr.arpa.") == set()


def test_a_zone_that_the_server_does_not_have(knot: DnsPeer, tmp_path: Path) -> None:
    elsewhere = Domain(from_text("elsewhere.test."), (knot.server,), KEY)
    run = UpdaterRun(tmp_path / "ledger", Routes((elsewhere,), ()))
    with run.running():
        run.change(want("pc1.elsewhere.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: any(row.forward.reason == "server-not-authoritative" for row in run.rows()))
    run.close()


def test_a_wrong_secret_tells_its_reason(knot: DnsPeer, tmp_path: Path) -> None:
    run = UpdaterRun(
        tmp_path / "ledger", routes(knot, Key(KEY.name, KEY.algorithm, b"another secret of 32 octets ....."))
    )
    with run.running():
        run.change(want("pc1.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: any(row.forward.reason == "key-rejected" for row in run.rows()))
    run.close()
    assert knot.at("pc1.example.test.") == set()
