"""What a DHCPv4 client is known by to reservations, the identity that counts first in front.

Its client identifier, the DUID in that (RFC 4361), its hardware address, the circuit of its relay, and the value of an
expression. The first octet of each says which it is, as in `dhcpwire.identity`.
"""

from __future__ import annotations

from typing import Final

from tenure.dhcpwire.identity import CIRCUIT_ID_KEY, CLIENT_ID_KEY, DUID_KEY, FLEX_ID_KEY, HARDWARE_KEY, parse_rfc4361
from tenure.dhcpwire.v4.packet import Packet
from tenure.dhcpwire.v4.relay_agent import CIRCUIT_ID, sub_option
from tenure.leasing.expression.dialect import Value
from tenure.leasing.expression.v4 import Sighting
from tenure.leasing.identities import Identities
from tenure.leasing.v4.arrival import Arrival

_RELAY_AGENT_INFORMATION: Final = 82


def identities(packet: Packet, arrival: Arrival, client: bytes, flex: Value[Sighting] | None) -> Identities:
    """The identities of a packet's client; `client` is the key of its leases, `flex` the configured expression."""
    found = []
    if client[0] == CLIENT_ID_KEY:
        found.append(client)
        parts = parse_rfc4361(client[1:])
        if parts is not None:
            found.append(bytes((DUID_KEY,)) + parts[1])
    found.append(bytes((HARDWARE_KEY, packet.htype)) + packet.chaddr)
    relay = packet.options.get(_RELAY_AGENT_INFORMATION)
    circuit = None if relay is None else sub_option(relay, CIRCUIT_ID)
    if circuit is not None:
        found.append(bytes((CIRCUIT_ID_KEY,)) + circuit)
    if flex is not None:
        value = flex(Sighting(packet, arrival, ()))
        if value:
            found.append(bytes((FLEX_ID_KEY,)) + value)
    return tuple(found)
