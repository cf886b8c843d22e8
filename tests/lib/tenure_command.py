"""The tenure command in the test's own process: the same words, output and exit status, without the start of a Python.

For tests of what a command does or shows. What a process has of its own (its standard files, signals, what it loads) is
for `test_command_line.py`, and `test_command_process.py` holds that both say the same.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer
from network import Host

from tenure import __main__
from tenure.console.cli import app

# What takes the process for itself: it listens to signals, or becomes another program.
ITS_OWN = frozenset({"serve", "demo", "reconcile", "ddns", *__main__.SERVICES})
# What looks at the configuration and the store alone, whatever network it stands in.
OF_THE_STORE = frozenset({"leases", "names", "queue", "sources", "history", "explain"})

_execute = app.execute
_built: list[Any] = []


def tenure(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """What the command prints, and its exit status."""
    arguments = [str(word) for word in words]
    if takes_a_process(arguments):
        return tenure_process(*words)
    out, err = _file(), _file(errors="backslashreplace")
    with _standing_in(["tenure", *arguments], out, err):
        status = __main__._main(arguments)
    return subprocess.CompletedProcess(arguments, status, _text(out), _text(err))


def tenure_process(*words: str | Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """The same, of a process of its own."""
    command = [sys.executable, "-m", "tenure", *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout)


def tenure_at(host: Host, *words: str | Path) -> str:
    """What the command prints in a host's network; it must succeed."""
    looks_at_the_store = words[0] in OF_THE_STORE or words[:2] == ("agent", "status")
    if takes_a_process([str(word) for word in words]) or not looks_at_the_store:
        return host.run(sys.executable, "-m", "tenure", *words)
    done = tenure(*words)
    assert done.returncode == 0, f"{words} in {host.name}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def takes_a_process(words: list[str]) -> bool:
    """Whether the command cannot run within another program."""
    packets = words[:1] == ["explain"] and any(word.startswith("--packet") for word in words)
    services = words[:1] == ["agent"] and words[1:2] in (["-c"], ["--dhcp"])
    return packets or services or bool(ITS_OWN.intersection(words[:1]))


def _file(errors: str = "strict") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors)


def _text(file: io.TextIOWrapper) -> str:
    file.flush()
    assert isinstance(file.buffer, io.BytesIO)
    return file.buffer.getvalue().decode()


@contextmanager
def _standing_in(argv: list[str], out: io.TextIOWrapper, err: io.TextIOWrapper) -> Iterator[None]:
    """The words and the standard files of a process; there is nothing to read."""
    with (
        patch.object(sys, "argv", argv),
        patch.object(sys, "stdin", _file()),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
        patch.object(app, "execute", _execute_built),
    ):
        yield


def _execute_built(commands: typer.Typer) -> int:
    """Run a command of those that were built first: building them all takes longer than most of them take."""
    if not _built:
        _built.append(typer.main.get_command(commands))
    return _execute(_built[0])
