"""Opening the store by its URL: which engine, where, and whether its schema is the one we know."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from tenure.ledger.errors import LedgerError, LedgerUnusable
from tenure.ledger.halves import LEASE_SCHEMA, ZONE_SCHEMA, Schema
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.session import Store
from tenure.ledger.sqlite import SqliteStore
from tenure.ledger.versions import ensure_current
from tenure.ledger.zones import ZoneLedger

SQLITE: Final = "sqlite:"


class Ledger(NamedTuple):
    """Both halves of the store, opened."""

    leases: LeaseLedger
    zones: ZoneLedger

    def check_writable(self) -> str:
        """Proves that the store can be written; one line for the log."""
        return self.leases.check_writable()

    def close(self) -> None:
        """Gives both connections back."""
        self.leases.close()
        self.zones.close()


def open_ledger(url: str, *, upgrade: bool = True) -> Ledger:
    """Opens the store at `sqlite:PATH` or `postgresql://...`, making or upgrading its tables first.

    `LedgerUnavailable` when it cannot be reached or written; `LedgerUnusable` for a URL that cannot be right and for a
    missing driver, its kinds `SchemaTooNew` when a newer tenure has written the store, and `SchemaTooOld` when an older
    one has and `upgrade` is not allowed.
    """
    leases = open_leases(url, upgrade=upgrade)
    try:
        return Ledger(leases, open_zones(url, upgrade=upgrade))
    except LedgerError:
        leases.close()
        raise


def open_leases(url: str, *, upgrade: bool = True) -> LeaseLedger:
    """Only the lease half; see `open_ledger`."""
    return LeaseLedger(_store(url, LEASE_SCHEMA, upgrade))


def open_zones(url: str, *, upgrade: bool = True) -> ZoneLedger:
    """Only the zone half; see `open_ledger`."""
    return ZoneLedger(_store(url, ZONE_SCHEMA, upgrade))


def sqlite_path(url: str, suffix: str = "") -> Path | None:
    """The file of an SQLite URL, `suffix` before its extension; None for another kind of store."""
    if not url.startswith(SQLITE):
        return None
    path = Path(url.removeprefix(SQLITE))
    return path.with_name(f"{path.stem}{suffix}{path.suffix}")


def alchemy_url(url: str, schema: Schema) -> str:
    """The URL of one half as SQLAlchemy writes it."""
    path = sqlite_path(url, schema.file_suffix)
    return f"postgresql+psycopg{url[url.index(':') :]}" if path is None else f"sqlite:///{path}"


def _store(url: str, schema: Schema, upgrade: bool) -> Store:
    path = sqlite_path(url, schema.file_suffix)
    store = _postgres(url) if path is None else SqliteStore(path)
    ensure_current(store, schema, alchemy_url(url, schema), upgrade=upgrade)
    return store


def _postgres(url: str) -> Store:
    if not url.startswith(("postgresql:", "postgres:")):
        kind = url.partition(":")[0]
        raise LedgerUnusable(f"{kind}: is not a kind of store; write sqlite:PATH or postgresql://...")
    try:
        from tenure.ledger.postgres import PostgresStore  # noqa: PLC0415 - psycopg is an extra
    except ImportError as error:
        raise LedgerUnusable(f"postgresql: psycopg cannot be used ({error}): install tenure[postgres]") from error
    return PostgresStore(url)
