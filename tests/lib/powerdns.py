"""A real PowerDNS of a test's own, on its SQLite backend: zones that the key `dhcp.` may update, on loopback."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from dnspeer import SECRET_TEXT, DnsPeer, running, write_zone
from peers import program
from ports import free_port

SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
CONFIG = """\
launch=gsqlite3
gsqlite3-database={directory}/pdns.db
local-address=127.0.0.1
local-port={port}
socket-dir={directory}
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
disable-axfr=no
allow-axfr-ips=127.0.0.0/8
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
guardian=no
daemon=no
write-pid=no
"""


@contextlib.contextmanager
def powerdns(directory: Path, zones: Sequence[str]) -> Iterator[DnsPeer]:
    """PowerDNS with these empty zones (names with the final dot), in a directory of its own."""
    directory.mkdir(parents=True, exist_ok=True)
    binary, util = program("pdns_server"), program("pdnsutil")
    port = free_port()
    (directory / "pdns.conf").write_text(CONFIG.format(directory=directory, port=port))
    with contextlib.closing(sqlite3.connect(directory / "pdns.db")) as database:
        database.executescript(SCHEMA.read_text())

    def run(*words: str) -> None:
        command = [util, f"--config-dir={directory}", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout

    run("import-tsig-key", "dhcp", "hmac-sha256", SECRET_TEXT)
    for number, zone in enumerate(zones):
        write_zone(directory / f"zone{number}", zone)
        run("load-zone", zone, str(directory / f"zone{number}"))
        run("set-meta", zone, "TSIG-ALLOW-DNSUPDATE", "dhcp")
        run("set-meta", zone, "TSIG-ALLOW-AXFR", "dhcp")  # who signs gets no transfer for its address
        run("set-meta", zone, "SOA-EDIT-DNSUPDATE", "INCREASE")
    with running([binary, f"--config-dir={directory}"], port, directory / "log") as peer:
        yield peer
