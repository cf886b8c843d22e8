"""What the updater needs to sign by Kerberos, put together from a configuration."""

from __future__ import annotations

from tenure.config.configuration import Configuration
from tenure.config.domains import all_plans
from tenure.serving.updater.contexts import Terms
from tenure.serving.updater.kerberos import Login, Tickets
from tenure.serving.updater.service import Kerberos


def kerberos(configuration: Configuration) -> Kerberos | None:
    """Tickets, and how long contexts are used; None: no zone asks for it. `ServiceError`: the library is missing."""
    section = configuration.ddns.gss_tsig
    if section is None or all(plan.gss_tsig is None for plan in all_plans(configuration)):
        return None
    keytab = "" if section.client_keytab is None else str(configuration.beside(section.client_keytab))
    login = Login(section.client_principal or "", keytab, section.credentials_cache or "")
    return Kerberos(Tickets(login), Terms(section.tkey_lifetime, section.rekey_interval))
