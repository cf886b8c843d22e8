"""How large a journal may become: beyond the size of its zone, a whole transfer is shorter (RFC 1995 section 5)."""

from __future__ import annotations

from typing import Final

from tenure.ledger.session import Session

LEAST_OCTETS: Final = 64 * 1024  # a journal this small is not worth counting the zone for

_SIZE: Final = "select count(*), sum(length(change)) from journal where zone_id = ?"
_OLDEST: Final = "select id, length(change) from journal where zone_id = ? order by id limit ?"
_DROP: Final = "delete from journal where zone_id = ? and id <= ?"
_ZONE_SIZE: Final = """\
select sum(length(name_key) + 10 + length(case when long_rdata is null then rdata else long_rdata end))
from record where zone_id = ?"""


def prune(session: Session, zone_id: int, most_octets: int | None, limit: int) -> int:
    """Deletes at most `limit` of the oldest rows, so far as the journal is larger than that, or None: than the zone.

    The newest row stays, so that a secondary which is one change behind always catches up. Gives how many went.
    """
    with session.reading():
        counted = session.one(session.sql(_SIZE), (zone_id,))
        count, size = (0, 0) if counted is None else (counted[0], int(counted[1] or 0))
        if count < 2 or (size <= LEAST_OCTETS and most_octets is None):
            return 0
        if most_octets is None:
            zone = session.one(session.sql(_ZONE_SIZE), (zone_id,))
            most_octets = max(LEAST_OCTETS, 0 if zone is None else int(zone[0] or 0))
        rows = session.rows(session.sql(_OLDEST), (zone_id, min(limit, count - 1))) if size > most_octets else []
    last = None
    for number, octets in rows:
        if size <= most_octets:
            break
        size -= octets
        last = number
    if last is None:
        return 0
    drop = session.sql(_DROP)
    return session.transact(lambda: session.write(drop, [(zone_id, last)]), writes=True)
