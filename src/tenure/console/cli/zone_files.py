"""`tenure zones import` and `tenure zones export`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import print_rows

if TYPE_CHECKING:
    from tenure.console.zone_reading import Notice
    from tenure.dnswire.name import Name
    from tenure.ledger.zones import Zone, ZoneLedger

IMPORT_EXAMPLES = examples(
    "tenure zones import db.example.test -c tenure.toml",
    "tenure zones import /etc/bind/db.* -c tenure.toml --partial",
    "tenure zones import hosts --zone example.test. -c tenure.toml",
)
EXPORT_EXAMPLES = examples("tenure zones export example.test. -c tenure.toml -o db.example.test")
LONG_FILE = 1 << 20  # octets; a longer one has a progress bar

ZoneArgument = Annotated[str, typer.Argument(help="The zone.", show_default=False)]
ViewOption = Annotated[
    str | None, typer.Option(help="The view that the zone is in, where several have one of its name; or `shared`.")
]


def import_files(
    files: Annotated[list[Path], typer.Argument(help="Zone files, each of one zone.", show_default=False)],
    config: ConfigOption,
    zone: Annotated[str | None, typer.Option(help="The zone, where the file does not say it.")] = None,
    view: ViewOption = None,
    partial: Annotated[bool, typer.Option("--partial", help="Take the other lines if some cannot be taken.")] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make the static records of zones those of zone files: just the difference, each zone in one transaction.

    Records that leases and other updates wrote stay. The services go on running. Each line that cannot be taken is
    named with its reason, and nothing of its zone is taken then, unless --partial says so.
    """
    with opened(config) as configuration:
        from tenure.console.store import zones_to_change  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.zone_import import import_file  # noqa: PLC0415
        from tenure.console.zone_reading import UnusableZoneFile  # noqa: PLC0415

        name = None if zone is None else zone_name(zone)
        into = None if view is None else view_name(view)
        rows, failed = [], False
        with zones_to_change(configuration) as ledger:
            for path in files:
                try:
                    with _progress(path) as moved:
                        row = import_file(
                            configuration,
                            ledger,
                            path,
                            name,
                            _tell,
                            moved,
                            time.time(),
                            view=into,
                            partial_content=partial,
                        )
                except UnusableZoneFile as error:
                    fail(str(error))
                    failed = True
                    continue
                rows.append(row)
                failed |= bool(row.not_taken and not partial)
        views = ["view"] if configuration.dns and configuration.dns.views else []
        columns = ["zone", *views, "file", "result", "serial", "added", "removed", "retimed", "not_taken"]
        if rows:
            print_rows(rows, columns, output)
        if failed:
            raise typer.Exit(1)


def export(
    zone: ZoneArgument,
    config: ConfigOption,
    view: ViewOption = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write into this file, not to the output.")] = None,
) -> None:
    """Print a zone as a zone file that this and other servers take back with the same content."""
    with opened(config) as configuration:
        from tenure.console.store import zones_to_show  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.zone_export import export_lines  # noqa: PLC0415

        with zones_to_show(configuration) as opened_ledger:
            ledger, found = zone_of(opened_ledger, zone, view)
            with ledger.snapshot(found.id) as snapshot:
                if out is None:
                    sys.stdout.writelines(f"{line}\n" for line in export_lines(snapshot))
                    return
                beside = out.with_name(f".{out.name}.tenure")
                try:
                    with beside.open("w", encoding="ascii") as file:
                        file.writelines(f"{line}\n" for line in export_lines(snapshot))
                    beside.replace(out)
                except OSError as error:
                    raise fail(f"{out} cannot be written ({error.strerror})") from None
                finally:
                    beside.unlink(missing_ok=True)


def zone_name(text: str) -> Name:
    """The name of a zone that a person wrote; ends the command when it is none."""
    from tenure.dnswire.name import from_text  # noqa: PLC0415 - `tenure --help` does without

    try:
        return from_text(text).lower()
    except ValueError as error:
        raise fail(f"{text!r} is no name of a zone: {error}", WRONG) from None


def view_name(text: str, *, option: str = "--view") -> str:
    """The name of a view that a person wrote, empty for the shared zones; ends the command when it is none."""
    from tenure.config.fields import parse_view  # noqa: PLC0415 - `tenure --help` does without

    try:
        return parse_view(text)
    except ValueError as error:
        raise fail(f"{option} {text!r} {error}", WRONG) from None


def zone_of(
    ledger: ZoneLedger | None, text: str, view: str | None, *, option: str = "--view"
) -> tuple[ZoneLedger, Zone]:
    """The zone of the store that a person names; ends the command when there is none, or not only one.

    `option` is the one that gives the view.
    """
    from tenure.config.fields import view_word  # noqa: PLC0415 - `tenure --help` does without
    from tenure.dnswire.name import to_text  # noqa: PLC0415

    name = zone_name(text)
    zones = ledger.zones() if ledger is not None else []
    wanted = None if view is None else view_name(view, option=option)
    named = [zone for zone in zones if zone.name == name and zone.soa_rdata]
    found = [zone for zone in named if wanted in (None, zone.view)]
    if len(found) > 1:
        views = ", ".join(view_word(zone.view) for zone in found)
        raise fail(f"{to_text(name)} is in several views ({views}); say which with {option}", WRONG)
    if ledger is None or not found:
        known = ", ".join(str(zone.place) for zone in zones) or "none"
        where = f" in view {view_word(wanted)}" if wanted is not None else ""
        raise fail(f"the store has no zone {to_text(name)}{where} (it has: {known})")
    return ledger, found[0]


def _tell(notice: Notice) -> None:
    from tenure.console.words import printable  # noqa: PLC0415 - `tenure --help` does without

    kind = "taken with a change" if notice.is_taken else "not taken"
    print(f"{notice.file}:{notice.line}: {kind}: {printable(notice.reason)}", file=sys.stderr)


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int], None]]:
    """What to call with the octets that were read: it moves a bar on a terminal, and does nothing elsewhere."""
    size = path.stat().st_size if path.is_file() else 0
    if size < LONG_FILE or not sys.stderr.isatty():
        yield lambda _octets: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a bar
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(path.name, total=size)
        waiting = 0

        def moved(octets: int) -> None:
            nonlocal waiting
            waiting += octets
            if waiting > LONG_FILE // 8:
                bar.advance(task, waiting)
                waiting = 0

        yield moved
