"""What tests of all DNS servers share: a port, waiting for the first answer, reading back with dnspython."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.zone

from tenure.signing.key import ALGORITHMS, Key

SECRET = bytes(range(32))
KEY = Key(b"\x04dhcp\0", ALGORITHMS["hmac-sha256"].name, SECRET)
SECRET_TEXT = base64.b64encode(SECRET).decode()


@dataclass(frozen=True)
class DnsPeer:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def server(self) -> tuple[str, int]:
        """Where it listens, UDP and TCP."""
        return ("127.0.0.1", self.port)

    def at(self, name: str) -> set[str]:
        """Everything at a name, as `TYPE RDATA` texts, read by a zone transfer."""
        wanted = dns.name.from_text(name)
        return {text for owner, text in self.records(name) if owner == wanted}

    def ttl(self, name: str, rtype: str) -> int:
        """Of an RRset that is there."""
        answer = dns.query.tcp(dns.message.make_query(name, rtype), "127.0.0.1", port=self.port, timeout=5)
        return int(answer.answer[0].ttl)

    def records(self, name: str) -> Iterator[tuple[dns.name.Name, str]]:
        """All records of the zone that holds the name."""
        query = dns.message.make_query(name, "SOA")
        answer = dns.query.tcp(query, "127.0.0.1", port=self.port, timeout=5)
        zone = next(r.name for r in (*answer.answer, *answer.authority) if r.rdtype == dns.rdatatype.SOA)
        for message in dns.query.xfr("127.0.0.1", zone, port=self.port, relativize=False, lifetime=30):
            for rrset in message.answer:
                for rdata in rrset:
                    yield rrset.name, f"{dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text(chunksize=0)}"

    def write(self, zone: str, *lines: str) -> None:
        """Put records there as a person does with nsupdate: `NAME TTL TYPE RDATA` lines."""
        keyring = dns.tsigkeyring.from_text({"dhcp.": SECRET_TEXT})
        update = dns.update.UpdateMessage(zone, keyring=keyring, keyalgorithm=dns.tsig.HMAC_SHA256)
        for line in lines:
            name, ttl, rtype, rdata = line.split(maxsplit=3)
            update.add(dns.name.from_text(name), int(ttl), rtype, rdata)
        answer = dns.query.tcp(update, "127.0.0.1", port=self.port, timeout=5)
        assert answer.rcode() == 0, answer


def write_zone(path: Path, zone: str) -> None:
    """A zone with nothing but its SOA and a name server that is elsewhere."""
    path.write_text(f"$TTL 300\n{zone} SOA ns.invalid. root.invalid. 1 3600 600 86400 60\n{zone} NS ns.invalid.\n")


@contextlib.contextmanager
def running(
    command: list[str], port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[DnsPeer]:
    """Start a server in the foreground, wait until it answers, end it."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        until = time.monotonic() + 20
        while not _answers(port):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < until, f"{command[0]} does not answer: {log.read_text(errors='replace')}"
            time.sleep(0.05)
        yield DnsPeer(port, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    query = dns.message.make_query(".", "SOA")
    try:
        dns.query.udp(query, "127.0.0.1", port=port, timeout=0.2)
    except (OSError, dns.exception.DNSException):
        return False
    return True
