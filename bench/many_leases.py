"""A million DHCPv4 leases: the memory that the server holds them in, and how long after its start it answers.

Leases lie in tenure's database; Kea reads its file at each start.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from network import Host, Process, network

from bench import TOP, dhcp4
from bench.dhcp4 import RELAY, SERVER
from bench.lease_rows import fill_kea, fill_store
from bench.processes import resident
from bench.result import Contest, Contestant

LEASES = 1_000_000
FIRST = 64 << 16  # 10.64.0.0, where the pool begins
RENEWED = 1000  # clients that are confirmed before the memory is read
KEA, SECOND = "Kea, memfile", "a second"


def contests(quick: bool = False) -> list[Contest]:
    """The rows about memory and start."""
    leases = LEASES // 20 if quick else LEASES
    (our_memory, our_start), (memory, start) = look_at("tenure", tenure, leases), look_at(KEA, kea, leases)
    what = f"{leases:,} leases"
    return [
        Contest(f"resident memory, {what}", "MB", our_memory, [memory], {KEA: 4}, lower_is_better=True),
        Contest(
            f"from start to first answer, {what}",
            "s",
            our_start,
            [start, Contestant(SECOND, 1.0)],
            {KEA: 1, SECOND: 1},
            lower_is_better=True,
        ),
    ]


def look_at(name: str, run: Callable[[Host, int], Process], leases: int) -> tuple[Contestant, Contestant]:
    """Memory and start of one server; the first start prepares it, the second one counts."""
    with network() as net:
        server, relay = net.host("server"), net.host("relay")
        net.wire(server, f"{SERVER}/8", relay, f"{RELAY}/8")
        run(server, leases)
        ask(relay, "first")
        server.processes[-1].stop()
        began = time.monotonic()
        process = run(server, 0)
        start = float(ask(relay, "first")) - began
        step = leases // RENEWED
        confirmed = int(ask(relay, "renew", FIRST, RENEWED, step))
        assert confirmed == RENEWED, f"{name} confirmed {confirmed} of {RENEWED} leases"
        return Contestant(name, resident(process.popen.pid) / 1e6), Contestant(name, start)


def ask(relay: Host, *task: str | int) -> str:
    """What `known_clients` found out."""
    # The module is found from the top of the tree, wherever the benchmark was started.
    command = ["env", f"PYTHONPATH={TOP}", sys.executable, "-m", "bench.known_clients", SERVER, RELAY]
    return relay.run(*command, *map(str, task), timeout=300).splitlines()[-1]


def asked(relay: Host, *task: str | int) -> dict[str, int]:
    """The same, of a task that counts by kind."""
    found: dict[str, int] = json.loads(ask(relay, *task))
    return found


def tenure(server: Host, leases: int) -> Process:
    """Our lease service, over a store with these leases; with none over the store that it has."""
    if leases:
        fill_store(server.folder / "tenure.db", range(FIRST, FIRST + leases))
    return dhcp4.run_tenure(server)


def kea(server: Host, leases: int) -> Process:
    """Kea, over a file with these leases; with none over the file that it has."""
    if leases:
        fill_kea(dhcp4.kea_leases(server), range(FIRST, FIRST + leases))
    return dhcp4.run_kea(server)
