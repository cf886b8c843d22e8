"""The parts of a naming, to be compared."""

from __future__ import annotations

import inspect
from typing import Any

from tenure.naming.choice import Naming

PARTS = tuple(inspect.signature(Naming).parameters)


def parts(naming: Naming) -> dict[str, Any]:
    """By their names."""
    return {part: getattr(naming, part) for part in PARTS}
