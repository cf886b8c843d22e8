"""`tenure ddns check`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import FAILED, ConfigOption, Format, FormatOption, examples, opened
from tenure.console.cli.output import on_terminal

if TYPE_CHECKING:
    from tenure.console.preflight import CheckDomains, CheckLine
    from tenure.updating.preflight import Finding

EXAMPLES = examples(
    "tenure ddns check -c tenure.toml",
    "tenure ddns check -c tenure.toml -o json",
    "tenure ddns check -c tenure.toml --gss",
)
GssOption = Annotated[bool, typer.Option("--gss", help="Only the zones that are signed for by Kerberos (GSS-TSIG).")]
INTERRUPTED = 130
GREEN, YELLOW, RED, PLAIN = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
COLOURS = {"right": GREEN, "doubtful": YELLOW, "wrong": RED}


def commands(check_domains: CheckDomains) -> typer.Typer:
    """The commands; `check_domains` is what the check runs."""
    app = typer.Typer(help="Prove that names of leases can be written to DNS.", no_args_is_help=True)
    app.callback()(_about)
    app.command("check", epilog=EXAMPLES)(_check_command(check_domains))
    return app


def _about() -> None:
    """Prove that names of leases can be written to DNS."""


def _check_command(check_domains: CheckDomains) -> Callable[..., None]:
    def command(config: ConfigOption, output: FormatOption = Format.TABLE, gss: GssOption = False) -> None:
        """Ask every server of every zone that leases are registered in, change nothing, and say what stands in the way.

        For each server: answers over UDP and TCP, authority, key, algorithm and clock, and whether the very records of
        leases may be added and removed: tried with an update whose prerequisite cannot hold, and with one that removes
        what is not there. Where updates are signed by Kerberos, the name of the server, the KDC, our ticket, that for
        the server, and the security context, until the first that is wrong. Exit status 1 if something is wrong.
        """
        from tenure.console.preflight import check_line  # noqa: PLC0415 - `tenure --help` does without

        lines: list[CheckLine] = []

        def tell(finding: Finding) -> None:
            lines.append(check_line(finding))
            if output is Format.TABLE:
                _print(lines)

        with opened(config) as configuration:
            whole = check_domains(configuration, tell, gss=gss)
        if output is Format.JSON:
            print(json.dumps([asdict(line) for line in lines], indent=2))
        if not whole:
            print("tenure: interrupted; what is not shown was not checked", file=sys.stderr)
            raise typer.Exit(INTERRUPTED)
        if any(line.verdict == "wrong" for line in lines):
            raise typer.Exit(FAILED)

    return command


def _print(lines: list[CheckLine]) -> None:
    """The last line, below a heading where a zone or a server begins. As it is found: a silent server takes time."""
    line = lines[-1]
    before = lines[-2] if len(lines) > 1 else None
    if before is None or (before.zone, before.server) != (line.zone, line.server):
        server = "" if line.server == "-" else f" at {line.server}"
        print(f"{line.zone} ({line.direction}){server}", flush=True)
    verdict = f"{line.verdict:<8}"
    if on_terminal():
        verdict = f"{COLOURS[line.verdict]}{verdict}{PLAIN}"
    print(f"  {verdict}  {line.check:<7}  {line.text}", flush=True)
    if line.remedy:
        print(f"                     {line.remedy}", flush=True)
