"""BIND, Knot and tenure as primaries of one zone on loopback, for one benchmark each."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
from network import eventually
from peers import find
from ports import free_port
from tenure_toml import served, tsig_key, write_toml

from bench.ourselves import tenure_command

ZONE = "bench.test."
KEY = "bench."
SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
WRITES_MADE_HERE = "grant bench. zonesub ANY"
# BIND puts every record of an update into its log, and spends much of its time on that. The others here do not.
BIND_LOG = """\
logging { category default { default_stderr; }; category update { null; }; category update-security { null; }; };"""


@dataclass
class Server:
    """A running primary."""

    name: str
    port: int
    folder: Path
    popen: subprocess.Popen[bytes]

    def soa(self) -> bool:
        """Whether it answers for the zone; an error if it has ended."""
        assert self.popen.poll() is None, (self.folder / "log").read_text()
        query = dns.message.make_query(ZONE, "SOA")
        with contextlib.suppress(OSError, dns.exception.Timeout):
            return bool(dns.query.udp(query, "127.0.0.1", timeout=0.5, port=self.port).answer)
        return False


def zone_file(names: int) -> str:
    """A zone with hosts h0 ... and their addresses."""
    head = [
        f"$ORIGIN {ZONE}",
        "$TTL 1200",
        "@ SOA ns hostmaster 1 3600 600 86400 300",
        "@ NS ns",
        "ns A 127.0.0.1",
    ]
    return "\n".join([*head, *(f"h{n} A 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(names)), ""])


@contextlib.contextmanager
def serve(make: Callable[[Path, int], list[str]], name: str, names: int, wait: float = 60) -> Iterator[Server]:
    """Run a server over a fresh folder and a zone of `names` hosts; `make` writes its configuration."""
    with fresh_folder() as folder:
        (folder / "zone").write_text(zone_file(names))
        port = free_port()
        with running(name, folder, port, make(folder, port), wait) as server:
            yield server


@contextlib.contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder for one server, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield folder


@contextlib.contextmanager
def running(
    name: str,
    folder: Path,
    port: int,
    command: list[str],
    wait: float = 60,
    ready: Callable[[Server], bool] | None = None,
) -> Iterator[Server]:
    """Run a server whose folder is prepared, from its first answer on; `ready` says how that is found out."""
    with (folder / "log").open("wb") as log:
        popen = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    server = Server(name, port, folder, popen)
    try:
        eventually(lambda: (ready or Server.soa)(server), f"{name} serves the zone", wait, (folder / "log").read_text)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            popen.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)
        popen.wait()


def bind(folder: Path, port: int) -> list[str]:
    """BIND: journal on disk, two worker threads, as it comes, but for what it says of every record."""
    (folder / "named.conf").write_text(f"""
options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;
  pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key"; dnssec-validation no; notify no; }};
controls {{ }};
{BIND_LOG}
key "{KEY}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
zone "{ZONE}" {{
  type primary; file "{folder}/zone"; update-policy {{ {WRITES_MADE_HERE}; }}; allow-transfer {{ any; }};
}};
""")
    return [find("named"), "-f", "-c", str(folder / "named.conf")]


def knot(folder: Path, port: int) -> list[str]:
    """Knot: its journal in the robust mode that it comes with."""
    (folder / "knot.conf").write_text(f"""
server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
database:
    storage: "{folder}"
key:
  - id: {KEY}
    algorithm: hmac-sha256
    secret: {SECRET}
acl:
  - id: writers
    key: {KEY}
    action: [update, transfer]
zone:
  - domain: {ZONE}
    storage: "{folder}"
    file: zone
    acl: writers
    zonefile-sync: -1
    journal-content: changes
""")
    return [find("knotd"), "-c", str(folder / "knot.conf")]


def tenure(folder: Path, port: int) -> list[str]:
    """The DNS service alone, over SQLite."""
    transfers = ["127.0.0.1/32"]
    config = write_toml(
        folder,
        tsig_key(KEY, SECRET),
        served(f"127.0.0.1:{port}", ZONE, file="zone", policy=[WRITES_MADE_HERE], allow_transfer=transfers),
    )
    return tenure_command("dns", config)
