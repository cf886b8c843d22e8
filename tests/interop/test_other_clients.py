"""dnspython and dnsperf as clients of our server: a library's transfers and updates, and a flood that loses nothing."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update
import dns.xfr
import dns.zone
import pytest
from dns_exchange import SECRET
from dns_service import Running, running
from peers import program

SECRET_TEXT = base64.b64encode(SECRET).decode()
KEY = dns.tsig.Key("dhcp.", SECRET, "hmac-sha256")
KEYRING = {KEY.name: KEY}
TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\n" + "".join(f"h{i} 300 TXT {'x' * 200}\n" for i in range(300))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, TEXT) as found:
        yield found


def follow(service: Running, zone: dns.zone.Zone) -> dns.rdatatype.RdataType:
    """Brings the zone to where the server is, signed; by which kind of transfer."""
    query, _serial = dns.xfr.make_query(zone, keyring=KEYRING)
    dns.query.inbound_xfr(service.host, zone, query, port=service.port, timeout=10, lifetime=20)
    return query.question[0].rdtype


def put(service: Running, change: dns.update.UpdateMessage) -> None:
    change.use_tsig(KEY)
    assert dns.query.tcp(change, service.host, port=service.port, timeout=10).rcode() == dns.rcode.NOERROR


def test_dnspython_follows_signed_updates_by_signed_transfers(service: Running) -> None:
    zone = dns.zone.Zone("example.test.")
    assert follow(service, zone) == dns.rdatatype.AXFR
    assert len(zone.nodes) == 302
    for number in range(20):
        change = dns.update.UpdateMessage("example.test.")
        change.delete(f"h{number}")
        change.add(f"new{number}", 60, "A", f"10.0.0.{number}")
        change.replace("changing", 60, "TXT", str(number))
        put(service, change)
        if number % 5 == 4:
            assert follow(service, zone) == dns.rdatatype.IXFR
    anew = dns.zone.Zone("example.test.")
    follow(service, anew)
    assert zone.to_text() == anew.to_text()
    assert len(zone.nodes) == 302 - 20 + 20 + 1
    assert zone.get_soa().serial == 21


def counted(printed: str, what: str) -> int:
    found = re.search(rf"(?:Queries|Updates) {what}:\s+(\d+)", printed)
    return int(found[1]) if found else 0


def dnsperf(service: Running, folder: Path, feed: str, *options: str) -> str:
    (folder / "feed").write_text(feed)
    command = [program("dnsperf"), "-s", service.host, "-p", str(service.port), "-d", str(folder / "feed")]
    done = subprocess.run([*command, "-c", "4", *options], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


@pytest.mark.parametrize("mode", ["udp", "tcp"])
def test_dnsperf_asks_and_nothing_is_lost(service: Running, tmp_path: Path, mode: str) -> None:
    feed = "".join(
        f"h{i % 300}.example.test. TXT\nh{i}.example.test. AAAA\nno{i}.example.test. A\n" for i in range(300)
    )
    out = dnsperf(service, tmp_path, feed, "-m", mode, "-n", "5", "-q", "50")
    assert counted(out, "sent") == counted(out, "completed") == 4500
    assert re.search(r"NOERROR 3000 \(66\.\d+%\), NXDOMAIN 1500", out), out


def test_dnsperf_updates_and_nothing_is_lost(service: Running, tmp_path: Path) -> None:
    feed = "".join(f"example.test\nprohibit u{i}\nadd u{i} 60 A 10.0.0.{i % 250}\nsend\n" for i in range(500))
    out = dnsperf(service, tmp_path, feed, "-u", "-n", "1", "-q", "50", "-y", f"hmac-sha256:dhcp:{SECRET_TEXT}")
    assert counted(out, "sent") == counted(out, "completed") == 500
    assert "NOERROR 500 (100.00%)" in out, out
    assert service.ask("example.test.", "SOA").answer[0][0].serial == 501
    again = dnsperf(service, tmp_path, feed, "-u", "-n", "1", "-q", "50", "-y", f"hmac-sha256:dhcp:{SECRET_TEXT}")
    assert "YXDOMAIN 500 (100.00%)" in again, again
