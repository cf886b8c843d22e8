"""Names that a person has locked, so that no automatic way changes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "15"
down_revision = "14"


def upgrade() -> None:
    """Makes the table, empty: nobody has locked a name yet."""
    op.create_table(
        "locked_name",
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sa.Column("holder", sa.LargeBinary),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
