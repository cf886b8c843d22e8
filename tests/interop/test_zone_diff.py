"""`tenure zones diff` against BIND, and zone care while the DNS service runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import dns.message
import dns.query
import pytest
from dns_service import running
from dnspeer import SECRET_TEXT
from named import named
from ports import free_port
from tenure_command import tenure

from tenure.dnswire.name import from_text
from tenure.ledger.opening import open_leases

ZONE = "$TTL 300\nexample.test. SOA ns.invalid. root.invalid. 1 3600 600 86400 60\nexample.test. NS ns.invalid.\n"
CONFIG = """
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
[[keys]]
name = "dhcp."
secret-file = "key"
"""


class Care:
    """`tenure zones` with a store in a folder."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        (folder / "tenure.toml").write_text(CONFIG)
        (folder / "key").write_text(key)
        (folder / "key").chmod(0o600)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return tenure("zones", *words, "-c", self.folder / "tenure.toml")

    def take(self, text: str) -> None:
        (self.folder / "zone").write_text(text)
        done = self.run("import", str(self.folder / "zone"))
        assert done.returncode == 0, done.stderr


@pytest.fixture
def care(tmp_path: Path) -> Care:
    return Care(tmp_path, SECRET_TEXT)


def test_the_same_another_and_no_zone(tmp_path: Path, care: Care) -> None:
    with named(tmp_path / "bind", ["example.test."]) as peer:
        place = f"127.0.0.1:{peer.port}"
        care.take(ZONE)
        same = care.run("diff", "example.test", "--server", place)
        assert (same.returncode, same.stdout, same.stderr) == (0, "", "")
        care.take(ZONE.replace("SOA ns", "SOA NS").replace(" 1 3600", " 7 3600") + "a.example.test. A 10.0.0.1\n")
        other = care.run("diff", "example.test", "--server", place, "--key", "dhcp.")
        assert other.returncode == 1
        assert other.stdout.splitlines() == [
            "- example.test. 300 IN SOA NS.invalid. root.invalid. 7 3600 600 86400 60",
            "+ example.test. 300 IN SOA ns.invalid. root.invalid. 1 3600 600 86400 60",
            "- a.example.test. 300 IN A 10.0.0.1",
        ]
        found = json.loads(care.run("diff", "example.test", "--server", place, "-o", "json").stdout)
        assert [line["side"] for line in found] == ["here", "there", "here"]
        refused = care.run("diff", "other.test", "--server", place)
        assert (refused.returncode, "has no zone other.test." in refused.stderr) == (2, True)
    for words, reason in (
        (("--server", f"127.0.0.1:{free_port()}"), "did not give the zone"),
        (("--server", "nowhere"), "--server"),
        (("--server", "127.0.0.1", "--key", "nobody."), "has a key of this name"),
    ):
        failed = care.run("diff", "example.test", *words)
        assert (failed.returncode, reason in failed.stderr) == (2, True), failed.stderr


def test_a_service_that_runs_answers_what_was_imported_and_edited(tmp_path: Path, care: Care) -> None:
    with running(tmp_path) as service:
        open_leases(service.url).close()
        assert service.ask("host.example.test.").answer[0].to_text().endswith("192.0.2.10")
        ledger = service.ledger()
        try:
            head = "$TTL 300\n$ORIGIN example.test.\n@ SOA ns hostmaster 9 3600 600 86400 60\n"
            care.take(head + "@ NS ns\nns A 192.0.2.1\nhost A 192.0.2.99\n")
            assert service.ask("host.example.test.").answer[0].to_text().endswith("192.0.2.99")
            assert service.ask("example.test.", "SOA").answer[0][0].serial == 9
            query = dns.message.make_query("example.test.", "AXFR")
            assert dns.query.tcp(query, service.host, port=service.port, timeout=10).answer
            assert ledger.rrsets_at(ledger.zones()[0].id, from_text("host.example.test."))[1][1] == (b"\xc0\0\2\x63",)
        finally:
            ledger.close()
        assert care.run("diff", "example.test", "--server", f"{service.host}:{service.port}").returncode == 0
