"""`tenure check-config`, `tenure version`, and the hidden `tenure reference` that writes the reference pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import print_rows

if TYPE_CHECKING:
    from tenure.config.configuration import Configuration
    from tenure.config.problem import Problem


CHECK_EXAMPLES = examples(
    "tenure check-config -c tenure.toml", "tenure check-config -c tenure.toml --explain 10.1.0.0/16"
)

ExplainOption = Annotated[
    str | None,
    typer.Option(
        metavar="SUBNET[/PART...]",
        help="Show each naming parameter as it counts there, and who says so. A part is an address of a pool,"
        " the name of a class, or the identifier or host name of a reservation.",
    ),
]


def check_config(config: ConfigOption, explain: ExplainOption = None, output: FormatOption = Format.TABLE) -> None:
    """Check the configuration and its zone files without running anything."""
    with opened(config) as configuration:
        if explain is not None:
            _explain(configuration, explain, output)
            return
        from tenure.config.problem import ConfigurationError, problem_line  # noqa: PLC0415 - `tenure --help` does without
        from tenure.config.remarks import remarks  # noqa: PLC0415
        from tenure.console.zone_files import check_zone_files  # noqa: PLC0415

        if problems := [*_check_folder(configuration), *check_zone_files(configuration)]:
            raise ConfigurationError(config, {}, problems)
        dns, dhcp4, dhcp6 = configuration.dns, configuration.dhcp4, configuration.dhcp6
        subnets = (len(dhcp4.placed_subnets()) if dhcp4 else 0) + (len(dhcp6.placed_subnets()) if dhcp6 else 0)
        zones = len(dns.zones) if dns else 0
        print(f"{config} is right: subnets {subnets}, zones {zones}, keys {len(configuration.keys)}")
        for remark in remarks(configuration):
            print(f"remark: {problem_line(config, {}, remark)}")


def _explain(configuration: Configuration, target: str, output: Format) -> None:
    from tenure.console.effective import parameter_lines  # noqa: PLC0415 - `tenure --help` does without

    try:
        lines = parameter_lines(configuration, target)
    except ValueError as error:
        raise fail(str(error), WRONG) from None
    print_rows(lines, ["key", "value", "source"], output)


def _check_folder(configuration: Configuration) -> Iterator[Problem]:
    """The folder of the store is there. A service that is started makes the file in it, not the folder."""
    from tenure.config.problem import Problem  # noqa: PLC0415 - `tenure --help` does without
    from tenure.ledger.folder import folder_problem  # noqa: PLC0415
    from tenure.ledger.opening import sqlite_path  # noqa: PLC0415

    path = sqlite_path(configuration.store_url)
    if path is not None and (problem := folder_problem(path)):
        wrong, _, right = problem.partition("; ")
        yield Problem(("store", "url"), wrong, right)


def version() -> None:
    """Print the version, and whether the rooms run compiled or as plain Python."""
    from tenure import __version__  # noqa: PLC0415 - beside what it prints
    from tenure.compiled import form  # noqa: PLC0415

    print(f"tenure {__version__} ({form()})")


def reference(folder: Annotated[Path, typer.Argument(help="Where the pages go.")]) -> None:
    """Write the reference pages that are made from the code."""
    from tenure.console.reference import pages  # noqa: PLC0415 - `tenure --help` does without

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text)
        print(folder / name)
