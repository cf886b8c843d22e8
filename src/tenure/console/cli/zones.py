"""`tenure zones`: the list of zones, and the commands that look after them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure.console.cli import zone_edit, zone_files, zone_moving, zone_showing, zone_testing
from tenure.console.cli.listing import list_zones
from tenure.console.cli.options import WRONG, Format, FormatOption, fail

app = typer.Typer(help="List zones, and look after them.")
app.command("show", epilog=zone_showing.SHOW_EXAMPLES)(zone_showing.show)
app.command("edit")(zone_edit.edit)
app.command("import", epilog=zone_files.IMPORT_EXAMPLES)(zone_files.import_files)
app.command("export", epilog=zone_files.EXPORT_EXAMPLES)(zone_files.export)
app.command("move", epilog=zone_moving.MOVE_EXAMPLES)(zone_moving.move)
app.command("diff", epilog=zone_showing.DIFF_EXAMPLES)(zone_showing.diff)
app.command("test-update", epilog=zone_testing.TEST_EXAMPLES)(zone_testing.try_update)


@app.callback(invoke_without_command=True)
def zones(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", envvar="TENURE_CONFIG", help="The configuration file.", show_default=False),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """List the zones of the store, their serials and where they came from; or look after one, with a command."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        raise fail("name the configuration file with -c FILE, or in TENURE_CONFIG", WRONG)
    list_zones(config, output)
