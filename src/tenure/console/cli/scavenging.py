"""`tenure scavenge`: what is stale, taken away, and brought back."""

from __future__ import annotations

import dataclasses
import getpass
import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import FAILED, WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import TERMINAL_ROWS, print_rows
from tenure.console.cli.zone_files import ViewOption, ZoneArgument, view_name, zone_name

if TYPE_CHECKING:
    from tenure.authority.aged import BinnedRecord
    from tenure.authority.settings import ZonePlace
    from tenure.config.configuration import Configuration
    from tenure.console.scavenging import OpenScavenging, Scavenges
    from tenure.upkeep.staleness import ZonePass

PREVIEW_EXAMPLES = examples(
    "tenure scavenge preview -c tenure.toml",
    "tenure scavenge preview example.test. -c tenure.toml -o json",
)
RUN_EXAMPLES = examples(
    "tenure scavenge run example.test. -c tenure.toml",
    "tenure scavenge run --remove example.test. -c tenure.toml",
)
RESTORE_EXAMPLES = examples(
    "tenure scavenge restore example.test. --all --dry-run -c tenure.toml",
    "tenure scavenge restore example.test. pc1.example.test. -c tenure.toml --refreshed",
)
STALE_COLUMNS = ["zone", "name", "type", "data", "timestamp", "result", "last_update", "last_query", "reason"]
PASS_COLUMNS = ["zone", "names", "stale", "to_go", "removed", "from_then", "reason"]
RESTORED_COLUMNS = ["name", "type", "data", "timestamp", "scavenged", "of_pass", "result", "reason"]

ZonesArgument = Annotated[list[str] | None, typer.Argument(help="Only these zones.", show_default=False)]
LimitOption = Annotated[int, typer.Option(min=0, help="Show at most so many records.")]


def commands(open_scavenging: OpenScavenging) -> typer.Typer:
    """The commands, over what is opened."""
    app = typer.Typer(help="Look for records that nobody refreshes, take them away, and bring them back.")
    app.command("preview", epilog=PREVIEW_EXAMPLES)(_preview_command(open_scavenging))
    app.command("run", epilog=RUN_EXAMPLES)(_run_command(open_scavenging))
    app.command("restore", epilog=RESTORE_EXAMPLES)(_restore_command(open_scavenging))
    return app


def _preview_command(open_scavenging: OpenScavenging) -> Callable[..., None]:
    def preview(
        config: ConfigOption,
        zones: ZonesArgument = None,
        view: ViewOption = None,
        limit: LimitOption = TERMINAL_ROWS,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Show which records are stale, which of them a pass would take away now, and what else knows of them.

        Nothing is changed. A pass takes away exactly what is shown as `goes`, unless something is in its way.
        """
        with opened(config) as configuration, open_scavenging(configuration) as scavenging:
            now = time.time()
            found = [scavenging.preview(place, now) for place in _places(scavenging, zones, view)]
            _print(configuration, scavenging, found, limit, output)

    return preview


def _run_command(open_scavenging: OpenScavenging) -> Callable[..., None]:
    def run(
        config: ConfigOption,
        zones: ZonesArgument = None,
        view: ViewOption = None,
        remove: Annotated[
            list[str] | None,
            typer.Option(help="A zone of which more names may lose records than the brake allows."),
        ] = None,
        limit: LimitOption = TERMINAL_ROWS,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Make a pass now: take away what is stale, on the terms on which the janitor does.

        The schedule stays as it is. Exit status 1: something was in the way in one of the zones.
        """
        with opened(config) as configuration, open_scavenging(configuration) as scavenging:
            over = _places(scavenging, remove, view) if remove else []
            places = _places(scavenging, zones, view) if zones or not remove else over
            actor = f"cli {getpass.getuser()}"
            done = [scavenging.run(place, actor, time.time(), over) for place in places]
            _print(configuration, scavenging, done, limit, output)
            if any(one.hold is not None for one in done):
                raise typer.Exit(FAILED)

    return run


def _restore_command(open_scavenging: OpenScavenging) -> Callable[..., None]:
    def restore(
        config: ConfigOption,
        zone: ZoneArgument,
        names: Annotated[list[str] | None, typer.Argument(help="Only these names.", show_default=False)] = None,
        view: ViewOption = None,
        of_pass: Annotated[
            str | None, typer.Option("--pass", help="What one pass took away, by its id in the history.")
        ] = None,
        everything: Annotated[bool, typer.Option("--all", help="All that is in the bin of the zone.")] = False,
        refreshed: Annotated[
            bool, typer.Option("--refreshed", help="With the timestamp of now, so that the next pass leaves it.")
        ] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")] = False,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Bring records back that were scavenged, as they were: class, end, and timestamp, which is old.

        Exit status 1: something that was wanted stays in the bin, or is not in it.
        """
        if not (names or of_pass or everything):
            raise fail("say what to restore: names, --pass ID, or --all (with --dry-run nothing is changed)", WRONG)
        wanted = _wanted([zone_name(name) for name in names or ()], of_pass)
        with opened(config) as configuration, open_scavenging(configuration) as scavenging:
            from tenure.console.scavenging import restored_lines  # noqa: PLC0415 - `tenure --help` does without

            (place,) = _places(scavenging, [zone], view, aging_only=False)
            actor = f"cli {getpass.getuser()}"
            found = scavenging.restore(place, wanted, actor, time.time(), refreshed=refreshed, dry_run=dry_run)
            print_rows(restored_lines(found, dry_run=dry_run), RESTORED_COLUMNS, output)
            if not found and output is Format.TABLE:
                print("tenure: the bin has nothing of that", file=sys.stderr)
            if not found or any(one.record is None for one in found):
                raise typer.Exit(FAILED)

    return restore


def _wanted(names: Sequence[bytes], of_pass: str | None) -> Callable[[BinnedRecord], bool]:
    def wanted(one: BinnedRecord) -> bool:
        return (not names or one.kept.record.name in names) and of_pass in (None, one.correlation)

    return wanted


def _places(
    scavenging: Scavenges, zones: Sequence[str] | None, view: str | None, *, aging_only: bool = True
) -> list[ZonePlace]:
    """The zones that a person names; without a name those whose records age."""
    from tenure.dnswire.name import to_text  # noqa: PLC0415 - `tenure --help` does without

    known = scavenging.places(aging_only=aging_only)
    within = None if view is None else view_name(view)
    known = [place for place in known if within in (None, place.view)]
    if not zones:
        if not known:
            raise fail("the records of no zone age; write aging = true in one of [[dns.zones]]")
        return known
    found = []
    for text in zones:
        name = zone_name(text)
        places = [place for place in known if place.name == name]
        if not places:
            which = ", ".join(map(str, known)) or "none"
            what = "no zone whose records age" if aging_only else "no primary zone"
            raise fail(f"{to_text(name)} is {what} (there are: {which})", WRONG)
        if len(places) > 1:
            raise fail(f"{to_text(name)} is in several views; say which with --view", WRONG)
        found += places
    return found


def _print(
    configuration: Configuration, scavenging: Scavenges, found: Sequence[ZonePass], limit: int, output: Format
) -> None:
    from tenure.config.aging_remarks import worst_case_words  # noqa: PLC0415 - `tenure --help` does without
    from tenure.console.scavenging import pass_line, stale_lines  # noqa: PLC0415

    interval = configuration.dns.scavenging.interval if configuration.dns is not None else 0
    zones = [
        pass_line(one, worst_case_words(one.intervals, interval) if one.intervals is not None else "") for one in found
    ]
    every = sum(len(one.verdicts) for one in found)
    lines = list(islice((line for one in found for line in stale_lines(one, scavenging)), limit))
    if output is Format.JSON:
        rows = {
            "zones": [dataclasses.asdict(one) for one in zones],
            "records": [dataclasses.asdict(one) for one in lines],
            "records_not_shown": every - len(lines),
        }
        print(json.dumps(rows, indent=2))
        return
    if lines:
        print_rows(lines, STALE_COLUMNS, output, len(lines))
        print()
    if every > len(lines):
        print(f"(and {every - len(lines)} more records; --limit shows more)", file=sys.stderr)
    print_rows(zones, PASS_COLUMNS, output)
    for words in dict.fromkeys(one.worst_case for one in zones if one.worst_case):
        print(words)
