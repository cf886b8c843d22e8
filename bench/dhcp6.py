"""DHCPv6 exchanges a second, seen by perfdhcp across a veth pair, which stands for ever new clients on the wire.

A whole exchange is SOLICIT to REPLY; otherwise as `dhcp4`.
"""

from __future__ import annotations

import json
from functools import partial

from lan6 import settled
from network import Host, eventually
from peers import find
from tenure_toml import entry, section, served, write_toml

from bench.dhcp4 import Start, best_rate, perfdhcp
from bench.ourselves import tenure_command
from bench.result import Contest, Contestant

KEA = "Kea, memfile, 2 threads, not durable"
SERVER, CLIENTS = "2001:db8::1", "2001:db8::2"
POOL = "2001:db8:0:0:1::/80"
REASON = (
    "An exchange costs more than one of DHCPv4: options inside options, longer names and keys, and associations, of "
    "which each could be one of many. The load generator has one of the two processors to itself and the server the "
    "other. Kea syncs nothing."
)
HASHED_REASON = (
    "Where a hash points, the rows of a lease, its registration and its address stand on pages of the database that no "
    "other one of the batch is on, and share them where addresses go in their order. Kea syncs nothing."
)


def contests(quick: bool = False) -> list[Contest]:
    """The rows `DHCPv6 exchanges/s`: addresses in their order, as Kea gives them, and where a hash points."""
    kea = measure(KEA, start_kea, quick)
    return [
        Contest(
            f"DHCPv6 exchanges/s (tenure: durable, with registrations), addresses {how}",
            "/s",
            measure("tenure", partial(start_tenure, allocator=allocator), quick),
            [kea],
            {KEA: 1.5},
            reasons={KEA: reason},
        )
        for how, allocator, reason in [
            ("in their order, as Kea gives them", "iterative", REASON),
            ("where a hash points", "random", HASHED_REASON),
        ]
    ]


def measure(name: str, start: Start, quick: bool) -> Contestant:
    """The best completed rate of one server."""
    return best_rate(name, start, offer, (f"{SERVER}/64", f"{CLIENTS}/64"), quick)


def offer(clients: Host, rate: int, seconds: int) -> tuple[float, float]:
    """Offer `rate` exchanges a second, to the group of servers on the wire."""
    settle(clients)
    return perfdhcp(clients, rate, seconds, "-6", "-l", "eth0", "all")


def start_tenure(server: Host, allocator: str) -> None:
    """The lease service alone, over SQLite, each lease with a generated name and its registration."""
    settle(server)
    config = write_toml(
        server.folder,
        section("dhcp6", interfaces=["eth0"]),
        entry(
            "dhcp6.subnets",
            subnet="2001:db8::/64",
            pools=[POOL],
            allocator=allocator,
            ddns_qualifying_suffix="bench.test.",
        ),
        served("127.0.0.1:53", "bench.test.", "8.b.d.0.1.0.0.2.ip6.arpa."),
    )
    process = server.start(*tenure_command("dhcp", config), private=False)
    eventually(lambda: answers(server), "tenure answers", 20, process.printed)


def start_kea(server: Host) -> None:
    """Kea as Debian ships it: memfile with its file, two threads."""
    settle(server)
    config = {
        "Dhcp6": {
            "interfaces-config": {"interfaces": ["eth0"]},
            "lease-database": {"type": "memfile", "persist": True, "name": f"{server.folder}/lib/kea6.csv"},
            "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 64},
            "valid-lifetime": 7200,
            "loggers": [{"name": "kea-dhcp6", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
            "subnet6": [{"subnet": "2001:db8::/64", "interface": "eth0", "pools": [{"pool": POOL}]}],
        }
    }
    path = server.folder / "kea6.json"
    path.write_text(json.dumps(config))
    (server.folder / "lib" / "kea").mkdir()
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(server.folder / "lib")}
    process = server.start(find("kea-dhcp6"), "-c", path, env=environment)
    eventually(lambda: answers(server), "Kea answers", 20, process.printed)


def settle(host: Host) -> None:
    """Wait until the addresses of a machine can be used."""
    eventually(lambda: settled(host, "fe80") and settled(host, "2001"), "the addresses can be used")


def answers(server: Host) -> bool:
    """Whether something listens on port 547 in the server's namespace."""
    return ":547 " in server.run("ss", "-lun")
