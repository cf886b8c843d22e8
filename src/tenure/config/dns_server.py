"""The keys of `[dns]` that are about the server as a whole: cookies, TCP, and the rate of replies."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from tenure.config.fields import Network
from tenure.config.section import Section

Rate: TypeAlias = Annotated[int, Field(ge=0, le=1000)]


class RateLimit(Section):
    """How many replies over UDP a network gets, so that forged requests do not make this server flood somebody.

    The words are BIND's. Without this table there is no limit, and nothing is counted. TCP, signed requests, and
    requests with a good server cookie are never limited.
    """

    responses_per_second: Rate = 0
    """For one name and type, in a second; 0: no limit."""

    referrals_per_second: Rate | None = None
    """Referrals to one delegated zone. Left out: `responses-per-second`, as for the three keys below."""

    nodata_per_second: Rate | None = None
    """Replies that say of one name that it has no records of the type."""

    nxdomains_per_second: Rate | None = None
    """Replies that say that names of one zone do not exist."""

    errors_per_second: Rate | None = None
    """REFUSED, FORMERR and other errors."""

    all_per_second: Rate = 0
    """All replies together; what is above is dropped, and none of it slips; 0: no limit."""

    window: Annotated[int, Field(ge=1, le=3600)] = 15
    """Who asks for more than its limit is held back until it has asked for less, for at most so many seconds."""

    slip: Annotated[int, Field(ge=0, le=10)] = 2
    """Of so many replies that are held back one after another, the first goes out after all, empty and with TC set,
    which brings somebody who really asks to TCP; 0: none, 1: all."""

    ipv4_prefix_length: Annotated[int, Field(ge=1, le=32)] = 24
    """Addresses that are equal in so many bits are one network."""

    ipv6_prefix_length: Annotated[int, Field(ge=1, le=128)] = 56
    """The same for IPv6."""

    exempt_clients: list[Network] = []
    """Networks that are not limited."""

    log_only: bool = False
    """Whether replies are only counted (`replies_held_back`), and all sent."""

    max_table_size: Annotated[int, Field(ge=100, le=10_000_000)] = 20000
    """How many things are counted at a time; the one that was asked for longest ago makes room."""


class DnsServer(Section):
    """What `[dns]` says of the server as a whole."""

    answer_cookie: bool = True
    """Whether a DNS cookie (RFC 7873) is answered with a server cookie."""

    require_server_cookie: bool = False
    """Whether a query over UDP that has a cookie, but not one of ours that is good, gets BADCOOKIE and a good one
    instead of an answer. Who sends no cookie at all, or signs, is answered as ever."""

    cookie_secret_file: str | None = None
    """A file with secrets of 128 bits in hexadecimal, one on each line: the first makes server cookies, the others are
    still accepted. Needed where other servers, such as BIND with the same `cookie-secret`, answer on the same address.
    Left out: the store keeps a secret for all of its servers, and they change it every day."""

    tcp_clients: Annotated[int, Field(ge=1, le=100_000)] = 512
    """How many TCP connections each process holds; then the one that was silent for longest makes room."""

    tcp_clients_per_address: Annotated[int, Field(ge=1, le=100_000)] = 128
    """How many of them one address may have; then the one of them that was silent for longest makes room."""

    tcp_idle_timeout: Annotated[float, Field(ge=1, le=3600)] = 30.0
    """Seconds after which a silent connection is closed; told to who asks (RFC 7828)."""

    tcp_transfer_timeout: Annotated[float, Field(ge=1, le=86400)] = 3600.0
    """Seconds after which a transfer that is still under way is broken off, however it goes on. As long as one is, the
    store keeps everything that has changed since it began."""

    rate_limit: RateLimit | None = None
    """See `[dns.rate-limit]`."""

    max_updates_per_second: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How many updates one key, one principal of Kerberos, or one address that signs nothing may send in a second to
    each process; what is above is refused, and says so. Left out: there is no limit."""

    tkey_gssapi_keytab: str | None = None
    """A keytab of Kerberos, relative to this file, with the key of this server, DNS/HOST@REALM: clients can then sign
    by their Kerberos credentials (GSS-TSIG). The world must not be able to read it. It needs the extra `gss`."""

    tkey_gssapi_credential: str | None = None
    """The one principal of the keytab that clients may come to, such as `DNS/ns.example.test@EXAMPLE.TEST`. Left out:
    whichever of the keytab they have a ticket for."""

    tkey_contexts: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    """How many security contexts (GSS-TSIG) there are at a time; then the one that was used longest ago makes room, and
    its client negotiates again."""

    tkey_contexts_per_principal: Annotated[int, Field(ge=1, le=1_000_000)] = 64
    """How many of them one principal may have; then its oldest makes room."""

    tkey_context_lifetime: Annotated[int, Field(ge=10, le=86400)] = 3600
    """Seconds for which a context is good; it ends with the client's ticket if that ends before."""
