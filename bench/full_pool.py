"""New clients on a /8 pool of which one address in a thousand is free, beside the same pool when it is empty.

The free addresses are leases that have ended, or addresses that were never leased: scattered over the pool, or behind
all others as in a pool that fills for the first time. The packets go through the service without sockets, as in
`lease_stages`, so that nothing else is measured: exchanges in a second of processor time.
"""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tenure_toml import leased, served, write_toml

from bench.lease_rows import address, end_leases, fill_store, remove_leases
from bench.lease_stages import serve
from bench.result import SAME_WITHIN, Contest, Contestant
from tenure.config.load import load
from tenure.config.subnets import subnets
from tenure.leasing.v4.link import SubnetTable
from tenure.ledger.opening import open_leases
from tenure.serving.collector import rare_collections
from tenure.serving.dhcp.service4 import Dhcp4Service
from tenure.serving.report import Report

ADDRESSES = (1 << 24) - 2  # 10.0.0.1 to 10.255.255.254
FREE = 1000  # one address in so many
EXCHANGES = 5_000  # a run; all runs together need fewer addresses than are free
RUNS = 3
EMPTY = "the pool empty"
PAGES = (
    "Each lease is written to a page of the database that no other one of its batch is on; leases in an empty pool "
    "share their pages."
)
TWO_PAGES = f"{PAGES} The client that had it before is taken out of an index, on a page of its own too."


def contests(quick: bool = False) -> list[Contest]:
    """The rows about the full pool."""
    addresses = ADDRESSES >> 4 if quick else ADDRESSES
    exchanges = EXCHANGES // 20 if quick else EXCHANGES
    every = range(1, addresses + 1)
    cases: list[tuple[str, Callable[[Path, range], None], range, str]] = [
        ("leases that ended, scattered", end_leases, every[FREE::FREE], TWO_PAGES),
        ("never leased, scattered", remove_leases, every[FREE // 2 :: FREE], PAGES),
        ("never leased, behind the others", remove_leases, every[-(addresses // FREE) :], ""),
    ]
    contests = []
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as made:
        empty, full = (Path(made) / name for name in ("empty", "full"))
        empty.mkdir()
        full.mkdir()
        fill_store(full / "tenure.db", every)
        for number, (what, make_free, free, reason) in enumerate(cases):
            make_free(full / "tenure.db", free)
            runs = range(number * RUNS, (number + 1) * RUNS)
            # in turn, so that what else the machine does hits both; the best of each
            rates = [[exchanges / seconds(one, addresses, exchanges, run) for one in (full, empty)] for run in runs]
            best_full, best_empty = (max(column) for column in zip(*rates, strict=True))
            contests.append(
                Contest(
                    f"DHCPv4 exchanges in a second of processor time, {addresses:,} addresses, 0.1 % free: {what}",
                    "/s",
                    Contestant("tenure", best_full),
                    [Contestant(EMPTY, best_empty)],
                    {EMPTY: 1},
                    reasons={EMPTY: reason},
                    tolerance=SAME_WITHIN,
                )
            )
    return contests


def seconds(folder: Path, addresses: int, exchanges: int, run: int) -> float:
    """Processor time of so many exchanges with clients that no other run had."""
    pool = f"10.0.0.1-{ipaddress.ip_address(address(addresses))}"
    network = leased("127.0.0.1:67", "10.0.0.0/8", pool, id=1, ddns_qualifying_suffix="bench.test.")
    config = load(write_toml(folder, network, served("127.0.0.1:53", "bench.test.", "10.in-addr.arpa.")))
    with rare_collections(), closing(open_leases(config.store_url)) as ledger:
        service = Dhcp4Service(ledger, SubnetTable(subnets(config)), [], [], lambda: None, Report("dhcp4"))
        return serve(service, exchanges, first=run * exchanges)
