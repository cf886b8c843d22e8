"""The options that many commands have, and the one way in which a command fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tenure.config.configuration import Configuration

FAILED, WRONG = 1, 2
# Of all that can be wrong with arguments; typer does not export it.
USAGE_ERROR: type[typer.BadParameter] = typer.BadParameter.mro()[1]
STANDARD_OUTPUT = 1


def examples(*commands: str) -> str:
    """The lines below the help of a command; an empty line is what keeps two of them apart."""
    return "\n\n".join(["Examples:" if len(commands) > 1 else "Example:", *commands])


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"


ConfigOption = Annotated[
    Path,
    typer.Option("-c", "--config", envvar="TENURE_CONFIG", help="The configuration file.", show_default=False),
]
OptionalConfig = Annotated[
    Path | None,
    typer.Option("-c", "--config", envvar="TENURE_CONFIG", help="The configuration file.", show_default=False),
]
FormatOption = Annotated[Format, typer.Option("-o", "--output", help="A table for people, or JSON for programs.")]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="Show at most so many rows.")]


def fail(text: str, status: int = FAILED) -> typer.Exit:
    """Print one line on standard error; to be raised."""
    print(f"tenure: {text}", file=sys.stderr)
    return typer.Exit(status)


def cannot_write(error: OSError) -> typer.Exit:
    """Print one line about the output, or the file that the error names; to be raised. What is left is dropped."""
    if error.filename is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), STANDARD_OUTPUT)
    return fail(f"{error.filename or 'the output'} cannot be written ({error.strerror})")


@contextmanager
def opened(path: Path) -> Iterator[Configuration]:
    """The configuration, for a command; problems of the file, the store or the usage end the command in one line."""
    from tenure.config.load import load  # noqa: PLC0415 - `tenure --help` does without
    from tenure.config.problem import ConfigurationError  # noqa: PLC0415
    from tenure.ledger.errors import LedgerError, LedgerUnusable  # noqa: PLC0415

    try:
        yield load(path)
        sys.stdout.flush()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(error) from None
    except LedgerError as error:
        raise fail(str(error), WRONG if isinstance(error, LedgerUnusable) else FAILED) from None
