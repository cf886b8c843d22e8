"""Numbers of a service for Prometheus: counted in plain dictionaries, written as text when somebody asks.

To count costs a fifth of a microsecond, and loops count a batch at once (docs/decisions/0024-metrics.md). Every family
stands in `FAMILIES`; what `Report.count` counts is in one family of its own, by what has happened.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

PAGE_OCTETS = os.sysconf("SC_PAGE_SIZE")

Labels: TypeAlias = tuple[str, ...]  # values, in the order of the family's labels

COMMIT_SECONDS = "tenure_store_commit_seconds"

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds


class Family(NamedTuple):
    """One metric: its kind, what it says, and its labels besides `service`."""

    kind: str  # counter, gauge, histogram
    help: str
    labels: Labels = ()


FAMILIES: dict[str, Family] = {
    "tenure_happenings_total": Family("counter", "What the service has counted, by what has happened.", ("what",)),
    "tenure_problems": Family("gauge", "Standing problems, by the code that their log line begins with.", ("code",)),
    "tenure_dhcp_messages_total": Family("counter", "DHCP messages that could be read.", ("type",)),
    "tenure_dns_updates_total": Family("counter", "Updates that our DNS server answered.", ("view", "zone", "rcode")),
    "tenure_dns_replies_total": Family(
        "counter", "Replies of our DNS server to all but updates and transfers.", ("view", "zone", "rcode")
    ),
    "tenure_dns_contexts": Family("gauge", "Security contexts (GSS-TSIG) that the process has.", ("state",)),
    "tenure_updates_sent_total": Family(
        "counter",
        "Messages of the updater, by the RCODE or reason that came of them.",
        ("zone", "server", "key", "rcode"),
    ),
    "tenure_update_seconds": Family("histogram", "From a message of the updater to its answer.", ("zone", "server")),
    "tenure_updater_tasks": Family("gauge", "Records that wait for their zone or are on their way.", ("zone",)),
    "tenure_updater_message_names": Family(
        "gauge", "Names that may share an update, as the server takes it.", ("zone",)
    ),
    COMMIT_SECONDS: Family("histogram", "From the begin of a transaction to its durable end.", ()),
    "tenure_leases": Family("gauge", "Leases in the store.", ("subnet", "state")),
    "tenure_registrations": Family("gauge", "Registrations in the store.", ("direction", "state")),
    "tenure_registrations_due": Family("gauge", "Registrations that are due now.", ()),
    "tenure_oldest_due_seconds": Family("gauge", "How long the registration that is due longest has been so.", ()),
    "tenure_process_cpu_seconds_total": Family("counter", "Processor time that the process has used.", ()),
    "tenure_process_resident_bytes": Family("gauge", "Memory that the process has in use.", ()),
    "tenure_zone_read_at_seconds": Family("gauge", "When the zone was last read back: UTC seconds.", ("zone",)),
}

Sample: TypeAlias = tuple[str, Labels, float]  # family, label values, value


class Histogram:
    """How often a length of time was within each bound."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds


class Metrics:
    """The numbers of one process. Written by one thread; read by another, which may see a batch half counted."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, Labels], float] = {}
        self._histograms: defaultdict[tuple[str, Labels], Histogram] = defaultdict(Histogram)
        self._sources: dict[str, Callable[[], Iterable[Sample]]] = {"process": _of_this_process}

    def add(self, family: str, labels: Labels, number: float = 1) -> None:
        """Count so many more."""
        key = family, labels
        self._counters[key] = self._counters.get(key, 0) + number

    def observe(self, family: str, labels: Labels, seconds: float) -> None:
        """Something took so long."""
        self._histograms[family, labels].observe(seconds)

    def watch(self, name: str, source: Callable[[], Iterable[Sample]]) -> None:
        """Ask `source` for samples at each scrape, in the thread that writes the text; a later one has its place."""
        self._sources[name] = source

    def text(self, service: str, counts: Mapping[str, int], problems: Mapping[str, int]) -> str:
        """All of it in Prometheus' text format 0.0.4; every sample has the label `service`."""
        samples: dict[str, list[str]] = {family: [] for family in FAMILIES}
        found: list[Sample] = [("tenure_happenings_total", (what,), number) for what, number in sorted(counts.items())]
        found += [("tenure_problems", (code,), number) for code, number in sorted(problems.items())]
        found += [(family, labels, number) for (family, labels), number in sorted(self._counters.copy().items())]
        for source in list(self._sources.values()):
            found += source()
        for family, labels, number in found:
            samples[family].append(f"{family}{_labels(service, family, labels)} {_number(number)}")
        for (family, labels), histogram in sorted(self._histograms.copy().items()):
            samples[family] += _histogram_lines(service, family, labels, histogram)
        return "".join(_block(family, lines) for family, lines in samples.items() if lines)


def merged(texts: Iterable[str]) -> str:
    """The texts of several processes as one: each family once, with the samples of all."""
    blocks: dict[str, list[str]] = {family: [] for family in FAMILIES}
    for text in texts:
        lines: list[str] = []
        for line in text.splitlines():
            if line.startswith("# HELP "):
                lines = blocks.setdefault(line.split(" ", 3)[2], [])
            elif not line.startswith("#"):
                lines.append(line)
    return "".join(_block(family, lines) for family, lines in blocks.items() if lines)


def _of_this_process() -> Iterator[Sample]:
    """What Linux says of it; the second number of statm is of resident pages (proc(5))."""
    yield "tenure_process_cpu_seconds_total", (), time.process_time()
    with open("/proc/self/statm", encoding="ascii") as statm:
        yield "tenure_process_resident_bytes", (), int(statm.read().split()[1]) * PAGE_OCTETS


def _block(family: str, lines: Iterable[str]) -> str:
    kind, words, _ = FAMILIES[family]
    head = [f"# HELP {family} {words}", f"# TYPE {family} {kind}"]
    return "\n".join([*head, *lines]) + "\n"


def _histogram_lines(service: str, family: str, labels: Labels, histogram: Histogram) -> Iterator[str]:
    total = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), histogram.counts.copy(), strict=True):
        total += count
        yield f"{family}_bucket{_labels(service, family, labels, le=bound)} {total}"
    yield f"{family}_sum{_labels(service, family, labels)} {_number(histogram.sum)}"
    yield f"{family}_count{_labels(service, family, labels)} {total}"


def _labels(service: str, family: str, values: Labels, **more: str) -> str:
    pairs = {"service": service, **dict(zip(FAMILIES[family].labels, values, strict=True)), **more}
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(float(number))
