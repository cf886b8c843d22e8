"""Zones in views: a name may be there once in each view, and once as the zone that they share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"


def upgrade() -> None:
    """Makes the column; what is there is shared. SQLite changes a constraint by a new table only."""
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("zone", sa.Column("view", sa.Text, nullable=False, server_default=""))
        op.drop_constraint("zone_name_key", "zone")
        op.create_unique_constraint("zone_name_view", "zone", ["name", "view"])
        op.alter_column("zone", "view", server_default=None)
        return
    op.create_table(
        "zone_in_view",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("soa_ttl", sa.BigInteger, nullable=False),
        sa.Column("soa_rdata", sa.LargeBinary, nullable=False),
        sa.Column("view", sa.Text, nullable=False),
        sa.UniqueConstraint("name", "view", name="zone_name_view"),
    )
    op.execute(
        "insert into zone_in_view (id, name, soa_ttl, soa_rdata, view)"
        " select id, name, soa_ttl, soa_rdata, '' from zone"
    )
    op.drop_table("zone")
    op.rename_table("zone_in_view", "zone")
