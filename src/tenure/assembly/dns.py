"""The DNS service."""

from __future__ import annotations

from functools import partial

from tenure.assembly.service import Service
from tenure.assembly.store import live_keys
from tenure.authority.server_settings import ServerSettings
from tenure.config.configuration import Configuration
from tenure.config.dns_views import view_settings
from tenure.config.server import server_settings
from tenure.config.zones import DNS_PORT, zone_settings
from tenure.ledger.opening import open_leases, open_zones
from tenure.serving.dns.service import DnsService
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.signing.context import Contexts


def run(configuration: Configuration, report: Report, stop: Stop) -> None:
    """Serve DNS, as one worker of it where there are several, until the stop."""
    if configuration.dns is None:
        raise ServiceError("the DNS service", "[dns] is not configured", "add it, or do not run this service")
    leases = open_leases(configuration.store_url)
    keys = live_keys(configuration, leases, Service.DNS, report)
    ledger = open_zones(configuration.store_url)
    listen = [place.or_port(DNS_PORT) for place in configuration.dns.listen]
    shared = configuration.dns.workers > 1
    settings = server_settings(configuration)
    DnsService(
        ledger,
        zone_settings(configuration),
        keys.keys,
        listen,
        report,
        keys.look,
        shared=shared,
        settings=settings,
        views=view_settings(configuration),
        open_ledger=partial(open_zones, configuration.store_url),
        contexts=_contexts(settings),
    ).run(stop)
    keys.close()
    leases.close()
    ledger.close()


def _contexts(settings: ServerSettings) -> Contexts | None:
    """Where clients may come by Kerberos, the table of what was agreed on with them; `ServiceError`."""
    if settings.kerberos is None:
        return None
    from tenure.serving.dns.kerberos import Kerberos  # noqa: PLC0415 - it needs an extra, and few want it

    return Contexts(Kerberos(settings.kerberos.keytab, settings.kerberos.credential), settings.kerberos.limits)
