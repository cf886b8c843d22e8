"""Servers of one zone in their order, and zones of one server: whose trouble is whose."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from answering_server import modelled, server
from claims import A_CLIENT
from update_model import ModelZone
from updater_run import UpdaterRun, updating, want

from tenure.dnswire.codes import Rcode
from tenure.dnswire.message import Message
from tenure.dnswire.name import from_text, to_text
from tenure.naming.registration import State, Want
from tenure.updating.routing import Domain


def domain(zone: str, *servers: tuple[str, int]) -> Domain:
    return Domain(from_text(zone), servers, None)


def named(number: int, zone: str = "example.test.") -> Want:
    return want(f"pc{number}.{zone}", (0x0A010000 + number).to_bytes(4, "big"), A_CLIENT, reverse=False)


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
