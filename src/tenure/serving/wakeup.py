"""Waking another service of this machine: a datagram socket beside the SQLite file. A hint, never a promise.

Who is woken looks into the ledger, so a datagram that is lost costs time only: every receiver also looks by itself
now and then. PostgreSQL has LISTEN/NOTIFY instead.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from tenure.serving.errors import ServiceError

LONGEST_PATH = 107  # octets that sun_path holds before its final zero (unix(7))


def wake_path(database: str | Path, service: str) -> Path:
    """Where the socket of one service lies: `tenure.db` and `updater` give `tenure.db-updater.wake`."""
    path = Path(database)
    return path.with_name(f"{path.name}-{service}.wake")


class WakeSender:
    """Wakes the receiver at a path. Nobody there, or one that is awake already with a full queue, is no failure."""

    def __init__(self, path: str | Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._path = Path(path)

    def wake(self) -> None:
        """Wake the receiver; does not block and does not fail."""
        with contextlib.suppress(OSError), _short(self._path) as address:
            self._socket.sendto(b"\x01", address)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


class WakeReceiver:
    """The place where senders wake this process. The newest receiver of a path has it; a dead one's is taken over."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._path.unlink(missing_ok=True)
            with _short(self._path) as address:
                self._socket.bind(address)
            self._path.chmod(0o660)
            self._inode = self._path.stat().st_ino
        except OSError as error:
            self._socket.close()
            raise ServiceError(
                f"the wake-up socket {self._path}", str(error.strerror), "let this user write its directory"
            ) from error

    def fileno(self) -> int:
        """What to poll: readable when somebody woke us."""
        return self._socket.fileno()

    def drain(self) -> bool:
        """Take all the wake-ups that wait; whether there was one."""
        woken = False
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(16):
                woken = True
        return woken

    def close(self) -> None:
        """Give the socket back, and its path unless another receiver has it by now."""
        self._socket.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """An address of the path that fits sun_path: the path itself, or a way to it through an open directory."""
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
