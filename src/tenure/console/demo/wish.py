"""How a device wants to be named: what it says in options 81 and 12, and what the server must then have told it.

The table of RFC 4702 section 4 stands here a second time, written for a client: the judge of the demo must not learn
what is right from the server's own table.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tenure.console.demo.messages import Reply

_HOST_NAME = 12
_FQDN = 81
_S, _O, _E, _N = 1, 2, 4, 8


class Manner(Enum):
    """The ways in which devices of the world say their names. The value is for people."""

    SERVER_DOES_BOTH = "option 81, S: the server is asked for both records"
    FULL_NAME = "option 81, S: the complete name"
    ASCII = "option 81, S, ASCII: as Windows writes it"
    CLIENT_DOES_FORWARD = "option 81, no flag: the server is asked for the reverse record only"
    NO_UPDATE = "option 81, N: nobody is to update"
    EMPTY_FQDN = "option 81, S, empty: the server is asked for a name"
    HOST_NAME = "option 12 only"
    NAMELESS = "no name at all"


OWNING = frozenset({Manner.SERVER_DOES_BOTH, Manner.FULL_NAME, Manner.ASCII, Manner.HOST_NAME})
_GENERATED = frozenset({Manner.EMPTY_FQDN, Manner.NAMELESS})


class Told(NamedTuple):
    """What an ACK said about names: what the server registers, and what is wrong with that, if anything."""

    name: str | None  # complete, lower case, final dot
    forward: bool
    reverse: bool
    complaint: str = ""


def say_name(manner: Manner, label: str, domain: str) -> list[tuple[int, bytes]]:
    """The options in which a device with this host name asks for it; `domain` ends in a dot."""
    host = label.encode("ascii")
    wire = bytes((len(host),)) + host
    match manner:
        case Manner.NAMELESS:
            return []
        case Manner.HOST_NAME:
            return [(_HOST_NAME, host)]
        case Manner.SERVER_DOES_BOTH:
            flags, name = _S | _E, wire
        case Manner.FULL_NAME:
            flags, name = _S | _E, wire + _to_wire(domain)
        case Manner.ASCII:
            flags, name = _S, f"{label}.{domain.rstrip('.')}".encode("ascii")
        case Manner.CLIENT_DOES_FORWARD:
            flags, name = _E, wire
        case Manner.NO_UPDATE:
            flags, name = _N | _E, wire
        case Manner.EMPTY_FQDN:
            flags, name = _S | _E, b""
    return [(_FQDN, bytes((flags, 0, 0)) + name)]


def hear_name(manner: Manner, label: str, domain: str, reply: Reply) -> Told:
    """What the ACK promises to a device that asked in this manner, where policy honours every wish."""
    told = _hear_fqdn(reply, domain) if _FQDN in reply.options else _hear_host_name(reply, domain)
    wanted = f"{label}.{domain}".lower()
    forward = manner not in {Manner.CLIENT_DOES_FORWARD, Manner.NO_UPDATE}
    reverse = manner is not Manner.NO_UPDATE
    complaint = told.complaint
    if not complaint and (told.forward, told.reverse) != (forward, reverse):
        complaint = f"asked for {_records(forward, reverse)}, was promised {_records(told.forward, told.reverse)}"
    if not complaint and reverse and manner not in _GENERATED and told.name != wanted:
        complaint = f"asked for {wanted}, was promised {told.name or 'no name'}"
    return told._replace(complaint=complaint)


def _hear_fqdn(reply: Reply, domain: str) -> Told:
    data = reply.options[_FQDN]
    if len(data) < 3:
        return Told(None, False, False, "the reply's option 81 is shorter than 3 octets")
    flags = data[0]
    name = _from_wire(data[3:]) if flags & _E else data[3:].decode("ascii", "replace")
    if name is None:
        return Told(None, False, False, "the name in the reply's option 81 is malformed")
    if flags & _N:
        return Told(None, False, False, "the reply has both N and S" if flags & _S else "")
    return Told(_complete(name, domain), bool(flags & _S), True)


def _hear_host_name(reply: Reply, domain: str) -> Told:
    name = reply.options.get(_HOST_NAME, b"").decode("ascii", "replace")
    return Told(_complete(name, domain), True, True) if name else Told(None, False, False)


def _complete(name: str, domain: str) -> str | None:
    if not name.strip("."):
        return None
    full = name if name.endswith(".") else f"{name}." if "." in name else f"{name}.{domain}"
    return full.lower()


def _records(forward: bool, reverse: bool) -> str:
    return {(True, True): "both records", (False, True): "the reverse record", (False, False): "no record"}.get(
        (forward, reverse), "the forward record"
    )


def _to_wire(name: str) -> bytes:
    parts = [part.encode("ascii") for part in name.rstrip(".").split(".")]
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"


def _from_wire(data: bytes) -> str | None:
    """The text of a name in labels, with a final dot if it ends in the root; None if it is malformed."""
    text = ""
    offset = 0
    while offset < len(data):
        length = data[offset]
        if length == 0:
            return (text or ".") if offset + 1 == len(data) else None
        label = data[offset + 1 : offset + 1 + length]
        if length > 63 or len(label) < length:
            return None
        text += label.decode("ascii", "replace") + "."
        offset += 1 + length
    return text.rstrip(".")
