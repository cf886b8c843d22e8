"""DHCPv4 exchanges a second, seen by perfdhcp across a veth pair, as a relay with ever new clients.

The offered rate rises until a server completes less than two thirds of it, then two more between the best one and its
neighbours are tried; its figure is the highest number of whole exchanges (DISCOVER to ACK) that it completed in a
second at any offered rate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from network import Host, Process, eventually, network
from peers import find
from tenure_toml import leased, served, write_toml

from bench.ourselves import tenure_command
from bench.result import Contest, Contestant

KEA, DHCPD = "Kea, memfile, 2 threads, not durable", "ISC dhcpd, durable"
SERVER, RELAY = "10.0.0.1", "10.0.0.2"
POOL = "10.64.0.0-10.200.255.255"
RATES = [100, 300, 1000, 2000, 4000, 8000, 11000, 14000, 17000, 20000, 24000, 28000, 33000]
SECONDS = 5
Start = Callable[[Host], None]
Load = Callable[[Host, int, int], tuple[float, float]]
Setting = str | int | bool
REASON = (
    "The load generator has one of the two processors to itself and the server the other, so the ratio is that of the "
    "processor time of an exchange. Where ours goes: `python -m bench.lease_stages`. Kea syncs nothing, and has no "
    "names, registrations and history."
)


def contest(quick: bool = False) -> Contest:
    """The row `DHCPv4 exchanges/s`."""
    return Contest(
        "DHCPv4 exchanges/s (tenure: durable, with registrations)",
        "/s",
        measure("tenure", start_tenure, quick),
        [
            measure(KEA, start_kea, quick),
            measure(DHCPD, start_dhcpd, quick),
        ],
        {KEA: 1.5, DHCPD: 8},
        reasons={KEA: REASON},
    )


def measure(name: str, start: Start, quick: bool) -> Contestant:
    """The best completed rate of one DHCPv4 server."""
    return best_rate(name, start, offer, (f"{SERVER}/8", f"{RELAY}/8"), quick)


def best_rate(name: str, start: Start, load: Load, addresses: tuple[str, str], quick: bool) -> Contestant:
    """The best completed rate of one server, with a fresh state for each offered rate."""
    found: dict[int, tuple[float, float]] = {}  # completed and share of packets unanswered, by offered rate

    def attempt(rate: int) -> float:
        with network() as net:
            server, relay = net.host("server"), net.host("relay")
            net.wire(server, addresses[0], relay, addresses[1])
            start(server)
            found[rate] = load(relay, rate, 3 if quick else SECONDS)
        return found[rate][0]

    for rate in RATES[::3] if quick else RATES:
        if attempt(rate) < rate * 2 / 3:
            break
    for rate in between(max(found, key=lambda rate: found[rate]), sorted(found)):
        attempt(rate)
    at = max(found, key=lambda rate: found[rate])
    completed, dropped = found[at]
    return Contestant(name, completed, f"best at {at:,} offered a second, {dropped:.1%} of the packets unanswered")


def between(best: int, tried: Sequence[int]) -> list[int]:
    """The rates half way from the best one to its neighbours."""
    place = tried.index(best)
    return [(best + other) // 2 for other in (*tried[place - 1 : place], *tried[place + 1 : place + 2])]


def offer(relay: Host, rate: int, seconds: int) -> tuple[float, float]:
    """Offer `rate` DHCPv4 exchanges a second, as a relay; see `perfdhcp`."""
    return perfdhcp(relay, rate, seconds, "-4", "-l", RELAY, SERVER)


def perfdhcp(client: Host, rate: int, seconds: int, family: str, *where: str) -> tuple[float, float]:
    """Offer `rate` exchanges a second: completed exchanges a second, and the share of packets not answered.

    In one thread. With two, as perfdhcp works by default, its sender never sleeps, and its receiver shares with the
    server what is left: on two processors it then loses in its own buffer many of the answers that have come.
    """
    command = [find("perfdhcp"), family, "-g", "single", "-r", rate, "-R", 10_000_000, "-p", seconds, "-W", 1_000_000]
    printed = client.run(*map(str, command), *where, check=False, timeout=seconds + 60)
    sent = [int(n) for n in re.findall(r"sent packets: (\d+)", printed)]
    received = [int(n) for n in re.findall(r"received packets: (\d+)", printed)]
    assert len(sent) == len(received) == 2, printed
    return received[1] / seconds, 1 - sum(received) / max(sum(sent), 1)


def start_tenure(server: Host, store: str = "sqlite:tenure.db") -> None:
    """The lease service alone, each lease with a generated name and its registration."""
    process = run_tenure(server, store)
    eventually(lambda: answers(server), "tenure answers", 20, process.printed)


def run_tenure(server: Host, store: str = "sqlite:tenure.db") -> Process:
    """The same, as soon as its process is there."""
    config = write_toml(
        server.folder,
        leased(f"{SERVER}:67", "10.0.0.0/8", POOL, id=1, valid_lifetime=3600, ddns_qualifying_suffix="bench.test."),
        served("127.0.0.1:53", "bench.test.", "10.in-addr.arpa."),
        store=store,
    )
    return server.start(*tenure_command("dhcp", config), private=False)


def start_kea(server: Host, **database: Setting) -> None:
    """Kea as Debian ships it: memfile with its file unless another database is given, two threads."""
    process = run_kea(server, **database)
    eventually(lambda: answers(server), "Kea answers", 20, process.printed)


def run_kea(server: Host, **database: Setting) -> Process:
    """The same, as soon as its process is there."""
    memfile: dict[str, Setting] = {"type": "memfile", "persist": True, "name": str(kea_leases(server))}
    config = {
        "Dhcp4": {
            "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "udp"},
            "lease-database": database or memfile,
            "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 64},
            "valid-lifetime": 3600,
            "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
            "subnet4": [{"id": 1, "subnet": "10.0.0.0/8", "pools": [{"pool": POOL}]}],
        }
    }
    path = server.folder / "kea.json"
    path.write_text(json.dumps(config))
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(server.folder / "lib")}
    return server.start(find("kea-dhcp4"), "-c", path, env=environment)


def kea_leases(server: Host) -> Path:
    """The file of Kea's leases."""
    return server.folder / "lib" / "kea.csv"


def start_dhcpd(server: Host) -> None:
    """ISC dhcpd as Debian ships it: every lease written and synced before the ACK."""
    path = server.folder / "dhcpd.conf"
    path.write_text("""
authoritative;
default-lease-time 3600;
max-lease-time 3600;
subnet 10.0.0.0 netmask 255.0.0.0 { range 10.64.0.0 10.65.255.255; }
""")
    leases = server.folder / "lib" / "dhcpd.leases"
    leases.touch()
    command = [find("dhcpd"), "-4", "-f", "-q", "-cf", path, "-lf", leases, "-pf", Path("/run/dhcpd.pid"), "eth0"]
    process = server.start(*command)
    eventually(lambda: answers(server), "dhcpd answers", 20, process.printed)


def answers(server: Host) -> bool:
    """Whether something listens on port 67 in the server's namespace."""
    return ":67 " in server.run("ss", "-lun")
