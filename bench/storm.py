"""A storm: every client of a network comes back within seconds, beside a few that only renew.

The leases are committed as a lease service commits them, as fast as the ledger takes them; the updater registers them
at BIND meanwhile. What counts is the renewal that waits longest until BIND has confirmed its record, and that no name
is lost.
"""

from __future__ import annotations

import ipaddress
import time
from contextlib import closing

from tenure_toml import leased, tsig_key, updated, write_toml

from bench import nameservers
from bench.ourselves import tenure_command
from bench.processes import processor_seconds, resident
from bench.registration import REVERSE, bind, names, pointers, registered, running, wait_for
from bench.result import SAME_WITHIN, Contest, Contestant
from tenure.assembly.store import WAKE_UPDATER
from tenure.dnswire.name import Name, from_text
from tenure.leasing.lease import Changes
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.naming.registration import Want
from tenure.serving.wakeup import WakeSender, wake_path

LEASES, AT_ONCE = 100_000, 250  # and how many are committed in one batch
STORM_SECONDS = 60.0  # in which they come at the latest
NEW = "slowest new lease"


def contests(quick: bool = False) -> list[Contest]:
    """The row."""
    count = LEASES // 20 if quick else LEASES
    title = f"slowest renewal until it is in DNS, while {count:,} new leases are registered"
    renewal, new = measure(count)
    return [Contest(title, "s", renewal, [new], {NEW: 1}, True, tolerance=SAME_WITHIN)]


def measure(count: int) -> tuple[Contestant, Contestant]:
    """The storm; one client renews with each batch of new ones, with a lifetime that gives its records another TTL."""
    with nameservers.serve(bind, "it", names=0) as server:
        config = write_toml(
            server.folder,
            tsig_key(nameservers.KEY, nameservers.SECRET),
            leased("127.0.0.1:67", "10.0.0.0/8", "10.0.0.1-10.200.0.0", ddns_qualifying_suffix=nameservers.ZONE),
            updated(f"127.0.0.1:{server.port}", nameservers.KEY, nameservers.ZONE, REVERSE),
        )
        settled = [(name, f"10.201{address[4:]}", dhcid) for name, address, dhcid in names(count // AT_ONCE, "o")]
        new = names(count, "r")
        with (
            closing(open_leases(f"sqlite:{server.folder / 'tenure.db'}")) as ledger,
            running(tenure_command("updater", config), server.folder) as updater,
        ):
            wake = WakeSender(wake_path(server.folder / "tenure.db", WAKE_UPDATER)).wake
            commit(ledger, [_want(one, 1200) for one in settled])
            wait_for(pointers(settled), server.port, updater)
            began, renewed, claimed = time.monotonic(), dict[Name, float](), dict[Name, float]()
            for place, renewal in enumerate(settled):
                batch = [_want(one, 1200) for one in new[place * AT_ONCE : (place + 1) * AT_ONCE]]
                at = commit(ledger, [*batch, _want(renewal, 4800)])
                renewed[from_text(renewal[0])] = at
                claimed |= {want.name: at for want in batch}
                wake()
            came = time.monotonic() - began
            assert came < STORM_SECONDS, f"the leases came in {came:.0f} s"
            seconds = wait_for(pointers(new), server.port, updater) - began
            memory, spent = resident(updater.pid) / 1e6, processor_seconds(updater.pid)
            time.sleep(2)  # the last outcomes are recorded
            slowest, slowest_new = slowest_of(ledger, renewed), slowest_of(ledger, claimed)
        lost = count - registered(server.port, "r")
    note = (
        f"{count:,} leases came in {came:.1f} s and were in DNS after {seconds:.1f} s, {lost:,} lost; "
        f"{len(renewed)} renewals; the updater held {memory:.0f} MB and took {spent:.1f} s of processor time"
    )
    return Contestant("tenure", slowest, note), Contestant(NEW, slowest_new)


def commit(ledger: LeaseLedger, wants: list[Want]) -> float:
    """Commit claims as a lease service does; when that began."""
    now = time.time()
    ledger.transact(lambda batch: batch.apply(Changes(wants=tuple(wants))), now)
    return now


def _want(one: tuple[str, str, bytes], ttl: int) -> Want:
    name, address, dhcid = one
    end = int(time.time()) + 86400
    return Want(from_text(name), ipaddress.ip_address(address).packed, dhcid, ttl, True, True, end, "storm")


def slowest_of(ledger: LeaseLedger, claimed: dict[Name, float]) -> float:
    """The longest time between a claim and the answer that confirmed its forward record."""
    waited: dict[Name, float] = {}
    for entry in ledger.history.events(EventFilter(newest_first=False, limit=1_000_000)):
        event = entry.event
        if event.name in claimed and event.kind == "registration-confirmed" and event.detail.startswith("forward"):
            waited[event.name] = event.at - claimed[event.name]
    assert waited.keys() == claimed.keys(), f"{len(claimed) - len(waited)} names were not written"
    assert min(waited.values()) > 0, "a name was not written again"
    return max(waited.values())
