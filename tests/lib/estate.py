"""All services of tenure on loopback, each a process of its own, so that a test can kill one and start it again."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.rdatatype
import dns.reversename
from network import eventually
from ports import free_port
from tenure_command import tenure
from tenure_toml import constant, leased, served, tsig_key, updated, write_toml

SERVICES = ("dns", "dhcp", "updater", "janitor")
ZONE = "estate.test."
SECRET = "ZXN0YXRlIHRlc3Qgc2VjcmV0IG9mIDMyIG9jdGV0cyAuLi4="


@dataclass
class Estate:
    """The configuration, and the services that run now."""

    folder: Path
    store: str
    lifetime: int = 600
    dhcp_port: int = field(default_factory=free_port)
    dns_port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)  # the length of a service's log when it was started last

    def __post_init__(self) -> None:
        server, reverse = f"127.0.0.1:{self.dns_port}", "10.in-addr.arpa."
        self.config = write_toml(
            self.folder,
            tsig_key("test.", SECRET),
            served(server, ZONE, reverse, policy=["grant test. zonesub ANY"]),
            updated(server, "test.", ZONE, reverse),
            leased(f"127.0.0.1:{self.dhcp_port}", "10.9.0.0/16", "10.9.1.0-10.9.9.255", **constant(self.lifetime)),
            store=self.store,
        )

    def command(self, *words: str) -> list[str]:
        """The tenure command with the configuration."""
        return [sys.executable, "-m", "tenure", *words, "-c", str(self.config)]

    def start(self, service: str, *before: str) -> subprocess.Popen[bytes]:
        """Start a service; `before` are words between the interpreter and the service, such as a mortal's fate."""
        command = [sys.executable, *before, service, "-c", str(self.config)] if before else self.command(service)
        with (self.folder / f"{service}.log").open("ab") as log:
            self.said[service] = log.tell()
            self.running[service] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        return self.running[service]

    def stop(self, service: str, sig: signal.Signals = signal.SIGTERM) -> int:
        """End a service by its id."""
        popen = self.running.pop(service)
        popen.send_signal(sig)
        try:
            return popen.wait(15)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
            raise

    def log(self, service: str) -> str:
        """What the service has said."""
        return (self.folder / f"{service}.log").read_text(errors="replace")

    def works(self, service: str) -> bool:
        """Whether the service has said that it is at work since it was started last."""
        said = self.log(service)[self.said[service] :]
        return "listening" in said or "event=started" in said

    def ready(self) -> None:
        """Wait until every service that was started is at work."""
        for service in self.running:
            eventually(partial(self.works, service), f"{service} is at work", 60, partial(self.log, service))

    def show(self, *words: str) -> Any:
        """What a command says, as JSON."""
        done = tenure(*words, "-c", self.config, "-o", "json")
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return json.loads(done.stdout)

    def ask(self, name: str, rdtype: str) -> list[str]:
        """The answer's RDATA in text, empty when there is none."""
        query = dns.message.make_query(name, rdtype)
        answer = dns.query.udp(query, "127.0.0.1", port=self.dns_port, timeout=5)
        return [str(rdata) for rrset in answer.answer for rdata in rrset]

    def named(self, name: str, address: str) -> bool:
        """Whether the name points at the address and the address at the name."""
        with contextlib.suppress(dns.exception.Timeout, OSError):
            reverse = str(dns.reversename.from_address(address))
            family = "AAAA" if ":" in address else "A"
            return self.ask(name, family) == [address] and self.ask(reverse, "PTR") == [name]
        return False


@contextlib.contextmanager
def estate(folder: Path, store: str, lifetime: int = 600, without: tuple[str, ...] = ()) -> Iterator[Estate]:
    """The services, but those in `without`, ended at the end."""
    made = Estate(folder, store, lifetime)
    try:
        for service in SERVICES:
            if service not in without:
                made.start(service)
                if service == "dns":  # the first one makes the schema and the zones
                    made.ready()
        made.ready()
        yield made
    finally:
        for service in list(made.running):
            popen = made.running[service]
            if popen.poll() is None:
                made.stop(service)
