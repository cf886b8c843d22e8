"""What helps where a preflight was refused: by what the server answered, and by what else is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.dnswire.codes import Rcode, RRType, type_to_text
from tenure.naming.reason import Reason

_DHCID: Final = int(RRType.DHCID)


class Objection(NamedTuple):
    """What a server has against an update."""

    text: str
    rcode: int | None = None  # that it answered; None: nothing that can be read


class Writer(NamedTuple):
    """Who wants to write what, in the words of remedies."""

    who: str  # `the key dhcp.`
    grant: str  # of BIND's configuration, for all the types
    types: Sequence[int]


class Copy(NamedTuple):
    """What a zone's SOA record says of its primary, seen from one server of it."""

    zone: str
    primary: str  # its name; empty: none is known
    is_here: bool  # the name leads to this very server
    elsewhere: str  # the addresses that it leads to instead; empty: none is known


def key_remedy(reason: Reason, cause: str, name: str, algorithm: str) -> str:
    """What helps where the server does not take a signature. `cause` is what it said."""
    if cause == "BADKEY":  # Knot says it of a key that is let do nothing with the zone, too
        return (
            f"the server has no key {name} with {algorithm} for this zone, or not in the view in which this host falls:"
            " make it there with the same secret (`tenure key export`), or set key to one that it has"
        )
    if cause == "BADSIG":
        return f"the server has another secret of {name}: give it the very same secret (`tenure key export`)"
    if reason is Reason.KEY_REJECTED:
        return f"give the server the key {name} with {algorithm} and the very same secret; see that the clocks agree"
    if reason is Reason.CLOCK_DIFFERS:
        return "set both clocks by NTP"
    return f"see that the server knows the key {name}, and what its log says"


def update_remedy(objection: Objection, denied: Sequence[int], writer: Writer, copy: Copy) -> str:
    """What helps where the server does not take an update. `denied`: the types that it does not take even alone."""
    is_all = len(denied) == len(writer.types)
    let = f"let {writer.who} write {', '.join(map(type_to_text, writer.types))} there"
    match objection.rcode:
        case Rcode.NOTIMP if not is_all and list(denied) == [_DHCID]:
            return 'the server may not know DHCID: set ddns-conflict-resolution-mode = "no-check-without-dhcid"'
        case Rcode.NOTIMP:
            return f"the server takes no updates at all (RFC 2136): {_name_primary(copy)}"
        case Rcode.SERVFAIL:
            return (
                "its log says why: as a secondary that passes updates on it does not reach the primary, or it cannot"
                f" write {copy.zone}"
            )
        case Rcode.NOTAUTH:
            return f"it has a copy of {copy.zone} and is not its primary: {_name_primary(copy)}"
        case Rcode.REFUSED if is_all and not copy.is_here:
            return _of_secondary(copy, f"{let} (in BIND: {writer.grant})")
    return f"{let}, in BIND: {writer.grant}"


def _of_secondary(copy: Copy, let: str) -> str:
    """Where it cannot be told whether rights are missing, or it is the primary that is asked."""
    instead = f"{_name_primary(copy)}, or let this one pass updates on (allow-update-forwarding in BIND)"
    if copy.elsewhere:
        return f"the server is a secondary of {copy.zone}, as it seems: {instead}; if it is the primary, {let}"
    return f"{let}; if the server is only a secondary of {copy.zone}, {instead}"


def _name_primary(copy: Copy) -> str:
    """Whose address belongs into the configuration."""
    if not copy.primary:
        return "name the zone's primary under servers"
    return f"name the zone's primary under servers, which is {copy.primary} by the SOA{_at(copy.elsewhere)}"


def _at(addresses: str) -> str:
    return f", at {addresses}" if addresses else ""
