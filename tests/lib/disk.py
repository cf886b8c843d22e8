"""A small file system of its own, for tests that fill it; root mounts it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import need_root, program


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """The folder `place`, new, with so much space (`3m`)."""
    need_root("to mount a small disk")
    place.mkdir()
    subprocess.run([program("mount"), "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run([program("umount"), "-l", str(place)], check=True)


def remount(place: Path, options: str) -> None:
    """Give it other options: `ro`, or another `size=64m`."""
    subprocess.run([program("mount"), "-o", f"remount,{options}", str(place)], check=True)
