"""What compiled rooms gain: processor time of each kind of work in both forms, in turns: `python -m bench.forms`.

Every figure is the processor time of one process that does that work alone, without sockets, the SQLite stores
included. The best of several turns counts, because whatever else the machine does only adds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import dhcp6_network
import dhcpv6
from dns_exchange import NOW, Authority
from lease_view import MemoryView
from primary import DHCP_KEY
from tenure_toml import leased, served, write_toml
from world import World

from bench.lease_stages import serve
from tenure.authority.request import read_request
from tenure.authority.settings import ZoneSettings
from tenure.authority.transfer import Transfer, transfer_messages
from tenure.authority.zone import Record
from tenure.compiled import PLAIN_PLEASE, WHY_PLAIN, form
from tenure.config.load import load
from tenure.config.subnets import subnets
from tenure.dnswire.message import build_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import Question
from tenure.dnswire.update import add, build_update
from tenure.leasing.lease import Changes
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v6.arrival import Arrival
from tenure.leasing.v6.inquiry import Decision
from tenure.ledger.opening import open_leases
from tenure.naming.registration import Want
from tenure.serving.dhcp.service4 import Dhcp4Service
from tenure.serving.report import Report
from tenure.signing.tsig import sign_request

TURNS, OPERATIONS = 5, 5_000
ZONE = from_text("example.test.")


def dhcp4(folder: Path, count: int) -> float:
    """DISCOVER and REQUEST of new clients, registered, in the loop of the service."""
    networks = leased("127.0.0.1:67", "10.0.0.0/8", "10.64.0.0-10.200.255.255", ddns_qualifying_suffix="bench.test.")
    config = load(write_toml(folder, networks, served("127.0.0.1:53", "bench.test.", "10.in-addr.arpa.")))
    with closing(open_leases(config.store_url)) as ledger:
        table = SubnetTable(subnets(config))
        return serve(Dhcp4Service(ledger, table, [], [], lambda: None, Report("dhcp4")), count)


class Timed(dhcp6_network.Network):
    """A server in memory that knows what its decisions took."""

    took = 0.0

    def decide(self, octets: bytes, arrival: Arrival) -> Decision:
        """Read a message and decide it."""
        began = time.process_time()
        decision = super().decide(octets, arrival)
        self.took += time.process_time() - began
        return decision


def dhcp6(_folder: Path, count: int) -> float:
    """SOLICIT and REQUEST of new clients over rows in memory; only the deciding."""
    network = Timed(dhcp6_network.subnet(pools=f"{dhcp6_network.LINK}1:0-{dhcp6_network.LINK}ffff:ffff"))
    for number in range(count):
        network.view = MemoryView()  # which looks through all of its rows
        client = network.client(number)
        address = client.solicit(dhcpv6.ia(dhcpv6.NA, 1)).lease
        client.request(dhcpv6.ia(dhcpv6.NA, 1, address))
    return network.took


def queries(_folder: Path, count: int) -> float:
    """Questions that nobody asked before."""
    authority = Authority("@ 300 NS ns\nns 300 A 192.0.2.1\n*.wild 300 A 192.0.2.2\n")
    names = [from_text(f"h{number}.wild.example.test.") for number in range(count)]
    asked = [build_message(number & 0xFFFF, 0, [Question(name, 1, 1)]) for number, name in enumerate(names)]
    return spent(authority.send, asked)


def updates(folder: Path, count: int) -> float:
    """Signed updates of one record each, durable one by one."""
    with closing(World(folder)) as world:
        messages = [
            sign_request(
                build_update(n & 0xFFFF, ZONE, [], [add(from_text(f"h{n}.example.test."), 1, 300, b"\1\2\3\4")]),
                DHCP_KEY,
                world.now,
            )
            for n in range(count)
        ]
        return spent(world.primary.answer, [octets for octets, _ in messages])


def registrations(folder: Path, count: int) -> float:
    """Names and pointers from the ledger into DNS by the updater, with the time of the server that takes them."""
    with closing(World(folder)) as world:
        end = int(world.now) + 86400
        wants = tuple(
            Want(
                from_text(f"h{n}.example.test."),
                (10 << 24 | n).to_bytes(4, "big"),
                bytes(35),
                1200,
                True,
                True,
                end,
                "b",
            )
            for n in range(count)
        )
        world.leases.transact(lambda batch: batch.apply(Changes(wants=wants)), world.now)
        began = time.process_time()
        world.updater.run()
        return time.process_time() - began


def transfers(_folder: Path, count: int) -> float:
    """A record of a zone that is transferred."""
    octets = build_message(1, 0, [Question(ZONE, 252, 1)])
    request = read_request(octets, {}, NOW, stream=True, client="192.0.2.1")
    transfer = Transfer(request, ZoneSettings(ZONE))  # type: ignore[arg-type] - it is well formed
    soa = (300, from_text("ns.example.test.") * 2 + bytes(20))
    records = [Record(from_text(f"h{n}.example.test."), 1, 300, n.to_bytes(4, "big")) for n in range(count)]
    began = time.process_time()
    for _ in transfer_messages(transfer, soa, records):
        pass
    return time.process_time() - began


WORK: Mapping[str, tuple[str, Callable[[Path, int], float]]] = {
    "dhcp4": ("DHCPv4 exchange, the whole service", dhcp4),
    "dhcp6": ("DHCPv6 exchange, deciding", dhcp6),
    "queries": ("DNS question, not asked before", queries),
    "updates": ("signed DNS update, committed by itself", updates),
    "registrations": ("registration, updater and server", registrations),
    "transfers": ("record of an AXFR", transfers),
}


def spent(function: Callable[[bytes], object], messages: list[bytes]) -> float:
    """Processor seconds for all of them."""
    began = time.process_time()
    for octets in messages:
        function(octets)
    return time.process_time() - began


def measured() -> Iterator[tuple[str, float]]:
    """Microseconds of each operation in this process."""
    for name, (_, work) in WORK.items():
        with tempfile.TemporaryDirectory() as folder:
            inner = Path(folder, "inner")  # a world keeps its empty tables beside its folder
            inner.mkdir()
            yield name, work(inner, OPERATIONS) / OPERATIONS * 1e6


def main() -> None:
    """Both forms in turns, and the table."""
    if WHY_PLAIN is not None:
        sys.exit(f"there is nothing to compare: {form()}")
    best: dict[str, dict[str, float]] = {"": {}, "1": {}}
    for _ in range(TURNS):
        for plain, found in best.items():
            command = [sys.executable, "-m", "bench.forms", "--here"]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | {PLAIN_PLEASE: plain})
            for name, value in json.loads(done.stdout).items():
                found[name] = min(value, found.get(name, value))
    for name, (title, _) in WORK.items():
        compiled, plain = best[""][name], best["1"][name]
        print(f"{title:<42} compiled {compiled:7.1f} us   plain {plain:7.1f} us   {plain / compiled:.2f}x")


if __name__ == "__main__":
    if "--here" in sys.argv:
        print(json.dumps(dict(measured())))
    else:
        main()
