"""Two real `tenure serve`, one the secondary of the other: its life from the first transfer to its expiry."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest
from dns_estate import DnsEstate
from dnspeer import SECRET_TEXT
from network import eventually
from ports import free_port
from postgres_cluster import postgres_cluster
from tenure_command import tenure
from transfer_peers import BASE, SOA, change, zone_at

from tenure.ledger.opening import open_zones

PRIMARY = """\
file = "zone"
policy = ["grant dhcp. zonesub ANY"]
static-records = "by-policy"
also-notify = ["127.0.0.1 port {also} key dhcp."]
"""
SECONDARY = """\
type = "secondary"
primaries = ["127.0.0.1 port {dead}", "127.0.0.1 port {primary} key dhcp."]
"""


@pytest.fixture
def ports() -> tuple[int, int, int]:
    return free_port(), free_port(), free_port()


@pytest.fixture
def secondary(tmp_path: Path, ports: tuple[int, int, int]) -> Iterator[DnsEstate]:
    """The secondary, whose first primary is not there, and whose second one is not there yet."""
    primary, port, dead = ports
    ours = DnsEstate(tmp_path / "secondary", port, SECONDARY.format(primary=primary, dead=dead))
    yield ours
    ours.stop()


def start_primary(tmp_path: Path, ports: tuple[int, int, int], store: str = "") -> DnsEstate:
    folder = tmp_path / "primary"
    folder.mkdir()
    (folder / "zone").write_text(SOA.format(serial=1) + BASE)
    return DnsEstate(folder, ports[0], PRIMARY.format(also=ports[1]), store or f"sqlite:{folder}/tenure.db")


def soa_answer(port: int) -> tuple[int, list[int]]:
    """RCODE, and the codes of extended errors."""
    query = dns.message.make_query("example.test.", "SOA", use_edns=0)
    answer = dns.query.udp(query, "127.0.0.1", port=port, timeout=5)
    return answer.rcode(), [int(option.code) for option in answer.options if isinstance(option, dns.edns.EDEOption)]


def zones_shown(estate: DnsEstate) -> dict[str, str]:
    (row,) = json.loads(tenure("zones", "-c", estate.config, "-o", "json").stdout)
    return dict(row)


def test_from_the_first_transfer_to_expiry(tmp_path: Path, ports: tuple[int, int, int], secondary: DnsEstate) -> None:
    primary_port, port, dead = ports
    assert soa_answer(port) == (dns.rcode.SERVFAIL, [14])
    eventually(lambda: "refused" in zones_shown(secondary)["error"], "it is told why there is no zone")
    shown = zones_shown(secondary)
    assert shown["type"] == "secondary"
    assert shown["served"] == "no: it was not transferred from a primary yet"
    assert f"127.0.0.1#{dead}" in shown["error"]
    primary = start_primary(tmp_path, ports)
    try:
        eventually(lambda: soa_answer(port) == (dns.rcode.NOERROR, []), "the zone has come", 30, lambda: secondary.log)
        assert change(primary_port, 0) == 0
        eventually(lambda: zone_at(port) == zone_at(primary_port), "a change follows", log=lambda: secondary.log)
        eventually(lambda: "how=differences" in secondary.log, "it has come as a difference", log=lambda: secondary.log)
        eventually(lambda: zones_shown(secondary)["error"] == "", "the error is over")
        shown = zones_shown(secondary)
        assert (shown["primary"], shown["served"]) == (f"127.0.0.1#{primary_port}", "yes")
        assert shown["refreshed"] < shown["next"] < shown["expires"]
    finally:
        primary.stop()
    ledger = open_zones(f"sqlite:{secondary.config.with_name('tenure.db')}")
    (zone,) = ledger.zones()
    now = time.time()
    ledger.secondaries.note_refresh(zone.id, "192.0.2.1#53", now - 7200, now - 1, now + 3600)
    ledger.close()
    eventually(lambda: soa_answer(port) == (dns.rcode.SERVFAIL, [24]), "the zone has expired")
    assert zone_at(port) is None
    assert zones_shown(secondary)["served"] == "no: it has expired"


def test_a_journal_pruned_while_the_secondary_is_away_means_a_whole_transfer(
    tmp_path: Path, ports: tuple[int, int, int], secondary: DnsEstate
) -> None:
    primary_port, port, _ = ports
    primary = start_primary(tmp_path, ports)
    try:
        eventually(lambda: "how=whole" in secondary.log, "the zone has come", 30, lambda: secondary.log)
        secondary.kill()
        for number in range(6):
            assert change(primary_port, number) == 0
        ledger = open_zones(f"sqlite:{primary.config.with_name('tenure.db')}")
        (zone,) = ledger.zones()
        assert ledger.prune_journal_to_size(zone.id, 1, 100) > 0
        ledger.close()
        secondary.start()
        eventually(lambda: zone_at(port) == zone_at(primary_port), "it has caught up", 30, lambda: secondary.log)
        eventually(lambda: secondary.log.count("how=whole") == 2, "the whole zone came", log=lambda: secondary.log)
    finally:
        primary.stop()


def test_both_sides_on_postgresql(tmp_path: Path, ports: tuple[int, int, int]) -> None:
    primary_port, port, dead = ports
    with postgres_cluster() as cluster:
        zone = SECONDARY.format(primary=primary_port, dead=dead)
        primary = start_primary(tmp_path, ports, cluster.new_database())
        secondary = DnsEstate(tmp_path / "secondary", port, zone, cluster.new_database())
        try:
            eventually(lambda: zone_at(port) == zone_at(primary_port), "the zone has come", 30, lambda: secondary.log)
            for number in range(20):
                assert change(primary_port, number) == 0
            eventually(lambda: zone_at(port) == zone_at(primary_port), "changes follow", log=lambda: secondary.log)
            eventually(lambda: "how=differences" in secondary.log, "as differences", log=lambda: secondary.log)
        finally:
            secondary.stop()
            primary.stop()


def test_the_history_tells_of_transfers_and_a_wrong_secret_is_told_in_words(
    tmp_path: Path, ports: tuple[int, int, int], secondary: DnsEstate
) -> None:
    primary = start_primary(tmp_path, ports)
    try:
        eventually(lambda: "how=whole" in secondary.log, "the zone has come", 30, lambda: secondary.log)
        done = tenure("history", "-c", secondary.config, "-o", "json")
        told = [row for row in json.loads(done.stdout) if row["event"] == "zone-transferred"]
        assert len(told) == 1
        assert "to serial 1: the whole zone with 302 records" in told[0]["detail"]
        secondary.stop()
        text = secondary.config.read_text()
        secondary.config.write_text(text.replace(SECRET_TEXT, "d3Jvbmcgc2VjcmV0d3Jvbmcgc2VjcmV0"))
        secondary.start()
        eventually(lambda: "it does not take the signature: BADSIG" in zones_shown(secondary)["error"], "it is told")
        assert soa_answer(ports[1]) == (dns.rcode.NOERROR, [])  # the last committed zone
    finally:
        primary.stop()


def test_a_primary_that_does_not_answer_holds_up_nobody(tmp_path: Path, ports: tuple[int, int, int]) -> None:
    """RFC 2136 section 6: who waits for a primary hears SERVFAIL in the end; others are answered meanwhile."""
    silent, port, _ = ports
    zone = f'type = "secondary"\nprimaries = ["127.0.0.1:{silent}"]\nallow-update-forwarding = ["key dhcp."]\n'
    with socket.create_server(("127.0.0.1", silent)):
        secondary = DnsEstate(tmp_path / "secondary", port, zone)
        try:
            with ThreadPoolExecutor(20) as threads:
                passed_on = [threads.submit(change, port, n, tcp=n % 2 == 0, timeout=30) for n in range(20)]
                for _ in range(50):
                    assert soa_answer(port) == (dns.rcode.SERVFAIL, [14])
                assert not any(one.done() for one in passed_on)
                assert {one.result() for one in passed_on} == {dns.rcode.SERVFAIL}  # signed, as they were
        finally:
            secondary.stop()
    assert secondary.log.count("event=dns-listening") == 1
