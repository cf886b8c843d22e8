"""Where the processor time of an exchange goes, without sockets: `python -m bench.lease_stages [EXCHANGES] [HOW ...]`.

Real DISCOVERs and REQUESTs of ever new clients behind a relay, as perfdhcp sends them, go through the service in
batches that follow one another closely, over a real store: SQLite, or with `postgres` a PostgreSQL of its own. With
`dhcp6` it is DHCPv6 on a wire (`lease_stages6`), with addresses where a hash points, or in their order with `iterative`
too. What is shown is processor time of the thread that does it, so waiting for the disk or the database is not in it.
Take the best of several runs on a quiet machine.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

from dhcpv4 import request
from postgres_cluster import postgres_cluster
from tenure_toml import leased, served, write_toml

from bench.lease_stages6 import dhcp6_exchanges
from tenure.config.load import load
from tenure.config.subnets import subnets
from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.leasing.v4.link import SubnetTable
from tenure.ledger.opening import open_leases
from tenure.serving.collector import rare_collections
from tenure.serving.dhcp.service4 import Dhcp4Service
from tenure.serving.dhcp.socket4 import Received
from tenure.serving.report import Report

EXCHANGES = 30_000
BATCH = 128  # exchanges: half of a batch's packets are DISCOVERs, the others the REQUESTs for the offers before
OFFER, ACK = 2, 5
SERVER, RELAY = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
_ARRIVAL = Arrival(RELAY, 67, SERVER)
_ASKED = (55, bytes((1, 28, 2, 3, 15, 6, 12)))


class Outlet:
    """Stands where a socket would, and keeps what is sent."""

    where = "nowhere"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, replies: Sequence[bytes], _destination: Destination, _local: bytes) -> None:
        """Keep the replies."""
        self.sent += replies


class Stages:
    """Processor seconds by stage, without those of a stage inside another one."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inside = threading.local()  # `seconds`: what stages inside the one that runs have taken, by thread

    def time(self, owner: Any, name: str, stage: Callable[..., str]) -> None:
        """From now on a method of this object is timed; `stage` names it by its arguments."""
        method: Callable[..., Any] = getattr(owner, name)

        def timed(*arguments: Any) -> Any:
            outer, self._inside.seconds = getattr(self._inside, "seconds", 0.0), 0.0
            began = time.thread_time()
            try:
                return method(*arguments)
            finally:
                took = time.thread_time() - began
                self.spent[stage(*arguments)] += took - self._inside.seconds
                self._inside.seconds = outer + took

        setattr(owner, name, timed)

    def watch_session(self, session: Any) -> None:
        """What is written and committed. To be called before the service has the session."""
        self.time(session, "commit", lambda: "6 commit (beside the next batch)")
        if session.counts_blocks:  # SQLite, which writes statement by statement
            self.time(session, "write", lambda statement, _rows: f"5 write: {' '.join(statement.split()[:3])}")
        else:
            self.time(session, "write_all", lambda _writes: "5 write")

    def watch_loop(self, loop: Any) -> None:
        """What a batch goes through."""
        for number, (method, what) in enumerate(
            (
                ("_parse", "parse"),
                ("_prefetch", "read ahead"),
                ("_decide", "decide"),
                ("_answer_some", "hand over replies"),
            ),
            1,
        ):
            self.time(loop, method, lambda *_, stage=f"{number} {what}": stage)


def main(exchanges: int, how: Sequence[str]) -> None:
    """Run the exchanges and show the table."""
    stages = Stages()
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        store = "sqlite:tenure.db"
        if "postgres" in how:
            store = ending.enter_context(postgres_cluster()).new_database()
        ending.enter_context(rare_collections())
        run = dhcp4_exchanges
        if "dhcp6" in how:
            run = partial(dhcp6_exchanges, allocator="iterative" if "iterative" in how else "random")
        whole = run(folder, store, exchanges, stages.watch_session, stages.watch_loop)
    for stage, seconds in sorted(stages.spent.items()):
        print(f"{stage:<48} {seconds / exchanges * 1e6:6.1f} us")
    print(f"{'the whole, all threads':<48} {whole / exchanges * 1e6:6.1f} us")


def dhcp4_exchanges(
    folder: Path, store: str, exchanges: int, watch_session: Callable[[Any], None], watch_loop: Callable[[Any], None]
) -> float:
    """Processor seconds of so many DHCPv4 exchanges on a new store."""
    networks = leased("127.0.0.1:67", "10.0.0.0/8", "10.64.0.0-10.200.255.255", ddns_qualifying_suffix="bench.test.")
    zones = served("127.0.0.1:53", "bench.test.", "10.in-addr.arpa.")
    config = load(write_toml(folder, networks, zones, store=store))
    with closing(open_leases(config.store_url)) as ledger:
        watch_session(ledger._session)
        service = Dhcp4Service(ledger, SubnetTable(subnets(config)), [], [], lambda: None, Report("dhcp4"))
        watch_loop(service.loop)
        return serve(service, exchanges)


def serve(service: Dhcp4Service, exchanges: int, first: int = 0) -> float:
    """Batch after batch; processor seconds of the whole process, less what making the packets took.

    Clients have numbers from `first` on.
    """
    outlet, spent, done, begun = Outlet(), 0.0, 0, first
    requests: list[bytes] = []
    while done < exchanges:
        discovers = [packet(begun + number, (53, b"\1"), _ASKED) for number in range(BATCH)]
        begun += BATCH
        batch = [Received(octets, _ARRIVAL, outlet) for octets in (*requests, *discovers)]  # type: ignore[arg-type]
        began = time.process_time()
        service.loop.serve(batch)
        spent += time.process_time() - began
        replies, outlet.sent = outlet.sent, []
        done += sum(octets[242] == ACK for octets in replies)
        requests = [packet_for(octets) for octets in replies if octets[242] == OFFER]
    service.loop.settle()
    service.loop.close()
    return spent


def packet(number: int, *options: tuple[int, bytes]) -> bytes:
    """A relayed message of the client with this number."""
    spread = number * 7919 % 0xFFFFFFFB  # as no two clients of a network have neighbouring addresses
    return request(*options, chaddr=b"\0\x0c" + spread.to_bytes(4, "big"), giaddr=RELAY, xid=number, hops=1)


def packet_for(offer: bytes) -> bytes:
    """The REQUEST that answers an OFFER."""
    return packet(int.from_bytes(offer[4:8], "big"), (53, b"\3"), (54, SERVER), (50, offer[16:20]), _ASKED)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(next((int(word) for word in given if word.isdigit()), EXCHANGES), given)
