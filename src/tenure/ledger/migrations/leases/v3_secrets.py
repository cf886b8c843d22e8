"""Several secrets for one TSIG key, each good for a time, and when each was last used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Makes the tables and takes the keys over: the secret that a key had is its first, and has no end."""
    op.create_table(
        "tsig_secret",
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("algorithm", sa.LargeBinary, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("from_at", sa.Double, nullable=False),
        sa.Column("until_at", sa.Double),
    )
    op.execute(
        "insert into tsig_secret (name, number, algorithm, secret, from_at, until_at) "
        "select name, 1, algorithm, secret, 0, null from tsig_key"
    )
    op.drop_table("tsig_key")
    op.create_table(
        "key_use",
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
    )
