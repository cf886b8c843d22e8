"""When the servers of a zone that takes no update are asked again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "13"
down_revision = "12"


def upgrade() -> None:
    """Makes the column; the next failure says when."""
    op.add_column("zone_trouble", sa.Column("asked_at", sa.Double, nullable=False, server_default=sa.text("0")))
