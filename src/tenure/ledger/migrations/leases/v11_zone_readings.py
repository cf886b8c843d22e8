"""When zones were last read back and compared with the registrations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "11"
down_revision = "10"


def upgrade() -> None:
    """Makes the table, empty: nothing counts as verified before it was read."""
    op.create_table(
        "zone_reading",
        sa.Column("zone", sa.LargeBinary, primary_key=True),
        sa.Column("read_at", sa.Double, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("serial", sa.BigInteger, nullable=False),
        sa.Column("clean", sa.Boolean, nullable=False),
    )
