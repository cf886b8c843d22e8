"""Files that hold secrets: made by us, for their owner alone, and never in the place of another file."""

from __future__ import annotations

import os
from pathlib import Path

from tenure.console.cli.options import fail

PRIVATE = 0o600


def write_private(path: Path, text: str) -> None:
    """Make the file with this text; one that is there is never overwritten."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as file:
            file.write(text)
    except FileExistsError:
        raise fail(f"{path} is there already; name another file, or move it away") from None
    except OSError as error:
        raise fail(f"{path} cannot be written ({error.strerror})") from None
