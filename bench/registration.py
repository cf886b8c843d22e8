"""Names registered a second into one BIND or Knot: tenure's updater from its ledger, beside Kea's D2 from its queue.

Both write address and DHCID, and the pointer of the address, by RFC 4703 with TSIG. The clock of both starts when the
program runs and has something to do: for the updater that is when it says that it has started, and how long its start
took is told beside its figure. D2 gets no more requests at once than its queue holds (1,024), so that its figure is its
speed; what it does with a burst of 10,000 is told beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dns.message
import dns.query
import dns.reversename
import dns.tsigkeyring
import dns.zone
from network import eventually
from peers import find
from ports import free_port
from tenure_toml import leased, tsig_key, updated, write_toml

from bench import nameservers, prepared
from bench.ourselves import fill_ledger, tenure_command
from bench.processes import processor_seconds
from bench.result import Contest, Contestant

Make = Callable[[Path, int], list[str]]

D2 = "Kea D2"
REVERSE = "10.in-addr.arpa."
REVERSE_ZONE = """\
$TTL 1200
@ SOA ns.bench.test. hostmaster.bench.test. 1 3600 600 86400 300
@ NS ns.bench.test.
"""
QUEUE, ROUNDS = 900, 10
BURST = 10_000
PATIENCE = 10.0  # seconds in which nothing more comes: then nothing will
AHEAD = 3  # names of the sample: pointers are not written in the very order of the names
REASONS = {
    "BIND": "BIND does little more with messages that were made beforehand. D2 waits for BIND's syncs.",
    "Knot": "Knot at times leaves what has come until its next timer runs.",
}


def contests(quick: bool = False) -> list[Contest]:
    """The rows `names registered/s`: into BIND, and into Knot."""
    found = []
    for server, make in (("BIND", bind), ("Knot", knot)):
        count = 10_000 if quick else 100_000
        remark = (
            f"{server} alone takes {limit(make, count):,.0f} names a second from messages that were made beforehand"
        )
        found.append(
            Contest(
                f"names registered/s into one {server}, forward and reverse with DHCID",
                "/s",
                measure_tenure(make, count),
                [measure_d2(make, burst=1_500 if quick else BURST)],
                {D2: 20},
                reasons={D2: REASONS[server]},
                remarks=[remark],
            )
        )
    return found


def limit(make: Make, count: int) -> float:
    """Names a second that the server takes at most."""
    with nameservers.serve(make, "it", names=0) as server:
        return prepared.names_per_second(server.port, names(count, "p"), nameservers.ZONE, REVERSE)


def bind(folder: Path, port: int) -> list[str]:
    """BIND with the reverse zone beside the forward one."""
    command = nameservers.bind(folder, port)
    (folder / "reverse").write_text(REVERSE_ZONE)
    with (folder / "named.conf").open("a") as configuration:
        configuration.write(f"""
zone "{REVERSE}" {{
  type primary; file "{folder}/reverse"; update-policy {{ {nameservers.WRITES_MADE_HERE}; }}; allow-transfer {{ any; }};
}};
""")
    return command


def knot(folder: Path, port: int) -> list[str]:
    """Knot with the reverse zone beside the forward one."""
    command = nameservers.knot(folder, port)
    (folder / "reverse").write_text(REVERSE_ZONE)
    configuration = (folder / "knot.conf").read_text()
    patient = configuration.replace("server:\n", "server:\n    tcp-io-timeout: 0\n")  # who counts takes a zone slowly
    (folder / "knot.conf").write_text(f"""{patient}
  - domain: {REVERSE}
    storage: "{folder}"
    file: reverse
    acl: writers
    zonefile-sync: -1
    journal-content: changes
""")
    return command


def names(count: int, prefix: str) -> list[tuple[str, str, bytes]]:
    """Name, address and DHCID of so many leases."""
    return [
        (
            f"{prefix}{n}.{nameservers.ZONE}",
            f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}",
            b"\0\1\1" + hashlib.sha256(f"{prefix}{n}".encode()).digest(),
        )
        for n in range(count)
    ]


def measure_tenure(make: Make, count: int) -> Contestant:
    """A ledger with `count` due registrations, and the updater from when it has started on it."""
    with nameservers.serve(make, "it", names=0) as server:
        config = write_toml(
            server.folder,
            tsig_key(nameservers.KEY, nameservers.SECRET),
            leased("127.0.0.1:67", "10.0.0.0/8", "10.0.0.1-10.200.0.0", ddns_qualifying_suffix=nameservers.ZONE),
            updated(f"127.0.0.1:{server.port}", nameservers.KEY, nameservers.ZONE, REVERSE),
        )
        wanted = names(count, "r")
        fill_ledger(server.folder / "tenure.db", wanted)
        sample = pointers(wanted)
        called = time.monotonic()
        with running(tenure_command("updater", config), server.folder) as updater:
            began = started(server.folder, updater)
            seconds = wait_for(sample, server.port, updater) - began
            ours, theirs = (processor_seconds(one.pid) / count * 1e6 for one in (updater, server.popen))
        found = registered(server.port, "r")
    note = f"{count:,} names in {seconds:.1f} s, {count - found:,} lost, after a start of {began - called:.1f} s"
    return Contestant(
        "tenure",
        count / seconds,
        f"{note}; of processor time a name took {ours:.0f} us in the updater and {theirs:.0f} us in the server",
    )


def measure_d2(make: Make, burst: int) -> Contestant:
    """D2 with a full queue, several times; then, with a fresh server, a burst that its queue does not hold."""
    seconds = 0.0
    with nameservers.serve(make, "it", names=0) as server, d2(server) as port:
        wanted = names(QUEUE * ROUNDS, "d")
        for first in range(0, len(wanted), QUEUE):
            some = wanted[first : first + QUEUE]
            sample = pointers(some)
            began = time.monotonic()
            request(port, some)
            seconds += wait_for(sample, server.port) - began
        found = registered(server.port, "d")
    note = f"{found:,} names in {seconds:.2f} s, {len(wanted) - found:,} lost"
    with nameservers.serve(make, "it", names=0) as server, d2(server) as port:
        request(port, names(burst, "d"))
        lost = burst - settled(server.port)
    return Contestant(D2, found / seconds, f"{note}; of a burst of {burst:,} it lost {lost:,}")


@contextlib.contextmanager
def d2(server: nameservers.Server) -> Iterator[int]:
    """Kea's D2 with BIND as its only forward server; gives the port of its queue."""
    port = free_port()
    config = {
        "DhcpDdns": {
            "ip-address": "127.0.0.1",
            "port": port,
            "tsig-keys": [{"name": nameservers.KEY, "algorithm": "HMAC-SHA256", "secret": nameservers.SECRET}],
            "forward-ddns": {"ddns-domains": [d2_domain(nameservers.ZONE, server.port)]},
            "reverse-ddns": {"ddns-domains": [d2_domain(REVERSE, server.port)]},
            "loggers": [{"name": "kea-dhcp-ddns", "severity": "FATAL", "output_options": [{"output": "stdout"}]}],
        }
    }
    path = server.folder / "d2.json"
    path.write_text(json.dumps(config))
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(server.folder)}
    with running([find("kea-dhcp-ddns"), "-c", str(path)], server.folder, environment):
        eventually(lambda: listens(port), "D2 listens", 20)
        yield port


def d2_domain(zone: str, port: int) -> dict[str, object]:
    """A zone in D2's configuration."""
    servers = [{"ip-address": "127.0.0.1", "port": port}]
    return {"name": zone, "key-name": nameservers.KEY, "dns-servers": servers}


def listens(port: int) -> bool:
    """Whether a UDP port of loopback is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def request(port: int, wanted: Sequence[tuple[str, str, bytes]]) -> None:
    """Name change requests as kea-dhcp4 sends them: two octets of length and JSON, one a datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for name, address, dhcid in wanted:
            body = json.dumps(
                {
                    "change-type": 0,
                    "forward-change": True,
                    "reverse-change": True,
                    "fqdn": name,
                    "ip-address": address,
                    "dhcid": dhcid.hex().upper(),
                    "lease-expires-on": "20991231235959",
                    "lease-length": 3600,
                    "use-conflict-resolution": True,
                }
            ).encode()
            out.sendto(len(body).to_bytes(2, "big") + body, ("127.0.0.1", port))
            time.sleep(0.0002)  # as fast as a busy DHCP server, not as fast as a loop


@contextlib.contextmanager
def running(
    command: list[str], folder: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program for as long as the block lasts; ended by its id."""
    with (folder / "program.log").open("wb") as log:
        popen = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **(environment or {})})
    try:
        yield popen
    finally:
        popen.send_signal(signal.SIGTERM)
        try:
            popen.wait(15)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()


def started(folder: Path, updater: subprocess.Popen[bytes]) -> float:
    """When it says so, by the monotonic clock."""
    deadline = time.monotonic() + 20
    while b"event=started" not in (log := (folder / "program.log").read_bytes()):
        assert updater.poll() is None, log.decode()
        assert time.monotonic() < deadline, log.decode()
        time.sleep(0.002)
    return time.monotonic()


def pointers(wanted: Sequence[tuple[str, str, bytes]]) -> list[str]:
    """The reverse names of an even sample of the addresses, the last first: pointers are what is written last."""
    sample = wanted[:: -max(1, len(wanted) // 200)]
    return [dns.reversename.from_address(address).to_text() for _, address, _ in sample]


def resolves(name: str, port: int) -> bool:
    """Whether the server has a pointer at the name."""
    with contextlib.suppress(dns.exception.Timeout):
        return bool(dns.query.udp(dns.message.make_query(name, "PTR"), "127.0.0.1", timeout=1, port=port).answer)
    return False


def wait_for(sample: list[str], port: int, updater: subprocess.Popen[bytes] | None = None) -> float:
    """Until all of a sample resolves, or nothing more of it does; when the last of it came, by the monotonic clock.

    The questions go in the order of the names, a few at a time: who asks for all of the sample again and again takes a
    processor from what is measured. A name that is not there though a later one is, is asked for again at the end.
    """
    missing, came_at = list(sample), time.monotonic()
    while missing and time.monotonic() < came_at + PATIENCE:
        place = next((place for place in range(1, min(AHEAD, len(missing)) + 1) if resolves(missing[-place], port)), 0)
        if place:
            missing = missing[len(missing) - place + 1 :] + missing[:-place]
            came_at = time.monotonic()
        else:
            assert updater is None or updater.poll() is None, "the updater has ended"
            time.sleep(0.02)
    return came_at


def registered(port: int, prefix: str) -> int:
    """How many names of the run are in DNS with their pointers, by transfers of both zones."""
    forward = {str(name) for name in transferred(nameservers.ZONE, port)}
    pointed = {str(rdata.target).partition(".")[0] for _, _, rdata in transferred(REVERSE, port).iterate_rdatas("PTR")}
    return sum(1 for name in forward & pointed if name.startswith(prefix) and name[1:].isdecimal())


def transferred(zone: str, port: int) -> dns.zone.Zone:
    """A whole zone."""
    keyring = dns.tsigkeyring.from_text({nameservers.KEY: nameservers.SECRET})
    return dns.zone.from_xfr(dns.query.xfr("127.0.0.1", zone, port=port, relativize=True, keyring=keyring))


def settled(port: int) -> int:
    """How many names there are once no more come."""
    before = -1
    while (now := registered(port, "d")) != before:
        before = now
        time.sleep(3)
    return now
