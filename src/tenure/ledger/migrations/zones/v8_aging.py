"""How the aging of zones has gone on, and the bin of what was scavenged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables. Timestamps of records were kept before, and are right."""
    op.create_table(
        "zone_aging",
        sa.Column("zone_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("since_at", sa.Double, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.Column("no_refresh", sa.BigInteger, nullable=False),
        sa.Column("refresh", sa.BigInteger, nullable=False),
        sa.Column("passed_at", sa.Double),
    )
    op.create_table(
        "scavenged",
        sa.Column("id", _ROW_NUMBER, primary_key=True),
        sa.Column("zone_id", sa.Integer, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("correlation", sa.Text, nullable=False),
        sa.Column("name_key", sa.LargeBinary, nullable=False),
        sa.Column("rtype", sa.Integer, nullable=False),
        sa.Column("rdata", sa.LargeBinary, nullable=False),
        sa.Column("ttl", sa.BigInteger, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("stamp", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger),
    )
    op.create_index("scavenged_name", "scavenged", ["zone_id", "name_key"])
    op.create_index("scavenged_at", "scavenged", ["at"])
