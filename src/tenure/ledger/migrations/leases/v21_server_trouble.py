"""Servers that do not take a zone's updates, as the updater finds them, for people to see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "21"
down_revision = "20"


def upgrade() -> None:
    """Makes the table, empty: the next failure says what there is."""
    op.create_table(
        "server_trouble",
        sa.Column("zone", sa.LargeBinary, primary_key=True),
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("since_at", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
