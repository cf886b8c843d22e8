"""What DHCP servers have promised to write, by leased address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Makes the table. Nothing was told of leases before."""
    op.create_table(
        "agent_promise",
        sa.Column("address", sa.LargeBinary, primary_key=True),
        sa.Column("interface", sa.Text, nullable=False),
        sa.Column("s", sa.Integer),
        sa.Column("n", sa.Integer),
        sa.Column("name", sa.LargeBinary),
        sa.Column("is_silent", sa.Integer, nullable=False),
        sa.Column("heard_at", sa.Double, nullable=False),
        sa.Column("until_at", sa.Double),
        sqlite_with_rowid=False,
    )
