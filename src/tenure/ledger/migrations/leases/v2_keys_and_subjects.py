"""TSIG keys, and the late index over the history. The index fills itself from the entries that are there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "tsig_key",
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sa.Column("algorithm", sa.LargeBinary, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "event_subject",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("event_id", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_indexed",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("last_id", sa.BigInteger, nullable=False),
    )
