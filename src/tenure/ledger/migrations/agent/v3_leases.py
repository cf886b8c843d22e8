"""The leases that the agent's own DHCP client has, by interface and family."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Makes the table. There was no such client before."""
    op.create_table(
        "agent_lease",
        sa.Column("interface", sa.Text, primary_key=True),
        sa.Column("family", sa.Integer, primary_key=True),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("prefix_length", sa.Integer, nullable=False),
        sa.Column("server", sa.LargeBinary, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("preferred_seconds", sa.Integer, nullable=False),
        sa.Column("bound_at", sa.Double, nullable=False),
        sa.Column("renew_at", sa.Double),
        sa.Column("rebind_at", sa.Double),
        sa.Column("until_at", sa.Double),
        sqlite_with_rowid=False,
    )
