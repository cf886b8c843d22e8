"""`tenure agent`."""

from __future__ import annotations

from collections.abc import Callable
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
    OptionalConfig,
    examples,
    fail,
    opened,
)
from tenure.console.cli.output import print_rows

if TYPE_CHECKING:
    from tenure.console.host_agent import HostAgent, SurveyHost

EXAMPLES = examples(
    "tenure agent -c agent.toml", "tenure agent --dry-run", "tenure agent --dry-run -c agent.toml -o json"
)
REGISTERED = "registered"
REGISTER_EXAMPLES = examples("tenure agent register -c agent.toml")
STATUS_EXAMPLES = examples("tenure agent status -c agent.toml", "tenure agent status -c agent.toml -o json")
STATUS_COLUMNS = ("name", "records", "state", "verified", "server", "reason")
COLUMNS = ("interface", "address", "verdict", "names", "reason")
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be registered, and change nothing.")]


def commands(agent: HostAgent) -> typer.Typer:
    """The commands; `agent` is what they run."""
    app = typer.Typer()

    @app.callback(invoke_without_command=True, epilog=EXAMPLES)
    def alone(
        context: typer.Context,
        config: OptionalConfig = None,
        dry_run: DryRunOption = False,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Keep the names of this host in DNS, until it is stopped; then they are taken out again.

        What is right is not written again, and what is somebody else's is left as it is, unless the configuration says
        otherwise.
        """
        if context.invoked_subcommand is not None:
            return
        if dry_run:
            _show_survey(agent.survey, config, output)
            return
        if config is None:
            raise fail("`tenure agent` needs its configuration; write -c FILE, or --dry-run", WRONG)
        raise typer.Exit(agent.run(config))

    app.command("register", epilog=REGISTER_EXAMPLES)(_register_command(agent))
    app.command("status", epilog=STATUS_EXAMPLES)(status)
    return app


def _register_command(agent: HostAgent) -> Callable[..., None]:
    def command(config: ConfigOption, output: FormatOption = Format.TABLE) -> None:
        """Look at everything now, and write what differs: by the agent that runs, or without one.

        Exit status 1 if a name is not registered.
        """
        from tenure.console.agent import name_rows  # noqa: PLC0415 - `tenure --help` does without

        with opened(config) as configuration:
            if not agent.register(configuration):
                raise fail("the agent that runs did not answer; see its log")
            rows = name_rows(configuration)
            print_rows(rows, STATUS_COLUMNS, output)
        if any(row.state != REGISTERED for row in rows):
            raise typer.Exit(FAILED)

    return command


def status(config: ConfigOption, output: FormatOption = Format.TABLE, limit: LimitOption = None) -> None:
    """Show for each name whether it is registered, pending or refused, why, and when the server said so last."""
    from tenure.console.agent import name_rows  # noqa: PLC0415 - `tenure --help` does without

    with opened(config) as configuration:
        print_rows(name_rows(configuration), STATUS_COLUMNS, output, limit)


def _show_survey(survey_host: SurveyHost, config: Path | None, output: Format) -> None:
    """Every address of this host, kept or skipped, and why."""
    from tenure.config.agent import Agent  # noqa: PLC0415 - `tenure --help` does without
    from tenure.console.agent import address_rows  # noqa: PLC0415

    if config is None:
        print_rows(address_rows(survey_host(Agent())), COLUMNS, output)
        return
    with opened(config) as configuration:
        print_rows(address_rows(survey_host(configuration.agent or Agent())), COLUMNS, output)
