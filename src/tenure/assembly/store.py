"""What services share: the store with what it must hold, the keys, and the way to wake the updater."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial

from tenure.assembly.service import Service
from tenure.config.configuration import Configuration
from tenure.config.dns import Dns
from tenure.config.secrets import configured_secrets, stored_algorithms
from tenure.console.zone_start import ZoneNotBegun, begin_zones
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases, open_zones, sqlite_path
from tenure.ledger.zones import ZoneLedger
from tenure.serving.errors import ServiceError
from tenure.serving.live_keys import LiveKeys
from tenure.serving.report import Report
from tenure.serving.wakeup import WakeSender, wake_path
from tenure.signing.key import hash_size
from tenure.signing.rotation import Secret

WAKE_UPDATER = "updater"


def prepare(configuration: Configuration, report: Report) -> None:
    """Proves that the store can be written, upgrades its schema, and makes the key and the zones that it must hold.

    Does nothing that is done already, so every service does it at its start too. Raises `LedgerError`, `ServiceError`.
    """
    ledger = open_leases(configuration.store_url)
    try:
        report.info("store-ready", store=ledger.check_writable())
        make_stored_keys(configuration, ledger)
    finally:
        ledger.close()
    if configuration.dns is not None:
        zones = open_zones(configuration.store_url)
        try:
            create_zones(configuration, configuration.dns, zones, report)
        finally:
            zones.close()


def create_zones(configuration: Configuration, dns: Dns, ledger: ZoneLedger, report: Report) -> None:
    """Makes the configured zones that the store does not have yet; `ServiceError` when one of them cannot begin."""
    try:
        for begun in begin_zones(configuration, dns, ledger, report.service, report.now()):
            report.info(begun.event, zone=begun.place, **begun.fields)
    except ZoneNotBegun as error:
        raise ServiceError(error.what, error.wrong, error.right) from None


def live_keys(configuration: Configuration, ledger: LeaseLedger, service: Service, report: Report) -> LiveKeys:
    """The keys of a service: those of the configuration, and those that are kept in the store."""
    make_stored_keys(configuration, ledger)
    configured, allow_md5 = configured_secrets(configuration), configuration.tsig.allow_md5
    return LiveKeys(ledger.keys, configured, str(service), report, allow_md5=allow_md5)


def make_stored_keys(configuration: Configuration, ledger: LeaseLedger) -> None:
    """Makes the secrets that are to be in the store and are not there yet: once, whoever comes first."""
    kept = {secret.name for secret in ledger.keys.secrets()}
    for name, algorithm in stored_algorithms(configuration).items():
        if name not in kept:
            new = Secret(name, algorithm, secrets.token_bytes(hash_size(algorithm)))
            ledger.keys.change(name, partial(_kept_or, new))


def _kept_or(new: Secret, kept: Sequence[Secret]) -> Sequence[Secret]:
    return kept or [new]


def wake_updater(configuration: Configuration) -> Callable[[], None]:
    """What to call when a registration was committed; PostgreSQL wakes by itself, in the transaction."""
    path = sqlite_path(configuration.store_url)
    return (lambda: None) if path is None else WakeSender(wake_path(path, WAKE_UPDATER)).wake
