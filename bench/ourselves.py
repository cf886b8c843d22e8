"""How a benchmark starts tenure: the same command that an operator starts."""

from __future__ import annotations

import sys
from pathlib import Path


def tenure_command(service: str, config: Path) -> list[str]:
    """The command line of one service."""
    return [sys.executable, "-m", "tenure", service, "-c", str(config)]
