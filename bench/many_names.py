"""A million names in BIND that are registered: what it takes to read them back and compare them, and what to keep them.

Reading back is `tenure reconcile` as a person calls it; at rest are the updater and the janitor, with nothing to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from ports import free_port
from tenure_toml import leased, tsig_key, updated, write_toml

from bench import big_zone, nameservers
from bench.ourselves import tenure_command
from bench.processes import processor_seconds, resident
from bench.registration import REVERSE, bind, running
from bench.result import Contest, Contestant
from tenure.dnswire.name import from_text
from tenure.leasing.lease import Changes
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.naming.registration import Confirmed, Direction, Registration, Want

NAMES = 1_000_000
AT_ONCE = 20_000  # written to the ledger in one transaction
WARM_SECONDS, REST_SECONDS = 10.0, 30.0
MOST_WARM_SECONDS = 120.0  # until what services do at their start is done
MINUTE, MEMORY = "a minute", "the bound of memory"
PROCESSOR = "a hundredth of a processor"
_MEGABYTE = 1e6


def contests(quick: bool = False) -> list[Contest]:
    """The rows about reading back and about rest."""
    names = NAMES // 50 if quick else NAMES
    with nameservers.fresh_folder() as folder:
        port = free_port()
        big_zone.bind(folder, port, names)
        command = bind(folder, port)  # the reverse zone beside it, which is empty
        with nameservers.running("BIND", folder, port, command, wait=300):
            config = write_toml(
                folder,
                tsig_key(nameservers.KEY, nameservers.SECRET),
                leased("127.0.0.1:67", "10.0.0.0/8", "10.0.0.1-10.200.0.0", ddns_qualifying_suffix=nameservers.ZONE),
                updated(f"127.0.0.1:{port}", nameservers.KEY, nameservers.ZONE, REVERSE),
            )
            register(folder / "tenure.db", names)
            seconds, read = reconciled(config, names)
            spent, kept = at_rest(config)
    what = f"{names:,} names, A and DHCID"
    return [
        Contest(f"reading back and comparing {what}", "s", seconds, [Contestant(MINUTE, 60)], {MINUTE: 1}, True),
        Contest(f"memory for that, {what}", "MB", read, [Contestant(MEMORY, 500)], {MEMORY: 1}, True),
        Contest(
            f"processor time at rest, updater and janitor, {names:,} registrations",
            "ms/s",
            spent,
            [Contestant(PROCESSOR, 10)],
            {PROCESSOR: 1},
            True,
        ),
        Contest(
            f"resident memory at rest, updater and janitor, {names:,} registrations",
            "MB",
            kept,
            [Contestant(MEMORY, 200)],
            {MEMORY: 1},
            True,
        ),
    ]


def register(path: Path, names: int) -> None:
    """A ledger in which the hosts of the zone are registered, forward, as an updater has recorded it."""
    with closing(open_leases(f"sqlite:{path}")) as ledger:
        for first in range(0, names, AT_ONCE):
            now = int(time.time())
            wants = tuple(map(_want, range(first, min(names, first + AT_ONCE))))
            ledger.transact(lambda batch, wants=wants: batch.apply(Changes(wants=wants)), now)  # type: ignore[misc]
            for rows in _due(ledger):
                done = Confirmed(
                    rows, Direction.FORWARD, now, "confirmed", "NOERROR to add", "NOERROR to add", "forward"
                )
                ledger.record_outcomes((), (), now, (), [done])
        while ledger.history.index(AT_ONCE):  # which the janitor would do little by little
            pass


def _want(number: int) -> Want:
    address, dhcid = big_zone.host(number)
    end = int(time.time()) + 30 * 86400
    return Want(from_text(f"h{number}.{nameservers.ZONE}"), address, dhcid, 1200, True, False, end, "bench")


def _due(ledger: LeaseLedger) -> Iterator[list[Registration]]:
    while rows := ledger.due_registrations(time.time() + 1, AT_ONCE):
        yield rows


def reconciled(config: Path, names: int) -> tuple[Contestant, Contestant]:
    """Seconds and memory of one pass, in which nothing may be found."""
    command = [*tenure_command("reconcile", config), "-o", "json"]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=config.parent) as process:
        assert process.stdout is not None
        zone = json.loads(process.stdout.read())["zones"][0]
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, zone
    assert (zone["read_by"], zone["registered"]) == ("transfer", names), zone
    note = f"{used.ru_utime + used.ru_stime:.1f} s of processor time"
    return Contestant("tenure", seconds, note), Contestant("tenure", used.ru_maxrss * 1024 / _MEGABYTE)


def at_rest(config: Path) -> tuple[Contestant, Contestant]:
    """What the updater and the janitor take of a second, and what they hold."""
    with ExitStack() as opened:
        services = {
            service: opened.enter_context(running(tenure_command(service, config), config.parent))
            for service in ("updater", "janitor")
        }
        deadline = time.monotonic() + MOST_WARM_SECONDS
        before = {service: processor_seconds(process.pid) for service, process in services.items()}
        while time.monotonic() < deadline:
            time.sleep(WARM_SECONDS)
            earlier, before = before, {name: processor_seconds(process.pid) for name, process in services.items()}
            if sum(before.values()) - sum(earlier.values()) < WARM_SECONDS / 100:
                break
        began = time.monotonic()
        time.sleep(REST_SECONDS)
        seconds = time.monotonic() - began
        spent = {name: processor_seconds(process.pid) - before[name] for name, process in services.items()}
        kept = {name: resident(process.pid) / _MEGABYTE for name, process in services.items()}
    shares = ", ".join(f"{name} {used / seconds * 1000:.2f}" for name, used in spent.items())
    each = ", ".join(f"{name} {size:.0f}" for name, size in kept.items())
    return (
        Contestant("tenure", sum(spent.values()) / seconds * 1000, shares),
        Contestant("tenure", sum(kept.values()), each),
    )
