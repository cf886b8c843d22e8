"""How an agent registers: what its configuration says, beside what is registered (`registering.settings`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenure.registering.entry import Conflict, Entry, Place
from tenure.registering.settings import Silence, Untold
from tenure.signing.key import Key
from tenure.updating.routing import GssTsig


class Level(StrEnum):
    """In which order updates are sent unsigned and signed: the three levels of Windows' UpdateSecurityLevel."""

    ONLY_UNSECURE = "only-unsecure"
    UNSECURE_FIRST = "unsecure-followed-by-secure"
    ONLY_SECURE = "only-secure"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one agent."""

    duid: bytes
    ttl: int = 900
    refresh_seconds: float = 86400.0
    lease: int = 0  # seconds after which records end unless they are renewed (RFC 9664); 0: they have no end
    conflict: Conflict = Conflict.PROTECT
    level: Level = Level.ONLY_UNSECURE
    key: Key | None = None
    gss: GssTsig | None = None
    servers: tuple[Place, ...] = ()  # that take the updates; empty: whom the zone's SOA record names
    name_servers: tuple[Place, ...] = ()  # that are asked for zones; empty: those of resolv.conf
    connection_servers: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)  # by interface
    top_level_zones: bool = False
    reverse: bool = True
    sshfp: bool = False
    withdraw: bool = True  # at the end
    on_silence: Silence = Silence.TAKE_OVER  # of a DHCP server that does not answer the option any more
    untold: Untold = Untold.NOTHING  # what DHCP servers are taken to write whose answers no client tells
    unheeded: frozenset[str] = frozenset()  # interfaces on which no DHCP server's answers count

    def lease_of(self, entry: Entry) -> int:
        """The lease to ask for, in seconds; 0: none.

        None of a name that a DHCP server writes too: an update has one lease for all that it adds, and the marker would
        end before what it stands for.
        """
        return 0 if entry.beside else self.lease
