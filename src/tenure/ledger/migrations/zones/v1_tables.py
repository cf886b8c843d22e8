"""Zones, records, and the history of what DNS clients changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("soa_ttl", sa.BigInteger, nullable=False),
        sa.Column("soa_rdata", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "record",
        sa.Column("zone_id", sa.Integer, primary_key=True),
        sa.Column("name_key", sa.LargeBinary, primary_key=True),
        sa.Column("rtype", sa.Integer, primary_key=True),
        sa.Column("rdata", sa.LargeBinary, primary_key=True),
        sa.Column("long_rdata", sa.LargeBinary),
        sa.Column("ttl", sa.BigInteger, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("stamp", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "zone_event",
        sa.Column("id", _ROW_NUMBER, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("correlation", sa.Text, nullable=False),
        sa.Column("address", sa.LargeBinary),
        sa.Column("name", sa.LargeBinary),
        sa.Column("client", sa.LargeBinary),
        sa.Column("hardware", sa.LargeBinary),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("zone_event_correlation", "zone_event", ["correlation"])
