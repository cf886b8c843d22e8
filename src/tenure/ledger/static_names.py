"""What stands in zones of ours at names that clients want: where their server would refuse them, none is promised.

A look beside a DHCP decision, one name at a time and only where a client takes a name that its lease does not have.
The looks of a batch see one moment: half of what a look would cost by itself is its lock on the store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from tenure.authority.settings import ZonePlace
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, tree_key
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.session import Session
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.txt_marker import is_txt_marker

_AT: Final = """\
select record.rtype, record.rdata from zone join record on record.zone_id = zone.id
where zone.name = ? and zone.view = ? and record.name_key = ?"""

_DHCID: Final = int(RRType.DHCID)
_TXT: Final = int(RRType.TXT)
_ADDRESS_TYPES: Final = {4: int(RRType.A), 16: int(RRType.AAAA)}


class Standing(NamedTuple):
    """What keeps a name from a client."""

    is_static: bool = False  # records, and nobody's proof: a person or another program made them
    others: frozenset[bytes] = frozenset()  # RDATA of the DHCIDs there, where the client's is not the only one


NOTHING: Final = Standing()


class StaticNames:
    """Looks through one session; `places` are the zones of ours that leases are registered in.

    `proving` are those of them in which another client's DHCID keeps a name from a client. `reads_markers`: the TXT
    markers of ISC dhcpd are proofs too.
    """

    def __init__(
        self, session: Session, places: Mapping[Name, ZonePlace], proving: Collection[Name], *, reads_markers: bool
    ) -> None:
        self._session = session
        self._places = places
        self._proving = proving
        self._reads_markers = reads_markers
        self._at = session.sql(_AT)

    def at(self, name: Name, zone: Name, address: bytes, identity: tuple[int, bytes]) -> Standing:
        """What stands at a name that a client with this identity (see `dhcid_rdata`) wants for the address.

        It is right as it is where all that it says of this family is the address itself. A store that cannot be read
        refuses no name; the zone's server still does. The moment that is seen lasts until `end_looks`.
        """
        place = self._places.get(zone)
        if place is None:
            return NOTHING
        try:
            self._session.begin_reads()
            with self._session.reading():
                rows = self._session.rows(self._at, (place.name, place.view, tree_key(name)))
        except LedgerUnavailable:
            return NOTHING
        if not rows:
            return NOTHING
        proofs = frozenset(rdata for rtype, rdata in rows if rtype == _DHCID)
        if proofs:
            return Standing(others=proofs - {dhcid_rdata(*identity, name)}) if zone in self._proving else NOTHING
        if self._reads_markers and any(rtype == _TXT and is_txt_marker(rdata) for rtype, rdata in rows):
            return NOTHING  # whose it is, the updater finds out
        return Standing(
            is_static=[rdata for rtype, rdata in rows if rtype == _ADDRESS_TYPES[len(address)]] != [address]
        )

    def end_looks(self) -> None:
        """Lets go of the moment that was seen. While it is held, no writer can begin its log anew."""
        self._session.end_reads()

    def close(self) -> None:
        """Gives the connection back."""
        self._session.close()
