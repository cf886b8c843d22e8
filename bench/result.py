"""What a contest found, and how it is shown: a table on the terminal and a page of Markdown."""

from __future__ import annotations

import datetime as dt
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from tenure.compiled import form

MET, SHOWN = "met", "shown"
SAME_WITHIN = 0.05  # two figures of one program: its runs differ by that much


@dataclass(frozen=True)
class Contestant:
    """One server's figure; `note` says what else was seen (drops, losses)."""

    name: str
    value: float
    note: str = ""


@dataclass(frozen=True)
class Contest:
    """One row of the goals: tenure's figure, those of its peers, and the ratio that we want against each."""

    title: str
    unit: str
    tenure: Contestant
    peers: Sequence[Contestant]
    goals: dict[str, float]  # peer to the ratio wanted; a peer without one is only shown
    lower_is_better: bool = False
    remarks: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)  # peer to why its goal is missed, where that is known
    tolerance: float = 0.0  # how much of a goal may be missing, as a share: where tenure is compared with itself

    def ratio(self, peer: Contestant) -> float:
        """How much better tenure is: 2.0 is twice as good, whichever way good lies."""
        ours, theirs = self.tenure.value, peer.value
        if self.lower_is_better:
            ours, theirs = theirs, ours
        return ours / theirs if theirs else float("inf")

    def share(self, peer: Contestant) -> float:
        """How much of the goal is reached: 1.0 is all of it, and without one nothing is to be met."""
        return self.ratio(peer) / self.goals[peer.name] if peer.name in self.goals else float("inf")

    def is_met(self, peer: Contestant) -> bool:
        """Whether the goal is reached, or what is missing is within the tolerance."""
        return self.share(peer) >= 1 - self.tolerance

    def goal(self, peer: Contestant) -> str:
        """The ratio that is wanted, with its tolerance; empty without one."""
        if peer.name not in self.goals:
            return ""
        return f"{self.goals[peer.name]:g}x" + (f", within {self.tolerance:.0%}" if self.tolerance else "")

    def verdict(self, peer: Contestant) -> str:
        """`met`, or by how much the goal was missed; `shown` without one."""
        if peer.name not in self.goals:
            return SHOWN
        return MET if self.is_met(peer) else f"missed: {percent(self.share(peer))} of the goal"


def quantity(value: float, unit: str) -> str:
    """A figure with its unit, and as many digits as it deserves; of what did not come, that it never did."""
    if value == float("inf"):
        return "never"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def times(ratio: float) -> str:
    """A ratio; where the peer never got there, that is all there is to say."""
    return "beyond measure" if ratio == float("inf") else f"{ratio:.2f}x"


def percent(share: float) -> str:
    """Rounded down: a goal that is missed is never called 100 % of itself."""
    return f"{math.floor(share * 100)}%"


def rows(contests: Sequence[Contest]) -> list[list[str]]:
    """One row per peer."""
    return [
        [
            contest.title,
            quantity(contest.tenure.value, contest.unit),
            f"{peer.name}: {quantity(peer.value, contest.unit)}",
            times(contest.ratio(peer)),
            contest.goal(peer),
            contest.verdict(peer),
        ]
        for contest in contests
        for peer in contest.peers
    ]


HEADINGS = ["what", "tenure", "peer", "ratio", "goal", "verdict"]


def show(contests: Sequence[Contest]) -> None:
    """The table on the terminal."""
    table = Table(*HEADINGS)
    for row in rows(contests):
        table.add_row(*row, style="green" if row[-1] in {MET, SHOWN} else "yellow")
    console = Console()
    console.print(table)
    for contest in contests:
        for remark in remarks(contest):
            console.print(f"- {remark}", markup=False)


def remarks(contest: Contest) -> list[str]:
    """What else was seen, one sentence a contestant."""
    notes = [f"{c.name}: {c.note}" for c in [contest.tenure, *contest.peers] if c.note]
    return [f"{contest.title}: {text}" for text in [*notes, *contest.remarks]]


def missed(contest: Contest) -> list[str]:
    """Each goal that is missed, and why where a reason is known; nothing when all are met."""
    return [
        f"{contest.title}, against {peer.name}: {percent(contest.share(peer))} of the goal. "
        f"{contest.reasons.get(peer.name, '')}".rstrip()
        for peer in contest.peers
        if not contest.is_met(peer)
    ]


def page(contests: Sequence[Contest]) -> str:
    """`docs/benchmarks.md`."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`: every row is one run on one machine, tenure and its peers under the same load, one",
        "after the other. Read the ratios; the times are this machine's. Where tenure is to be as good as itself",
        "elsewhere, the goal is `1x, within 5%`: runs of one program differ by that much, so less is no difference.",
        "",
        f"Run on {dt.datetime.now(dt.UTC):%Y-%m-%d} with Python {platform.python_version()}, tenure's rooms {form()}, "
        f"and {os.cpu_count()} cores, shared by the server and the load generator.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "| " + " | ".join("---" for _ in HEADINGS) + " |",
        *("| " + " | ".join(row) + " |" for row in rows(contests)),
        "",
        *section("What is missed, and why", [point for contest in contests for point in missed(contest)]),
        *section("What else was seen", [remark for contest in contests for remark in remarks(contest)]),
    ]
    return "\n".join(lines)


def section(heading: str, points: Sequence[str]) -> list[str]:
    """A heading and its points; nothing without points."""
    return [f"## {heading}", "", *(f"- {point}" for point in points), ""] if points else []
