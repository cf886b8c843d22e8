"""The owners of names, and of names in the bin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9"
down_revision = "8"


def upgrade() -> None:
    """Makes the table. Nobody owns a name yet."""
    op.create_table(
        "name_owner",
        sa.Column("zone_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name_key", sa.LargeBinary, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("since_at", sa.BigInteger, nullable=False),
        sa.Column("wrote_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("name_owner_owner", "name_owner", ["zone_id", "owner"])
    op.add_column("zone", sa.Column("has_owners", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("scavenged", sa.Column("owner", sa.Text))
    op.add_column("scavenged", sa.Column("owner_since_at", sa.BigInteger))
    op.add_column("scavenged", sa.Column("owner_wrote_at", sa.BigInteger))
