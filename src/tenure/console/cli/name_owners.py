"""`tenure names owner`: whose names are, and how a person gives them to others."""

from __future__ import annotations

import getpass
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import (
    FAILED,
    WRONG,
    ConfigOption,
    Format,
    FormatOption,
    LimitOption,
    examples,
    fail,
    opened,
)
from tenure.console.cli.output import print_rows
from tenure.console.cli.zone_files import ViewOption, view_name, zone_name

if TYPE_CHECKING:
    from tenure.config.configuration import Configuration
    from tenure.console.name_owners import Wanted
    from tenure.ledger.zones import Zone, ZoneLedger

SHOW_EXAMPLES = examples(
    "tenure names owner show -c tenure.toml",
    "tenure names owner show 'pc*.example.test.' --owned-by 'principal pc1$@EXAMPLE.TEST' -c tenure.toml",
)
TRANSFER_EXAMPLES = examples(
    "tenure names owner transfer pc1.example.test. --to 'principal pc1$@EXAMPLE.TEST' -c tenure.toml",
    "tenure names owner transfer --owned-by old-dhcp. --to 'role dhcp-servers' --dry-run -c tenure.toml",
)
RECLAIM_EXAMPLES = examples("tenure names owner reclaim 'lab-*' --owned-by 'key lab.' --dry-run -c tenure.toml")
COLUMNS = ["zone", "name", "owner", "since", "last_wrote", "static"]
CHANGED_COLUMNS = ["zone", "name", "owner", "becomes", "done"]

PatternsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Names, or patterns such as 'pc*.example.test.'.", show_default=False),
]
OwnedByOption = Annotated[
    str | None,
    typer.Option(help="Only names of this owner: `key NAME`, `principal NAME@REALM`, `role NAME`, or `nobody`."),
]
ZoneOption = Annotated[str | None, typer.Option(help="Only names of this zone; left out: of all with `ownership`.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")]

app = typer.Typer(help="Show who owns names, and give them to others.", no_args_is_help=True)


@app.command("show", epilog=SHOW_EXAMPLES)
def show(
    config: ConfigOption,
    names: PatternsArgument = None,
    owned_by: OwnedByOption = None,
    zone: ZoneOption = None,
    view: ViewOption = None,
    limit: LimitOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show whose names are, since when, and when their owners last wrote them.

    A person's names, which have static records and no owner, are shown where they are named. Exit status 1: there is no
    such name.
    """
    from tenure.console.name_owners import owner_lines  # noqa: PLC0415 - `tenure --help` does without

    with _opened(config, zone, view) as (configuration, ledger, zones):
        wanted = _wanted(configuration, names, owned_by)
        found = 0

        def lines() -> Iterator[object]:
            nonlocal found
            for one in zones:
                with ledger.owners.names(one.id) as owned:
                    for line in owner_lines(one, owned, wanted):
                        found += 1
                        yield line

        print_rows(lines(), COLUMNS, output, limit)
        _end(found)


@app.command("transfer", epilog=TRANSFER_EXAMPLES)
def transfer(
    config: ConfigOption,
    to: Annotated[str, typer.Option(help="Who is to own them: `key NAME`, `principal NAME@REALM`, or `role NAME`.")],
    names: PatternsArgument = None,
    owned_by: OwnedByOption = None,
    zone: ZoneOption = None,
    view: ViewOption = None,
    dry_run: DryRunOption = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Give names to another owner, also those that nobody owns; their records stay as they are.

    Exit status 1: there was no such name, or its owner changed at the same time.
    """
    _change(config, names, owned_by, zone, view, to=to, dry_run=dry_run, output=output)


@app.command("reclaim", epilog=RECLAIM_EXAMPLES)
def reclaim(
    config: ConfigOption,
    names: PatternsArgument = None,
    owned_by: OwnedByOption = None,
    zone: ZoneOption = None,
    view: ViewOption = None,
    dry_run: DryRunOption = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Take names from their owners: nobody owns them, and the next who writes one and has signed gets it.

    Their records stay as they are. Exit status 1: there was no such name, or its owner changed at the same time.
    """
    _change(config, names, owned_by, zone, view, to=None, dry_run=dry_run, output=output)


def _change(
    config: Path,
    names: Sequence[str] | None,
    owned_by: str | None,
    zone: str | None,
    view: str | None,
    *,
    to: str | None,
    dry_run: bool,
    output: Format,
) -> None:
    """Give names to an owner, or to nobody where `to` is None, and print what it comes to."""
    if not names and owned_by is None:
        raise fail("say which names: by name, by pattern ('*' for all), or with --owned-by", WRONG)
    from tenure.console.name_owners import (  # noqa: PLC0415 - `tenure --help` does without
        NOBODY_WORD,
        OwnerOrder,
        change_owners,
        parse_owner,
    )

    with _opened(config, zone, view) as (configuration, ledger, zones):
        wanted = _wanted(configuration, names, owned_by)
        try:
            owner = parse_owner(configuration, to or NOBODY_WORD, known=True)
        except ValueError as error:
            raise fail(f"--to {to!r}: {error}", WRONG) from None
        if to is not None and not owner:
            raise fail("--to nobody: use `tenure names owner reclaim`", WRONG)
        order = OwnerOrder(owner, f"cli {getpass.getuser()}", time.time(), f"o{secrets.token_hex(4)}")
        lines = [line for one in zones for line in change_owners(ledger, one, wanted, order, dry_run=dry_run)]
        print_rows(lines, CHANGED_COLUMNS, output)
        _end(len(lines))
        if not dry_run and not all(line.done for line in lines):
            raise fail("what is not done had its owner changed at the same time; look again")


def _end(found: int) -> None:
    if not found:
        print("tenure: there is no such name, or it is so already; see: tenure names owner show", file=sys.stderr)
        raise typer.Exit(FAILED)


def _wanted(configuration: Configuration, names: Sequence[str] | None, owned_by: str | None) -> Wanted:
    from tenure.console.name_owners import Wanted, parse_owner, pattern_of  # noqa: PLC0415 - as above

    try:
        patterns = [pattern_of(name) for name in names or ()]
        owner = None if owned_by is None else parse_owner(configuration, owned_by, known=False)
    except ValueError as error:
        raise fail(str(error), WRONG) from None
    return Wanted(patterns, owner)


@contextmanager
def _opened(config: Path, zone: str | None, view: str | None) -> Iterator[tuple[Configuration, ZoneLedger, list[Zone]]]:
    """The store and the zones that are meant: the one that is named, or all whose names have owners."""
    with opened(config) as configuration:
        from tenure.config.dns import ZoneType  # noqa: PLC0415 - as above
        from tenure.config.zones import place_of  # noqa: PLC0415
        from tenure.console.store import zones_to_show  # noqa: PLC0415

        sections = configuration.dns.zones if configuration.dns else []
        named = None if zone is None else zone_name(zone)
        within = None if view is None else view_name(view)
        meant = {
            place_of(one)
            for one in sections
            if one.type is ZoneType.PRIMARY
            and (one.ownership if named is None else one.name == named)
            and within in (None, one.view)
        }
        with zones_to_show(configuration) as ledger:
            found = [one for one in ledger.zones() if one.place in meant] if ledger else []
            if ledger is None or not found:
                what = "no zone whose names have owners; write ownership = true in one of [[dns.zones]]"
                raise fail(what if zone is None else f"{zone} is no primary zone of the store", WRONG)
            yield configuration, ledger, found
