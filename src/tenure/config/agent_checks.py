"""The rules about `[agent]`."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.config.configuration import Configuration
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.dnswire.name import Name, labels, to_text


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
    for index, before in repeated(one.interface for one in agent.connections):
        wrong = f"{agent.connections[index].interface} was named before, by connections[{before}]"
        yield Problem(("agent", "connections", index, "interface"), wrong, "write one table for each interface")
    for index, name in enumerate(agent.names):
        if len(labels(name)) < 2:
            yield Problem(("agent", "names", index), f"{to_text(name)} has no domain", "write the whole name")
