"""The first content of a secondary zone: written in portions, so that no other writer has to wait long.

A zone file goes another way (`zone_content`): it becomes a zone in one transaction, because a zone that the store does
not have yet is not served by anybody who could be kept waiting for its name, and either all of a file is a zone or
nothing. A secondary zone exists before its content does, its transfer is in memory already, and it is loaded while
other zones of the store are written; a later transfer of all of it is compared and written as a file is.

As long as the zone's SOA has no octets, nobody serves what is there of it. A load that was cut off is begun anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tenure.authority.zone import Record, RecordClass
from tenure.ledger import records
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.session import Session

_ORIGIN: Final = str(RecordClass.FOREIGN)
PORTION = 2000  # records in one transaction

_SOA: Final = "select soa_rdata from zone where id = ? /*locked*/"
_CLEAR: Final = """\
delete from record where zone_id = ? and name_key in
(select name_key from record where zone_id = ? order by name_key limit ?)"""
_COUNT: Final = "select count(*) from record where zone_id = ?"
_SET_SOA: Final = "update zone set soa_ttl = ?, soa_rdata = ? where id = ?"


def load(session: Session, zone_id: int, soa: tuple[int, bytes], content: Sequence[Record], channel: str) -> bool:
    """Fills a zone that has no content; False, and it is as it was, if somebody else has filled it meanwhile."""
    statements = [session.sql(one) for one in (_SOA, _CLEAR, _COUNT, _SET_SOA, records.PUT_RECORD)]
    locked, clear, count, set_soa, put = statements
    rows = list({row[1:4]: row for row in (records.record_row(zone_id, one, _ORIGIN, 0) for one in content)}.values())

    def while_empty(step: Callable[[], int]) -> int:
        """What the step did, in one transaction; -1 when the zone has content."""

        def attempt() -> int:
            row = session.one(locked, (zone_id,))
            assert row is not None, f"zone {zone_id} is not in the ledger"
            return -1 if row[0] else step()

        return session.transact(attempt, writes=True)

    while (gone := while_empty(lambda: session.write(clear, [(zone_id, zone_id, PORTION)]))) > 0:
        pass
    if gone < 0:
        return False
    for start in range(0, len(rows), PORTION):
        portion = rows[start : start + PORTION]
        if while_empty(lambda: session.write(put, portion)) < 0:  # noqa: B023 - it is called at once
            return False

    def finish() -> int:
        found = session.one(count, (zone_id,))
        if found is None or found[0] != len(rows):
            raise LedgerUnavailable("the store", f"zone {zone_id} is being loaded by another service too")
        session.notify(channel)
        return session.write(set_soa, [(*soa, zone_id)])

    return while_empty(finish) > 0
