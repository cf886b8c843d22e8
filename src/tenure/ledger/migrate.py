"""Upgrades the tables of one half with Alembic, in one transaction. Imported only when that is needed.

An empty store is not made by it, but by `migrations.newest`.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.halves import UPGRADING, Schema

_FOLDER = Path(__file__).parent / "migrations"


def upgrade_schema(place: str, schema: Schema, alchemy_url: str, to: str = "head") -> None:
    """Brings the half at the URL (SQLAlchemy's form) from whatever version it has to the newest, or to version `to`.

    All of it is committed, or nothing: `LedgerUnavailable` names `place` and the cause.
    """
    engine = sqlalchemy.create_engine(alchemy_url)
    if engine.dialect.name == "sqlite":
        _begin_as_writer(engine)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sqlalchemy.text(UPGRADING))
            _run(connection, schema, to)
    except DBAPIError as error:
        raise LedgerUnavailable(place, f"its schema cannot be upgraded: {error.orig}") from error
    finally:
        engine.dispose()


def revisions(schema: Schema) -> ScriptDirectory:
    """The revisions of one half."""
    return ScriptDirectory.from_config(_config(schema))


def _run(connection: sqlalchemy.Connection, schema: Schema, to: str) -> None:
    config = _config(schema)
    config.attributes["connection"] = connection
    config.attributes["version_table"] = schema.version_table
    command.upgrade(config, to)


def _config(schema: Schema) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(_FOLDER / schema.half))
    return config


def _begin_as_writer(engine: sqlalchemy.Engine) -> None:
    """Python's own handling of transactions would commit before each change of a table."""

    @event.listens_for(engine, "connect")
    def hand_over(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]

    @event.listens_for(engine, "begin")
    def begin(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("begin immediate")
