"""The `tenure` command: what is shown comes from the console; what runs is put together here.

What comes as exactly `SERVICE -c FILE`, as the supervisor and systemd write it, does not load the command line.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

    from tenure.config.configuration import Configuration

SERVICES = {
    "dhcp": "Run the DHCP server alone.",
    "dns": "Run the DNS server alone.",
    "updater": "Run the updater alone: it registers the names of leases in DNS.",
    "janitor": "Run the janitor alone: it ends leases that have expired and prunes the history.",
}
DONE, WRONG = 0, 2


def main() -> None:
    """The entry point; leaves with 0 done, 1 it failed, 2 wrong usage or configuration."""
    arguments = sys.argv[1:]
    if len(arguments) == 3 and arguments[1] == "-c":
        name, path = arguments[0], Path(arguments[2])
        if name == "serve":
            sys.exit(serve_all(path))
        if name in SERVICES:
            sys.exit(run(name, path))
    command_line()()


def command_line() -> typer.Typer:
    """All commands."""
    from tenure.console.cli import app  # noqa: PLC0415 - a service does without the command line

    return app.command_line(SERVICES, run, serve_all)


def run(name: str, path: Path) -> int:
    """Run one service until it is asked to end; the exit status."""
    from tenure.serving.report import Report  # noqa: PLC0415 - the command line does without
    from tenure.serving.stop import Stop  # noqa: PLC0415
    from tenure.serving.supervision import follow_lifeline, guard  # noqa: PLC0415

    stop = Stop.on_signals()
    follow_lifeline(stop)
    configuration = _load(path)
    if configuration is None:
        return WRONG
    from tenure.assembly import Service, run_service  # noqa: PLC0415

    report = Report(name)
    return guard(lambda: run_service(Service(name), configuration, report, stop), report)


def serve_all(path: Path) -> int:
    """Run every configured service until it is asked to end; the exit status."""
    from tenure.serving.report import Report  # noqa: PLC0415 - the command line does without
    from tenure.serving.stop import Stop  # noqa: PLC0415
    from tenure.serving.supervision import Supervisor, follow_lifeline, in_child  # noqa: PLC0415

    stop = Stop.on_signals()
    follow_lifeline(stop)
    configuration = _load(path)
    if configuration is None:
        return WRONG
    from tenure.assembly import prepare, services_of  # noqa: PLC0415

    report = Report("serve")
    failed = in_child(lambda: prepare(configuration, report), report)
    if failed:
        return failed
    # -P: no module of the working directory stands in for one of ours.
    python = [sys.executable, "-P", "-m", "tenure"]
    commands = {str(service): [*python, str(service), "-c", str(path)] for service in services_of(configuration)}
    return Supervisor(commands, report).run(stop)


def _load(path: Path) -> Configuration | None:
    """The configuration; None after its problems were printed."""
    from tenure.config.load import load  # noqa: PLC0415 - the command line does without
    from tenure.config.problem import ConfigurationError  # noqa: PLC0415

    try:
        return load(path)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return None


if __name__ == "__main__":
    main()
