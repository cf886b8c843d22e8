"""Putting the scripts of `registering.hooks` where DHCP clients look for them, and the memory that those write into."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tenure.registering.client import NAMES, Client
from tenure.registering.hooks import FOLDERS, TELL_LATE, is_ours, places, scripts
from tenure.serving.errors import ServiceError

_TAKEN_IN, _RUN = 0o644, 0o755  # by a shell; as a program, which NetworkManager wants nobody but root to write


class Hook(NamedTuple):
    """One file."""

    client: Client
    path: Path
    text: str
    mode: int
    is_there: bool  # with just this text and mode


def own_command() -> tuple[str, ...]:
    """How this tenure is run, whatever the PATH and the folder are then."""
    found = shutil.which(sys.argv[0])
    if found is None or Path(found).name == "__main__.py":
        return (sys.executable, "-m", "tenure")
    return (str(Path(found).absolute()),)


def clients_at(root: Path, wanted: Sequence[Client] = ()) -> list[Client]:
    """Those that are installed below `root`; `ServiceError`: none is, or one of the wanted is not."""
    found = [client for client in Client if _folder(root, client) is not None]
    lacking = [client for client in wanted if client not in found]
    if lacking or not found:
        asked = lacking or list(Client)
        words = ", ".join(NAMES[client] for client in asked)
        looked = ", ".join(str(root / folder) for client in asked for folder in FOLDERS[client])
        raise ServiceError(
            f"the hooks of {words}", f"none of {looked} is there", "install the client, or tell the agent by `learned`"
        )
    return list(dict.fromkeys(wanted)) or found


def plan_hooks(root: Path, command: Sequence[str], config: Path, wanted: Sequence[Client] = ()) -> list[Hook]:
    """The files for the clients that are installed below `root`; `ServiceError`: none is, or a file is not ours."""
    hooks = []
    for client in clients_at(root, wanted):
        folder = _folder(root, client)
        assert folder is not None, "it was just found"
        for script in scripts(client, command, str(config.absolute())):
            path = folder / script.place
            mode = _RUN if script.is_program else _TAKEN_IN
            there = _read(path)
            if there is not None and not is_ours(there):
                raise ServiceError(f"the hook {path}", "another program or a person made it", "move it to another name")
            is_there = there == script.text and path.stat().st_mode & 0o777 == mode
            hooks.append(Hook(client, path, script.text, mode, is_there))
    return hooks


def installed_hooks(root: Path, wanted: Sequence[Client] = ()) -> list[Hook]:
    """The files of ours that are below `root`, also of clients that are there no more; `ServiceError`."""
    found: dict[Path, Hook] = {}  # a folder can have two names
    for client in wanted or list(Client):
        for place in places(client):
            path = root / place
            text = _read(path)
            if text is not None and is_ours(text):
                hook = Hook(client, path, text, path.stat().st_mode & 0o777, is_there=True)
                found.setdefault(path.resolve(), hook)
    return list(found.values())


def write_hook(hook: Hook) -> None:
    """Put the file into its place at once, whole; `ServiceError`."""
    beside = hook.path.with_name(f".{hook.path.name}.new")  # no client takes in a name with a dot
    try:
        hook.path.parent.mkdir(exist_ok=True)
        beside.write_text(hook.text)
        beside.chmod(hook.mode)
        beside.rename(hook.path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ServiceError(f"the hook {hook.path}", str(error.strerror), "run this as root") from error


def remove_hook(hook: Hook) -> None:
    """Take the file away; `ServiceError`."""
    try:
        hook.path.unlink(missing_ok=True)
    except OSError as error:
        raise ServiceError(f"the hook {hook.path}", str(error.strerror), "run this as root") from error


def tells_late(root: Path = Path("/")) -> bool:
    """Whether there is a hook of ours by which a client tells of an address only when it is there."""
    with suppress(ServiceError):
        return bool(installed_hooks(root, TELL_LATE))
    return False


def hand_to_folder_owner(state: Path) -> None:
    """Give a memory that root has made to whom its folder belongs: to the agent, which is not root."""
    if os.geteuid() != 0:
        return
    owner = state.absolute().parent.stat()
    for path in (state, state.with_name(f"{state.name}-wal"), state.with_name(f"{state.name}-shm")):
        with suppress(FileNotFoundError):
            if path.stat().st_uid != owner.st_uid:
                os.chown(path, owner.st_uid, owner.st_gid)


def _folder(root: Path, client: Client) -> Path | None:
    return next((root / folder for folder in FOLDERS[client] if (root / folder).is_dir()), None)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ServiceError(f"the hook {path}", str(error.strerror), "run this as root") from error
