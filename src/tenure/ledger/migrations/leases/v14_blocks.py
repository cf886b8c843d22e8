"""Counts of the leases in each block of sixteen IPv4 addresses, so that gaps in crowded pools are found (`blocks`).

On SQLite alone: on PostgreSQL, servers that give neighbouring addresses would wait for each other at a count.
"""

from __future__ import annotations

from alembic import op

revision = "14"
down_revision = "13"

_STATEMENTS = (
    "create table lease_block (block text primary key, used integer not null) without rowid",
    "insert into lease_block select substr(hex(address), 1, 7), count(*) from lease where length(address) = 4"
    " group by 1 order by 1",
    "create index lease_block_room on lease_block (block) where used < 16",
    """\
create trigger lease_counted after insert on lease when length(new.address) = 4 begin
  insert into lease_block (block, used) values (substr(hex(new.address), 1, 7), 1)
  on conflict (block) do update set used = used + 1;
end""",
    """\
create trigger lease_uncounted after delete on lease when length(old.address) = 4 begin
  update lease_block set used = used - 1 where block = substr(hex(old.address), 1, 7);
  delete from lease_block where block = substr(hex(old.address), 1, 7) and used = 0;
end""",
)


def upgrade() -> None:
    """Counts what is there, and has SQLite count from then on."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _STATEMENTS:
            op.execute(statement)
