"""When names were last asked about whose records may have become stale."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "10"
down_revision = "9"


def upgrade() -> None:
    """Makes the table. Nothing is known of what was asked before."""
    op.create_table(
        "asked_name",
        sa.Column("zone_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name_key", sa.LargeBinary, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("asked_name_at", "asked_name", ["at"])
