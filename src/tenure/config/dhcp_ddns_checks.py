"""The rules of `[dhcp-ddns]`: who may ask, and that there is a zone to write into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from tenure.config.configuration import Configuration
from tenure.config.dhcp_ddns import DhcpDdns
from tenure.config.domains import all_plans
from tenure.config.problem import Problem

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def check_dhcp_ddns(configuration: Configuration) -> Iterator[Problem]:
    """Requests come from somebody who is known, and lead somewhere."""
    section = configuration.dhcp_ddns
    if section is None:
        return
    if not ip_address(section.ip_address).is_loopback and not section.allow_from:
        wrong = "can be reached from other machines, and requests are not signed"
        yield Problem(("dhcp-ddns", "ip-address"), wrong, "name the DHCP servers in allow-from")
    if not all_plans(configuration):
        remedy = "write [[ddns.forward]] and [[ddns.reverse]], or [[dns.zones]]"
        yield Problem(("dhcp-ddns",), "no zone is there to write the names into", remedy)


def allowed_hosts(section: DhcpDdns) -> Sequence[IPv4Network | IPv6Network]:
    """From where requests are followed."""
    return section.allow_from or _LOOPBACK
