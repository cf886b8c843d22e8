"""On which circuit a lease counts, and what finds it by circuit or hardware address where limits count it.

It takes the place of the index of what relays say, in which one circuit was many. What is there counts nowhere until it
is renewed; without limits nothing ever does, and neither index has a row.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20"
down_revision = "19"


def upgrade() -> None:
    """Makes the column, empty, and the indexes."""
    op.add_column("lease", sa.Column("circuit", sa.LargeBinary))
    op.drop_index("lease_relay", "lease")
    _index("lease_circuit", ["circuit", "ends_at"], "length(circuit) > 0")
    _index("lease_hardware", ["hardware", "subnet_id", "ends_at"], "circuit is not null")


def _index(name: str, columns: list[str], condition: str) -> None:
    only = sa.text(condition)
    op.create_index(name, "lease", columns, sqlite_where=only, postgresql_where=only)
