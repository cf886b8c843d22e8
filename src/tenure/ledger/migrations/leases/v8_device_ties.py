"""Which identities were seen with which hardware addresses, so that clients of one device are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"


def upgrade() -> None:
    """Makes the table, empty: ties are learned as clients come, and each name stays under the proof that it has."""
    op.create_table(
        "device_tie",
        sa.Column("hardware", sa.LargeBinary, primary_key=True),
        sa.Column("identity", sa.LargeBinary, primary_key=True),
        sa.Column("learned", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("device_tie_identity", "device_tie", ["identity"])
