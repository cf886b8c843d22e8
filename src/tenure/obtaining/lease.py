"""A lease as its client has it, and what a client has its runner do. Values only."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from tenure.dhcpwire.fqdn import ClientFqdn
from tenure.dnswire.name import Name

ENDLESS: Final = 0xFFFFFFFF  # seconds of a lease without an end (RFC 2131 section 3.3, RFC 8415 section 7.7)


class Route(NamedTuple):
    """A way to a network."""

    destination: bytes
    length: int  # of its prefix, in bits
    gateway: bytes  # zeros: everybody there is on the link


class Lease(NamedTuple):
    """An address that a server has leased, and what it told with it. Points in time are UTC seconds."""

    address: bytes  # 4 or 16 octets
    prefix_length: int
    server: bytes  # its address (option 54), or its DUID
    routes: tuple[Route, ...]
    name_servers: tuple[bytes, ...]
    domains: tuple[Name, ...]  # lower-cased; the first is the domain of the connection
    answer: ClientFqdn | None  # option 81 or 39
    seconds: int  # how long it was leased, ENDLESS
    preferred_seconds: int
    bound_at: float
    renew_at: float  # infinite: never
    rebind_at: float
    until_at: float

    @property
    def is_v6(self) -> bool:
        """Of which family it is."""
        return len(self.address) == 16


class Send(NamedTuple):
    """Send a message, to one server or to all on the link."""

    octets: bytes
    source: bytes = b""  # the address to send from; empty: none, or the link-local one
    server: bytes = b""  # empty: to all


class Probe(NamedTuple):
    """Ask whether somebody has the address."""

    address: bytes


class Configure(NamedTuple):
    """The host has this lease now.

    `is_new`: by a full exchange, not by a renewal. `is_heard`: a server has told something of the name with it, or
    nothing; else all that is known of that stays.
    """

    lease: Lease
    is_new: bool
    replaces: Lease | None = None  # what it had before, at another address
    is_heard: bool = True


class Remove(NamedTuple):
    """The host has this lease no more, and why."""

    lease: Lease
    cause: str


class Learned(NamedTuple):
    """A server has told this without leasing anything."""

    name_servers: tuple[bytes, ...]
    domains: tuple[Name, ...]


Action: TypeAlias = Send | Probe | Configure | Remove | Learned
