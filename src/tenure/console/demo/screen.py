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

NETWORK_STYLES = ("cyan", "magenta", "yellow")
TICKER_LINES = 9
REFUSED_LINES = 4
_BARS = " ▁▂▃▄▅▆▇█"


def render_screen(picture: Picture) -> RenderableType:
    """The whole screen."""
    middle = Table.grid(expand=True, padding=(0, 1, 0, 0))
    middle.add_column(ratio=5)
    middle.add_column(ratio=7)
    middle.add_row(Group(_names(picture), _lags(picture)), _ticker(picture))
    return Group(_head(picture), middle, _refused(picture), _try(picture))


def _head(picture: Picture) -> RenderableType:
    grid = Table.grid(expand=True)
    grid.add_column()
    grid.add_column(justify="right")
    title = Text.assemble(
        ("tenure demo", "bold"), "  ", (f"{picture.leases}", "bold"), f" of {picture.devices} devices hold a lease"
    )
    if picture.wrong:
        state = Text(f" {picture.wrong} WRONG ", "bold white on red")
    else:
        state = Text(" DNS and leases agree ", "bold black on green")
    grid.add_row(title, Text.assemble(state, f"  {_clock(picture.played)}"))
    return grid


def _names(picture: Picture) -> RenderableType:
    table = Table(box=None, expand=True, show_header=True, padding=(0, 1), header_style="dim")
    table.add_column("what DNS says", no_wrap=True)
    for heading in ("right", "pending", "wrong"):
        table.add_column(heading, justify="right")
    for label, kind in (("name → address", "A"), ("address → name", "PTR"), ("rightly gone", "gone")):
        right, pending, wrong = (picture.counts[kind, verdict] for verdict in Verdict)
        table.add_row(
            label,
            Text(str(right), "green"),
            Text(str(pending), "yellow" if pending else "dim"),
            Text(str(wrong), "bold red" if wrong else "dim"),
        )
    table.add_section()
    for number, network in enumerate(NETWORKS):
        leases = picture.by_network[number]
        bar = ProgressBar(max(1, picture.devices), leases, width=16, complete_style=NETWORK_STYLES[number])
        cells = Table.grid(padding=(0, 1, 0, 0))
        cells.add_row(Text(f"{network.name:<7}", NETWORK_STYLES[number]), bar)
        table.add_row(cells, Text(str(leases)))
    return Panel(table, title="[b]names[/b]", title_align="left", box=box.ROUNDED, padding=(0, 0), border_style="dim")


def _lags(picture: Picture) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row("ACK to resolvable", _quantiles(picture.lag_p50, picture.lag_p99))
    table.add_row("end of lease to gone", _quantiles(picture.gone_p50, picture.gone_p99))
    table.add_row(Text("latest", "dim"), Text(sparkline(picture.recent_lags), "green"))
    title = "[b]lag[/b] [dim]p50 / p99[/dim]"
    return Panel(table, title=title, title_align="left", box=box.ROUNDED, padding=(0, 0), border_style="dim")


def _ticker(picture: Picture) -> RenderableType:
    lines = []
    for line in picture.ticker[-TICKER_LINES:]:
        style = NETWORK_STYLES[line.network]
        lines.append(
            Text.assemble((_clock(line.at), "dim"), "  ", (f"{line.label:<12}", style), line.words, overflow="ellipsis")
        )
    lines += [Text("")] * (TICKER_LINES - len(lines))
    deeds = Text("  ".join(f"{count} {words}" for words, count in picture.deeds), "dim", overflow="fold")
    return Panel(
        Group(*_one_line(lines), Text(""), deeds),
        title="[b]what devices do[/b]",
        title_align="left",
        box=box.ROUNDED,
        padding=(0, 1),
        border_style="dim",
    )


def _refused(picture: Picture) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for refusal in picture.refusals[:REFUSED_LINES]:
        table.add_row(refusal.address, Text(refusal.name, "bold"), _one_line([Text(refusal.words)])[0])
    for _ in range(REFUSED_LINES - len(picture.refusals)):
        table.add_row("", "", "")
    title = f"[b]refused claims[/b] [dim]{len(picture.refusals)} now, {picture.refused_ever} since the start[/dim]"
    return Panel(table, title=title, title_align="left", box=box.ROUNDED, padding=(0, 0), border_style="dim")


def _try(picture: Picture) -> RenderableType:
    lines = _one_line([Text(command, "bold") for command in picture.commands])
    return Panel(
        Group(*lines),
        title="[b]try it in another terminal[/b] [dim]Ctrl-C here ends the demo[/dim]",
        title_align="left",
        box=box.ROUNDED,
        padding=(0, 1),
        border_style="dim",
    )


def _one_line(lines: Sequence[Text]) -> Sequence[Text]:
    for line in lines:
        line.no_wrap = True
        line.overflow = "ellipsis"
    return lines


def _quantiles(p50: float | None, p99: float | None) -> Text:
    return Text(f"{seconds_text(p50)} / {seconds_text(p99)}", "bold")


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
