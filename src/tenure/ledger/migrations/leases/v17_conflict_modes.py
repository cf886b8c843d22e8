"""How the right to a name is proved, where the server that asked for the record has said it (`Registration`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "17"
down_revision = "16"


def upgrade() -> None:
    """Makes the column, empty: what is there goes by its zone, as before."""
    op.add_column("registration", sa.Column("conflict_mode", sa.Text))
