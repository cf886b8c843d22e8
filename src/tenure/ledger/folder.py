"""The folder of an SQLite store. It is the operator's: we never make it, but we say how."""

from __future__ import annotations

import os
from pathlib import Path


def folder_problem(path: Path) -> str | None:
    """What is wrong with where a database file is to be, and what would help; None if its folder is there."""
    if path.is_dir():
        return f"{path} is a folder; name a file in it"
    folder = path.absolute().parent
    if folder.is_dir():
        return None
    return f"the folder {folder} is not there; make it with: mkdir -p {folder}"


def sync_folder(folder: Path) -> None:
    """Makes durable which files the folder has, and their names."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
