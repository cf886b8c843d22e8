"""The command line: every command, in the order in which `tenure --help` names them, and how one is run."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli import (
    agent,
    checking,
    ddns,
    importing,
    keys,
    leases,
    listing,
    names,
    playing,
    probing,
    reconciling,
    scavenging,
    sources,
    telling,
    zones,
)
from tenure.console.cli.options import FAILED, USAGE_ERROR, cannot_write, fail
from tenure.console.cli.running import PANEL, add_run_commands

if TYPE_CHECKING:
    from tenure.console.host_agent import HostAgent
    from tenure.console.preflight import CheckDomains
    from tenure.console.probe.wire import OpenWire
    from tenure.console.reconciliation import Reconcile
    from tenure.console.rehearsal import Rehearse
    from tenure.console.scavenging import OpenScavenging

DONE = 0
SHOW, SET_RIGHT, SET_UP = "Show", "Set right", "Set up"


def command_line(
    services: Mapping[str, str],
    run: Callable[[str, Path], int],
    serve_all: Callable[[Path], int],
    become: Callable[[str], str],
    open_wire: OpenWire,
    rehearse: Rehearse,
    reconcile: Reconcile,
    check_domains: CheckDomains,
    open_scavenging: OpenScavenging,
    *,
    host_agent: HostAgent,
) -> typer.Typer:
    """All commands. `services` has the help of what `run` runs, by name; `become` gives up root for a user before that.

    `open_wire` opens the sockets of a probe, `rehearse` tells what would become of packets, `reconcile` reads back
    what DNS holds, `check_domains` proves the way there, `open_scavenging` looks for stale records, `host_agent`
    keeps the names of this host.
    """
    app = typer.Typer(
        name="tenure",
        help="DHCP, authoritative DNS and dynamic updates that agree with one another.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_main)
    add_run_commands(app, services, run, serve_all, {"dhcp": probing.commands(open_wire)}, become)
    app.add_typer(agent.commands(host_agent), name="agent", rich_help_panel=PANEL)
    app.add_typer(leases.app, name="leases", rich_help_panel=SHOW)
    app.add_typer(names.app, name="names", rich_help_panel=SHOW)
    app.command("queue", rich_help_panel=SHOW, epilog=listing.QUEUE_EXAMPLES)(listing.queue)
    app.add_typer(sources.app, name="sources", rich_help_panel=SHOW)
    app.add_typer(zones.app, name="zones", rich_help_panel=SHOW)
    app.command("history", rich_help_panel=SHOW, epilog=telling.HISTORY_EXAMPLES)(telling.history)
    app.command("explain", rich_help_panel=SHOW, epilog=telling.EXPLAIN_EXAMPLES)(telling.explain_command(rehearse))
    app.command("reconcile", rich_help_panel=SET_RIGHT, epilog=reconciling.EXAMPLES)(
        reconciling.reconcile_command(reconcile)
    )
    app.add_typer(scavenging.commands(open_scavenging), name="scavenge", rich_help_panel=SET_RIGHT)
    app.add_typer(ddns.commands(check_domains), name="ddns", rich_help_panel=SET_RIGHT)
    app.command("demo", rich_help_panel=SHOW, epilog=playing.EXAMPLES)(playing.demo)
    app.command("check-config", rich_help_panel=SET_UP, epilog=checking.CHECK_EXAMPLES)(checking.check_config)
    app.add_typer(keys.app, name="key", rich_help_panel=SET_UP)
    app.add_typer(importing.app, name="import", rich_help_panel=SET_UP)
    app.command("version", rich_help_panel=SET_UP)(checking.version)
    app.command("reference", hidden=True)(checking.reference)
    return app


def execute(app: typer.Typer) -> int:
    """Run the command that the arguments name; the exit status. Wrong usage is one line, as any other failure is."""
    _print_whatever_comes()
    try:
        status = app(standalone_mode=False)
        sys.stdout.flush()
    except USAGE_ERROR as error:
        return _tell_of_usage(error)
    except typer.Abort:
        return FAILED
    except OSError as error:
        return cannot_write(error).exit_code
    return status or DONE


def _print_whatever_comes() -> None:
    """A path of odd octets, or a sign that the terminal's encoding does not have, is printed as an escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _tell_of_usage(error: typer.BadParameter) -> int:
    """One line with where the help is; none where the help itself was shown because no command was named."""
    # typer checks a word of a set by pydantic, which says first what kind of error it is
    message = " ".join(error.format_message().split()).rstrip(".").replace(": Value error, ", ": ")
    if message:
        command = error.ctx.command_path if error.ctx else "tenure"
        joint = " See:" if message.endswith("?") else "; see:"
        fail(f"{message[0].lower()}{message[1:]}{joint} {command} --help")
    return error.exit_code


def _version(wanted: bool) -> None:
    if wanted:
        checking.version()
        raise typer.Exit


def _main(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """DHCP, authoritative DNS and dynamic updates that agree with one another."""
