"""How it went: the table at the end of a run, what was wrong and why, and the exit status."""

from __future__ import annotations

from enum import Enum, auto

from rich import box
from rich.console import Console
from rich.table import Table

from tenure.console.demo.judge import Belief, Judge, Verdict
from tenure.console.demo.picture import Picture
from tenure.console.demo.screen import seconds_text

SHOWN = 20


class Ending(Enum):
    """How a run came to its end."""

    STOPPED = auto()  # a run without an end of its own, where leases never stop to change, so something is pending
    PLAYED_OUT = auto()  # a bounded run, in which everything has to be right at the end
    CUT_OFF = auto()  # a bounded run, before its end


def exit_status(judge: Judge, ending: Ending) -> int:
    """0 if leases and names agreed all the time, and at all; a bounded run has to come to its end for that."""
    if judge.offences or judge.complaints or not judge.answers or ending is Ending.CUT_OFF:
        return 1
    return 1 if ending is Ending.PLAYED_OUT and judge.unsettled() else 0


def print_verdict(console: Console, picture: Picture, judge: Judge, ending: Ending) -> None:
    """The table, then every disagreement."""
    table = Table(box=box.SIMPLE_HEAD, title="verdict", title_justify="left", title_style="bold")
    table.add_column("what")
    for heading in ("right", "pending", "wrong"):
        table.add_column(heading, justify="right")
    for what, kind in (("names that point at their device", "A"), ("addresses that name their holder", "PTR")):
        table.add_row(what, *_counted(picture, kind))
    table.add_row("names and addresses rightly gone", *_counted(picture, "gone"))
    console.print(table)
    _print_facts(console, picture)
    _print_refused(console, picture)
    _print_disagreements(console, judge, ending)


def _counted(picture: Picture, kind: str) -> list[str]:
    return [str(picture.counts[kind, verdict]) for verdict in Verdict]


def _print_facts(console: Console, picture: Picture) -> None:
    facts = Table.grid(padding=(0, 2))
    deeds = ", ".join(f"{words} {count}" for words, count in picture.counted_deeds)
    facts.add_row("  devices", f"{picture.leases} of {picture.devices} hold a lease")
    facts.add_row("  what they did", deeds)
    facts.add_row("  ACK to resolvable", f"p50 {seconds_text(picture.lag_p50)}, p99 {seconds_text(picture.lag_p99)}")
    facts.add_row("  end to gone", f"p50 {seconds_text(picture.gone_p50)}, p99 {seconds_text(picture.gone_p99)}")
    facts.add_row("  DNS answers", f"{picture.answers} compared in {picture.played:.0f} s")
    console.print(facts)


def _print_refused(console: Console, picture: Picture) -> None:
    if picture.refused_ever:
        console.print(f"\n  {picture.refused_ever} claims on names of others were refused. Refused now:")
    for refusal in picture.refusals[:SHOWN]:
        console.print(
            f"    {refusal.name} for {refusal.address}: {refusal.reason} ({refusal.reason_code})", soft_wrap=True
        )


def _print_disagreements(console: Console, judge: Judge, ending: Ending) -> None:
    lines = [f"an ACK broke the protocol: {complaint}" for complaint in judge.complaints]
    for offence in judge.offences:
        right = " or ".join(_records(records) for records in offence.expected.allowed)
        lines.append(
            f"{offence.subject.owner} {offence.subject.rtype} was answered with {offence.answer} for "
            f"{offence.seconds:.1f} s, right is {right}: {offence.expected.because}"
        )
    if ending is Ending.PLAYED_OUT and not lines:
        lines = [_unsettled(belief) for belief in judge.unsettled()]
    console.print()
    if not lines:
        console.print(f"  {_agreement(judge, ending)}")
        return
    console.print(f"  [bold red]{len(lines)} disagreements:[/bold red]")
    for line in lines[:SHOWN]:
        console.print(f"    {line}", soft_wrap=True, markup=False)
    if len(lines) > SHOWN:
        console.print(f"    and {len(lines) - SHOWN} more")


def _agreement(judge: Judge, ending: Ending) -> str:
    if not judge.answers:
        return "[bold yellow]Nothing was compared yet.[/bold yellow]"
    if ending is Ending.CUT_OFF:
        return "[bold yellow]It was cut off before its end; what was compared until then agreed.[/bold yellow]"
    return "[bold green]Every lease and its names agreed.[/bold green]"


def _unsettled(belief: Belief) -> str:
    right = " or ".join(_records(records) for records in belief.expected.allowed)
    return f"{belief.subject.owner} {belief.subject.rtype} was still {belief.answer} at the end, right is {right}"


def _records(records: frozenset[str]) -> str:
    return ", ".join(sorted(records)) or "no record"
