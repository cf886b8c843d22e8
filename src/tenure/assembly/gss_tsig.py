"""What the updater needs to sign by Kerberos, put together from a configuration."""

from __future__ import annotations

from tenure.config.configuration import Configuration
from tenure.config.domains import all_plans
from tenure.config.gss_tsig import GssTsigSection
from tenure.serving.updater.contexts import Terms
from tenure.serving.updater.kerberos import Login, Tickets
from tenure.serving.updater.service import Kerberos


def kerberos(configuration: Configuration) -> Kerberos | None:
    """Tickets, and how long contexts are used; None: no zone asks for it. `ServiceError`: the library is missing."""
    section = configuration.ddns.gss_tsig
    if section is None or not signs_by_kerberos(configuration):
        return None
    return Kerberos(tickets(section, configuration), Terms(section.tkey_lifetime, section.rekey_interval))


def signs_by_kerberos(configuration: Configuration) -> bool:
    """Whether the updates of any zone are signed so."""
    return any(plan.gss_tsig is not None for plan in all_plans(configuration))


def tickets(section: GssTsigSection, configuration: Configuration) -> Tickets:
    """The tickets of the updater; `ServiceError`: the library is missing."""
    keytab = "" if section.client_keytab is None else str(configuration.beside(section.client_keytab))
    return Tickets(Login(section.client_principal or "", keytab, section.credentials_cache or ""))
