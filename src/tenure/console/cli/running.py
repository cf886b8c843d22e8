"""`tenure serve`, `tenure dhcp` and the other services, as commands; what they run is given by `__main__`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from tenure.console.cli.options import WRONG, ConfigOption, OptionalConfig, fail

PANEL = "Run"
UserOption = Annotated[
    str | None,
    typer.Option(
        "-u",
        "--user",
        help="Give up root for this user at once; what ports below 1024 need, and clients without an address, stays.",
        show_default=False,
    ),
]


def add_run_commands(
    app: typer.Typer,
    services: Mapping[str, str],
    run: Callable[[str, Path], int],
    serve_all: Callable[[Path], int],
    beside: Mapping[str, typer.Typer],
    become: Callable[[str], str],
) -> None:
    """Add `serve` and a command for each of `services`, which has their help by name.

    `become` makes the process another user's; it gives why not, if it cannot.

    The name of a service in `beside` is that of a group of commands too; alone it still runs the service.
    """

    def give_up_root(user: str | None) -> None:
        if user is not None and (trouble := become(user)):
            raise fail(trouble, WRONG)

    @app.command(rich_help_panel=PANEL)
    def serve(config: ConfigOption, user: UserOption = None) -> None:
        """Run every service that the configuration names, and restart one that dies."""
        give_up_root(user)
        raise typer.Exit(serve_all(config))

    def single(name: str, text: str) -> None:
        @app.command(name, help=text, rich_help_panel=PANEL)
        def command(config: ConfigOption, user: UserOption = None) -> None:
            give_up_root(user)
            raise typer.Exit(run(name, config))

    def group(name: str, text: str, commands: typer.Typer) -> None:
        @commands.callback(invoke_without_command=True, help=text)
        def alone(context: typer.Context, config: OptionalConfig = None, user: UserOption = None) -> None:
            if context.invoked_subcommand is None:
                if config is None:
                    raise fail(f"`tenure {name}` runs a service and needs its configuration; write -c FILE", WRONG)
                give_up_root(user)
                raise typer.Exit(run(name, config))

        app.add_typer(commands, name=name, rich_help_panel=PANEL)

    for name, text in services.items():
        if name in beside:
            group(name, text, beside[name])
        else:
            single(name, text)
