"""One agent at a time has a memory: a lock on a file beside it, which ends with the process that has it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tenure.serving.errors import ServiceError


class Turn:
    """The lock, as far as it could be had."""

    def __init__(self, state: Path) -> None:
        """`ServiceError`: the file cannot be made."""
        path = state.with_name(f"{state.name}-turn")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ServiceError(f"the lock {path}", str(error.strerror), "let this user write its directory") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.is_ours = False
        else:
            self.is_ours = True

    def close(self) -> None:
        """Let another one have it."""
        os.close(self._file)
