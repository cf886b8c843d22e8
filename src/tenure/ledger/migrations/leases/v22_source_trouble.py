"""What is wrong with followed sources of leases, as the follower finds it, for people to see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "22"
down_revision = "21"


def upgrade() -> None:
    """Makes the table, empty: the next look at a source says what there is."""
    op.create_table(
        "source_trouble",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("since_at", sa.Double, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
