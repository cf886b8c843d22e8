"""Zones that take no update, as the updater finds them, for the lease way to see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"


def upgrade() -> None:
    """Makes the table, empty: all is well until an update has failed."""
    op.create_table(
        "zone_trouble",
        sa.Column("zone", sa.LargeBinary, primary_key=True),
        sa.Column("until_at", sa.Double, nullable=False),
        sa.Column("since_at", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
