"""The rules about `[agent]`."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.config.agent import Agent, Level
from tenure.config.configuration import Configuration
from tenure.config.gss_tsig_checks import check_login
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.dnswire.name import Name, labels, to_text
from tenure.obtaining.wish import Flag


def check_agent(configuration: Configuration) -> Iterator[Problem]:
    """No interface is named twice, and no name stands below a top-level domain unless that is wanted."""
    agent = configuration.agent
    if agent is None:
        return
    suffixes: list[tuple[Location, Name | None]] = [(("agent", "primary-suffix"), agent.primary_suffix)]
    suffixes += [(("agent", "connections", i, "suffix"), one.suffix) for i, one in enumerate(agent.connections)]
    for at, suffix in suffixes:
        if suffix is not None and len(labels(suffix)) < 2 and not agent.update_top_level_domain_zones:
            wrong = f"{to_text(suffix)} is a top-level domain"
            yield Problem(at, wrong, "write the whole domain, or set update-top-level-domain-zones = true")
    for index, before in repeated(agent.dhcp):
        yield Problem(("agent", "dhcp", index), f"{agent.dhcp[index]} was named before", f"leave dhcp[{before}] alone")
    if {Flag.S, Flag.N} <= {*agent.dhcp_flags}:
        wrong = "S asks the server to write a record, and N to write none (RFC 4702 section 2.1)"
        yield Problem(("agent", "dhcp-flags"), wrong, "leave one of them out")
    for index, before in repeated(one.interface for one in agent.connections):
        wrong = f"{agent.connections[index].interface} was named before, by connections[{before}]"
        yield Problem(("agent", "connections", index, "interface"), wrong, "write one table for each interface")
    yield from _check_signing(configuration, agent)
    for index, name in enumerate(agent.names):
        if len(labels(name)) < 2:
            yield Problem(("agent", "names", index), f"{to_text(name)} has no domain", "write the whole name")


def _check_signing(configuration: Configuration, agent: Agent) -> Iterator[Problem]:
    """What signs is known, and fits the level."""
    at = ("agent", "update-security-level")
    if agent.update_security_level is Level.ONLY_UNSECURE and agent.is_signed:
        yield Problem(at, "nothing is signed, but there is a key or gss-tsig", "leave one of the two out")
    elif agent.update_security_level not in {None, Level.ONLY_UNSECURE} and not agent.is_signed:
        yield Problem(at, "there is nothing to sign with", "set key, or write [agent.gss-tsig]")
    if agent.key is not None:
        yield from _check_key(configuration, agent.key)
    for index, server in enumerate(agent.servers):
        if server.key is not None:
            yield Problem(("agent", "servers", index), "a server has no key of its own here", "set key instead")
    if agent.gss_tsig is None:
        return
    if agent.key is not None:
        yield Problem(("agent", "key"), "gss-tsig is set, so updates are signed by Kerberos", "leave one of them out")
    yield from check_login(configuration, agent.gss_tsig, ("agent", "gss-tsig"))


def _check_key(configuration: Configuration, name: Name) -> Iterator[Problem]:
    section = next((one for one in configuration.keys if one.name == name), None)
    if section is None:
        yield Problem(("agent", "key"), f"{to_text(name)} is not defined", "define it under [[keys]]")
    elif section.in_store:
        yield Problem(("agent", "key"), "its secret is in the store, which an agent does not have", "use secret-file")
