"""What DNS is to say at one name because of this host, and what the agent knows of it. Values only."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, TypeAlias

from tenure.dnswire.name import Name
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import address_of

Record: TypeAlias = tuple[int, bytes]  # type and RDATA
Place: TypeAlias = tuple[str, int]  # address and port


class Conflict(StrEnum):
    """What becomes of a name at which something else stands."""

    PROTECT = "protect"  # only a name with our marker (DHCID), or a free one, is written (RFC 4703)
    REPLACE = "replace"  # it is written over, as Windows' clients do by default
    STOP = "stop"  # it is left as it is, unless it holds what we wrote ourselves


class Entry(NamedTuple):
    """The wish: these records, and of their types no others."""

    owner: Name  # lower-cased: the host's name, or the reverse name of one of its addresses
    direction: Direction
    name: Name  # lower-cased: the host's name, also where an address has it
    records: tuple[Record, ...]  # A and AAAA, where wanted SSHFP, or one PTR; sorted
    interface: str = ""  # whose name servers know the zone; empty: those of the host
    beside: tuple[Record, ...] = ()  # of the host too, but a DHCP server has promised to write them; sorted

    @property
    def address(self) -> bytes | None:
        """The address of a reverse name; None for a host's name."""
        return address_of(self.owner) if self.direction is Direction.REVERSE else None


class Kept(NamedTuple):
    """The memory of one name: what was written there and is known to stand there, and how it is now."""

    owner: Name
    direction: Direction
    name: Name
    at: Name  # where the records stand: the owner, or what a reverse name is an alias of (RFC 2317)
    conflict: Conflict  # by which it was written
    zone: Name  # where it was written last; empty: nowhere yet
    server: str  # the address of that server; empty: none
    port: int
    confirmed: tuple[Record, ...]  # what the server has confirmed last
    written: tuple[Record, ...]  # all that may stand there because of us: also what was sent without an answer
    state: State
    reason: str  # a Reason
    detail: str
    attempts: int  # failures in a row
    due_at: float  # UTC seconds: when it is looked at again
    changed_at: float  # UTC seconds: since when the state is this
    verified_at: float | None  # UTC seconds: when the server said last that just this stands there
