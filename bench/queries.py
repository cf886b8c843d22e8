"""Queries a second with dnsperf over a zone of 100,000 names, asked for at random, a tenth of them absent.

Warm: again and again, after a warm-up. Cold: each name once, just after the start.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import find

from bench import nameservers
from bench.result import Contest, Contestant
from bench.updates import BIND, KNOT, figures

COLD = (
    "The first reply about a name costs more than one that is ready: it is put together from parts, and what was not "
    "read ahead by then is read from the store. The others have all zones in memory, and two threads."
)
NAMES = 100_000
_ASKED_FOR = NAMES * 10 // 9  # a tenth is absent


def contests(quick: bool = False) -> list[Contest]:
    """The rows `queries/s`."""
    seconds = 3 if quick else 10
    return [
        Contest(
            "queries/s over 100,000 names",
            "/s",
            measure("tenure", nameservers.tenure, seconds),
            [measure(BIND, nameservers.bind, seconds), measure(KNOT, nameservers.knot, seconds)],
            {BIND: 1, KNOT: 0.8},
        ),
        Contest(
            "queries/s just after the start, each of 100,000 names once",
            "/s",
            measure_cold("tenure", nameservers.tenure),
            [measure_cold(BIND, nameservers.bind), measure_cold(KNOT, nameservers.knot)],
            {BIND: 1, KNOT: 0.8},
            reasons={BIND: COLD, KNOT: COLD},
        ),
    ]


def measure(name: str, make: Callable[[Path, int], list[str]], seconds: int) -> Contestant:
    """Ask one server for `seconds`, after a short warm-up with the same questions."""
    with nameservers.serve(make, name, NAMES) as server, questions() as feed:
        for length in (2, seconds):
            done = _ask(server, feed, "-l", str(length))
        return figures(name, done)


def measure_cold(name: str, make: Callable[[Path, int], list[str]]) -> Contestant:
    """Ask one server for each name once."""
    numbers = random.Random(1).sample(range(_ASKED_FOR), _ASKED_FOR)
    with nameservers.serve(make, name, NAMES) as server, _feed(numbers) as feed:
        return figures(name, _ask(server, feed, "-n", "1"))


@contextmanager
def questions() -> Iterator[str]:
    """A file of questions for dnsperf: names at random, a tenth of them absent."""
    chance = random.Random(1)
    with _feed(chance.randrange(_ASKED_FOR) for _ in range(200_000)) as feed:
        yield feed


@contextmanager
def _feed(numbers: Iterable[int]) -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".dnsperf") as feed:
        feed.writelines(f"h{number}.{nameservers.ZONE} A\n" for number in numbers)
        feed.flush()
        yield feed.name


def _ask(server: nameservers.Server, feed: str, *how_long: str) -> str:
    command = [find("dnsperf"), "-s", "127.0.0.1", "-p", str(server.port), "-d", feed, "-c", "8", "-q", "200"]
    return subprocess.run([*command, *how_long], capture_output=True, text=True, check=True).stdout
