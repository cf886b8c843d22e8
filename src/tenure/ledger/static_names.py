"""Names in zones of ours that a person or another program has: their server refuses them, so they are not promised.

A look beside a DHCP decision, one name at a time and only where a client takes a name that its lease does not have.
"""

from __future__ import annotations

from collections.abc import Mapping

from tenure.authority.settings import ZonePlace
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, tree_key
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.session import Session

_AT = """\
select record.rtype, record.rdata from zone join record on record.zone_id = zone.id
where zone.name = ? and zone.view = ? and record.name_key = ?"""

_DHCID = int(RRType.DHCID)
_ADDRESS_TYPES = {4: int(RRType.A), 16: int(RRType.AAAA)}


class StaticNames:
    """Looks through one session; `places` are the zones of ours that leases are registered in."""

    def __init__(self, session: Session, places: Mapping[Name, ZonePlace]) -> None:
        self._session = session
        self._places = places
        self._at = session.sql(_AT)

    def is_static(self, name: Name, zone: Name, address: bytes) -> bool:
        """Whether records stand at the name, and nobody's DHCID: a person or another program made them.

        Not where all that they say of this family is the address itself: then the name is right as it is. A store that
        cannot be read refuses no name; the zone's server still does.
        """
        place = self._places.get(zone)
        if place is None:
            return False
        try:
            with self._session.reading():
                rows = self._session.rows(self._at, (place.name, place.view, tree_key(name)))
        except LedgerUnavailable:
            return False
        if not rows or any(rtype == _DHCID for rtype, _ in rows):
            return False
        return [rdata for rtype, rdata in rows if rtype == _ADDRESS_TYPES[len(address)]] != [address]

    def close(self) -> None:
        """Gives the connection back."""
        self._session.close()
