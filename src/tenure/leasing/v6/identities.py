"""What a DHCPv6 client is known by to reservations, the identity that counts first in front.

Its DUID, its hardware address as far as it can be told, and the value of an expression.
"""

from __future__ import annotations

from tenure.dhcpwire.identity import FLEX_ID_KEY, HARDWARE_KEY
from tenure.dhcpwire.v6.message import Datagram
from tenure.leasing.expression.dialect import Value
from tenure.leasing.expression.v6 import Sighting
from tenure.leasing.identities import Identities
from tenure.leasing.v6.arrival import Arrival


def identities(
    datagram: Datagram, arrival: Arrival, client: bytes, hardware: bytes, flex: Value[Sighting] | None
) -> Identities:
    """The identities of a message's client; `client` and `hardware` are empty where it does not say them."""
    found = [client] if client else []
    if hardware:
        found.append(bytes((HARDWARE_KEY,)) + hardware)
    if flex is not None and (value := flex(Sighting(datagram, arrival, ()))):
        found.append(bytes((FLEX_ID_KEY,)) + value)
    return tuple(found)
