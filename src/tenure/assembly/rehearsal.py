"""Puts a rehearsal together from a configuration, as services are put together: what packets would come to."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

from tenure.assembly import dhcp4, dhcp6
from tenure.assembly.dhcp import HOST_NAME_HASH, look_into
from tenure.compiled import WHY_PLAIN
from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4
from tenure.config.domains import domain_plans, own_places, routes
from tenure.config.problem import ConfigurationError, Problem
from tenure.console.rehearsal import Act, Question
from tenure.console.store import leases_or_none_yet, zones_or_none_yet
from tenure.dnswire.name import to_text
from tenure.leasing.v6.inquiry import Server
from tenure.ledger.leases import LeaseLedger
from tenure.serving.dhcp.rehearsal import Doorway, Stage, rehearse
from tenure.serving.dhcp.rehearsal4 import Stage4
from tenure.serving.dhcp.rehearsal6 import Stage6
from tenure.updating.stage import Exchange

IPV6 = 6


def rehearse_packets(configuration: Configuration, question: Question) -> list[Act]:
    """What the DHCP service and then the updater would do with packets, by their own code, and undone.

    Where no service has made the store yet, it is taken to be empty, and still is not made.
    Only where the rooms are plain Python, because their witness sees no compiled function.
    `ConfigurationError` where no server is configured that a packet could come to, `LedgerError` as commands have it.
    """
    assert WHY_PLAIN is not None, "there is no witness of compiled rooms"
    with _leases_beside_zones(configuration) as ledger:
        stages = {version: _stage(version, configuration, question, ledger) for version in set(question.versions)}
        scenes = [(stages[version], one) for version, one in zip(question.versions, question.packets, strict=True)]
        acts = rehearse(ledger, scenes, routes(configuration, None), question.now)
    return [Act(act.story, act.registrations, [_signed(configuration, one) for one in act.exchanges]) for act in acts]


@contextmanager
def _leases_beside_zones(configuration: Configuration) -> Iterator[LeaseLedger]:
    """The ledger; it knows what a person wrote in zones of ours, as that of a service does."""
    with ExitStack() as stack:
        ledger = stack.enter_context(leases_or_none_yet(configuration))
        if places := own_places(configuration):
            zones = stack.enter_context(zones_or_none_yet(configuration))
            ledger.static_names = look_into(configuration, zones, places)
        yield ledger


def _signed(configuration: Configuration, exchange: Exchange) -> Exchange:
    """The exchange with the name of who signs it; secrets are not needed for a look."""
    plan = next((one for one in domain_plans(configuration, exchange.direction) if one.zone == exchange.zone), None)
    if plan is not None and plan.gss_tsig is not None and configuration.ddns.gss_tsig is not None:
        who = configuration.ddns.gss_tsig.client_principal or "the keytab's principal"
        return exchange._replace(key=f"Kerberos as {who}")
    return exchange if plan is None or plan.key is None else exchange._replace(key=to_text(plan.key))


def _stage(version: int, configuration: Configuration, question: Question, ledger: LeaseLedger) -> Stage:
    """The server that messages of this version of IP would come to."""
    section = configuration.dhcp6 if version == IPV6 else configuration.dhcp4
    if section is None:
        missing = Problem((f"dhcp{version}",), f"no DHCPv{version} server is configured", "add it, with its subnets")
        raise ConfigurationError(configuration.path, {}, [missing])
    usual = dhcp6.DHCP_PORT if version == IPV6 else dhcp4.DHCP_PORT
    listen = [place.or_port(usual) for place in section.listen]
    door = Doorway(question.interface, question.source, listen, section.interfaces)
    # of a store that no server has used yet, what is kept there is made up
    hash_key = ledger.secrets.kept(HOST_NAME_HASH) or secrets.token_bytes(32)
    if isinstance(section, Dhcp4):
        return Stage4(dhcp4.subnet_table(configuration, section, hash_key), door)
    duid = section.server_id or ledger.secrets.kept(dhcp6.DUID_SECRET) or b"\0\4" + uuid4().bytes
    server = Server(duid, ledger.secrets.kept(dhcp6.ADDRESSES_SECRET) or secrets.token_bytes(32))
    return Stage6(dhcp6.subnet_table(configuration, section, hash_key), server, door)
