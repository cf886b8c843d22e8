"""Which registrations are on their way out of DNS, by name and by address, for the claims that come after them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "10"
down_revision = "9"


def upgrade() -> None:
    """Makes the indexes, which are small: they hold only rows of which something is still to be taken away."""
    for index, column, state in (
        ("registration_leaving_name", "name", "forward_state"),
        ("registration_leaving_address", "address", "reverse_state"),
    ):
        leaving = sa.text(f"{state} = 'removing'")
        op.create_index(index, "registration", [column], sqlite_where=leaving, postgresql_where=leaving)
