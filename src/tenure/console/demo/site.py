"""The network of the demo: subnets, zones, lease times and ports, and the configuration file that says so."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

DOMAIN = "example.test."
KEY_NAME = "demo."
SPARE = 12  # addresses more than devices, in each subnet


@dataclass(frozen=True, slots=True)
class Network:
    """One subnet and the kinds of device that live there."""

    name: str
    subnet: str
    relay: str  # giaddr, and the router that clients are told
    reverse_zone: str
    devices: tuple[str, ...]  # what host names there begin with


NETWORKS = (
    Network("office", "10.1.0.0/16", "10.1.0.1", "1.10.in-addr.arpa.", ("laptop", "desk", "printer")),
    Network("lab", "10.2.0.0/16", "10.2.0.1", "2.10.in-addr.arpa.", ("probe", "pi", "scope")),
    Network("guests", "10.3.0.0/16", "10.3.0.1", "3.10.in-addr.arpa.", ("phone", "tablet", "watch")),
)


@dataclass(frozen=True, slots=True)
class Site:
    """Where the pieces of one run are."""

    folder: Path
    dhcp_port: int
    dns_port: int
    devices: int
    lifetime: int  # of leases, seconds

    @property
    def configuration(self) -> Path:
        """The configuration file."""
        return self.folder / "tenure.toml"

    @property
    def log(self) -> Path:
        """What the server writes to its standard error."""
        return self.folder / "serve.log"


def write_site(site: Site, secret: str) -> None:
    """Writes the configuration and its key, `secret` in base64, into the folder."""
    key = site.folder / "demo.key"
    key.touch(mode=0o600)
    key.write_text(secret + "\n", encoding="ascii")
    site.configuration.write_text(configuration_text(site), encoding="utf-8")


def configuration_text(site: Site) -> str:
    """The configuration file of the demo."""
    zones = "\n".join(_zone(name) for name in (DOMAIN, *(network.reverse_zone for network in NETWORKS)))
    subnets = "\n".join(_subnet(network, site.devices) for network in NETWORKS)
    return f"""\
# Written by `tenure demo`. Leases are short, so that renewals and expiries can be watched.

[store]
url = "sqlite:tenure.db"

[[keys]]
name = "{KEY_NAME}"
algorithm = "hmac-sha256"
secret-file = "demo.key"

[dns]
listen = ["127.0.0.1:{site.dns_port}"]

{zones}
[dhcp4]
listen = ["127.0.0.1:{site.dhcp_port}"]
valid-lifetime = {site.lifetime}
min-valid-lifetime = {site.lifetime}
renew-timer = {max(1, site.lifetime // 2)}
rebind-timer = {max(2, site.lifetime * 7 // 8)}

{subnets}
[ddns]
ddns-qualifying-suffix = "{DOMAIN}"
"""


def _zone(name: str) -> str:
    return f"""\
[[dns.zones]]
name = "{name}"
policy = ["grant {KEY_NAME} zonesub ANY"]
"""


def _subnet(network: Network, devices: int) -> str:
    first = IPv4Network(network.subnet).network_address + 10
    return f"""\
[[dhcp4.subnets]]
subnet = "{network.subnet}"
pools = ["{first}-{IPv4Address(int(first) + devices + SPARE)}"]
option-data = {{ routers = ["{network.relay}"], domain-name = "{DOMAIN}" }}
"""
