"""Which addresses of a block are free, and no longer how many: they are found without a look at their neighbours' rows.

Blocks are numbers of 32 addresses and no longer texts of 16. On SQLite alone, as the counts before (`blocks`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice

import sqlalchemy as sa
from alembic import op

revision = "19"
down_revision = "18"

_AT_ONCE = 10_000  # blocks that are written
_OLD, _NEW = 16, 32  # addresses of a block
_FULL = (1 << _OLD) - 1
_TAKEN = sa.text("select address from lease where address >= :first and address <= :last and length(address) = 4")


def upgrade() -> None:
    """Makes the table anew from the one before: only of blocks that are not full the leases are read."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return
    op.execute("drop index lease_block_room")
    op.execute("alter table lease_block rename to lease_count")
    op.execute("create table lease_block (block integer primary key, free integer not null)")
    found = _free_places(bind)
    while rows := list(islice(found, _AT_ONCE)):
        bind.execute(sa.text("insert into lease_block values (:block, :free)"), rows)
    op.execute("drop table lease_count")
    op.execute("create index lease_block_room on lease_block (block) where free <> 0")


def _free_places(bind: sa.Connection) -> Iterator[dict[str, int]]:
    counts = bind.execute(sa.text("select block, used from lease_count order by block"))
    for block, halves in groupby(counts, lambda row: int(row.block, 16) * _OLD // _NEW):
        free = (1 << _NEW) - 1
        for half, used in halves:
            first = int(half, 16) * _OLD
            free &= ~(_FULL << first % _NEW if used == _OLD else _taken(bind, first))
        yield {"block": block, "free": free}


def _taken(bind: sa.Connection, first: int) -> int:
    """The bits of the addresses of a half that have a lease, where they are in the block."""
    bounds = {"first": first.to_bytes(4, "big"), "last": (first + _OLD - 1).to_bytes(4, "big")}
    return sum(1 << int.from_bytes(address, "big") % _NEW for (address,) in bind.execute(_TAKEN, bounds))
