"""`tenure queue`: what waits for each zone, and what stands in its way."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from ledger_rows import changes, outcomes
from tenure_command import tenure
from tenure_toml import leased, tsig_key, updated, write_toml
from updater_run import want

from tenure.config.load import load
from tenure.console.queue import QueueLine, queue_lines
from tenure.console.words import time_text
from tenure.dnswire.name import from_text
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.naming.registration import Direction, State, Want, Withdraw
from tenure.naming.server_trouble import ServerTrouble
from tenure.naming.zone_trouble import ZoneTrouble

SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
NOW = 2_000_000_000.0


def claim(number: int) -> Want:
    return want(f"pc{number}.example.test.", bytes((10, 1, 0, number)), bytes((0, 1, 1, number)), seconds=10**9)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_toml(
        tmp_path,
        tsig_key("k.", SECRET),
        leased("127.0.0.1:6767", "10.1.0.0/16", "10.1.0.1-10.1.0.200", ddns_qualifying_suffix="example.test."),
        updated("192.0.2.1:53", "k.", "example.test.", "10.in-addr.arpa."),
    )


@pytest.fixture
def ledger(config: Path) -> LeaseLedger:
    ledger = open_leases(f"sqlite:{config.parent}/tenure.db")
    ledger.transact(lambda batch: batch.apply(changes(*map(claim, (1, 2, 3)))), NOW - 60)
    first, second, third = ledger.due_registrations(NOW, 10)
    for row in (first, third):
        ledger.record_outcomes(outcomes(row, State.REGISTERED, Direction.FORWARD), (), NOW - 50)
    ledger.record_outcomes(outcomes(first, State.REGISTERED, Direction.REVERSE), (), NOW - 50)
    gone = Withdraw(*first[:3], "lease-released", "c-9")
    ledger.transact(lambda batch: batch.apply(changes(gone)), NOW - 30)
    failed = outcomes(second, State.PENDING, Direction.FORWARD, reason="server-failed", due_at=NOW + 100)
    ledger.record_outcomes([failed[0]._replace(attempts=1, detail="SERVFAIL to add, 192.0.2.1 port 53")], (), NOW - 20)
    return ledger


def lines(config: Path, ledger: LeaseLedger) -> tuple[QueueLine, QueueLine]:
    forward, reverse = queue_lines(ledger, load(config), NOW)
    return forward, reverse


def test_each_zone_tells_what_waits_since_when_and_what_the_failed_have_met(config: Path, ledger: LeaseLedger) -> None:
    forward, reverse = lines(config, ledger)
    assert (forward.zone, forward.direction) == ("example.test.", "forward")
    assert [str(server) for server in forward.servers] == ["192.0.2.1 port 53: closed"]
    assert (forward.waiting, forward.removing, forward.oldest) == (1, 1, time_text(NOW - 60))
    assert (forward.breaker, forward.next_probe, forward.reason_code) == ("closed", "", "server-failed")
    assert forward.detail == "SERVFAIL to add, 192.0.2.1 port 53"
    assert (reverse.waiting, reverse.removing, reverse.reason_code) == (2, 1, "")


def test_a_zone_that_takes_no_update_tells_why_and_when_it_is_asked_again(config: Path, ledger: LeaseLedger) -> None:
    zone = from_text("10.in-addr.arpa.")
    trouble = ZoneTrouble(zone, NOW + 50, NOW - 9, "server-not-authoritative", "NOTAUTH to add, ns1", NOW + 8)
    ledger.record_outcomes((), (), NOW, [trouble])
    _, reverse = lines(config, ledger)
    assert (reverse.breaker, reverse.next_probe) == ("open", time_text(NOW + 8))
    assert (reverse.reason_code, reverse.detail) == ("server-not-authoritative", "NOTAUTH to add, ns1")
    ledger.record_outcomes((), (), NOW, [trouble._replace(asked_at=NOW - 1)])
    _, reverse = lines(config, ledger)
    assert (reverse.breaker, reverse.next_probe) == ("half-open", "")


def test_a_zone_that_takes_small_messages_tells_how_small_beside_a_closed_breaker(
    config: Path, ledger: LeaseLedger
) -> None:
    for zone in ("example.test.", "10.in-addr.arpa."):
        fewer = ZoneTrouble(from_text(zone), NOW - 9, NOW - 9, "server-takes-fewer", "50 names in a message")
        ledger.record_outcomes((), (), NOW, [fewer])
    forward, reverse = lines(config, ledger)
    assert (reverse.breaker, reverse.reason_code, reverse.detail) == ("closed", "server-takes-fewer", fewer.detail)
    assert forward.reason_code == "server-failed", "what has failed comes first"


def test_the_command_prints_a_table_and_json(config: Path, ledger: LeaseLedger) -> None:
    ledger.close()
    table = tenure("queue", "-c", config).stdout.splitlines()
    assert table[0].split() == ["zone", "direction", "waiting", "removing", "oldest", "breaker", "reason", "servers"]
    assert table[1].split()[:4] == ["example.test.", "forward", "1", "1"]
    assert table[1].endswith("  192.0.2.1 port 53: closed")
    shown = tenure("queue", "-c", config, "-o", "json").stdout
    assert [(row["zone"], [one["server"] for one in row["servers"]]) for row in json.loads(shown)] == [
        ("example.test.", ["192.0.2.1 port 53"]),
        ("10.in-addr.arpa.", ["192.0.2.1 port 53"]),
    ]


def test_each_server_of_a_zone_tells_its_breaker_when_it_is_asked_again_and_its_last_error(
    config: Path, ledger: LeaseLedger
) -> None:
    config.write_text(config.read_text().replace('"192.0.2.1:53"', '"192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53"'))
    zone = from_text("example.test.")
    away = ServerTrouble(zone, "192.0.2.1 port 53", NOW - 90, "server-unreachable", "Connection refused", NOW + 30)
    probed = away._replace(server="192.0.2.2 port 53", asked_at=NOW - 1)
    failed = ServerTrouble(zone, "192.0.2.3 port 53", NOW - 5, "server-failed", "SERVFAIL to add", 0.0)
    ledger.record_outcomes((), (), NOW, servers=[away, probed, failed])
    forward, reverse = lines(config, ledger)
    assert [str(server) for server in forward.servers] == [
        f"192.0.2.1 port 53: open until {time_text(NOW + 30)}; the server does not answer (Connection refused)",
        "192.0.2.2 port 53: half-open; the server does not answer (Connection refused)",
        "192.0.2.3 port 53: closed; the server could not carry out the update (SERVFAIL to add)",
    ]
    assert (forward.servers[0].since, forward.servers[0].reason_code) == (time_text(NOW - 90), "server-unreachable")
    assert {server.breaker for server in reverse.servers} == {"closed"}, "another zone's"
    assert forward.breaker == "closed", "the zone has others"


def test_many_rows_are_counted_page_by_page(config: Path, tmp_path: Path) -> None:
    wanted = [want(f"h{n}.example.test.", n.to_bytes(4, "big"), bytes(8), reverse=False) for n in range(1, 2501)]
    ledger = open_leases(f"sqlite:{tmp_path}/tenure.db")
    ledger.transact(lambda batch: batch.apply(changes(*wanted)), time.time())
    assert lines(config, ledger)[0].waiting == 2500
