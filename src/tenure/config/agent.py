"""`[agent]`: the names of the host itself, which `tenure agent` keeps in DNS. Words are those of Windows' client."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tenure.config.fields import DomainName, Duid, Interface, Listen, RemotePlace, one_of
from tenure.config.gss_tsig import GssTsigSection
from tenure.config.section import Section
from tenure.obtaining.wish import Family, Flag
from tenure.registering.entry import Conflict
from tenure.registering.settings import Connection, Included, Settings, Silence, Untold


class AgentConnection(Section):
    """What is said of one interface; the others are registered as far as their addresses are fit for it."""

    interface: Interface
    """The interface."""

    register_addresses: bool = Field(default=True, alias="register")
    """Whether its addresses are registered at all."""

    suffix: DomainName | None = None
    """A connection-specific suffix: the host has a name below it too, with the addresses of this interface alone."""

    name_servers: list[Listen] = []
    """The name servers that know the zones of this connection: of its suffix, and of the reverse names of its
    addresses. Left out: those of the host."""

    heed_dhcp: bool = True
    """Whether it counts what the DHCP server of this connection has said of who writes the name. If not, the host
    writes both records of its leased addresses, as of all others."""


class Level(StrEnum):
    """In which order updates are sent unsigned and signed: the three levels of Windows' UpdateSecurityLevel."""

    ONLY_UNSECURE = "only-unsecure"
    UNSECURE_FIRST = "unsecure-followed-by-secure"
    ONLY_SECURE = "only-secure"


class Agent(Section):
    """The host's own names. An empty table is enough: the name that it has is registered, for all its addresses."""

    host_name: str | None = None
    """What the host is called, with or without a domain. Left out: as its system says, also when that changes."""

    primary_suffix: DomainName | None = None
    """The domain of the primary name. Left out: the domain in the host name, or the first that resolv.conf searches."""

    names: list[DomainName] = []
    """More names for all addresses of the host."""

    connections: list[AgentConnection] = []
    """Interfaces of which something is to be said."""

    include: list[Annotated[Included, *one_of(Included)]] = []
    """Kinds of addresses to be registered that are left out otherwise: `link-down`, `point-to-point` (VPNs, tunnels),
    `virtual-bridge` (to guests of this host alone), `floating` (VRRP), `temporary`, `deprecated`."""

    reverse: bool = True
    """Whether the addresses get their reverse records too."""

    sshfp: bool = False
    """Whether the primary name has the fingerprints of the host's SSH keys too (/etc/ssh/ssh_host_*_key.pub), by
    SHA-256 (RFC 4255). The key or the host has to be allowed to write the type SSHFP."""

    update_top_level_domain_zones: bool = False
    """Whether a name may stand directly below a top-level domain, such as `pc.lan.`."""

    ttl: Annotated[int, Field(ge=1, le=2**31 - 1)] = 900
    """TTL of the records in seconds."""

    refresh_interval: Annotated[int, Field(ge=60, le=2592000)] = 86400
    """How often the servers are asked whether all still stands, in seconds; up to a tenth less, by chance. 604800 (a
    week) is enough where zones do not age."""

    lease: Annotated[int | None, Field(ge=10, le=2592000)] = None
    """How long the records live unless they are renewed, in seconds (RFC 9664): they end by themselves when the host
    vanishes. The server may grant more or less, and some grant none, as BIND. Left out: they have no end."""

    conflict: Annotated[Conflict, *one_of(Conflict)] = Conflict.PROTECT
    """What becomes of a name at which something else stands: `protect`, only a free one is taken, which is then marked
    as this host's (DHCID, RFC 4703); `replace`, it is written over, as Windows' clients do by default; `stop`, it is
    left as it is, unless it holds what this host wrote."""

    duid: Duid | None = None
    """The DUID that the marks are made of, in hexadecimal: that of the host's DHCP client, where a DHCP server writes
    its name too. Left out: one that is made of the machine id."""

    name_servers: list[Listen] = []
    """Who is asked in which zone a name is. Left out: the name servers in resolv.conf."""

    servers: list[RemotePlace] = []
    """The servers that the updates go to, tried in this order. Left out: the primary that the zone's SOA record names,
    and where that does not work whom its name servers name."""

    key: DomainName | None = None
    """The key under `[[keys]]` that signs the updates."""

    gss_tsig: GssTsigSection | None = None
    """Who the host is to Kerberos, if that signs the updates; its keytab is mostly /etc/krb5.keytab."""

    server_principal: str | None = None
    """With gss-tsig: the principal of the servers. Left out: `DNS/` and the name of the primary in the SOA record."""

    update_security_level: Annotated[Level | None, *one_of(Level)] = None
    """`only-secure`, every update is signed; `unsecure-followed-by-secure`, it goes out unsigned, and signed where that
    is refused, as Windows' clients do it; `only-unsecure`. Default: `only-secure` with a key or gss-tsig, else
    `only-unsecure`."""

    dhcp_silence: Annotated[Silence, *one_of(Silence)] = Silence.TAKE_OVER
    """What becomes of the promise of a DHCP server, which renews a lease without the option that it answered before:
    `take-over`, the host writes the records itself; `keep`, the promise counts until the lease ends."""

    dhcp_untold: Annotated[Untold, *one_of(Untold)] = Untold.NOTHING
    """What DHCP servers are taken to write whose answers the client does not tell, as systemd-networkd and
    NetworkManager's own client: `nothing`, the host writes both records; `reverse`; `both`."""

    dhcp: list[Interface] = []
    """Interfaces whose addresses the agent leases itself, where no other DHCP client does."""

    dhcp_families: list[Annotated[Family, *one_of(Family)]] = [Family.IPV4, Family.IPV6]
    """Which addresses: `ipv4`, `ipv6`."""

    dhcp_flags: list[Annotated[Flag, *one_of(Flag)]] = [Flag.E]
    """What the client sets in its options 81 and 39 (RFC 4702, RFC 4704): `S`, the server is asked to write the
    forward record; `N`, the server is asked to write nothing; `E`, the name in option 81 is in wire form. Without S and
    N the host writes the forward record, and the server the reverse one, if it agrees."""

    dhcp_check: bool = True
    """Whether an IPv4 address is asked for by ARP before it is used, and declined where another host has it."""

    dhcp_tell_addresses: bool = True
    """Whether a DHCPv6 server that wants it is told of the IPv6 addresses that no server leased (RFC 9686)."""

    dhcp_release: bool | None = None
    """Whether leases are given back when the agent is stopped. Left out: if names are taken out of DNS then."""

    dhcp_resolv_conf: str | None = None
    """The file that name servers and domains of leases are written into, such as `/etc/resolv.conf`. Left out: none;
    the agent uses what servers told where resolv.conf says nothing."""

    withdraw: bool = True
    """Whether the names are taken out of DNS when the agent is stopped."""

    state: str = "agent.db"
    """The file of the agent's memory, relative to this file: what it wrote where, so that it can take it away later."""

    @property
    def is_signed(self) -> bool:
        """Whether there is something to sign with."""
        return self.key is not None or self.gss_tsig is not None

    def settings(self, host_name: str) -> Settings:
        """What is registered by a host that its system calls `host_name`."""
        return Settings(
            self.host_name or host_name,
            self.primary_suffix,
            tuple(self.names),
            {one.interface: Connection(one.register_addresses, one.suffix) for one in self.connections},
            frozenset(self.include),
            self.reverse,
            self.update_top_level_domain_zones,
        )
