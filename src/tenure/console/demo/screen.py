"""The live screen of the demo, for a terminal of about 100 by 30: what is true now, what happens, what to try."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tenure.console.demo.judge import Verdict
from tenure.console.demo.picture import Picture
from tenure.console.demo.site import NETWORKS
from tenure.console.lines import NameLine

NETWORK_STYLES = ("cyan", "magenta", "yellow")
FULL_HEIGHT = 30
LEFT_WIDTH = 41
TICKER_LINES = 10
DEEDS_IN_ROW = 3
REFUSED_SHOWN = 6
_BARS = " ▁▂▃▄▅▆▇█"


def render_screen(picture: Picture, height: int = FULL_HEIGHT) -> RenderableType:
    """The whole screen; one of less than `FULL_HEIGHT` lines does without the refused claims."""
    middle = Table.grid(expand=True)
    middle.add_column(width=LEFT_WIDTH)
    middle.add_column(ratio=1)
    middle.add_row(Group(_names(picture), _lags(picture)), _ticker(picture))
    refused = [_refused(picture)] if height >= FULL_HEIGHT else []
    return Group(_head(picture), middle, *refused, _commands(picture))


def _head(picture: Picture) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column()
    grid.add_column(justify="right")
    leases = f"{picture.leases} of {picture.devices} devices hold a lease"
    if picture.wrong:
        state = (f" {picture.wrong} times DNS was wrong ", "bold white on red")
    else:
        state = (" DNS and leases agree ", "bold black on green")
    grid.add_row(
        Text.assemble(("tenure demo", "bold"), f"   {leases}"), Text.assemble(state, f"  {_clock(picture.played)}")
    )
    return grid


def _names(picture: Picture) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1), header_style="dim")
    table.add_column("in DNS", no_wrap=True)
    for heading in ("right", "pending", "wrong"):
        table.add_column(heading, justify="right", min_width=len(heading))
    for label, kind in (("name → address", "A"), ("address → name", "PTR"), ("rightly gone", "gone")):
        right, pending, wrong = (picture.counts[kind, verdict] for verdict in Verdict)
        table.add_row(
            label,
            Text(str(right), "green"),
            Text(str(pending), "yellow" if pending else "dim"),
            Text(str(wrong), "bold red" if wrong else "dim"),
        )
    return _panel("names", Group(table, Text(""), _networks(picture)))


def _networks(picture: Picture) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column()
    grid.add_column(justify="right")
    grid.add_column(ratio=1)
    most = max(1, *picture.by_network)
    for network, leases, style in zip(NETWORKS, picture.by_network, NETWORK_STYLES, strict=True):
        bar = ProgressBar(most, leases, complete_style=style, finished_style=style)
        grid.add_row(Text(f" {network.name}", style), str(leases), bar)
    return grid


def _lags(picture: Picture) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1), header_style="dim")
    table.add_column("lag", no_wrap=True)
    table.add_column("p50", justify="right", no_wrap=True)
    table.add_column("p99", justify="right", no_wrap=True)
    table.add_row("ACK → resolves", *map(seconds_text, (picture.lag_p50, picture.lag_p99)), style="bold")
    table.add_row("lease over → gone", *map(seconds_text, (picture.gone_p50, picture.gone_p99)))
    return _panel("time", Group(table, Text(f" {sparkline(picture.recent_lags)}", "green", no_wrap=True)))


def _ticker(picture: Picture) -> RenderableType:
    lines = [
        Text.assemble((_clock(line.at), "dim"), "  ", (f"{line.label:<13}", NETWORK_STYLES[line.network]), line.words)
        for line in picture.ticker[-TICKER_LINES:]
    ]
    lines += [Text("")] * (TICKER_LINES - len(lines))
    counts = Table.grid(expand=True)
    for _ in range(DEEDS_IN_ROW):
        counts.add_column(ratio=1)
    cells = [Text.assemble((str(count), "bold"), f" {word}") for word, count in picture.counted_deeds]
    for row in range(0, len(cells), DEEDS_IN_ROW):
        counts.add_row(*cells[row : row + DEEDS_IN_ROW])
    return _panel("what devices do", Group(*_cut(lines), Text(""), counts), padding=1)


def _refused(picture: Picture) -> RenderableType:
    """The claims that stand refused, under the reason that they share."""
    by_reason: dict[str, list[NameLine]] = {}
    for line in picture.refusals:
        by_reason.setdefault(line.reason, []).append(line)
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1, no_wrap=True)
    grid.add_column(ratio=1, no_wrap=True)
    claims: list[RenderableType] = []
    for lines in by_reason.values():
        claims += [Text.assemble(f" {line.address} asked for ", (line.name, "bold")) for line in lines]
    shown = claims[:REFUSED_SHOWN] + [Text("")] * (REFUSED_SHOWN - len(claims))
    for row in range(0, REFUSED_SHOWN, 2):
        grid.add_row(*shown[row : row + 2])
    reasons = _cut([Text(f" {reason}", "yellow") for reason in by_reason] or [Text(" none yet", "dim")])
    title = f"refused claims[/b] [dim]{len(picture.refusals)} now, {picture.refused_ever} since the start[/dim][b]"
    return _panel(title, Group(*reasons[:1], grid))


def _commands(picture: Picture) -> RenderableType:
    title = "try it in another terminal[/b] [dim]Ctrl-C here ends the demo[/dim][b]"
    return _panel(title, Group(*_cut([Text(command) for command in picture.commands])), padding=1)


def _panel(title: str, content: RenderableType, padding: int = 0) -> Panel:
    return Panel(
        content,
        title=f"[b]{title}[/b]",
        title_align="left",
        box=box.ROUNDED,
        padding=(0, padding),
        border_style="bright_black",
    )


def _cut(lines: Sequence[Text]) -> Sequence[Text]:
    """The lines, each cut off where the screen ends."""
    for line in lines:
        line.no_wrap = True
        line.overflow = "ellipsis"
    return lines


def seconds_text(seconds: float | None) -> str:
    """`12 ms`, `1.4 s`, or a hyphen."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def sparkline(values: Sequence[float]) -> str:
    """One bar for each value, as high as it is beside the greatest."""
    top = max(values, default=0.0)
    if not top:
        return ""
    return "".join(_BARS[max(1, round(value / top * (len(_BARS) - 1)))] for value in values)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
