"""Names of reservations that are in DNS whether they are leased or not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "18"
down_revision = "17"


def upgrade() -> None:
    """Makes the table, empty: the janitor fills it from the configuration."""
    op.create_table(
        "standing_name",
        sa.Column("address", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("dhcid", sa.LargeBinary, nullable=False),
        sa.Column("ttl", sa.BigInteger, nullable=False),
        sa.Column("gives_way", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("standing_name_name", "standing_name", ["name"])
