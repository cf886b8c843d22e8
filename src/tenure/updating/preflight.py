"""Whether a server would take what we would write, found out without writing anything.

Two UPDATE messages about a name N, at which records may well stand, because a pool's first address may be leased:

    adding    prerequisite `N IN DHCID M`, which cannot hold: nobody has the marker M; updates: add each type at N.
              Where no DHCID is written, perhaps because the server knows none, `N IN TXT M`
    removing  no prerequisite; updates: delete from N one record of each type, which nobody has either

The first alone proves little where a server looks at prerequisites before it looks at rights (RFC 2136 sections 3.2 and
3.3 have this order): it answers NXRRSET to everybody. The second is answered by rights alone, and an update that
changes nothing moves no serial (section 3.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from tenure.dnswire.codes import Rcode, RRType, rcode_to_text
from tenure.dnswire.name import Name
from tenure.dnswire.rr import RR
from tenure.dnswire.update import NOBODYS_MARKER, add, build_update, delete_rr, nobodys
from tenure.naming.registration import Direction

PROBE_TTL: Final = 60

_A: Final = int(RRType.A)
_AAAA: Final = int(RRType.AAAA)
_PTR: Final = int(RRType.PTR)
_DHCID: Final = int(RRType.DHCID)
_TYPES: Final = {Direction.FORWARD: (_A, _AAAA, _DHCID), Direction.REVERSE: (_PTR, _DHCID)}

# A server says NXRRSET (section 3.2.3), or NXDOMAIN where it looks for the name first.
NOT_THERE: Final = frozenset({Rcode.NXRRSET, Rcode.NXDOMAIN})

# Addresses that nobody has (RFC 5737, RFC 3849).
_ADDRESS: Final = bytes((192, 0, 2, 1))
_ADDRESS6: Final = bytes.fromhex("20010db8000000000000000000000001")


class Verdict(StrEnum):
    """What a check came to."""

    RIGHT = "right"
    DOUBTFUL = "doubtful"  # it works, and may not be meant
    WRONG = "wrong"


class Finding(NamedTuple):
    """One line of a preflight."""

    zone: Name
    direction: Direction
    server: str  # address and port for people; empty: of the zone, whatever its servers
    check: str  # `udp`, `tcp`, `ttl`, `key`, `policy`, `names`; of Kerberos `order`, `name`, `kdc`, `ticket` and so on
    verdict: Verdict
    text: str
    remedy: str = ""


def types_of(direction: Direction, *, marks: bool) -> tuple[int, ...]:
    """The record types that are written in a direction; without the marker in the mode that leaves none."""
    return tuple(rtype for rtype in _TYPES[direction] if marks or rtype != _DHCID)


def build_adding(message_id: int, zone: Name, owner: Name, types: Sequence[int]) -> bytes:
    """The unsigned probe of adding."""
    updates = [add(owner, rtype, PROBE_TTL, _rdata(rtype, owner)) for rtype in types]
    return build_update(message_id, zone, [nobodys(owner, as_text=_DHCID not in types)], updates)


def build_removing(message_id: int, zone: Name, owner: Name, types: Sequence[int]) -> bytes:
    """The unsigned probe of removing."""
    updates: list[RR] = [delete_rr(owner, rtype, _rdata(rtype, owner)) for rtype in types]
    return build_update(message_id, zone, [], updates)


def trouble_of(adding: int, removing: int) -> str:
    """What the RCODEs of both probes say against us; empty if we may write."""
    if adding == Rcode.NOERROR:
        return "it answers NOERROR to an update whose prerequisite does not hold"
    if adding not in NOT_THERE:
        return f"it answers {rcode_to_text(adding)} to the records that would be added"
    if removing != Rcode.NOERROR:
        return f"it answers {rcode_to_text(removing)} to the records that would be removed"
    return ""


def _rdata(rtype: int, owner: Name) -> bytes:
    return {_A: _ADDRESS, _AAAA: _ADDRESS6, _PTR: owner, _DHCID: NOBODYS_MARKER}[rtype]
