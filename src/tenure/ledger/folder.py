"""The folder of an SQLite store. It is the operator's: we never make it, but we say how."""

from __future__ import annotations

from pathlib import Path


def folder_problem(path: Path) -> str | None:
    """What is wrong with the folder that a database file is to be in, and what would help; None if it is there."""
    folder = path.absolute().parent
    if folder.is_dir():
        return None
    return f"the folder {folder} is not there; make it with: mkdir -p {folder}"
