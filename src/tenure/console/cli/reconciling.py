"""`tenure reconcile`."""

from __future__ import annotations

import dataclasses
import getpass
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import FAILED, WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import TERMINAL_ROWS, on_terminal, print_rows
from tenure.console.cli.zone_files import zone_name

if TYPE_CHECKING:
    from tenure.config.configuration import Configuration
    from tenure.console.reconciliation import FindingLine, Outcome, Reconcile, ReconciledZone
    from tenure.dnswire.name import Name
    from tenure.upkeep.finding import Finding

EXAMPLES = examples(
    "tenure reconcile -c tenure.toml --dry-run",
    "tenure reconcile -c tenure.toml example.test. -o json",
    "tenure reconcile -c tenure.toml --remove example.test.",
)
FINDING_COLUMNS = ["kind", "direction", "name", "address", "there", "reason"]
ZONE_COLUMNS = ["zone", "read_by", "server", "serial", "names", "registered"]
# as counted
KINDS = ("missing", "wrong", "ttl", "txt_marker", "free", "right", "stale", "left_marker", "orphaned", "foreign")


def reconcile_command(reconcile: Reconcile) -> Callable[..., None]:
    """The command; `reconcile` is what it runs."""

    def command(
        config: ConfigOption,
        zones: Annotated[list[str] | None, typer.Argument(help="Only these zones.", show_default=False)] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what differs, and change nothing.")] = False,
        remove: Annotated[
            list[str] | None,
            typer.Option(help="A zone of which more stale names may be taken away than the brake allows."),
        ] = None,
        limit: Annotated[int, typer.Option(min=0, help="Show at most so many differences.")] = TERMINAL_ROWS,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Read back what the servers hold, compare it with the leases, and have what is ours put right.

        Exit status 0: all is as it should be, or will be by what was made due. 1: a zone could not be read, the brake
        held, or, with --dry-run, something differs.
        """
        wanted = {zone_name(zone) for zone in zones or ()}
        over = {zone_name(zone) for zone in remove or ()}
        with opened(config) as configuration:
            _check(configuration, wanted | over)
            outcome, found, more = _run(configuration, reconcile, wanted, over, limit, dry_run=dry_run)
            _print(outcome, found, more, output)
            from tenure.console.reconciliation import is_as_wanted  # noqa: PLC0415 - `tenure --help` does without

            if not is_as_wanted(outcome, dry_run=dry_run):
                raise typer.Exit(FAILED)

    return command


def _check(configuration: Configuration, zones: set[Name]) -> None:
    from tenure.config.domains import all_plans  # noqa: PLC0415 - `tenure --help` does without
    from tenure.dnswire.name import to_text  # noqa: PLC0415

    known = {plan.zone.lower() for plan in all_plans(configuration)}
    for zone in sorted(zones - known):
        names = ", ".join(to_text(name) for name in sorted(known)) or "none"
        raise fail(f"leases are not registered in {to_text(zone)} (they are in: {names})", WRONG)


def _run(
    configuration: Configuration,
    reconcile: Reconcile,
    zones: set[Name],
    over_the_brake: set[Name],
    limit: int,
    *,
    dry_run: bool,
) -> tuple[Outcome, list[FindingLine], int]:
    """The pass; what it found, up to the limit, and how much more that was."""
    from tenure.console.reconciliation import Order, finding_line  # noqa: PLC0415 - `tenure --help` does without

    found: list[FindingLine] = []
    more = 0

    def tell(finding: Finding) -> None:
        nonlocal more
        if len(found) < limit:
            found.append(finding_line(finding))
        else:
            more += 1

    with _progress() as moved:
        actor = f"cli {getpass.getuser()}"
        order = Order(dry_run, zones, over_the_brake, actor, tell, moved)
        outcome = reconcile(configuration, order)
    return outcome, found, more


def _print(outcome: Outcome, found: list[FindingLine], more: int, output: Format) -> None:
    from tenure.console.reconciliation import zone_line  # noqa: PLC0415 - `tenure --help` does without

    zones = [zone_line(result) for result in outcome.zones]
    if output is Format.JSON:
        rows = {
            "zones": [dataclasses.asdict(one) for one in zones],
            "findings": [dataclasses.asdict(one) for one in found],
            "findings_not_shown": more,
        }
        print(json.dumps(rows, indent=2))
        return
    if found:
        print_rows(found, FINDING_COLUMNS, output, len(found))
        print()
    if more:
        print(f"(and {more} more differences; --limit shows more)", file=sys.stderr)
    kinds = [kind for kind in KINDS if _any(zones, kind)]
    print_rows(zones, [*ZONE_COLUMNS, *kinds, "repaired", "reason"], output)
    if outcome.interrupted:
        print("tenure: interrupted; what was made due until then is right", file=sys.stderr)


def _any(rows: Sequence[ReconciledZone], field: str) -> bool:
    return any(getattr(row, field) for row in rows)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """What to call with the records that came: it moves a line on a terminal, and does nothing elsewhere."""
    if not (sys.stderr.isatty() and on_terminal()):
        yield lambda _records: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a terminal
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} records read"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda records: bar.advance(task, records)
