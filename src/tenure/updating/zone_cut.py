"""Zones below a configured one: where they may begin, and what the primary says of them.

An UPDATE that names the zone above is no error for a server: it takes the record into that zone, below its cut, where
nobody will ever find it (RFC 1034 section 4.2.1), and answers NOERROR. So who writes there asks first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.message import AA, Message
from tenure.dnswire.name import Name, is_within, to_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction
from tenure.naming.reverse import IP6_ARPA
from tenure.updating.task import Ending, Verdict

_SOA: Final = int(RRType.SOA)
_NS: Final = int(RRType.NS)
_HOST_NIBBLES: Final = 16  # of a reverse name; nobody divides the subnets that DHCPv6 serves
_NIBBLE: Final = 2  # octets of its label


class Cut(NamedTuple):
    """A zone that begins below a configured one."""

    zone: Name  # lower-cased
    servers: tuple[Name, ...]  # that it was given to; none: who was asked has it too


def point_of(owner: Name, zone: Name, direction: Direction) -> Name | None:
    """The name by which cuts between a zone and a record are looked for; None: none can be. All are lower-cased.

    Of a name its parent; of an IPv4 address its network of an octet, and of an IPv6 address that of 64 bits.
    """
    parent = owner[owner[0] + 1 :]
    if parent == zone:
        return None
    if direction is Direction.REVERSE and owner.endswith(IP6_ARPA):
        parent = owner[_HOST_NIBBLES * _NIBBLE :]
    return parent if len(parent) > len(zone) else None


def cut_of(message: Message, zone: Name, point: Name) -> Cut | None:
    """The cut between the two that the answer to a question for the SOA of the point tells of; None: of none.

    Both names are lower-cased.
    """
    if message.rcode not in {Rcode.NOERROR, Rcode.NXDOMAIN}:
        return None
    if message.flags & AA:
        found = (rr.name.lower() for rr in (*message.answers, *message.authorities) if rr.rtype == _SOA)
        return next((Cut(name, ()) for name in found if _is_between(name, zone, point)), None)
    given = [rr for rr in message.authorities if rr.rtype == _NS and _is_between(rr.name.lower(), zone, point)]
    return Cut(given[0].name.lower(), tuple(rr.rdata for rr in given)) if given else None


def given_away(cut: Cut, direction: Direction) -> Ending:
    """The end of a task whose record is in a zone of other servers, with what would help."""
    cause = f"{to_text(cut.zone)} is given to {_servers(cut.servers)}; add it with them under [[ddns.{direction}]]"
    return Ending(Verdict.REFUSED, Reason.ZONE_CUT, cause)


def _servers(names: Sequence[Name]) -> str:
    return ", ".join(map(to_text, names))


def _is_between(name: Name, zone: Name, point: Name) -> bool:
    return name != zone and is_within(name, zone) and is_within(point, name)
