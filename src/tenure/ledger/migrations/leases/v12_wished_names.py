"""A claim knows what its client wished for, so that a name that DNS refuses is followed by another at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "12"
down_revision = "11"


def upgrade() -> None:
    """Adds the columns, empty: claims of before are settled when their leases are renewed."""
    op.add_column("registration", sa.Column("wished_name", sa.LargeBinary))
    op.add_column("registration", sa.Column("guest_suffix", sa.LargeBinary))
