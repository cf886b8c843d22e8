"""`tenure serve` with a zone whose records age: what its server answers and transfers around a pass and a restore."""

from __future__ import annotations

import sqlite3
import time
from datetime import datetime
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import dns.tsigkeyring
import dns.update
import dns.xfr
import dns.zone
import pytest
from dnspeer import SECRET_TEXT
from tenure_serve import MINIMAL, TenureServe, eventually, tenure_serve
from tenure_toml import entry

from tenure.ledger.opening import open_zones

NAME = "pc1.example.test."
DAY = 86400
ZONE = """\
policy = ["grant updater.tenure. zonesub ANY", "grant person. zonesub ANY"]
allow-transfer = ["127.0.0.1/32"]
max-journal-size = "1M"
aging = true
"""
KEYRING = dns.tsigkeyring.from_text({"person.": SECRET_TEXT})


def template(mode: str) -> str:
    ours = MINIMAL.replace('name = "example.test."\n', f'name = "example.test."\n{ZONE}')
    scavenging = f'[dns.scavenging]\nmode = "{mode}"\n'
    return entry("keys", name="person.", secret_file="person.key") + ours + scavenging


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key = tmp_path / "person.key"
    key.write_text(SECRET_TEXT)
    key.chmod(0o600)
    return tmp_path


def say(server: TenureServe, address: str = "10.1.9.9") -> None:
    """What a client does that keeps its own name."""
    update = dns.update.UpdateMessage("example.test.", keyring=KEYRING)
    update.add(NAME, 300, "A", address)
    assert dns.query.tcp(update, "127.0.0.1", port=server.dns_port, timeout=30).rcode() == 0


def transferred(server: TenureServe) -> dns.zone.Zone:
    zone = dns.zone.Zone("example.test.", relativize=False)
    query = dns.message.make_query("example.test.", dns.rdatatype.AXFR)
    dns.query.inbound_xfr("127.0.0.1", zone, query, port=server.dns_port, timeout=30)
    return zone


def follow(server: TenureServe, zone: dns.zone.Zone) -> bool:
    """Brings a copy up to date by IXFR; whether the server gave differences and not the whole zone."""
    query, _serial = dns.xfr.make_query(zone)
    answer = dns.query.tcp(query, "127.0.0.1", port=server.dns_port, timeout=30, one_rr_per_rrset=True).answer
    dns.query.inbound_xfr("127.0.0.1", zone, query, port=server.dns_port, timeout=30)
    return [rrset.rdtype for rrset in answer[:2]] == [dns.rdatatype.SOA, dns.rdatatype.SOA]


def serial(server: TenureServe) -> int:
    (soa,) = server.query("example.test.", "SOA")
    return int(soa.split()[2])


def grow_old(server: TenureServe, days: int) -> None:
    """As if so many days had gone by, in which a janitor looked."""
    path = server.config.parent / "tenure.db"
    ledger = open_zones(f"sqlite:{path}")
    (zone,) = [zone for zone in ledger.zones() if zone.name == b"\7example\4test\0"]
    state = eventually(lambda: ledger.aging.states().get(zone.id), "the janitor sees that records age")
    ledger.aging.put({zone.id: state._replace(since_at=state.since_at - days * DAY, passed_at=time.time())})
    ledger.close()
    (file,) = path.parent.glob("*-zones.db")
    connection = sqlite3.connect(file, timeout=60)
    with connection:
        connection.execute("update record set stamp = stamp - ? where origin = 'foreign'", (days * DAY,))
    connection.close()


def test_a_record_that_nobody_says_any_more_goes_and_comes_back(folder: Path) -> None:
    with tenure_serve(folder, template("on")) as server:
        say(server)
        assert server.query(NAME, "A") == ["10.1.9.9"]
        first, copy = serial(server), transferred(server)
        say(server)
        assert serial(server) == first

        held = server.run("scavenge", "run")
        assert held.returncode == 1
        assert "have not had a whole refresh interval" in held.stdout

        grow_old(server, 15)
        say(server, "10.1.9.10")  # the zone is written to, and the other address stays stale
        changed = serial(server)
        (record,) = server.rows("scavenge", "preview")["records"]
        assert (record["name"], record["data"], record["result"]) == (NAME, "10.1.9.9", "goes")
        assert server.query(NAME, "A") == ["10.1.9.10", "10.1.9.9"]
        done = server.rows("scavenge", "run")
        assert done["zones"][0]["removed"] == 1
        eventually(lambda: server.query(NAME, "A") == ["10.1.9.10"], "the server answers without it")
        assert serial(server) == changed + 1

        back = server.rows("scavenge", "restore", "example.test.", NAME)
        assert [one["result"] for one in back] == ["restored"]
        eventually(lambda: len(server.query(NAME, "A")) == 2, "the server answers with it")
        assert serial(server) == changed + 2
        assert follow(server, copy)
        assert copy == transferred(server)

        say(server)  # its client is there after all
        assert serial(server) == changed + 2
        assert server.rows("scavenge", "preview")["records"] == []
        told = server.run("explain", NAME).stdout
        assert "records-scavenged pc1.example.test. 10.1.9.9" in told
        assert "not refreshed in 14 d" in told
        assert "records-restored pc1.example.test. 10.1.9.9" in told


def test_until_it_is_switched_on_it_only_reports(folder: Path) -> None:
    with tenure_serve(folder, template("report")) as server:
        say(server)
        grow_old(server, 15)
        held = server.run("scavenge", "run")
        assert held.returncode == 1
        assert 'scavenging only reports; set mode = "on" in [dns.scavenging]' in held.stdout
        assert server.query(NAME, "A") == ["10.1.9.9"]


def test_the_preview_knows_who_is_still_asked_for(folder: Path) -> None:
    with tenure_serve(folder, template("report")) as server:
        say(server)
        grow_old(server, 15)
        (record,) = server.rows("scavenge", "preview")["records"]
        assert record["last_query"] == ""
        assert server.query(NAME, "A") == ["10.1.9.9"]
    with tenure_serve(folder, template("report")) as server:  # what ends writes down what it knows
        (record,) = server.rows("scavenge", "preview")["records"]
        assert time.time() - datetime.fromisoformat(record["last_query"]).timestamp() < 600
