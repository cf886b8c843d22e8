"""The whole file. What stands here was checked key by key; `checks` holds the rules between keys."""

from __future__ import annotations

from pathlib import Path

from pydantic import PrivateAttr

from tenure.config.agent import Agent
from tenure.config.ddns import Ddns
from tenure.config.dhcp4 import Dhcp4
from tenure.config.dhcp6 import Dhcp6
from tenure.config.dhcp_ddns import DhcpDdns
from tenure.config.dns import Dns
from tenure.config.keys import KeySection, Tsig
from tenure.config.lease_sources import LeaseSource
from tenure.config.metrics import Metrics
from tenure.config.section import Section
from tenure.config.store import Store


class Configuration(Section):
    """Everything that tenure is told. With only subnets and zones, DNS, keys and routing wire themselves."""

    store: Store = Store()
    """Where state is kept."""

    tsig: Tsig = Tsig()
    """Signed messages."""

    keys: list[KeySection] = []
    """The TSIG keys. A key for our own updater is made and kept in the store when none is named."""

    dns: Dns | None = None
    """The DNS server. Left out: none is run."""

    dhcp4: Dhcp4 | None = None
    """The DHCPv4 server. Left out: none is run."""

    dhcp6: Dhcp6 | None = None
    """The DHCPv6 server. Left out: none is run."""

    dhcp_ddns: DhcpDdns | None = None
    """Name change requests of Kea's DHCP servers. Left out: none are taken."""

    lease_sources: list[LeaseSource] = []
    """Lease databases of other DHCP servers, to be followed."""

    metrics: Metrics = Metrics()
    """Numbers for Prometheus."""

    ddns: Ddns = Ddns()
    """Names of leases in DNS."""

    agent: Agent | None = None
    """The names of the host itself, which `tenure agent` keeps in DNS."""

    _path: Path = PrivateAttr(default=Path("tenure.toml"))

    @property
    def path(self) -> Path:
        """The file that this was read from."""
        return self._path

    @property
    def store_url(self) -> str:
        """The URL of the store; the path of an SQLite file is made from the folder of this file."""
        path = self.store.url.removeprefix("sqlite:")
        return self.store.url if path == self.store.url else f"sqlite:{self.beside(path)}"

    @property
    def has_shared_store(self) -> bool:
        """Whether several nodes can have the store in common."""
        return not self.store.url.startswith("sqlite:")

    @property
    def leases(self) -> bool:
        """Whether addresses are leased."""
        return self.dhcp4 is not None or self.dhcp6 is not None

    @property
    def names_leases(self) -> bool:
        """Whether leases have names in DNS that we write: our own leases, or those of other servers."""
        return self.leases or self.dhcp_ddns is not None or bool(self.lease_sources)

    @property
    def dhcp_tables(self) -> list[tuple[str, Dhcp4 | Dhcp6]]:
        """The DHCP servers that are configured, with the names of their tables."""
        servers: list[tuple[str, Dhcp4 | Dhcp6 | None]] = [("dhcp4", self.dhcp4), ("dhcp6", self.dhcp6)]
        return [(table, dhcp) for table, dhcp in servers if dhcp is not None]

    def beside(self, name: str) -> Path:
        """A path that was written in the file: relative to the folder of the file."""
        return self._path.parent / name
