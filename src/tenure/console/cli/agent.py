"""`tenure agent`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import WRONG, Format, FormatOption, OptionalConfig, examples, fail, opened
from tenure.console.cli.output import print_rows

if TYPE_CHECKING:
    from tenure.console.agent import SurveyHost

EXAMPLES = examples("tenure agent --dry-run", "tenure agent --dry-run -c agent.toml -o json")
COLUMNS = ("interface", "address", "verdict", "names", "reason")
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be registered, and change nothing.")]


def commands(survey_host: SurveyHost) -> typer.Typer:
    """The commands; `survey_host` looks at this host."""
    app = typer.Typer()

    @app.callback(invoke_without_command=True, epilog=EXAMPLES)
    def agent(
        context: typer.Context,
        config: OptionalConfig = None,
        dry_run: DryRunOption = False,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Keep the names of this host in DNS.

        Without a configuration, or with an empty [agent], the name that the host has is registered for all its
        addresses.
        """
        if context.invoked_subcommand is not None:
            return
        if not dry_run:
            raise fail("write --dry-run", WRONG)
        _show_survey(survey_host, config, output)

    return app


def _show_survey(survey_host: SurveyHost, config: Path | None, output: Format) -> None:
    """Every address of this host, kept or skipped, and why."""
    from tenure.config.agent import Agent  # noqa: PLC0415 - `tenure --help` does without
    from tenure.console.agent import address_rows  # noqa: PLC0415

    if config is None:
        print_rows(address_rows(survey_host(Agent())), COLUMNS, output)
        return
    with opened(config) as configuration:
        print_rows(address_rows(survey_host(configuration.agent or Agent())), COLUMNS, output)
