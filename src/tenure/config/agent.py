"""`[agent]`: the names of the host itself, which `tenure agent` keeps in DNS. Words are those of Windows' client."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tenure.config.fields import DomainName, Interface, one_of
from tenure.config.section import Section
from tenure.registering.settings import Connection, Included, Settings


class AgentConnection(Section):
    """What is said of one interface; the others are registered as far as their addresses are fit for it."""

    interface: Interface
    """The interface."""

    register_addresses: bool = Field(default=True, alias="register")
    """Whether its addresses are registered at all."""

    suffix: DomainName | None = None
    """A connection-specific suffix: the host has a name below it too, with the addresses of this interface alone."""


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

    update_top_level_domain_zones: bool = False
    """Whether a name may stand directly below a top-level domain, such as `pc.lan.`."""

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
