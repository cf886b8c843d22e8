"""What one level of the configuration (a pool, a class, a reservation) sets for its clients. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Level:
    """What a pool, a class or a reservation sets for its clients; None: what the level below it says.

    Of the parameters, a reservation's stand over a class's, these over a pool's, these over the subnet's. Of the
    options, a reservation's stand over a pool's, these over the subnet's, these over a class's (as in Kea).
    """

    options: Mapping[int, bytes] = field(default_factory=dict)
    naming: Mapping[str, Any] = field(default_factory=dict)  # by field of `NamingPolicy`
    valid_lifetime: int | None = None
    min_valid_lifetime: int | None = None  # these two only beside the first; None: as long as that
    max_valid_lifetime: int | None = None
    preferred_lifetime: int | None = None  # of DHCPv6 alone
    next_server: bytes | None = None  # these three of DHCPv4 alone
    server_name: bytes | None = None
    boot_file_name: bytes | None = None


NOTHING_SET: Final = Level()
