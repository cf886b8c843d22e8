"""Leases are found by what their relay said of the place, so that those of one circuit can be counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    """Adds an index of the leases that came past a relay with something to say."""
    condition = sa.text("relay is not null")
    op.create_index("lease_relay", "lease", ["relay", "hardware"], sqlite_where=condition, postgresql_where=condition)
