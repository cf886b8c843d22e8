"""The parts of a naming, to be compared."""

from __future__ import annotations

from typing import Any

from tenure.naming.choice import Naming

PARTS = ("fqdn", "dhcid", "ttl", "forward", "reverse", "reason", "heard", "reply_fqdn", "reply_host_name", "wished")


def parts(naming: Naming) -> dict[str, Any]:
    """By their names."""
    return {part: getattr(naming, part) for part in PARTS}
