"""Limits against exhaustion: a new lease that would be one too many for its circuit, or for its device there.

    relay(4) [1 length circuit-id] [2 length remote-id]

A circuit is what a relay calls one in option 82, with the relay's address (`giaddr`; zero for a switch that only adds
the option). What else is in the option says where a network is, or who pays for it, and is no circuit; nor is a name
without octets. A device is counted on its circuit; on its link if no relay names one, whatever it says there itself.

Who has a lease here already, or an address reserved that it can have, is not held back. An address that was declined
counts for who declined it as long as it is unusable: else a client would use up a pool with one lease at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.dhcpwire.v4.packet import NO_ADDRESS, Packet
from tenure.dhcpwire.v4.relay_agent import CIRCUIT_ID, REMOTE_ID, sub_option
from tenure.leasing.lease import Lease, LeaseState
from tenure.leasing.pool_search import is_free
from tenure.leasing.v4.inquiry import Inquiry
from tenure.leasing.v4.link import Link
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.leasing.v4.verdict import Verdict

_RELAY_AGENT_INFORMATION: Final = 82
_BOUND: Final = int(LeaseState.BOUND)
_NO_CIRCUIT: Final = b""
_FIRST_RELAY: Final = b"\0\0\0\1"  # circuits before it are named by no relay


def too_many(inquiry: Inquiry, on: PreparedSubnet | None = None) -> Verdict | None:
    """Which limit a new lease for this client would pass, in the subnet of the link that it asks for; None: none."""
    limits = inquiry.limits
    if not limits.count_leases:
        return None
    own = inquiry.view.leases_of(inquiry.client)
    if _has_one(inquiry, inquiry.link if on is None else (on,), own):
        return None
    circuit, now = _circuit_of(inquiry.packet), int(inquiry.now)
    most = limits.leases_per_circuit
    if most is not None and circuit:
        behind = inquiry.view.leases_behind(circuit, now, most + len(own))
        if _of_others(inquiry, behind) >= most:
            return Verdict.REFUSED_CIRCUIT_LIMIT
    most = limits.leases_per_hardware
    if most is not None and _is_leased_to(inquiry, circuit, most, most + len(own)):
        return Verdict.REFUSED_HARDWARE_LIMIT
    return None


def counted_on(inquiry: Inquiry, row: Lease | None) -> bytes | None:
    """The circuit on which a lease of the client counts; `row` is what it renews or ends. None: nothing is counted.

    A circuit is left only for one that a relay names: in what comes past the relays, as renewals do, there is none, or
    one that a switch or the client itself has put there.
    """
    if not inquiry.limits.count_leases:
        return None
    packet = inquiry.packet
    circuit = _circuit_of(packet)
    if row is not None and row.circuit and not (circuit and packet.giaddr != NO_ADDRESS):
        return row.circuit
    return circuit


def _circuit_of(packet: Packet) -> bytes:
    """The circuit that the packet came by; empty if none is named."""
    relay = packet.options.get(_RELAY_AGENT_INFORMATION)
    if relay is None:
        return _NO_CIRCUIT
    named = b""
    for code in (CIRCUIT_ID, REMOTE_ID):
        if data := sub_option(relay, code):
            named += bytes((code, len(data))) + data
    return packet.giaddr + named if named else _NO_CIRCUIT


def _is_leased_to(inquiry: Inquiry, circuit: bytes, most: int, limit: int) -> bool:
    """Whether others with the client's hardware address have so many leases there."""
    hardware = inquiry.hardware
    if not any(hardware[1:]):  # of a network whose clients say none (RFC 4390)
        return False
    first, behind = _NO_CIRCUIT, _FIRST_RELAY
    if circuit >= _FIRST_RELAY:
        first, behind = circuit, circuit + b"\0"
    found, now = 0, int(inquiry.now)
    for one in inquiry.link:
        found += _of_others(inquiry, inquiry.view.leases_with(hardware, one.subnet_id, first, behind, now, limit))
        if found >= most:
            return True
    return False


def _of_others(inquiry: Inquiry, rows: Sequence[Lease]) -> int:
    """How many are not the client's: of other ones, or of nobody since they were declined."""
    return len([row for row in rows if row.client != inquiry.client])


def _has_one(inquiry: Inquiry, link: Link, own: Sequence[Lease]) -> bool:
    """Whether the client has a lease on the link, or an address that is kept for it and that it can have."""
    here = {one.subnet_id for one in link}
    if any(row.subnet_id in here and row.state == _BOUND and row.ends_at > inquiry.now for row in own):
        return True
    return any(_can_have_reserved(inquiry, one) for one in link)


def _can_have_reserved(inquiry: Inquiry, prepared: PreparedSubnet) -> bool:
    address = prepared.reserved_address(inquiry.identities)
    if address is None:
        return False
    row = inquiry.view.lease_at(address)
    return row is None or row.client == inquiry.client or is_free(row, inquiry.now)
