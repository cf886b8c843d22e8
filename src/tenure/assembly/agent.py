"""The agent of this host, put together from a configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.assembly.gss_tsig import tickets
from tenure.config.agent import Agent
from tenure.config.configuration import Configuration
from tenure.config.fields import Endpoint
from tenure.config.secrets import configured_secrets
from tenure.config.zones import DNS_PORT
from tenure.dnswire.name import labels
from tenure.ledger.agent_memory import AgentMemory
from tenure.registering.entry import Place
from tenure.registering.identity import machine_duid
from tenure.registering.names import Unnamed, host_label, host_names
from tenure.registering.promise import Heard, Promise, assumed, learn
from tenure.registering.resolv_conf import ResolvConf
from tenure.registering.survey import Survey, survey
from tenure.serving.agent.hooks import hand_to_folder_owner, tells_late
from tenure.serving.agent.inventory import (
    read_host_keys,
    read_host_name,
    read_inventory,
    read_machine_id,
    read_networkd_leases,
    read_resolv_conf,
)
from tenure.serving.agent.notes import Notes
from tenure.serving.agent.order import order_pass
from tenure.serving.agent.service import AgentService
from tenure.serving.agent.terms import Level, Terms
from tenure.serving.agent.turn import Turn
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.supervision import in_child
from tenure.serving.updater.contexts import SecurityContexts
from tenure.serving.updater.contexts import Terms as ContextTerms
from tenure.serving.wakeup import WakeReceiver, WakeSender, wake_path
from tenure.signing.rotation import good_secrets, keys_of
from tenure.updating.routing import GssTsig

if TYPE_CHECKING:
    from tenure.serving.agent.leases import HostName, Leases

AGENT = "agent"


def survey_host(agent: Agent) -> Survey:
    """What this host would register now; `ServiceError`."""
    return _look_at(agent, read_resolv_conf())


def _look_at(agent: Agent, resolver: ResolvConf) -> Survey:
    host_keys = read_host_keys() if agent.sshfp else ()
    settings = agent.settings(read_host_name())
    return survey(read_inventory(), settings, resolver.domains, host_keys, read_networkd_leases())


def run(configuration: Configuration, report: Report, stop: Stop, dhcp: Sequence[str] = ()) -> None:
    """Keep the names of this host until the stop; `ServiceError`, `LedgerError`.

    `dhcp`: interfaces whose addresses it leases itself, besides those of the configuration.
    """
    agent = configuration.agent or Agent()
    if dhcp:
        agent = agent.model_copy(update={"dhcp": list(dict.fromkeys((*agent.dhcp, *dhcp)))})
        configuration = configuration.model_copy(update={"agent": agent})
    state = configuration.beside(agent.state)
    turn = Turn(state)
    if not turn.is_ours:
        raise ServiceError("tenure agent", f"another agent has the memory {state}", "end it first")
    memory = _open_memory(configuration, report)
    orders = WakeReceiver(wake_path(state, AGENT))
    _service(configuration, memory, report).run(stop, orders)
    orders.close()
    memory.close()
    turn.close()


def register(configuration: Configuration, report: Report) -> bool:
    """Look at everything now: by the agent that runs, or here where none does; False: that one did not answer."""
    agent = configuration.agent or Agent()
    state = configuration.beside(agent.state)
    turn = Turn(state)
    if turn.is_ours:
        memory = _open_memory(configuration, report)
        _service(configuration, memory, report).run_once()
        memory.close()
        turn.close()
        return True
    turn.close()
    memory = AgentMemory(state, upgrade=False)
    is_done = order_pass(memory, wake_path(state, AGENT))
    memory.close()
    return is_done


def learn_lease(configuration: Configuration, heard: Heard, now: float) -> Promise | None:
    """Remember what a DHCP client has told of a lease, and have the agent that runs look; `LedgerError`."""
    agent = configuration.agent or Agent()
    state = configuration.beside(agent.state)
    memory = AgentMemory(state)
    hand_to_folder_owner(state)
    known = {one.address: one for one in memory.promises()}
    if not heard.is_told:
        heard = heard._replace(answer=assumed(agent.dhcp_untold))
    promise = learn(known.get(heard.address), heard, now)
    if promise is not None:
        memory.put_promise(promise)
    elif heard.address:
        memory.drop_promise(heard.address)
    else:
        for one in known.values():
            if one.interface == heard.interface:
                memory.drop_promise(one.address)
    memory.close()
    sender = WakeSender(wake_path(state, AGENT))
    sender.wake()
    sender.close()
    return promise


def _open_memory(configuration: Configuration, report: Report) -> AgentMemory:
    """What makes the tables stays in a process of its own: a host's agent is small."""
    path = configuration.beside((configuration.agent or Agent()).state)
    in_child(lambda: AgentMemory(path).close(), report)
    return AgentMemory(path)


def _service(configuration: Configuration, memory: AgentMemory, report: Report) -> AgentService:
    agent = configuration.agent or Agent()
    terms = terms_of(configuration, agent, report.now())
    notes = Notes(memory, terms, report, report.now)
    make_contexts = _contexts(configuration, agent, report)
    leases = _leases(agent, terms.duid, memory, report) if agent.dhcp else None
    return AgentService(terms, partial(_look_at, agent), notes, report, report.now, make_contexts, leases, tells_late)


def _leases(agent: Agent, duid: bytes, memory: AgentMemory, report: Report) -> Leases:
    from tenure.serving.agent.leases import ClientTerms, Leases  # noqa: PLC0415 - an agent without a lease is smaller

    terms = ClientTerms(
        interfaces=tuple(agent.dhcp),
        duid=duid,
        families=tuple(agent.dhcp_families),
        flags=frozenset(agent.dhcp_flags),
        checks=agent.dhcp_check,
        tells=agent.dhcp_tell_addresses,
        release=agent.withdraw if agent.dhcp_release is None else agent.dhcp_release,
        resolv_conf=None if agent.dhcp_resolv_conf is None else Path(agent.dhcp_resolv_conf),
    )
    return Leases(terms, memory, partial(_called, agent), report, report.now)


def _called(agent: Agent, resolver: ResolvConf) -> HostName:
    """What a DHCP server is told that the host is called; one without a domain is told so, for it to be completed."""
    settings = agent.settings(read_host_name())
    names = host_names(settings, resolver.domains)
    if not isinstance(names, Unnamed):
        return tuple(labels(names.primary)), True
    label = host_label(settings)
    return ((), False) if label is None else ((label,), False)


def _contexts(configuration: Configuration, agent: Agent, report: Report) -> Callable[[], SecurityContexts] | None:
    section = agent.gss_tsig
    if section is None:
        return None
    terms = ContextTerms(section.tkey_lifetime, section.rekey_interval)
    return partial(SecurityContexts, tickets(section, configuration), terms, report, report.now)


def terms_of(configuration: Configuration, agent: Agent, now: float) -> Terms:
    """How the agent registers; `ServiceError`: the host has nothing to be known by."""
    keys = keys_of(good_secrets(configured_secrets(configuration), now, allow_md5=configuration.tsig.allow_md5))
    level = agent.update_security_level
    return Terms(
        duid=agent.duid or _machine_duid(),
        ttl=agent.ttl,
        refresh_seconds=float(agent.refresh_interval),
        lease=agent.lease or 0,
        conflict=agent.conflict,
        level=Level(level) if level else Level.ONLY_SECURE if agent.is_signed else Level.ONLY_UNSECURE,
        key=None if agent.key is None else keys[agent.key],
        gss=None if agent.gss_tsig is None else GssTsig(agent.server_principal or ""),
        servers=tuple((server.host, server.port) for server in agent.servers),
        name_servers=_places(agent.name_servers),
        connection_servers={one.interface: _places(one.name_servers) for one in agent.connections},
        top_level_zones=agent.update_top_level_domain_zones,
        reverse=agent.reverse,
        sshfp=agent.sshfp,
        withdraw=agent.withdraw,
        on_silence=agent.dhcp_silence,
        untold=agent.dhcp_untold,
        unheeded=frozenset(one.interface for one in agent.connections if not one.heed_dhcp),
    )


def _places(written: Sequence[Endpoint]) -> tuple[Place, ...]:
    return tuple((place.host, place.or_port(DNS_PORT).port) for place in written)


def _machine_duid() -> bytes:
    try:
        return machine_duid(read_machine_id())
    except ValueError as error:
        remedy = "run systemd-machine-id-setup, or set duid under [agent]"
        raise ServiceError("the identity of this host in /etc/machine-id", str(error), remedy) from None
