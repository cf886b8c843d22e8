"""`tenure serve`, `tenure dhcp` and the other services, as commands; what they run is given by `__main__`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import typer

from tenure.console.cli.options import ConfigOption

PANEL = "Run"


def add_run_commands(
    app: typer.Typer,
    services: Mapping[str, str],
    run: Callable[[str, Path], int],
    serve_all: Callable[[Path], int],
) -> None:
    """Add `serve` and a command for each of `services`, which has their help by name."""

    @app.command(rich_help_panel=PANEL)
    def serve(config: ConfigOption) -> None:
        """Run every service that the configuration names, and restart one that dies."""
        raise typer.Exit(serve_all(config))

    def single(name: str, text: str) -> None:
        @app.command(name, help=text, rich_help_panel=PANEL)
        def command(config: ConfigOption) -> None:
            raise typer.Exit(run(name, config))

    for name, text in services.items():
        single(name, text)
