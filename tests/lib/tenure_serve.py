"""A real `tenure serve` on loopback, with ports that the system chose, for system tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.reversename
from ports import free_port
from tenure_command import tenure
from tenure_toml import leased, served

PATIENCE = 30.0

MINIMAL = served("127.0.0.1:{dns}", "example.test.", "1.10.in-addr.arpa.") + leased(
    "127.0.0.1:{dhcp}", "10.1.0.0/16", "10.1.0.50-10.1.0.250"
)

DUAL_STACK = (
    MINIMAL
    + """
[[dns.zones]]
name = "8.b.d.0.1.0.0.2.ip6.arpa."

[dhcp6]
listen = ["[::1]:{dhcp}"]

[[dhcp6.subnets]]
subnet = "2001:db8:1::/64"
pools = ["2001:db8:1::100-2001:db8:1::1ff"]
pd-pools = [{{ prefix = "2001:db8:ff00::", prefix-len = 40, delegated-len = 56 }}]
"""
)


def eventually(check: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The first true value of `check`; the test fails when it stays false."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return value


class TenureServe:
    """The running supervisor, and ways to look at it."""

    def __init__(self, folder: Path, template: str = MINIMAL) -> None:
        self.dns_port, self.dhcp_port = free_port(), free_port()
        self.config = folder / "tenure.toml"
        self.config.write_text(template.format(dns=self.dns_port, dhcp=self.dhcp_port))
        self.log_path = folder / "serve.log"
        self._log = self.log_path.open("ab")
        command = [sys.executable, "-m", "tenure", "serve", "-c", str(self.config)]
        self.process = subprocess.Popen(command, stderr=self._log, stdout=self._log)

    @property
    def dhcp(self) -> tuple[str, int]:
        return "127.0.0.1", self.dhcp_port

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def wait_until_ready(self) -> None:
        """Until what is configured of DNS and DHCP listens, and the updater has started."""
        dns_marks = ["event=dns-listening"] if "[dns]" in self.config.read_text() else []
        marks = [*dns_marks, "event=listening", "service=updater event=start"]

        def ready() -> bool:
            assert self.process.poll() is None, self.log
            log = self.log
            return all(mark in log for mark in marks)

        eventually(ready, "services listen")

    def query(self, name: str, rtype: str) -> list[str]:
        """The texts of the records in the answer; empty also while nobody answers."""
        question = dns.message.make_query(name, rtype)
        try:
            answer = dns.query.udp(question, "127.0.0.1", port=self.dns_port, timeout=2)
        except (dns.exception.Timeout, OSError):
            return []
        wanted = dns.rdatatype.from_text(rtype)
        return sorted(record.to_text() for rrset in answer.answer if rrset.rdtype == wanted for record in rrset)

    def reverse(self, address: str) -> list[str]:
        return self.query(dns.reversename.from_address(address).to_text(), "PTR")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the command line with this configuration."""
        return tenure(*arguments, "-c", self.config)

    def rows(self, *arguments: str) -> Any:
        """What a command prints as JSON."""
        done = self.run(*arguments, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def children(self) -> dict[str, int]:
        """The services' processes: name to pid."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except (OSError, ValueError):
                continue
            if parent == self.process.pid and b"tenure" in words:
                found[words[words.index(b"tenure") + 1].decode()] = int(entry.name)
        return found

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self._log.close()

    def abandon(self) -> None:
        """End whatever still runs of it."""
        for pid in [*self.children().values(), self.process.pid]:
            if self.process.poll() is None:
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()


@contextmanager
def tenure_serve(folder: Path, template: str = MINIMAL) -> Iterator[TenureServe]:
    """A server that is ready; stopped, or ended if it does not stop, at the end."""
    server = TenureServe(folder, template)
    try:
        server.wait_until_ready()
        yield server
        if server.process.poll() is None:
            server.stop()
    finally:
        server.abandon()
