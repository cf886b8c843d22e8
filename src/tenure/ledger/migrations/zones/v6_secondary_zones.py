"""How secondary zones follow their primaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "secondary_zone",
        sa.Column("zone_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("refreshed_at", sa.Double),
        sa.Column("expires_at", sa.Double),
        sa.Column("next_at", sa.Double, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("notified_at", sa.Double, nullable=False),
    )
