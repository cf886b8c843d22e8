"""Less to be done for each row of a lease, which nobody missed.

The leases of a block are counted once for each batch that wrote there, and no longer at each row (`blocks`). Leases are
looked for by option 82 alone, so that of an IPv6 lease no relay is in an index.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "16"
down_revision = "15"


def upgrade() -> None:
    """Takes the triggers away, whose counts are right as they are, and makes the index anew."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger lease_counted")
        op.execute("drop trigger lease_uncounted")
    op.drop_index("lease_relay", "lease")
    condition = sa.text("relay is not null and length(address) = 4")
    op.create_index("lease_relay", "lease", ["relay", "hardware"], sqlite_where=condition, postgresql_where=condition)
