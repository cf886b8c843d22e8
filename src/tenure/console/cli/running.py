"""`tenure serve`, `tenure dhcp` and the other services, as commands; what they run is given by `__main__`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import typer

from tenure.console.cli.options import WRONG, ConfigOption, OptionalConfig, fail

PANEL = "Run"


def add_run_commands(
    app: typer.Typer,
    services: Mapping[str, str],
    run: Callable[[str, Path], int],
    serve_all: Callable[[Path], int],
    beside: Mapping[str, typer.Typer],
) -> None:
    """Add `serve` and a command for each of `services`, which has their help by name.

    The name of a service in `beside` is that of a group of commands too; alone it still runs the service.
    """

    @app.command(rich_help_panel=PANEL)
    def serve(config: ConfigOption) -> None:
        """Run every service that the configuration names, and restart one that dies."""
        raise typer.Exit(serve_all(config))

    def single(name: str, text: str) -> None:
        @app.command(name, help=text, rich_help_panel=PANEL)
        def command(config: ConfigOption) -> None:
            raise typer.Exit(run(name, config))

    def group(name: str, text: str, commands: typer.Typer) -> None:
        @commands.callback(invoke_without_command=True, help=text)
        def alone(context: typer.Context, config: OptionalConfig = None) -> None:
            if context.invoked_subcommand is None:
                if config is None:
                    raise fail(f"`tenure {name}` runs a service and needs its configuration; write -c FILE", WRONG)
                raise typer.Exit(run(name, config))

        app.add_typer(commands, name=name, rich_help_panel=PANEL)

    for name, text in services.items():
        if name in beside:
            group(name, text, beside[name])
        else:
            single(name, text)
