"""Putting the scripts of `registering.hooks` where DHCP clients look for them, and the memory that those write into."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tenure.registering.hooks import DHCLIENT_FOLDER, dhclient_hooks, is_ours
from tenure.serving.errors import ServiceError

_MODE = 0o644  # they are taken in by a shell, not run


class Hook(NamedTuple):
    """One file."""

    path: Path
    text: str
    is_there: bool  # with just this text


def own_command() -> tuple[str, ...]:
    """How this tenure is run, whatever the PATH and the folder are then."""
    found = shutil.which(sys.argv[0])
    if found is None or Path(found).name == "__main__.py":
        return (sys.executable, "-m", "tenure")
    return (str(Path(found).absolute()),)


def plan_hooks(root: Path, command: Sequence[str], config: Path) -> list[Hook]:
    """The files for the clients that are installed below `root`; `ServiceError`: none is, or a file is not ours."""
    if not (root / DHCLIENT_FOLDER).is_dir():
        cause = f"{root / DHCLIENT_FOLDER} is not there"
        raise ServiceError(
            "the hooks of ISC dhclient", cause, "install isc-dhcp-client, or tell the agent by `learned`"
        )
    hooks = []
    for place, text in dhclient_hooks(command, str(config.absolute())).items():
        path = root / place
        there = _read(path)
        if there is not None and not is_ours(there):
            raise ServiceError(f"the hook {path}", "another program or a person made it", "move it to another name")
        hooks.append(Hook(path, text, there == text))
    return hooks


def write_hook(hook: Hook) -> None:
    """Put the file into its place at once, whole; `ServiceError`."""
    beside = hook.path.with_name(f".{hook.path.name}.new")  # no client takes in a name with a dot
    try:
        hook.path.parent.mkdir(exist_ok=True)
        beside.write_text(hook.text)
        beside.chmod(_MODE)
        beside.rename(hook.path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ServiceError(f"the hook {hook.path}", str(error.strerror), "run this as root") from error


def hand_to_folder_owner(state: Path) -> None:
    """Give a memory that root has made to whom its folder belongs: to the agent, which is not root."""
    if os.geteuid() != 0:
        return
    owner = state.absolute().parent.stat()
    for path in (state, state.with_name(f"{state.name}-wal"), state.with_name(f"{state.name}-shm")):
        with suppress(FileNotFoundError):
            if path.stat().st_uid != owner.st_uid:
                os.chown(path, owner.st_uid, owner.st_gid)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ServiceError(f"the hook {path}", str(error.strerror), "run this as root") from error
