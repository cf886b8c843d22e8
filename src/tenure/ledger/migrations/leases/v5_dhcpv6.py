"""Leases of DHCPv6: several for a client, by kind and association; prefixes; and what its servers share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Adds the columns; the leases that are there are DHCPv4's, which has one association for each client."""
    for name, kind in (
        ("kind", sa.SmallInteger),
        ("iaid", sa.BigInteger),
        ("prefix_length", sa.SmallInteger),
        ("preferred_lifetime", sa.BigInteger),
    ):
        op.add_column("lease", sa.Column(name, kind, nullable=False, server_default=sa.text("0")))
    op.drop_index("lease_client", "lease")
    op.create_index("lease_client", "lease", ["client", "subnet_id", "kind", "iaid"], unique=True)
    op.create_table(
        "lease_secret",
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )
