"""Queries a second with dnsperf over a zone of 100,000 names, asked for at random, a tenth of them absent."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import find

from bench import nameservers
from bench.result import Contest, Contestant
from bench.updates import BIND, KNOT, figures

NAMES = 100_000


def contest(quick: bool = False) -> Contest:
    """The row `queries/s`."""
    seconds = 3 if quick else 10
    return Contest(
        "queries/s over 100,000 names",
        "/s",
        measure("tenure", nameservers.tenure, seconds),
        [measure(BIND, nameservers.bind, seconds), measure(KNOT, nameservers.knot, seconds)],
        {BIND: 1, KNOT: 0.8},
    )


def measure(name: str, make: Callable[[Path, int], list[str]], seconds: int) -> Contestant:
    """Ask one server for `seconds`, after a short warm-up with the same questions."""
    with nameservers.serve(make, name, NAMES) as server, questions() as feed:
        command = [find("dnsperf"), "-s", "127.0.0.1", "-p", str(server.port), "-d", feed, "-c", "8", "-q", "200"]
        for length in (2, seconds):
            done = subprocess.run([*command, "-l", str(length)], capture_output=True, text=True, check=True)
        return figures(name, done.stdout)


@contextmanager
def questions() -> Iterator[str]:
    """A file of questions for dnsperf: names at random, a tenth of them absent."""
    with tempfile.NamedTemporaryFile("w", suffix=".dnsperf") as feed:
        chance = random.Random(1)
        feed.writelines(f"h{chance.randrange(NAMES * 10 // 9)}.{nameservers.ZONE} A\n" for _ in range(200_000))
        feed.flush()
        yield feed.name
