"""Leases, registrations and their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_DUE_AT = """\
case when forward_due_at is null or reverse_due_at < forward_due_at then reverse_due_at else forward_due_at end"""


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "lease",
        sa.Column("address", sa.LargeBinary, primary_key=True),
        sa.Column("subnet_id", sa.Integer, nullable=False),
        sa.Column("client", sa.LargeBinary),
        sa.Column("hardware", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("valid_lifetime", sa.BigInteger, nullable=False),
        sa.Column("heard_name", sa.Text, nullable=False),
        sa.Column("fqdn", sa.LargeBinary),
        sa.Column("dhcid", sa.LargeBinary),
        sa.Column("forward", sa.Boolean, nullable=False),
        sa.Column("reverse", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("relay", sa.LargeBinary),
        sa.Column("correlation", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("lease_client", "lease", ["client", "subnet_id"], unique=True)
    op.create_index("lease_end", "lease", ["state", "ends_at"])
    op.create_table(
        "registration",
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sa.Column("address", sa.LargeBinary, primary_key=True),
        sa.Column("dhcid", sa.LargeBinary, primary_key=True),
        sa.Column("ttl", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("wanted_at", sa.Double, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("correlation", sa.Text, nullable=False),
        *_direction("forward"),
        *_direction("reverse"),
        sa.Column("due_at", sa.Double, sa.Computed(_DUE_AT, persisted=True)),
        sqlite_with_rowid=False,
    )
    is_due = sa.text("due_at is not null")
    in_order = ["due_at", "name", "address", "dhcid"]
    op.create_index("registration_due", "registration", in_order, sqlite_where=is_due, postgresql_where=is_due)
    op.create_index("registration_address", "registration", ["address"])
    op.create_table(
        "event",
        sa.Column("id", _ROW_NUMBER, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("correlation", sa.Text, nullable=False),
        sa.Column("address", sa.LargeBinary),
        sa.Column("name", sa.LargeBinary),
        sa.Column("client", sa.LargeBinary),
        sa.Column("hardware", sa.LargeBinary),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("event_correlation", "event", ["correlation"])


def _direction(name: str) -> list[sa.Column[object]]:
    return [
        sa.Column(f"{name}_state", sa.Text, nullable=False),
        sa.Column(f"{name}_due_at", sa.Double),
        sa.Column(f"{name}_attempts", sa.Integer, nullable=False),
        sa.Column(f"{name}_reason", sa.Text, nullable=False),
        sa.Column(f"{name}_detail", sa.Text, nullable=False),
        sa.Column(f"{name}_changed_at", sa.Double, nullable=False),
    ]
