"""Which version the schema of a store has, and what to do about it. A current one costs one read."""

from __future__ import annotations

from tenure.ledger.errors import NO_SCHEMA, SchemaTooNew, SchemaTooOld
from tenure.ledger.halves import Schema
from tenure.ledger.migrations.newest import make_tables
from tenure.ledger.session import Session, Store


def ensure_current(store: Store, schema: Schema, alchemy_url: str, *, upgrade: bool) -> None:
    """Makes the store's schema the one that we know, or raises `SchemaTooNew` or `SchemaTooOld`."""
    found = _version(store, schema, make=upgrade)
    known = schema.versions[-1]
    if found == known:
        return
    if found is not None and found not in schema.versions:
        raise SchemaTooNew(store.place, found, known)
    if not upgrade:
        raise SchemaTooOld(store.place, found or NO_SCHEMA, known)
    from tenure.ledger.migrate import upgrade_schema  # noqa: PLC0415 - Alembic is slow to import and rarely needed

    upgrade_schema(store.place, schema, alchemy_url)


def _version(store: Store, schema: Schema, *, make: bool) -> str | None:
    """The version that the store says it has, after its tables were made if it was empty; None: it says nothing."""
    session = store.connect()
    try:
        found = _read_version(session, schema)
        if found is None and make:
            make_tables(store.place, session, schema)
            found = _read_version(session, schema)
        return found
    finally:
        session.close()


def _read_version(session: Session, schema: Schema) -> str | None:
    with session.reading():
        if not session.has_table(schema.version_table):
            return None
        row = session.one(f"select version_num from {schema.version_table}")
    return None if row is None else row[0]
