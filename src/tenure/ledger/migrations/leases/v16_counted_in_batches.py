"""The leases of a block are counted once for each batch that wrote there, and no longer at each row (`blocks`)."""

from __future__ import annotations

from alembic import op

revision = "16"
down_revision = "15"


def upgrade() -> None:
    """Takes the triggers away; the counts are right as they are."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger lease_counted")
        op.execute("drop trigger lease_uncounted")
