"""Which TXT marker ISC dhcpd would have left for the client of a registration (`naming.txt_marker`), by its lease."""

from __future__ import annotations

from typing import Final

from tenure.ledger.session import Session
from tenure.naming.txt_marker import txt_markers

_CLIENT: Final = "select client, iaid from lease where address = ? and dhcid = ?"


class TxtMarkers:
    """Finds them through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.sql(_CLIENT)

    def of(self, address: bytes, dhcid: bytes) -> tuple[bytes, ...]:
        """The RDATA of each that it may be; none where the client is not known here."""
        found = self._session.one(self._client, (address, dhcid))
        return () if found is None or found[0] is None else txt_markers(bytes(found[0]), found[1])
