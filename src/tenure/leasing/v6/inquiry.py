"""What one decision is made from, and what it comes to.

There is one of each per packet. What is asked for its parts again and again is a class with its own `__init__`:
compiled, its parts are read and set many times faster than those of a tuple. What is taken apart is a NamedTuple.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.dhcpwire.v6.association import IA, IA_PD
from tenure.dhcpwire.v6.message import Datagram
from tenure.leasing.classes import Classes
from tenure.leasing.identities import Identities
from tenure.leasing.lease import NOTHING, Changes, Lease, LeaseKind, LeaseView
from tenure.leasing.offers import OfferBook
from tenure.leasing.tie import Learned
from tenure.leasing.v6.arrival import Arrival, Destination
from tenure.leasing.v6.link import Link
from tenure.leasing.v6.prepared import PreparedSubnet
from tenure.leasing.v6.subnet import Reservation
from tenure.leasing.v6.terms import Terms
from tenure.leasing.v6.verdict import Verdict

_ADDRESS: Final = int(LeaseKind.ADDRESS)
_PREFIX: Final = int(LeaseKind.PREFIX)


class Server(NamedTuple):
    """What the servers of one ledger have in common: by the DUID clients know them, the secret hides addresses."""

    duid: bytes
    secret: bytes


class Inquiry:
    """A message with its place and time, and the rows as they stand."""

    def __init__(  # noqa: PLR0917 - its parts
        self,
        datagram: Datagram,
        arrival: Arrival,
        server: Server,
        link: Link,
        client: bytes,
        hardware: bytes,
        learned: Learned,
        view: LeaseView,
        offers: OfferBook,
        now: float,
        correlation: str,
        classes: Classes = (),
        identities: Identities = (),
    ) -> None:
        self.datagram: Final = datagram
        self.arrival: Final = arrival
        self.server: Final = server
        self.link: Final = link  # empty only where a message is answered wherever it comes from
        self.client: Final = client  # identity key; empty if the client did not say
        self.hardware: Final = hardware  # hardware type octet and address, as far as they can be told; else empty
        self.learned: Final = learned  # from what
        self.view: Final = view
        self.offers: Final = offers
        self.now: Final = now  # UTC seconds
        self.correlation: Final = correlation
        self.classes: Final = classes
        self.identities: Final = identities  # none where nothing is reserved

    def reservation(self, prepared: PreparedSubnet) -> Reservation | None:
        """What is reserved for the client in a subnet."""
        return prepared.reservation(self.identities)

    def terms(self, prepared: PreparedSubnet, pools: tuple[int, ...]) -> Terms:
        """The terms of this client with leases of these pools."""
        if prepared.is_plain and not self.classes:
            return prepared.terms
        return prepared.terms_of(self.datagram, self.arrival, self.identities, self.classes, pools)


class Wish:
    """One identity association that the client speaks of, and what it has in it."""

    def __init__(self, ia: IA, kind: int, iaid: int, holder: bytes, rows: Sequence[Lease]) -> None:
        self.ia: Final = ia
        self.kind: Final = kind  # a LeaseKind
        self.iaid: Final = iaid
        self.holder: Final = holder  # whom offers are kept for: the client and this association of it
        self.rows: Final = rows  # of this association, in all subnets and states


class Reply:
    """A message and where it goes."""

    def __init__(self, octets: bytes, destination: Destination) -> None:
        self.octets: Final = octets
        self.destination: Final = destination


class Decision:
    """The reply may go only when the changes are committed."""

    def __init__(self, reply: Reply | None, changes: Changes, counted: Verdict) -> None:
        self.reply: Final = reply
        self.changes: Final = changes
        self.counted: Final = counted


def silent(verdict: Verdict) -> Decision:
    """No reply and no change."""
    return Decision(None, NOTHING, verdict)


def wish_of(ia: IA, client: bytes, rows: Sequence[Lease]) -> Wish:
    """The wish of a client that has these rows."""
    kind = _PREFIX if ia.code == IA_PD else _ADDRESS
    iaid = int.from_bytes(ia.iaid, "big")
    own = [row for row in rows if row.is_in(client, kind, iaid)] if rows else rows
    return Wish(ia, kind, iaid, holder_of(ia, client), own)


def holder_of(ia: IA, client: bytes) -> bytes:
    """Whom offers are kept for: the client and this association of it."""
    return client + (b"\1" if ia.code == IA_PD else b"\0") + ia.iaid
