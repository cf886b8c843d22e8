"""A storm, as after a power cut: every client of a network comes back at once, beside clients that only renew.

At BIND, with a part of the hundred thousand leases that the benchmark `storm` has.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from claims import A_CLIENT, OTHER_CLIENT
from dnspeer import KEY, DnsPeer
from named import named
from updater_run import UpdaterRun, want

from tenure.dnswire.name import Name, from_text
from tenure.naming.registration import Want
from tenure.serving.updater.pace import WIDE_WINDOW
from tenure.serving.updater.service import MOST_ROWS, PICK_ROWS
from tenure.updating.routing import Domain, Routes
from tenure.updating.size import MOST_NAMES

FORWARD, REVERSE = "example.test.", "10.in-addr.arpa."
STORM, AT_ONCE = 12_000, 250  # new leases, and how many a lease service commits at a time
SETTLED = 48  # clients that have their names before it begins; one renews after each batch of new ones

# Of those who came later, only whoever was read with the renewal, or is in a message, may be written before it.
OVERTAKERS = 2 * PICK_ROWS + WIDE_WINDOW * MOST_NAMES


def settled_client(number: int, ttl: int) -> Want:
    address = bytes((10, 200, number >> 8, number & 255))
    return want(f"old{number}.{FORWARD}", address, OTHER_CLIENT)._replace(ttl=ttl)


def new_client(number: int) -> Want:
    return want(f"new{number}.{FORWARD}", (10 << 24 | number).to_bytes(4, "big"), A_CLIENT)


def batches(wants: Iterator[Want]) -> Iterator[list[Want]]:
    while batch := list(islice(wants, AT_ONCE)):
        yield batch


class Tasks(threading.Thread):
    """Looks all the time at how many records the updater holds in memory."""

    def __init__(self, run: UpdaterRun) -> None:
        super().__init__()
        self._run = run
        self._ended = threading.Event()
        self.most = 0

    def run(self) -> None:
        while not self._ended.wait(0.01):
            text = self._run.report.metrics.text("updater", {}, {})
            found = re.findall(r"^tenure_updater_tasks\{.*\} (\d+)", text, re.MULTILINE)
            self.most = max(self.most, sum(map(int, found)))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def confirmed_forward(run: UpdaterRun) -> list[Name]:
    """The names in the order in which BIND has confirmed them."""
    found = [
        event.name for event in run.events() if event.kind == "registration-confirmed" and "forward" in event.detail
    ]
    return [name for name in found if name is not None]


def test_none_is_lost_and_who_renews_meanwhile_does_not_wait_for_those_who_come_later(tmp_path: Path) -> None:
    with named(tmp_path / "peer", [FORWARD, REVERSE]) as bind:
        routes = Routes(*([Domain(from_text(zone), (bind.server,), KEY)] for zone in (FORWARD, REVERSE)))
        run = UpdaterRun(tmp_path / "ledger", routes)
        with run.running():
            run.change(*(settled_client(number, 600) for number in range(SETTLED)))
            run.settled(60)
            tasks = Tasks(run)
            tasks.start()
            try:
                before: dict[Name, int] = {}  # how many leases had come when a client renewed
                commits: list[float] = []
                for count, batch in enumerate(batches(map(new_client, range(STORM)))):
                    renewal = settled_client(count, 2400)
                    before[renewal.name] = (count + 1) * AT_ONCE
                    began = time.monotonic()
                    run.change(*batch, renewal)
                    commits.append(time.monotonic() - began)
                run.until(lambda: not run.ledger.due_registrations(time.time(), 1), 240)
                run.settled(60)
            finally:
                tasks.stop()
            in_order = confirmed_forward(run)[SETTLED:]
        run.close()
        assert len(before) == SETTLED
        assert_all_is_in_dns(bind)
    assert len(in_order) == STORM + SETTLED, "each is written once"
    number_of = {from_text(f"new{number}.{FORWARD}"): number for number in range(STORM)}
    written = 0
    for place, name in enumerate(in_order):
        if name in before:
            later = sum(number_of.get(other, 0) >= before[name] for other in in_order[:place])
            assert later <= OVERTAKERS, f"{later} leases that came later were written before a renewal"
            written += 1
    assert written == SETTLED
    assert tasks.most <= 2 * MOST_ROWS, "two records of each row in memory"
    assert max(commits) < 20, "a lease is committed although the updater records thousands of outcomes at a time"


def assert_all_is_in_dns(bind: DnsPeer) -> None:
    marker = "DHCID " + base64.b64encode(A_CLIENT).decode()
    at: dict[str, set[str]] = {}
    for zone in (FORWARD, REVERSE):
        for owner, text in bind.records(zone):
            at.setdefault(owner.to_text(), set()).add(text)
    for number in range(STORM):
        wanted = new_client(number)
        address = ".".join(map(str, wanted.address))
        pointer = ".".join(reversed(address.split("."))) + ".in-addr.arpa."
        assert at[f"new{number}.{FORWARD}"] == {f"A {address}", marker}
        assert at[pointer] == {f"PTR new{number}.{FORWARD}", marker}
    for number in range(SETTLED):
        assert f"A 10.200.0.{number}" in at[f"old{number}.{FORWARD}"]
        assert bind.ttl(f"old{number}.{FORWARD}", "A") == 2400
