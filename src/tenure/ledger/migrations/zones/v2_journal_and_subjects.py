"""The journal of changes, and the late index over the history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "journal",
        sa.Column("id", _ROW_NUMBER, primary_key=True),
        sa.Column("zone_id", sa.Integer, nullable=False),
        sa.Column("from_serial", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("change", sa.LargeBinary, nullable=False),
    )
    op.create_index("journal_serial", "journal", ["zone_id", "from_serial"])
    op.create_table(
        "zone_event_subject",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("event_id", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "zone_event_indexed",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("last_id", sa.BigInteger, nullable=False),
    )
