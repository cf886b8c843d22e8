"""The store, opened to be shown: nothing is made, nothing is upgraded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import TypeVar

from tenure.config.configuration import Configuration
from tenure.ledger.errors import NO_SCHEMA, LedgerUnavailable, SchemaTooOld
from tenure.ledger.folder import folder_problem
from tenure.ledger.halves import LEASE_SCHEMA, ZONE_SCHEMA, Schema
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import SQLITE, open_leases, open_zones, sqlite_path
from tenure.ledger.zones import ZoneLedger

Half = TypeVar("Half", LeaseLedger, ZoneLedger)

NOT_YET = "there is no store yet; `tenure serve` makes it"


@contextmanager
def leases_to_show(configuration: Configuration) -> Iterator[LeaseLedger]:
    """The lease half. `LedgerError` when it is not there, cannot be read, or is of another version."""
    _must_exist(configuration, LEASE_SCHEMA)
    ledger = open_leases(configuration.store_url, upgrade=False)
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def zones_to_show(configuration: Configuration) -> Iterator[ZoneLedger | None]:
    """The zone half; None where no DNS is configured. `LedgerError` as above."""
    if configuration.dns is None:
        yield None
        return
    _must_exist(configuration, ZONE_SCHEMA)
    ledger = open_zones(configuration.store_url, upgrade=False)
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def leases_or_none_yet(configuration: Configuration) -> Iterator[LeaseLedger]:
    """The lease half; where no service has made it yet, an empty one that goes at the end. `LedgerError` as above."""
    with _opened_or_empty(configuration, LEASE_SCHEMA, open_leases) as ledger:
        yield ledger


@contextmanager
def zones_or_none_yet(configuration: Configuration) -> Iterator[ZoneLedger]:
    """The zone half in the same way."""
    with _opened_or_empty(configuration, ZONE_SCHEMA, open_zones) as ledger:
        yield ledger


@contextmanager
def zones_to_change(configuration: Configuration) -> Iterator[ZoneLedger]:
    """The zone half; made if it is not there, never upgraded. `LedgerError` as above."""
    path = sqlite_path(configuration.store_url, ZONE_SCHEMA.file_suffix)
    ledger = open_zones(configuration.store_url, upgrade=path is not None and not path.exists())
    try:
        yield ledger
    finally:
        ledger.close()


def has_leases(configuration: Configuration) -> bool:
    """Whether there is a lease half to be opened; of a database this is not known before."""
    path = sqlite_path(configuration.store_url, LEASE_SCHEMA.file_suffix)
    return path is None or path.exists()


@contextmanager
def _opened_or_empty(configuration: Configuration, schema: Schema, open_half: Callable[..., Half]) -> Iterator[Half]:
    """One half as it is, or, if it is not there, made in a folder that goes at the end."""
    with ExitStack() as stack:
        ledger = _opened(configuration, schema, open_half)
        if ledger is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="tenure-"))
            ledger = open_half(f"{SQLITE}{folder}/empty.db")
        stack.callback(ledger.close)
        yield ledger


def _opened(configuration: Configuration, schema: Schema, open_half: Callable[..., Half]) -> Half | None:
    path = sqlite_path(configuration.store_url, schema.file_suffix)
    if path is not None and not path.exists():  # opening would make it
        return None
    try:
        return open_half(configuration.store_url, upgrade=False)
    except SchemaTooOld as error:
        if error.found == NO_SCHEMA:
            return None
        raise


def _must_exist(configuration: Configuration, schema: Schema) -> None:
    path = sqlite_path(configuration.store_url, schema.file_suffix)
    if path is not None and not path.exists():
        raise LedgerUnavailable(str(path), folder_problem(path) or NOT_YET)
