"""`tenure names`: which direction a reason and a server belong to, and until when what is to go still stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ledger_rows import changes
from tenure_command import tenure
from tenure_toml import leased, tsig_key, updated, write_toml
from updater_run import want

from tenure.config.load import load
from tenure.console.explain import registration_sentences
from tenure.console.lines import in_table, name_line
from tenure.console.queue import queue_lines
from tenure.console.words import time_text
from tenure.dnswire.name import from_text
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import Part, Registration, State, Withdraw

NOW = 2_000_000_000.0
FIRST, SECOND = "192.0.2.1 port 53", "192.0.2.2 port 53"
GOOD = Part(State.REGISTERED, None, 0, Reason.CONFIRMED, f"NOERROR to add, {FIRST}", NOW - 60)
FAILED = Part(State.PENDING, NOW + 9, 2, Reason.SERVER_FAILED, f"SERVFAIL to reverse-add, {SECOND}", NOW - 50)
WAITING = Part(State.PENDING, NOW, 0, Reason.WAITING, "", NOW - 50)
TAKEN = Part(State.REFUSED, None, 0, Reason.NAME_TAKEN, f"NXRRSET to replace, {FIRST}", NOW - 50)
FOLLOWS = Part(State.REFUSED, None, 0, Reason.FORWARD_REFUSED, "forward was refused", NOW - 50)
CLIENTS = Part(State.CLIENT, None, 0, Reason.CLIENT_UPDATES, "", NOW - 60)
NOTHING = Part(State.NONE, None, 0, Reason.CLIENT_UPDATES, "", NOW - 60)
LEAVING = Part(State.REMOVING, NOW + 240, 0, Reason.WAITING, "", NOW - 60)
STAYS = f"{WORDS[Reason.LEASE_EXPIRED]}; left as it is until {time_text(NOW + 240)}"


def row(forward: Part, reverse: Part, cause: str = "") -> Registration:
    name, address = from_text("pc1.example.test."), bytes([10, 1, 0, 1])
    return Registration(name, address, b"d", 600, 2**40, 1, NOW - 90, cause, "c", forward, reverse)


def test_each_direction_has_its_reason_and_its_server_and_the_row_says_whose_it_has() -> None:
    line = name_line(row(GOOD, FAILED), now=NOW)
    assert (line.direction, line.reason_code, line.server) == ("reverse", "server-failed", SECOND)
    told = {word: (one.state, one.reason_code, one.server, one.since) for word, one in line.directions.items()}
    assert told == {
        "forward": ("registered", "confirmed", FIRST, time_text(NOW - 60)),
        "reverse": ("pending", "server-failed", SECOND, time_text(NOW - 50)),
    }


@pytest.mark.parametrize(
    ("forward", "reverse", "words"),
    [
        (GOOD, GOOD, WORDS[Reason.CONFIRMED]),
        (GOOD, FAILED, f"reverse: {WORDS[Reason.SERVER_FAILED]}"),
        (WAITING, GOOD, f"forward: {WORDS[Reason.WAITING]}"),
        (WAITING, FAILED, f"forward: {WORDS[Reason.WAITING]}; reverse: {WORDS[Reason.SERVER_FAILED]}"),
        (WAITING, WAITING, WORDS[Reason.WAITING]),
        (TAKEN, FOLLOWS, WORDS[Reason.NAME_TAKEN]),
        (CLIENTS, FAILED, f"reverse: {WORDS[Reason.SERVER_FAILED]}"),
        (NOTHING, FAILED, WORDS[Reason.SERVER_FAILED]),
        (CLIENTS, GOOD, WORDS[Reason.CLIENT_UPDATES]),
    ],
)
def test_the_table_says_which_direction_is_in_trouble_where_not_all_that_is_wanted_is(
    forward: Part, reverse: Part, words: str
) -> None:
    assert in_table(name_line(row(forward, reverse), now=NOW)).reason == words


def test_what_stands_on_purpose_says_until_when() -> None:
    leaving = row(LEAVING, LEAVING, cause=Reason.LEASE_EXPIRED)
    line = name_line(leaving, now=NOW)
    assert {one.stays_until for one in line.directions.values()} == {time_text(NOW + 240)}
    assert in_table(line).reason == STAYS
    forward, _ = registration_sentences(leaving, NOW)
    assert forward == (
        f"The forward record pc1.example.test. to 10.1.0.1 is left as it is until {time_text(NOW + 240)},"
        " and then taken away: the lease ended by expiry."
    )


@pytest.mark.parametrize(
    "part",
    [
        LEAVING._replace(due_at=NOW - 1),
        LEAVING._replace(due_at=NOW + 5, changed_at=NOW + 5),
        LEAVING._replace(attempts=1, reason=Reason.SERVER_UNREACHABLE),
    ],
    ids=["due", "withdrawn by a clock that is ahead", "failed"],
)
def test_what_is_being_taken_away_does_not_stay(part: Part) -> None:
    leaving = row(part, part, cause=Reason.LEASE_EXPIRED)
    line = name_line(leaving, now=NOW)
    assert {one.stays_until for one in line.directions.values()} == {""}
    assert "is being removed" in registration_sentences(leaving, NOW)[0]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_toml(
        tmp_path,
        tsig_key("k.", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="),
        leased("127.0.0.1:6767", "10.1.0.0/16", "10.1.0.1-10.1.0.200", ddns_qualifying_suffix="example.test."),
        updated("192.0.2.1:53", "k.", "example.test.", "10.in-addr.arpa."),
    )


@pytest.fixture
def ledger(config: Path) -> LeaseLedger:
    return open_leases(f"sqlite:{config.parent}/tenure.db")


def test_the_commands_tell_of_a_grace_and_the_queue_does_not_count_it_as_overdue(
    config: Path, ledger: LeaseLedger
) -> None:
    claim = want("pc1.example.test.", bytes([10, 1, 0, 1]), b"d" * 35, seconds=10**9)
    ledger.transact(lambda batch: batch.apply(changes(claim)), NOW - 60)
    gone = Withdraw(*claim[:3], Reason.LEASE_EXPIRED, "c-9", due_in=300)
    ledger.transact(lambda batch: batch.apply(changes(gone)), NOW - 60)
    lines = list(queue_lines(ledger, load(config), NOW))
    assert [(line.waiting, line.removing, line.staying, line.oldest) for line in lines] == [(0, 0, 1, "")] * 2
    lines = list(queue_lines(ledger, load(config), NOW + 240))
    assert [(line.removing, line.staying, line.oldest) for line in lines] == [(1, 0, time_text(NOW - 60))] * 2
    ledger.close()
    until = time_text(NOW + 240)
    assert f"the lease ended by expiry; left as it is until {until}" in tenure("names", "-c", config).stdout
    (told,) = json.loads(tenure("names", "-c", config, "-o", "json").stdout)
    assert (told["reason"], told["directions"]["reverse"]["stays_until"]) == ("the lease ended by expiry", until)
    assert f"is left as it is until {until}" in tenure("explain", "10.1.0.1", "-c", config).stdout
    heading, *rows = tenure("queue", "-c", config).stdout.splitlines()
    assert [(row.split()[3], row.split()[4]) for row in rows] == [("0", "1")] * 2
    assert heading.split()[4] == "staying"
