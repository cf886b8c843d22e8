"""What other DHCP servers ask for, or keep in leases of their own, as far as DNS is concerned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9"
down_revision = "8"


def upgrade() -> None:
    """Makes the table, empty: nobody was heard yet."""
    op.create_table(
        "heard_lease",
        sa.Column("address", sa.LargeBinary, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("dhcid", sa.LargeBinary, nullable=False),
        sa.Column("ttl", sa.BigInteger, nullable=False),
        sa.Column("forward", sa.Boolean, nullable=False),
        sa.Column("reverse", sa.Boolean, nullable=False),
        sa.Column("ends_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_index("heard_lease_end", "heard_lease", ["source", "ends_at"])
