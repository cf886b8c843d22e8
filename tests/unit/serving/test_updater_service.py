"""The updater service between a ledger and servers of the test's own, which answer, refuse, or stay silent."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from answering_server import modelled, server
from claims import A_CLIENT
from update_model import ModelZone
from updater_run import UpdaterRun, gone, updating, want

from tenure.dnswire.message import Message, build_message, parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.tcp import frame
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.naming.registration import State
from tenure.serving.updater.link import Link
from tenure.updating.routing import Domain, Routes

ADDRESS = bytes([10, 1, 0, 5])


def domain(zone: str, *servers: tuple[str, int]) -> Domain:
    return Domain(from_text(zone), servers, None)


def named(number: int, zone: str = "example.test.") -> object:
    return want(f"pc{number}.{zone}", (0x0A010000 + number).to_bytes(4, "big"), A_CLIENT, reverse=False)


def reason(run: UpdaterRun, name: str) -> str:
    row = run.row(name)
    return row.forward.reason if row else ""


def test_a_thousand_names_share_a_few_messages(tmp_path: Path) -> None:
    zone = ModelZone()
    with server(modelled(zone)) as at, updating(tmp_path, domain("example.test.", at)) as run:
        run.change(*(named(n) for n in range(1000)))  # type: ignore[arg-type]  # claims
        run.settled()
        assert {row.forward.state for row in run.rows()} == {State.REGISTERED}
        assert len(zone.records) == 1000
        assert zone.messages <= 10
        assert run.report.counts["registration_confirmed"] == 1000


def test_the_next_server_takes_over_from_one_that_is_away(tmp_path: Path) -> None:
    zone = ModelZone()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        away = closed.getsockname()
    with server(modelled(zone)) as at, updating(tmp_path, domain("example.test.", away, at)) as run:
        run.change(want("pc1.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.settled()
        assert reason(run, "pc1.example.test.") == "confirmed"
        assert "server-unreachable" in run.log.getvalue()


@pytest.mark.parametrize("rcode", [2, 4, 9])
def test_and_from_one_that_cannot_help(tmp_path: Path, rcode: int) -> None:
    zone = ModelZone()
    broken_server = server(lambda *_: rcode)
    with (
        broken_server as broken,
        server(modelled(zone)) as at,
        updating(tmp_path, domain("example.test.", broken, at)) as run,
    ):
        claim = want("pc1.example.test.", ADDRESS, A_CLIENT, reverse=False)
        run.change(claim)
        run.settled()
        assert reason(run, "pc1.example.test.") == "confirmed"
        run.change(gone(claim))
        run.until(lambda: not run.rows())
        assert zone.records == {}


def test_a_dead_destination_delays_no_other(tmp_path: Path) -> None:
    zone = ModelZone()
    with server(lambda *_: None) as silent, server(modelled(zone)) as at:
        dead, alive = domain("dead.test.", silent), domain("example.test.", at)
        with updating(tmp_path, dead, alive) as run:
            run.change(*(named(n, "dead.test.") for n in range(6000)))  # type: ignore[arg-type]  # claims
            time.sleep(0.5)
            run.change(*(named(n) for n in range(50)))  # type: ignore[arg-type]  # claims
            run.until(lambda: len(zone.records) == 50)
            waiting = [row for row in run.rows() if row.name.endswith(from_text("dead.test."))]
            assert (len(waiting), {row.forward.attempts for row in waiting}) == (6000, {0})  # none was given up yet


def test_nor_the_other_direction_of_the_same_names(tmp_path: Path) -> None:
    """Not even of those whose names are on their way as it falls silent: that it is away is found out only later."""
    zone = ModelZone()
    with server(lambda *_: None) as silent, server(modelled(zone)) as at:
        routes = Routes([domain("dead.test.", silent)], [domain("10.in-addr.arpa.", at)])
        with contextlib.closing(UpdaterRun(tmp_path / "ledger", routes)) as run, run.running():
            run.change(*(want(f"pc{n}.dead.test.", bytes([10, 1, 0, n]), A_CLIENT) for n in range(50)))
            run.until(lambda: len(zone.records) == 50)
            assert {row.forward.attempts for row in run.rows()} == {0}  # none was given up yet


def test_a_dead_server_costs_one_wait_and_not_one_for_each_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Link] = []
    connect = Link._make_connection

    async def counted(link: Link) -> None:
        tries.append(link)
        await connect(link)

    monkeypatch.setattr(Link, "_make_connection", counted)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        away = closed.getsockname()
    with updating(tmp_path, domain("dead.test.", away)) as run:
        run.change(*(named(n, "dead.test.") for n in range(3000)))  # type: ignore[arg-type]  # claims
        run.until(lambda: all(row.forward.reason == "server-unreachable" for row in run.rows()))
        assert 0 < len(tries) <= 5  # of a dozen messages; on a busy machine there is time for a probe
        failed = [event for event in run.events() if event.kind == "registration-failed"]
        assert len(failed) == 3000  # each told once, however often it is tried


def test_a_server_that_closes_idle_connections_is_no_failure(tmp_path: Path) -> None:
    zone = ModelZone()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:  # one message a connection, then closes it
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    (length,) = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))
                    octets = connection.recv(length, socket.MSG_WAITALL)
                    parsed = parse_message(octets)
                    connection.sendall(frame(build_message(parsed.id, 0xA800 | zone.update(octets), parsed.questions)))
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        with updating(tmp_path, domain("example.test.", listening.getsockname())) as run:
            for number in range(5):
                run.change(named(number))  # type: ignore[arg-type]  # a claim
                run.settled()
            assert {row.forward.state for row in run.rows()} == {State.REGISTERED}
            assert not [event for event in run.events() if event.kind == "registration-failed"]
        listening.shutdown(socket.SHUT_RDWR)


def test_while_the_ledger_cannot_record_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zone, broken = ModelZone(), threading.Event()
    broken.set()
    record = LeaseLedger.record_outcomes

    def failing(self: LeaseLedger, *arguments: object) -> int:
        if broken.is_set():
            raise LedgerUnavailable("tenure.db", "disk full")
        return record(self, *arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(LeaseLedger, "record_outcomes", failing)
    monkeypatch.setattr("tenure.serving.updater.service.LEDGER_SECONDS", 0.05)
    with server(modelled(zone)) as at, updating(tmp_path, domain("example.test.", at)) as run:
        run.change(named(1))  # type: ignore[arg-type]  # a claim
        run.until(lambda: len(zone.records) == 1 and "ledger-unavailable" in run.report.problems)
        assert reason(run, "pc1.example.test.") == "waiting"
        assert run.report.counts["registration_confirmed"] == 0
        broken.clear()
        run.settled()
        assert reason(run, "pc1.example.test.") == "confirmed"
        run.until(lambda: not run.report.problems)


def test_no_claim_waits_for_an_outcome_to_be_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zone, may_record = ModelZone(), threading.Event()
    record = LeaseLedger.record_outcomes

    def slow(self: LeaseLedger, *arguments: object) -> int:
        assert may_record.wait(20)
        return record(self, *arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(LeaseLedger, "record_outcomes", slow)
    with server(modelled(zone)) as at, updating(tmp_path, domain("example.test.", at)) as run:
        for number in range(1, 4):
            run.change(named(number))  # type: ignore[arg-type]  # a claim
            run.until(lambda number=number: len(zone.records) == number)  # type: ignore[misc]  # one of each round
        assert {row.forward.reason for row in run.rows()} == {"waiting"}
        assert run.report.counts["registration_confirmed"] == 0
        may_record.set()
        run.settled()
        assert {row.forward.state for row in run.rows()} == {State.REGISTERED}
        run.until(lambda: run.report.counts["registration_confirmed"] == 3)  # counted once it is recorded


def test_pointers_that_gather_go_when_their_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.serving.updater.service.GATHER_SECONDS", 0.5)
    for waits in ("LOOK_SECONDS", "CROWDED_SECONDS"):  # nothing else is to wake it
        monkeypatch.setattr(f"tenure.serving.updater.service.{waits}", 1000.0)
    forward, reverse = ModelZone(), ModelZone()
    with server(modelled(forward)) as to_forward, server(modelled(reverse)) as to_reverse:
        routes = Routes((domain("example.test.", to_forward),), (domain("10.in-addr.arpa.", to_reverse),))
        run = UpdaterRun(tmp_path / "ledger", routes)
        with run.running():
            run.change(want("pc1.example.test.", ADDRESS, A_CLIENT))
            run.until(lambda: len(reverse.records) == 1)
            for number in range(2, 12):
                run.change(want(f"pc{number}.example.test.", bytes([10, 1, 0, 5 + number]), A_CLIENT))
                run.until(lambda number=number: len(forward.records) == number)  # type: ignore[misc]  # of each round
            run.settled()
        run.close()
    assert len(reverse.records) == 11
    assert reverse.messages < forward.messages


def test_a_stop_lets_what_is_on_its_way_come_back(tmp_path: Path) -> None:
    zone, asked = ModelZone(), threading.Event()

    def slow(octets: bytes, _: Message) -> int:
        asked.set()
        time.sleep(0.7)
        return zone.update(octets)

    with server(slow) as at:
        with updating(tmp_path, domain("example.test.", at)) as run:
            run.change(named(1))  # type: ignore[arg-type]  # a claim
            assert asked.wait(10)
        again = UpdaterRun(tmp_path / "ledger", Routes((), ()))
        assert reason(again, "pc1.example.test.") == "confirmed"
        again.close()


def test_a_name_is_looked_up_again_when_its_time_has_come_without_being_woken(tmp_path: Path) -> None:
    answers = iter([2])
    zone = ModelZone()
    sometimes = server(lambda octets, _: next(answers, None) or zone.update(octets))
    with sometimes as at, updating(tmp_path, domain("example.test.", at)) as run:
        run.change(named(1))  # type: ignore[arg-type]  # a claim
        run.settled()
        expected = ["registration-failed", "zone-failing", "registration-confirmed", "zone-well"]
        assert sorted(event.kind for event in run.events()) == sorted(expected)
