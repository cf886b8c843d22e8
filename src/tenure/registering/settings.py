"""What a host registers and how, as its configuration says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tenure.dnswire.name import Name


class Included(StrEnum):
    """Kinds of addresses that are left out unless the configuration names them."""

    LINK_DOWN = "link-down"
    POINT_TO_POINT = "point-to-point"
    VIRTUAL_BRIDGE = "virtual-bridge"
    FLOATING = "floating"
    TEMPORARY = "temporary"
    DEPRECATED = "deprecated"


class Silence(StrEnum):
    """What becomes of a DHCP server's promise when a renewal comes without its option."""

    TAKE_OVER = "take-over"  # the host writes what the server had promised to write
    KEEP = "keep"  # the promise counts until the lease ends


class Untold(StrEnum):
    """What a DHCP server is taken to write whose answer the client does not tell."""

    NOTHING = "nothing"
    REVERSE = "reverse"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Connection:
    """What is said of one interface."""

    register: bool = True
    suffix: Name | None = None  # the host has a name below it too, with the addresses of this interface


@dataclass(frozen=True, slots=True)
class Settings:
    """What is registered."""

    host_name: str  # as the kernel or the configuration has it, with or without a domain
    primary_suffix: Name | None = (
        None  # lower-cased; None: that of the host name, or the first that names are searched in
    )
    names: tuple[Name, ...] = ()  # more names for all addresses; lower-cased
    connections: dict[str, Connection] = field(default_factory=dict)  # by interface
    include: frozenset[Included] = frozenset()
    reverse: bool = True
    top_level_zones: bool = False  # names whose zone would have one label
