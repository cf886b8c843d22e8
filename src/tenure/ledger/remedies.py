"""What the machine or SQLite says when the store cannot be used, and what would help: one clause for the operator.

A cause that nobody can mend by knowing more (another process writes, a lock is held) is told without a remedy.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import Final

_RIGHTS: Final = "let this user read and write the store and its folder, or name another one in store.url"
_SPACE: Final = "make room on this file system, or name another one in store.url"
_DAMAGED: Final = "put the file back from a copy"

_BY_ERRNO: Final = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "mount the file system for writing, or name another one in store.url",
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
}
_BY_SQLITE_CODE: Final = {  # primary result codes
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_CANTOPEN: f"it has to be a file; {_RIGHTS}",
    sqlite3.SQLITE_FULL: _SPACE,
    sqlite3.SQLITE_IOERR: "look for errors of this disk in the kernel's log",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "name another file in store.url, or move this one away",
}
_PRIMARY: Final = 0xFF


def system_text(number: int | None) -> str:
    """What an errno means, and what would help; None is that of an error that the system did not number."""
    return "the system refuses it" if number is None else _joined(os.strerror(number), _BY_ERRNO.get(number))


def sqlite_text(error: sqlite3.Error) -> str:
    """What SQLite says, and what would help."""
    code = getattr(error, "sqlite_errorcode", None)  # errors of the driver itself have none
    return _joined(str(error), None if code is None else _BY_SQLITE_CODE.get(code & _PRIMARY))


def space_text(free_octets: int, least_octets: int) -> str:
    """That too little is free, and what would help."""
    return _joined(f"only {free_octets // 1024} KiB are free, {least_octets // 1024} are needed", _SPACE)


def _joined(cause: str, remedy: str | None) -> str:
    return f"{cause}; {remedy}" if remedy else cause
