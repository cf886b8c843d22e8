"""What a client asks for: who it is, what it is called, and who it wants to write that into DNS."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from tenure.dhcpwire.fqdn import ClientFqdn, NameKind, ascii_field, build_fqdn39, build_fqdn81
from tenure.dnswire.name import Name, from_labels

_CLIENT_ID: Final = b"\xff"  # IAID and DUID follow (RFC 4361 section 6.1)


class Family(StrEnum):
    """By which protocol addresses are leased."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


class Flag(StrEnum):
    """What a client may set in its option 81 or 39. O is a server's alone (RFC 4702 section 2.1)."""

    S = "S"  # the server is asked to write the forward record
    N = "N"  # the server is asked to write nothing
    E = "E"  # of option 81: the name is in wire form, not ASCII


class Wish(NamedTuple):
    """What one interface's client says in all its messages."""

    hardware: bytes  # its Ethernet address
    duid: bytes
    iaid: bytes  # 4 octets, the same after every start
    labels: tuple[bytes, ...]  # of the host's name; empty: it has none to tell
    is_full: bool  # the name has its domain; else the server completes it
    flags: frozenset[Flag]
    checks: bool = True  # a DHCPv4 address is asked for by ARP before it is used

    def is_news_after(self, before: Wish) -> bool:
        """Whether a server must hear of it at once: another name, other flags. A domain that was learned is neither."""
        return self.labels[:1] != before.labels[:1] or self.flags != before.flags


def client_identifier(wish: Wish) -> bytes:
    """Option 61, of which a server makes the same DHCID as the agent (RFC 4361 section 6.1)."""
    return _CLIENT_ID + wish.iaid + wish.duid


def fqdn81(wish: Wish) -> bytes | None:
    """The data of option 81, with both RCODEs zero (RFC 4702 section 2.2); None where there is no name."""
    if not wish.labels:
        return None
    is_wire = Flag.E in wish.flags
    name = from_labels(wish.labels)
    field = _wire_field(wish, name) if is_wire else ascii_field(name, wish.is_full)
    built = build_fqdn81(Flag.S in wish.flags, False, Flag.N in wish.flags, is_wire, field)
    return built[:1] + b"\0\0" + built[3:]


def fqdn39(wish: Wish) -> bytes | None:
    """The data of option 39; None where there is no name."""
    if not wish.labels:
        return None
    return build_fqdn39(Flag.S in wish.flags, False, Flag.N in wish.flags, _wire_field(wish, from_labels(wish.labels)))


def answered_name(answer: ClientFqdn) -> Name | None:
    """The whole name in a server's answer, lower-cased; None where it has no more than one label."""
    if answer.kind in {NameKind.EMPTY, NameKind.ROOT} or len(answer.labels) < 2:
        return None
    try:
        return from_labels(answer.labels).lower()
    except ValueError:
        return None


def _wire_field(wish: Wish, name: Name) -> bytes:
    """A name that is to be completed ends without the root (RFC 4702 section 2.3, RFC 4704 section 4.2)."""
    return name if wish.is_full else name[:-1]
