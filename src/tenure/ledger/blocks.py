"""How many leases each block of sixteen IPv4 addresses has: a place in a crowded pool is found without its other rows.

On SQLite a batch counts anew the blocks in which it has written or dropped rows, in its own transaction; the text of an
address without its last hexadecimal digit is the key of its block. On PostgreSQL nobody counts: servers that give
neighbouring addresses would wait for each other at the count.
"""

from __future__ import annotations

from collections.abc import Iterable

from tenure.ledger.session import Session, Write

BLOCK = 16  # addresses

_NTH = "select block from lease_block where block >= ? order by block limit 1 offset ?"
_WITH_ROOM = f"select block from lease_block where block >= ? and block <= ? and used < {BLOCK} order by block"
_COUNT = """\
insert into lease_block (block, used)
select ?, count(*) from lease where address >= ? and address <= ? and length(address) = 4
on conflict (block) do update set used = excluded.used"""
_FORGET = "delete from lease_block where block = ? and used = 0"
_TAKEN = "select address from lease where address >= ? and address <= ? and length(address) = 4"


def count_writes(addresses: Iterable[bytes]) -> list[Write]:
    """How the blocks of these IPv4 addresses are counted, behind whatever else is written to their rows."""
    blocks = sorted({int.from_bytes(address, "big") // BLOCK for address in addresses})
    if not blocks:
        return []
    ranges = [(f"{block:07X}", *_bounds(block)) for block in blocks]
    return [(_COUNT, ranges), (_FORGET, [counted[:1] for counted in ranges])]


def _bounds(block: int) -> tuple[bytes, bytes]:
    """The first and the last address of a block."""
    first = block * BLOCK
    return first.to_bytes(4, "big"), (first + BLOCK - 1).to_bytes(4, "big")


def unused_in_blocks(session: Session, start: bytes, last: bytes, limit: int) -> list[bytes] | None:
    """Up to `limit` IPv4 addresses of `start`..`last` that have no row, ascending.

    None where some block has no lease at all: there is so much room that it is found as quickly without the counts.
    """
    low, high = (address.hex().upper()[:7] for address in (start, last))
    if session.one(_NTH, (low, int(high, 16) - int(low, 16))) != (high,):
        return None
    found: list[bytes] = []
    for (block,) in session.rows(_WITH_ROOM, (low, high)):
        found += _unused_in(session, block, start, last)
        if len(found) >= limit:
            break
    return found[:limit]


def _unused_in(session: Session, block: str, start: bytes, last: bytes) -> list[bytes]:
    """Those of one block."""
    begin = max(bytes.fromhex(f"{block}0"), start)
    end = min(bytes.fromhex(f"{block}F"), last)
    taken = {row[0] for row in session.rows(_TAKEN, (begin, end))}
    numbers = range(int.from_bytes(begin, "big"), int.from_bytes(end, "big") + 1)
    return [address for number in numbers if (address := number.to_bytes(4, "big")) not in taken]
