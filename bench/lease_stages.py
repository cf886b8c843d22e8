"""Where one processor's time goes in a DHCPv4 exchange, without sockets: `python -m bench.lease_stages [EXCHANGES]`.

Real DISCOVERs and REQUESTs of ever new clients behind a relay, as perfdhcp sends them, go through the service in
batches that follow one another closely, over a real SQLite store. What is shown is processor time of the thread that
does it, so waiting for the disk is not in it. Take the best of several runs on a quiet machine.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from dhcpv4 import request
from tenure_toml import leased, served, write_toml

from tenure.config.load import load
from tenure.config.subnets import subnets
from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.leasing.v4.link import SubnetTable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.serving.collector import rare_collections
from tenure.serving.dhcp4 import Dhcp4Service
from tenure.serving.dhcp4socket import Received
from tenure.serving.report import Report

EXCHANGES = 30_000
BATCH = 32  # exchanges: half of a batch's packets are DISCOVERs, the others the REQUESTs for the offers before
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
    """Processor seconds by stage."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    def time(self, owner: Any, name: str, stage: Callable[..., str]) -> None:
        """From now on a method of this object is timed; `stage` names it by its arguments."""
        method: Callable[..., Any] = getattr(owner, name)

        def timed(*arguments: Any) -> Any:
            began = time.thread_time()
            try:
                return method(*arguments)
            finally:
                self.spent[stage(*arguments)] += time.thread_time() - began

        setattr(owner, name, timed)


def main(exchanges: int) -> None:
    """Run the exchanges and show the table."""
    stages = Stages()
    with tempfile.TemporaryDirectory() as folder, rare_collections():
        networks = leased(
            "127.0.0.1:67", "10.0.0.0/8", "10.64.0.0-10.200.255.255", ddns_qualifying_suffix="bench.test."
        )
        config = load(write_toml(Path(folder), networks, served("127.0.0.1:53", "bench.test.", "10.in-addr.arpa.")))
        with closing(open_leases(config.store_url)) as ledger:
            service = watched(ledger, SubnetTable(subnets(config)), stages)
            whole = serve(service, exchanges)
    for stage, seconds in sorted(stages.spent.items()):
        print(f"{stage:<48} {seconds / exchanges * 1e6:6.1f} us")
    print(f"{'the whole, all threads':<48} {whole / exchanges * 1e6:6.1f} us")


def watched(ledger: LeaseLedger, table: SubnetTable, stages: Stages) -> Dhcp4Service:
    """A service whose stages are timed."""
    session = ledger._session
    stages.time(session, "commit", lambda: "6 commit (beside the next batch)")
    stages.time(session, "write", lambda statement, _rows: f"5 write: {' '.join(statement.split()[:3])}")
    service = Dhcp4Service(ledger, table, [], [], lambda: None, Report("dhcp4"))
    for number, (method, what) in enumerate(
        (("_parse", "parse"), ("_prefetch", "read ahead"), ("_decide", "decide"), ("_answer", "hand over the replies")),
        1,
    ):
        stages.time(service.loop, method, lambda *_, stage=f"{number} {what}": stage)
    return service


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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EXCHANGES)
