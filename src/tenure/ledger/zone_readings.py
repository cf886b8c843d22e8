"""When zones were last read back, in the store: one row for each zone."""

from __future__ import annotations

from typing import Final

from tenure.dnswire.name import Name
from tenure.ledger.session import Session
from tenure.naming.zone_reading import ZoneReading

_COLUMNS: Final = ", ".join(ZoneReading._fields)
_PUT: Final = f"""\
insert into zone_reading ({_COLUMNS}) values (?, ?, ?, ?, ?) on conflict (zone) do update set
read_at = excluded.read_at, server = excluded.server, serial = excluded.serial, clean = excluded.clean"""
_ALL: Final = f"select {_COLUMNS} from zone_reading order by zone"


class ZoneReadings:
    """Reads and writes them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._put, self._all = session.sql(_PUT), session.sql(_ALL)

    def write(self, reading: ZoneReading) -> None:
        """What was read now stands in the place of what was read before."""
        self._session.write(self._put, [reading])

    def all(self) -> dict[Name, ZoneReading]:
        """The readings by zone."""
        rows = self._session.rows(self._all)
        return {
            zone: ZoneReading(zone, read_at, server, serial, bool(clean))
            for zone, read_at, server, serial, clean in rows
        }
