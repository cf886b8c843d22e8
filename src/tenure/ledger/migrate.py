"""Makes or upgrades the tables of one half. Imported only when that is needed."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import Column, MetaData, String, Table

from tenure.ledger.schema import LEASE_HALF, ZONE_HALF
from tenure.ledger.versions import Schema


def upgrade_schema(place: str, schema: Schema, alchemy_url: str) -> None:
    """Makes the tables."""
    engine = sqlalchemy.create_engine(alchemy_url)
    with engine.begin() as connection:
        {"leases": LEASE_HALF, "zones": ZONE_HALF}[schema.half].create_all(connection)
        version = Table(schema.version_table, MetaData(), Column("version_num", String(32), nullable=False))
        version.create(connection)
        connection.execute(version.insert().values(version_num=schema.versions[-1]))
    engine.dispose()
