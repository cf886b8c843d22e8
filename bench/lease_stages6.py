"""DHCPv6 exchanges without sockets, for `lease_stages`: SOLICITs and REQUESTs of ever new clients on one wire."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from dhcpv6 import ADVERTISE, NA, REPLY, REQUEST, SOLICIT, ia, ip, message, oro, read
from tenure_toml import entry, section, served, write_toml

from tenure.config.load import load
from tenure.config.subnets6 import subnets6
from tenure.leasing.v6.arrival import Arrival, Destination
from tenure.leasing.v6.inquiry import Server
from tenure.leasing.v6.link import SubnetTable
from tenure.ledger.opening import open_leases
from tenure.serving.dhcp.service6 import Dhcp6Service
from tenure.serving.dhcp.socket6 import Received
from tenure.serving.report import Report

BATCH = 128  # exchanges: half of a batch's messages are SOLICITs, the others the REQUESTs for the offers before
_ARRIVAL = Arrival(ip("fe80::2"), 546, True, "eth0", (ip("2001:db8::1"),))
_SERVER = Server(b"\0\4" + bytes(16), bytes(32))
_CLIENT_ID, _SERVER_ID = 1, 2
_ASKED, _ELAPSED = oro(23, 24), (8, b"\0\0")


class Outlet:
    """Stands where a socket would, and keeps what is sent."""

    where = "nowhere"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, replies: Sequence[bytes], _destination: Destination) -> None:
        """Keep the replies."""
        self.sent += replies


def dhcp6_exchanges(
    folder: Path,
    store: str,
    exchanges: int,
    watch_session: Callable[[Any], None],
    watch_loop: Callable[[Any], None],
    allocator: str,
) -> float:
    """Processor seconds of so many DHCPv6 exchanges on a new store, less what making the messages took."""
    config = load(
        write_toml(
            folder,
            section("dhcp6", interfaces=["eth0"]),
            entry(
                "dhcp6.subnets",
                subnet="2001:db8::/64",
                pools=["2001:db8:0:0:1::/80"],
                allocator=allocator,
                ddns_qualifying_suffix="bench.test.",
            ),
            served("127.0.0.1:53", "bench.test.", "8.b.d.0.1.0.0.2.ip6.arpa."),
            store=store,
        )
    )
    with closing(open_leases(config.store_url)) as ledger:
        watch_session(ledger._session)
        table = SubnetTable(subnets6(config))
        service = Dhcp6Service(ledger, table, _SERVER, [], [], lambda: None, Report("dhcp6"))
        watch_loop(service.loop)
        return _serve(service, exchanges)


def _serve(service: Dhcp6Service, exchanges: int) -> float:
    outlet, spent, done, begun = Outlet(), 0.0, 0, 0
    requests: list[bytes] = []
    while done < exchanges:
        solicits = [_solicit(begun + number) for number in range(BATCH)]
        begun += BATCH
        batch = [Received(octets, _ARRIVAL, outlet) for octets in (*requests, *solicits)]  # type: ignore[arg-type]
        began = time.process_time()
        service.loop.serve(batch)
        spent += time.process_time() - began
        replies, outlet.sent = outlet.sent, []
        done += sum(octets[0] == REPLY for octets in replies)
        requests = [_request_for(octets) for octets in replies if octets[0] == ADVERTISE]
    service.loop.settle()
    service.loop.close()
    return spent


def _solicit(number: int) -> bytes:
    spread = number * 7919 % 0xFFFFFFFB  # as no two clients of a network have neighbouring addresses
    duid = b"\0\1\0\1\x11\x22\x33\x44\0\x0c" + spread.to_bytes(4, "big")
    return message(SOLICIT, _ELAPSED, (_CLIENT_ID, duid), _ASKED, ia(NA, 1), xid=(number & 0xFFFFFF).to_bytes(3, "big"))


def _request_for(advertise: bytes) -> bytes:
    """The REQUEST that takes what is advertised."""
    told = read(advertise)
    ids = [(code, told.options[code]) for code in (_CLIENT_ID, _SERVER_ID)]
    return message(REQUEST, _ELAPSED, *ids, ia(NA, 1, *told.ias[0].leases), _ASKED, xid=told.xid)
