"""The agent of this host, put together from a configuration."""

from __future__ import annotations

from tenure.config.agent import Agent
from tenure.registering.survey import Survey, survey
from tenure.serving.agent.inventory import read_host_name, read_inventory, read_resolv_conf


def survey_host(agent: Agent) -> Survey:
    """What this host would register now; `ServiceError`."""
    return survey(read_inventory(), agent.settings(read_host_name()), read_resolv_conf().domains)
