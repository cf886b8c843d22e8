"""The command line's commands. `__main__` adds those that run services."""

from __future__ import annotations

import typer

from tenure.console.cli import checking, keys, listing, playing, telling

app = typer.Typer(
    name="tenure",
    help="DHCP, authoritative DNS and dynamic updates that agree with one another.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SHOW, SET_UP = "Show", "Set up"

app.command("leases", rich_help_panel=SHOW)(listing.leases)
app.command("names", rich_help_panel=SHOW)(listing.names)
app.command("zones", rich_help_panel=SHOW)(listing.zones)
app.command("history", rich_help_panel=SHOW)(telling.history)
app.command("explain", rich_help_panel=SHOW)(telling.explain)
app.command("demo", rich_help_panel=SHOW)(playing.demo)
app.command("check-config", rich_help_panel=SET_UP)(checking.check_config)
app.command("version", rich_help_panel=SET_UP)(checking.version)
app.command("reference", hidden=True)(checking.reference)
app.add_typer(keys.app, name="key", rich_help_panel=SET_UP)
