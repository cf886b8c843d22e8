"""`tenure sources`: other DHCP servers that are heard, and how to forget one."""

from __future__ import annotations

import getpass
import os
import time
from typing import Annotated

import typer

from tenure.console.cli.options import (
    FAILED,
    USAGE_ERROR,
    ConfigOption,
    Format,
    FormatOption,
    OptionalConfig,
    examples,
    fail,
    opened,
)
from tenure.console.cli.output import print_rows

EXAMPLES = examples("tenure sources -c tenure.toml", "tenure sources forget old-kea -c tenure.toml --dry-run")
COLUMNS = ["source", "kind", "names", "overdue", "place"]

app = typer.Typer(help="List the other DHCP servers whose leases have names here, and forget one.")


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def sources(context: typer.Context, config: OptionalConfig = None, output: FormatOption = Format.TABLE) -> None:
    """List the other DHCP servers whose leases have names here: those that ask, and those that are followed."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        raise USAGE_ERROR("name the configuration file with -c FILE, or in TENURE_CONFIG", context)
    with opened(config) as configuration:
        from tenure.console.sources import source_lines  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import leases_to_show  # noqa: PLC0415

        with leases_to_show(configuration) as ledger:
            rows = list(source_lines(configuration, ledger, time.time()))
        troubles = ["troubles"] if any(row.troubles for row in rows) else []
        print_rows(rows, [*COLUMNS, *troubles], output)


@app.command("forget")
def forget(
    source: Annotated[str, typer.Argument(help="The source, as `tenure sources` calls it.", show_default=False)],
    config: ConfigOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell how many names would go.")] = False,
) -> None:
    """Take away all names that a source wants, except those that another source wants too.

    A source that is still configured is followed anew when the follower starts again.
    """
    with opened(config) as configuration:
        from tenure.console.sources import forget as forget_source  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import leases_to_show  # noqa: PLC0415

        with leases_to_show(configuration) as ledger:
            number = ledger.heard_counts().get(source, 0)
            if not number:
                raise fail(f"{source!r} has no names here; `tenure sources` lists those that have", FAILED)
            if dry_run:
                print(f"{number} names of {source} would be taken away")
                return
            now = time.time()
            correlation = f"s{int(now * 1000):x}{os.urandom(2).hex()}"
            done = forget_source(ledger, source, f"cli {getpass.getuser()}", now, correlation)
            print(f"{done} names of {source} are being taken away: tenure history -c {config} {correlation}")
