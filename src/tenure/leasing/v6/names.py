"""The names of a client's addresses: one choice for a message, on the terms of each lease. A prefix has no name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.dhcpwire.fqdn import ClientFqdn, parse_fqdn39
from tenure.dhcpwire.v6.codes import Option
from tenure.leasing.device import Speaker, name_device, speaker_of
from tenure.leasing.lease import Lease, LeaseKind
from tenure.leasing.place import obstacle_for, place_of
from tenure.leasing.pool_search import is_free
from tenure.leasing.v6.allocation import Choice, Grant
from tenure.leasing.v6.inquiry import Inquiry
from tenure.leasing.v6.prepared import PreparedSubnet
from tenure.leasing.v6.terms import Terms
from tenure.naming.choice import Naming
from tenure.naming.place import Place
from tenure.naming.policy import NamingPolicy
from tenure.octets import Malformed

_ADDRESS: Final = int(LeaseKind.ADDRESS)
_PREFIX: Final = int(LeaseKind.PREFIX)
_CLIENT_FQDN: Final = int(Option.CLIENT_FQDN)
_INTERFACE_ID: Final = int(Option.INTERFACE_ID)


def name_addresses(inquiry: Inquiry, grants: Sequence[Grant], rows: Sequence[Lease]) -> dict[Terms, Naming]:
    """The naming of the granted addresses, by their terms: the policy is of these, the rest is the same for all.

    The TTL is that of the shortest lease in a subnet, because records of one name and type have one TTL.
    """
    granted = [choice for grant in grants if grant.wish.kind != _PREFIX for choice in grant.choices]
    if not granted:
        return {}
    fqdn = client_fqdn(inquiry)
    if len(granted) == 1 and not rows:  # a new client, as nearly all of them come
        choice = granted[0]
        naming = name_client(inquiry, choice.prepared, choice.terms, fqdn, choice.address, choice.valid)
        return {choice.terms: naming}
    address = _naming_address(inquiry, grants, granted, rows)
    if len(granted) == 1:
        return {(one := granted[0]).terms: name_client(inquiry, one.prepared, one.terms, fqdn, address, one.valid)}
    shortest: dict[int, int] = {}
    for choice in granted:
        known = shortest.setdefault(choice.prepared.subnet_id, choice.valid)
        shortest[choice.prepared.subnet_id] = min(known, choice.valid)
    namings: dict[Terms, Naming] = {}
    for choice in granted:
        if choice.terms not in namings:
            lifetime = shortest[choice.prepared.subnet_id]
            namings[choice.terms] = name_client(inquiry, choice.prepared, choice.terms, fqdn, address, lifetime)
    return namings


def _naming_address(
    inquiry: Inquiry, grants: Sequence[Grant], granted: Sequence[Choice], rows: Sequence[Lease]
) -> bytes:
    """What a generated name is made from: of all addresses that the client has on the link, the one it has had longest.

    So the name stays, whichever associations a message speaks of.
    """
    among = {choice.address for choice in granted}
    if not rows:
        return min(among)
    here = {prepared.subnet_id for prepared in inquiry.link}
    spoken_of = {grant.wish.iaid for grant in grants if grant.wish.kind != _PREFIX}
    held = [
        (row.started_at, row.address)
        for row in rows
        if row.kind == _ADDRESS
        and row.subnet_id in here
        and (row.address in among or not any(row.is_in(inquiry.client, _ADDRESS, iaid) for iaid in spoken_of))
        and not is_free(row, inquiry.now)
    ]
    return min(held)[1] if held else min(among)


def client_fqdn(inquiry: Inquiry) -> ClientFqdn | None:
    """What the client calls itself; an option 39 that is malformed counts as not sent."""
    sent = inquiry.datagram.message.options.get(_CLIENT_FQDN)
    if sent is None:
        return None
    try:
        return parse_fqdn39(sent)
    except Malformed:
        return None


def name_client(
    inquiry: Inquiry,
    prepared: PreparedSubnet,
    terms: Terms,
    fqdn: ClientFqdn | None,
    address: bytes,
    lifetime: int,
) -> Naming:
    """The naming of the client's leases on these terms in one subnet; the shortest there lasts `lifetime` seconds."""
    reservation = inquiry.reservation(prepared)
    policy = terms.naming
    place = None if policy.is_plain else _place(inquiry, prepared, address, is_known=reservation is not None)
    obstacle = obstacle_for(inquiry.view, inquiry.client, address, policy)

    reserved = None if reservation is None else reservation.host_name
    speaker = device_speaker(inquiry, policy)
    # DHCPv6 has no option for a host name
    return name_device(speaker, inquiry.client, fqdn, None, reserved, address, lifetime, policy, place, obstacle)


def device_speaker(inquiry: Inquiry, policy: NamingPolicy) -> Speaker | None:
    """The client as one of a device; None where the policy does not look at devices."""
    return speaker_of(inquiry.view, inquiry.client, inquiry.hardware, inquiry.learned, inquiry.now, policy)


def _place(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes, *, is_known: bool) -> Place:
    relays = inquiry.datagram.relays
    return place_of(
        inquiry.view,
        inquiry.client,
        inquiry.hardware,
        prepared.subnet.prefix,
        address,
        inquiry.now,
        circuit=relays[-1].options.get(_INTERFACE_ID) if relays else None,
        is_known=is_known,
    )
