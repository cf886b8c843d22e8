"""What an operator configures for the DNS server as a whole, whatever its zones. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from tenure.signing.context import ContextLimits

_LIMITS: Final = ContextLimits()


@dataclass(frozen=True, slots=True)
class CookieSettings:
    """How cookies are used (RFC 7873); the words are BIND's."""

    answer: bool = True  # whether a cookie is answered with one
    require_server_cookie: bool = False  # whether a query over UDP with a wrong one is turned away
    secrets: tuple[bytes, ...] = ()  # of 16 octets, the first makes cookies; none: what the store keeps for all


@dataclass(frozen=True, slots=True)
class TcpSettings:
    """The bounds of TCP connections, for each process (RFC 7766 section 6)."""

    clients: int = 512  # connections at a time
    clients_per_address: int = 128  # of one address
    idle_seconds: float = 30.0  # without a whole message, or without taking what it asked for
    transfer_seconds: float = 3600.0  # for which a transfer may hold its moment of the store


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How many replies of a kind a network gets in a second; 0: no limit. The words are BIND's."""

    responses_per_second: int = 0  # for a name and type
    referrals_per_second: int | None = None  # to a zone; None: as many as responses, here and below
    nodata_per_second: int | None = None  # for a name
    nxdomains_per_second: int | None = None  # within a zone
    errors_per_second: int | None = None
    all_per_second: int = 0
    window: int = 15  # seconds; who has had so many seconds' worth too much owes no more than that
    slip: int = 2  # of so many replies that are held back the first goes out empty, with TC; 0: none
    ipv4_prefix_length: int = 24
    ipv6_prefix_length: int = 56
    exempt_clients: tuple[IPv4Network | IPv6Network, ...] = ()
    log_only: bool = False
    max_table_size: int = 20000  # accounts


@dataclass(frozen=True, slots=True)
class KerberosSettings:
    """With which keys clients may come by Kerberos (RFC 3645); the words are BIND's."""

    keytab: str  # path
    credential: str = ""  # the one principal to be; empty: any of the keytab
    limits: ContextLimits = _LIMITS


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The whole of it, as it is where nothing is said."""

    cookies: CookieSettings = field(default_factory=CookieSettings)
    tcp: TcpSettings = field(default_factory=TcpSettings)
    rate_limit: RateLimits | None = None
    kerberos: KerberosSettings | None = None
    max_updates_per_second: int = 0  # of one requestor; 0: no limit
