"""Records that end by themselves; what an update wrote is of class lease or foreign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

_HAS_END = sa.text("ends_at is not null")


def upgrade() -> None:
    """Makes the column. Who wrote the records so far is not known any more, only that it was by an update."""
    op.add_column("record", sa.Column("ends_at", sa.BigInteger))
    op.create_index("record_end", "record", ["ends_at"], sqlite_where=_HAS_END, postgresql_where=_HAS_END)
    op.execute("update record set origin = 'foreign' where origin = 'dynamic'")
