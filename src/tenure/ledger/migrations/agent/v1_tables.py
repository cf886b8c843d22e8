"""The names of a host, and when all of them were looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "agent_name",
        sa.Column("owner", sa.LargeBinary, primary_key=True),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.LargeBinary, nullable=False),
        sa.Column("conflict", sa.Text, nullable=False),
        sa.Column("zone", sa.LargeBinary, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("confirmed", sa.Text, nullable=False),
        sa.Column("written", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.Column("verified_at", sa.Double),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agent_pass",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
    )
