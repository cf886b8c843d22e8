"""The rules between keys. Each rule yields its problems and assumes that every key is right by itself."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.config.agent_checks import check_agent
from tenure.config.class_checks import check_classes
from tenure.config.configuration import Configuration
from tenure.config.ddns6_checks import check_ddns6
from tenure.config.ddns_checks import check_ddns
from tenure.config.dhcp_ddns_checks import check_dhcp_ddns
from tenure.config.dns_checks import check_dns
from tenure.config.dns_views import check_views
from tenure.config.gss_tsig_checks import check_gss_tsig
from tenure.config.key_checks import check_keys
from tenure.config.lease6_checks import check_dhcp6
from tenure.config.lease_checks import check_dhcp4
from tenure.config.lease_source_checks import check_lease_sources
from tenure.config.naming_checks import check_naming
from tenure.config.ownership_checks import check_ownership
from tenure.config.problem import Problem, without_password
from tenure.config.reserved_hosts import check_reserved_hosts
from tenure.config.secrets import is_readable_by_everybody
from tenure.config.server import check_server


def check(configuration: Configuration) -> Iterator[Problem]:
    """Every problem between the keys of a configuration."""
    yield from check_services(configuration)
    yield from check_store(configuration)
    yield from check_keys(configuration)
    yield from check_dns(configuration)
    yield from check_views(configuration)
    yield from check_ownership(configuration)
    yield from check_server(configuration)
    yield from check_classes(configuration)
    yield from check_dhcp4(configuration)
    yield from check_dhcp6(configuration)
    yield from check_reserved_hosts(configuration)
    yield from check_ddns(configuration)
    yield from check_gss_tsig(configuration)
    yield from check_ddns6(configuration)
    yield from check_dhcp_ddns(configuration)
    yield from check_lease_sources(configuration)
    yield from check_naming(configuration)
    yield from check_agent(configuration)


def check_services(configuration: Configuration) -> Iterator[Problem]:
    """A configuration gives at least one service something to do."""
    if configuration.dns is None and not configuration.names_leases and configuration.agent is None:
        yield Problem(
            (),
            "there is nothing to run: no table gives a service something to do",
            "write one of [dns], [dhcp4], [dhcp6], [dhcp-ddns], [[lease-sources]], [agent]",
        )


def check_store(configuration: Configuration) -> Iterator[Problem]:
    """The password of a database is no more for everybody than the secret of a key is."""
    url = configuration.store.url
    if without_password(url) != url and is_readable_by_everybody(configuration.path):
        wrong = "has a password and stands in a file that is readable by everybody"
        yield Problem(("store", "url"), wrong, f"run: chmod o-rwx {configuration.path}, or use a .pgpass file")
