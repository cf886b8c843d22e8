"""Servers of one zone in their order, and zones of one server: whose trouble is whose."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from answering_server import modelled, server
from claims import A_CLIENT
from ports import free_port
from update_model import ModelZone
from updater_run import UpdaterRun, updating, want

from tenure.dnswire.codes import Rcode
from tenure.dnswire.message import Message
from tenure.dnswire.name import from_text, to_text
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.server_troubles import ServerTroubles
from tenure.naming.registration import State, Want
from tenure.naming.server_trouble import ServerTrouble
from tenure.naming.zone_trouble import ZoneTrouble
from tenure.updating.routing import Domain


def domain(zone: str, *servers: tuple[str, int]) -> Domain:
    return Domain(from_text(zone), servers, None)


def named(number: int, zone: str = "example.test.") -> Want:
    return want(f"pc{number}.{zone}", (0x0A010000 + number).to_bytes(4, "big"), A_CLIENT, reverse=False)


def text(server: tuple[str, int]) -> str:
    return f"{server[0]} port {server[1]}"


def details(run: UpdaterRun) -> set[str]:
    return {row.forward.detail for row in run.rows()}


def test_who_is_refused_by_one_server_is_taken_to_the_next(tmp_path: Path) -> None:
    zone = ModelZone()
    with (
        server(lambda *_: Rcode.REFUSED) as read_only,
        server(modelled(zone)) as primary,
        updating(tmp_path, domain("example.test.", read_only, primary)) as run,
    ):
        run.change(*map(named, range(20)))
        run.settled()
        assert {row.forward.state for row in run.rows()} == {State.REGISTERED}
        assert details(run) == {f"NOERROR to add, {primary[0]} port {primary[1]}"}
        run.until(lambda: bool(run.ledger.server_troubles.all()))
        (told,) = run.ledger.server_troubles.all()
        assert (told.server, told.reason, told.asked_at) == (text(read_only), "server-refused", 0.0)


def test_who_is_refused_by_all_is_refused_as_by_the_first(tmp_path: Path) -> None:
    with (
        server(lambda *_: Rcode.REFUSED) as first,
        server(lambda *_: Rcode.REFUSED) as second,
        updating(tmp_path, domain("example.test.", first, second)) as run,
    ):
        run.change(*map(named, range(3)))
        run.settled()
        assert {row.forward.state for row in run.rows()} == {State.REFUSED}
        assert details(run) == {f"REFUSED to add, {first[0]} port {first[1]}"}
        assert run.ledger.server_troubles.all() == [], "that is the zone's answer, and not a server's trouble"


def test_a_server_that_is_away_is_told_once_and_no_more_with_each_message_that_passes_it_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone, written = ModelZone(), []
    write = ServerTroubles.write

    def counted(self: ServerTroubles, found: Sequence[ServerTrouble]) -> None:
        written.extend(found)
        write(self, found)

    monkeypatch.setattr(ServerTroubles, "write", counted)
    away = ("127.0.0.1", free_port())
    with server(modelled(zone)) as primary, updating(tmp_path, domain("example.test.", away, primary)) as run:
        for number in range(30):
            run.change(named(number))
            run.settled()
        told = run.ledger.server_troubles.all()
        assert [(one.server, one.reason, one.detail) for one in told] == [
            (text(away), "server-unreachable", "Connection refused")
        ]
        assert told[0].asked_at - told[0].since_at > 55, "the other one is kept to for a minute"
    assert len(written) <= 2, "the first message may have gone out twice at once"


def test_an_updater_that_takes_over_forgets_what_the_one_before_has_told_of_who_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone, may_work, now = ModelZone(), threading.Event(), time.time()
    monkeypatch.setattr(LeaseLedger, "has_updating", lambda _: may_work.is_set())
    with server(modelled(zone)) as at, updating(tmp_path, domain("example.test.", at)) as run:
        run.until(lambda: "standing-by" in run.log.getvalue())
        apex = from_text("example.test.")
        outage = ZoneTrouble(apex, now + 60, now, "server-unreachable", "Connection refused", now + 1)
        trouble = ServerTrouble(apex, text(at), now, "server-unreachable", "Connection refused", now + 1)
        run.ledger.record_outcomes((), (), now, [outage], servers=[trouble])
        may_work.set()
        run.change(named(1))
        run.settled()
        assert run.ledger.zone_troubles() == []
        assert run.ledger.server_troubles.all() == []


def test_a_refusal_counts_although_the_other_server_is_away(tmp_path: Path) -> None:
    with (
        server(lambda *_: Rcode.NOTAUTH) as other,
        server(lambda *_: Rcode.REFUSED) as refusing,
        updating(tmp_path, domain("example.test.", refusing, other)) as run,
    ):
        run.change(named(1))
        run.settled()
        assert {row.forward.reason for row in run.rows()} == {"server-refused"}


@pytest.mark.parametrize("rcode", [Rcode.NOTAUTH, Rcode.SERVFAIL])
def test_a_zone_that_a_server_does_not_take_is_left_alone_there_and_its_other_zones_are_not(
    tmp_path: Path, rcode: Rcode
) -> None:
    zone, for_broken = ModelZone(), []

    def answer(octets: bytes, message: Message) -> int:
        if to_text(message.questions[0].name) == "broken.test.":
            for_broken.append(time.monotonic())
            return rcode
        return zone.update(octets)

    with (
        server(answer) as at,
        updating(tmp_path, domain("broken.test.", at), domain("example.test.", at)) as run,
    ):
        run.change(*(named(number, "broken.test.") for number in range(3000)))
        run.until(lambda: len(for_broken) >= 3)
        run.change(*map(named, range(50)))
        run.until(lambda: len(zone.records) == 50)
        run.until(lambda: not _waiting(run), 30)
        asked = len(for_broken)
        assert asked < 30  # and not once for each 200 names, which is fifteen times, at each of their tries
        assert run.ledger.zone_troubles()[0].asked_at > 0


def test_what_a_server_has_against_two_zones_is_said_of_each_and_over_for_each_alone(tmp_path: Path) -> None:
    """As one it would be said anew whenever the other zone met it, and be over with either of them."""
    zone, well = ModelZone(), []

    def answer(octets: bytes, message: Message) -> int:
        if to_text(message.questions[0].name) == "example.test." and well:
            return zone.update(octets)
        return Rcode.SERVFAIL

    with (
        server(answer) as at,
        updating(tmp_path, domain("broken.test.", at), domain("example.test.", at)) as run,
    ):
        run.change(named(1), named(2, "broken.test."))
        run.until(lambda: len(run.report.problems) == 2)
        assert set(run.report.problems) == {
            f"server-failed broken.test. {text(at)}",
            f"server-failed example.test. {text(at)}",
        }
        assert 'tenure_problems{service="updater",code="server-failed"} 2' in run.report.metrics_text()
        well.append(True)
        run.until(lambda: len(run.report.problems) == 1)
        assert set(run.report.problems) == {f"server-failed broken.test. {text(at)}"}


def _waiting(run: UpdaterRun) -> bool:
    return any(row.forward.state == State.PENDING and not row.forward.attempts for row in run.rows())


def test_and_is_asked_again_by_one_message_until_it_does(tmp_path: Path) -> None:
    zone, well = ModelZone(), []

    def answer(octets: bytes, _: Message) -> int:
        return zone.update(octets) if well else Rcode.NOTAUTH

    with server(answer) as at, updating(tmp_path, domain("example.test.", at)) as run:
        run.change(*map(named, range(300)))
        run.until(lambda: not _waiting(run), 30)
        well.append(True)
        run.settled(60)
        assert {row.forward.state for row in run.rows()} == {State.REGISTERED}
        assert run.ledger.zone_troubles() == []
