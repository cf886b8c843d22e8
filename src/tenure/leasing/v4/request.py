"""DHCPREQUEST in its four client states (RFC 2131 section 4.3.2).

state        option 54   option 50   ciaddr   came by
SELECTING    must        must        0        broadcast
INIT-REBOOT  must not    must        0        broadcast
RENEWING     must not    must not    address  unicast
REBINDING    must not    must not    address  broadcast, or through a relay
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from tenure.dhcpwire.v4.packet import NO_ADDRESS, Packet
from tenure.leasing.history import refused
from tenure.leasing.lease import Changes, Lease
from tenure.leasing.limits import too_many
from tenure.leasing.link import subnet_on
from tenure.leasing.pool_search import is_free
from tenure.leasing.v4 import reply
from tenure.leasing.v4.allocation import refusal
from tenure.leasing.v4.arrival import Arrival
from tenure.leasing.v4.binding import bind, rows_of
from tenure.leasing.v4.inquiry import Decision, Inquiry, silent
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.leasing.v4.verdict import Verdict

_REQUESTED_ADDRESS: Final = 50
_SERVER_IDENTIFIER: Final = 54


class ClientState(StrEnum):
    """The state of the client that sent a DHCPREQUEST."""

    SELECTING = "SELECTING"
    INIT_REBOOT = "INIT-REBOOT"
    RENEWING = "RENEWING"
    REBINDING = "REBINDING"


# To look a member up in its enumeration costs more than most steps here.
_SELECTING: Final = ClientState.SELECTING
_INIT_REBOOT: Final = ClientState.INIT_REBOOT

_CAUSES: Final = {state: f"REQUEST {state}" for state in ClientState}
_TAKES_OFFER: Final = _CAUSES[_SELECTING]


def classify(packet: Packet, arrival: Arrival) -> ClientState | None:
    """The state, None for a request that names no address; a mixture counts as what stands first in the table."""
    if _SERVER_IDENTIFIER in packet.options:
        return _SELECTING
    if _REQUESTED_ADDRESS in packet.options:
        return ClientState.INIT_REBOOT
    if packet.ciaddr == NO_ADDRESS:
        return None
    if packet.giaddr == NO_ADDRESS and not arrival.broadcast:
        return ClientState.RENEWING
    return ClientState.REBINDING


def request(inquiry: Inquiry) -> Decision:
    """The lease, a refusal or silence."""
    packet = inquiry.packet
    state = classify(packet, inquiry.arrival)
    if state is None:
        return silent(Verdict.NO_ADDRESS_NAMED)
    if state is _SELECTING or state is _INIT_REBOOT:
        address = packet.options.get(_REQUESTED_ADDRESS, b"")
        if len(address) != 4:
            return silent(Verdict.NO_ADDRESS_NAMED)
    else:
        address = packet.ciaddr
    if state is _SELECTING:
        return _selecting(inquiry, address)
    return _confirming(inquiry, state, address)


def _selecting(inquiry: Inquiry, address: bytes) -> Decision:
    """The client takes an offer: ours, or another server's."""
    if not reply.names_us(inquiry.packet.options[_SERVER_IDENTIFIER], inquiry):
        for prepared in inquiry.link:
            inquiry.offers.forget_client(inquiry.client, prepared.subnet_id)
        return silent(Verdict.OTHER_SERVER)
    on = subnet_on(inquiry.link, address)
    if on is None:
        return _refuse(inquiry, ClientState.SELECTING, address, Verdict.REFUSED_WRONG_NETWORK)
    rows, row = rows_of(inquiry, address)
    why = refusal(inquiry, on, address, row) or too_many(inquiry, on)
    if why is not None:
        return _refuse(inquiry, ClientState.SELECTING, address, why)
    return bind(inquiry, on, address, row, rows, _TAKES_OFFER, settles=True)


def _confirming(inquiry: Inquiry, state: ClientState, address: bytes) -> Decision:
    """The client believes to have the address: after a restart, at T1 or at T2."""
    prepared = subnet_on(inquiry.link, address)
    if prepared is None:
        if inquiry.link[0].subnet.authoritative:
            return _refuse(inquiry, state, address, Verdict.REFUSED_WRONG_NETWORK)
        return silent(Verdict.UNKNOWN_CLIENT)
    rows, row = rows_of(inquiry, address)
    if not _knows(inquiry, prepared, address, row):
        return _deny(inquiry, prepared, state, address, row, rows)
    why = refusal(inquiry, prepared, address, row) or too_many(inquiry, prepared)
    if why is not None:
        return _refuse(inquiry, state, address, why)
    return bind(inquiry, prepared, address, row, rows, _CAUSES[state], settles=state is ClientState.INIT_REBOOT)


def _knows(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes, row: Lease | None) -> bool:
    """Whether there is a record that the address is, was, or is to be this client's."""
    if row is not None and row.client == inquiry.client:
        return True
    return prepared.reserved_address(inquiry.identities) == address


def _deny(
    inquiry: Inquiry,
    prepared: PreparedSubnet,
    state: ClientState,
    address: bytes,
    row: Lease | None,
    rows: Sequence[Lease],
) -> Decision:
    """A client whose lease at the address is not known: refused where we know better, else as our authority goes.

    Without a record another server may have given it the address, so only a subnet's sole authority may refuse; a
    REBINDING client asks every server there is, and is left to the one that knows it.
    """
    if row is not None and not is_free(row, inquiry.now):
        why = refusal(inquiry, prepared, address, row)
        return _refuse(inquiry, state, address, why or Verdict.REFUSED_TAKEN)
    here = {one.subnet_id for one in inquiry.link}
    if any(other.subnet_id in here for other in rows):
        return _refuse(inquiry, state, address, Verdict.REFUSED_OTHER_ADDRESS)
    if prepared.subnet.authoritative and state is not ClientState.REBINDING:
        return _refuse(inquiry, state, address, Verdict.REFUSED_UNKNOWN)
    return silent(Verdict.UNKNOWN_CLIENT)


def _refuse(inquiry: Inquiry, state: ClientState, address: bytes, verdict: Verdict) -> Decision:
    """A DHCPNAK, and a line in the history."""
    prepared = subnet_on(inquiry.link, address) or inquiry.link[0]
    changes = Changes(events=(refused(inquiry, address, _CAUSES[state], verdict),))
    return Decision(reply.refuse(inquiry, prepared, verdict), changes, verdict)
