"""The updater, with the preflights beside it."""

from __future__ import annotations

from functools import partial

from tenure.assembly.gss_tsig import kerberos
from tenure.assembly.preflight import checks_beside
from tenure.assembly.service import Service
from tenure.assembly.store import WAKE_UPDATER, live_keys
from tenure.config.configuration import Configuration
from tenure.config.domains import all_plans, routes
from tenure.config.naming_levels import policy_of_levels
from tenure.leasing.second_choice import choose_again
from tenure.ledger.opening import open_leases, sqlite_path
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.updater.service import UpdaterService
from tenure.serving.wakeup import WakeReceiver, wake_path


def run(configuration: Configuration, report: Report, stop: Stop) -> None:
    """Register names until the stop."""
    if not all_plans(configuration):
        remedy = "add [[ddns.forward]] or [[dns.zones]], or do not run this service"
        raise ServiceError("the updater", "no domain is configured", remedy)
    ledger = open_leases(configuration.store_url)
    ledger.choose_again = partial(choose_again, policy=policy_of_levels(configuration, []))
    path = sqlite_path(configuration.store_url)
    wake_source = ledger.listen() if path is None else WakeReceiver(wake_path(path, WAKE_UPDATER))
    keys = live_keys(configuration, ledger, Service.UPDATER, report)
    open_keys = partial(live_keys, configuration, service=Service.UPDATER, report=report)
    with checks_beside(configuration, ledger, open_keys, report, stop):
        known = routes(configuration, keys.keys)
        UpdaterService(ledger, known, wake_source, report, keys=keys, kerberos=kerberos(configuration)).run(stop)
    keys.close()
    if wake_source is not None:
        wake_source.close()
    ledger.close()
