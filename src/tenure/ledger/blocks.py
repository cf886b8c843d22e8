"""Which of each 32 neighbouring IPv4 addresses have no lease: places in a crowded pool are found without its rows.

On SQLite a batch notes for the blocks in which rows came or went where they did, in its own transaction. A block is a
number, the address without its last five bits, and `free` has a bit for each of its addresses, the lowest for the first
one. A block without a row has no lease. On PostgreSQL nobody notes it: servers that give neighbouring addresses would
wait for each other at the block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tenure.ledger.pools import unused
from tenure.ledger.session import Session, Write

BLOCK: Final = 32  # addresses
_ALL: Final = (1 << BLOCK) - 1

_NTH: Final = "select block from lease_block where block >= ? order by block limit 1 offset ?"
# Without being told, SQLite would go through the full ones too.
_WITH_ROOM: Final = """\
select block, free from lease_block indexed by lease_block_room where block >= ? and block <= ? and free <> 0
order by block limit ?"""
# What is not taken here stays as it is, and is free where nobody has noted anything.
_NOTE: Final = """\
insert into lease_block (block, free) values (?, ?)
on conflict (block) do update set free = (free & excluded.free) | ?"""


def block_writes(came: Iterable[bytes], went: Iterable[bytes]) -> list[Write]:
    """How it is noted that these IPv4 addresses have a lease now and those have none; whatever was so before."""
    taken, freed = _bits(came), _bits(went)
    blocks = sorted(taken | freed)
    return [(_NOTE, [(block, _ALL ^ taken.get(block, 0), freed.get(block, 0)) for block in blocks])] if blocks else []


def _bits(addresses: Iterable[bytes]) -> dict[int, int]:
    """Blocks, and the bits of these addresses in them."""
    bits: dict[int, int] = {}
    for address in addresses:
        block, place = divmod(int.from_bytes(address, "big"), BLOCK)
        bits[block] = bits.get(block, 0) | 1 << place
    return bits


def unused_in_blocks(session: Session, start: bytes, last: bytes, limit: int) -> list[bytes]:
    """Up to `limit` IPv4 addresses of `start`..`last` that have no row, ascending.

    Blocks without a row are gaps between the numbers, and found as gaps between addresses are.
    """

    def nth(first: bytes, end: bytes, offset: int) -> bytes | None:
        row = session.one(_NTH, (int.from_bytes(first, "big"), offset))
        if row is None:
            return None
        block = int(row[0]).to_bytes(4, "big")
        return block if block <= end else None

    low, from_place = divmod(int.from_bytes(start, "big"), BLOCK)
    high, to_place = divmod(int.from_bytes(last, "big"), BLOCK)
    enough = limit // BLOCK + 3  # empty blocks: of the first and the last one perhaps only a part is asked for
    empty = list(unused(nth, low.to_bytes(4, "big"), high.to_bytes(4, "big"), enough))
    end = int.from_bytes(empty[-1], "big") if len(empty) == enough else high
    free: dict[int, int] = dict.fromkeys((int.from_bytes(block, "big") for block in empty), _ALL)
    free.update(session.rows(_WITH_ROOM, (low, end, limit + 1)))
    if low in free:
        free[low] &= _ALL << from_place
    if high in free:
        free[high] &= (2 << to_place) - 1
    found: list[bytes] = []
    for block in sorted(free):
        found += _addresses(block, free[block])
        if len(found) >= limit:
            break
    return found[:limit]


def _addresses(block: int, bits: int) -> Iterator[bytes]:
    """Those of a block that the bits stand for, ascending."""
    while bits:
        lowest = bits & -bits
        yield (block * BLOCK + lowest.bit_length() - 1).to_bytes(4, "big")
        bits ^= lowest
