"""A real `tenure dns` whose clients come by Kerberos, and nsupdate -g as such a client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.message
import dns.query
from kdc import SERVER, Kdc
from peers import program
from ports import free_port
from tenure_command import tenure
from tenure_serve import eventually
from tenure_toml import entry, section, write_toml

ZONE = "example.test."
REVERSE = "2.0.192.in-addr.arpa."


class SecureDns:
    """The running server."""

    def __init__(
        self,
        folder: Path,
        realm: Kdc,
        policy: Mapping[str, Sequence[str]],
        workers: int = 1,
        *,
        tables: Sequence[str] = (),
        zone_keys: Mapping[str, Any] | None = None,
        **keys: Any,
    ) -> None:
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        more = zone_keys or {}
        zones = [entry("dns.zones", name=zone, policy=list(rules), **more) for zone, rules in policy.items()]
        self.config = write_toml(
            folder,
            section("dns", listen=[f"127.0.0.1:{self.port}"], server_name=f"{SERVER}.", workers=workers, **keys),
            *tables,
            *zones,
        )
        self.log_path = folder / "dns.log"
        self.workers = workers
        command = [sys.executable, "-m", "tenure", "dns", "-c", str(self.config)]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=realm.environment)

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.log_path.read_text()
            return self.begun() == self.workers

        eventually(ready, "the DNS service listens")

    def begun(self) -> int:
        """How many processes have listened by now."""
        return self.log_path.read_text().count("event=dns-listening")

    def records(self, name: str, rtype: str) -> list[str]:
        query = dns.message.make_query(name, rtype)
        reply = dns.query.udp(query, "127.0.0.1", port=self.port, timeout=10)
        return sorted(record.to_text() for rrset in reply.answer for record in rrset)

    def run(self, *arguments: str) -> str:
        """What a command of the command line says."""
        done = tenure(*arguments, "-c", self.config)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pids(self) -> list[int]:
        """The processes of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def history(self, kind: str) -> list[dict[str, str]]:
        """The entries of a kind, oldest first."""
        found: list[dict[str, str]] = json.loads(self.run("history", "--kind", kind, "-o", "json"))
        return found


@contextmanager
def secure_dns(
    folder: Path, realm: Kdc, policy: Mapping[str, Sequence[str]], workers: int = 1, **keys: Any
) -> Iterator[SecureDns]:
    """`tenure dns` with the keytab of its own. `tables`: more of the file; `zone_keys`: of each zone."""
    if "tkey_gssapi_keytab" not in keys:
        keys["tkey_gssapi_keytab"] = str(realm.keytab(f"DNS/{SERVER}"))
    running = SecureDns(folder, realm, policy, workers, **keys)
    try:
        running.wait_until_ready()
        yield running
        running.process.terminate()
        assert running.process.wait(30) == 0, running.log_path.read_text()
    finally:
        running.process.kill()
        running.process.wait()


def nsupdate(port: int, environment: Mapping[str, str], *lines: str, zone: str = ZONE, options: str = "-g") -> str:
    """What nsupdate says about an update; empty: it was carried out."""
    script = "\n".join(["gsstsig", f"server 127.0.0.1 {port}", f"zone {zone}", *lines, "send", ""])
    command = [program("nsupdate"), *options.split()]
    done = subprocess.run(
        command, input=script, env=dict(environment), capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr
