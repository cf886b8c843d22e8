"""What a client may tell of as made by itself: which addresses, how many, for how long (RFC 9686 section 4.2.1).

Who can send from an address can tell of it, and what is noted is leased to nobody. So what others need is kept from
such clients; in a pool so wide that no client can fill it, an address that is used is better known than leased.
"""

from __future__ import annotations

from typing import Final

from tenure.dhcpwire.v6.association import ADDRESS_BITS, first_of
from tenure.leasing.lease import LeaseKind
from tenure.leasing.pool_search import is_free
from tenure.leasing.v6.inquiry import Inquiry
from tenure.leasing.v6.prepared import WIDE, PreparedSubnet
from tenure.leasing.v6.terms import Terms
from tenure.leasing.v6.verdict import Verdict

_ADDRESS: Final = int(LeaseKind.ADDRESS)
_SELF_MADE: Final = int(LeaseKind.SELF_MADE)
_ANYBODY: Final = b""
# Clients tell of an address again after 4/5 of its lifetime, and of one without an end every four hours (section 4.6):
# what is kept for less than was said would be gone before. Routers announce a prefix for 30 days unless they are told
# otherwise (RFC 4861 section 6.2.1).
_LONGEST: Final = 30 * 86400


def unfit(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> Verdict | None:
    """Why this client cannot have made the address for itself, or must not; None: it can. It is of this subnet."""
    holder = prepared.reserved_for(_ADDRESS, address)
    if holder is not None:
        return None if holder == prepared.reservation_key(inquiry.identities) else Verdict.ADDRESS_RESERVED
    if _is_of_network(inquiry, prepared, address):
        return Verdict.ADDRESS_OF_NETWORK
    return Verdict.ADDRESS_OF_POOL if _is_of_pool(inquiry, prepared, address) else None


def has_enough(inquiry: Inquiry, prepared: PreparedSubnet) -> bool:
    """Whether the client has as many such addresses on the link as one may have."""
    here = {one.subnet_id for one in inquiry.link}
    rows = inquiry.view.leases_of(inquiry.client)
    noted = [row for row in rows if row.kind == _SELF_MADE and row.subnet_id in here and not is_free(row, inquiry.now)]
    return len(noted) >= prepared.subnet.most_registrations


def kept_seconds(valid: int, terms: Terms) -> int:
    """For how long an address is noted whose client says that it is valid for so long."""
    return min(valid, max(_LONGEST, terms.longest))


def _is_of_network(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> bool:
    """Whether it is an address of all routers, of this server, or of a relay: a named one, or one on the way here."""
    arrival, relays = inquiry.arrival, inquiry.datagram.relays
    if prepared.is_everybodys(address) or address in prepared.subnet.devices:
        return True
    if address in arrival.addresses or address == arrival.destination:
        return True
    if not relays:
        return False
    on_the_way = [arrival.source, *[one.link_address for one in relays], *[one.peer_address for one in relays[:-1]]]
    return address in on_the_way


def _is_of_pool(inquiry: Inquiry, prepared: PreparedSubnet, address: bytes) -> bool:
    """Whether it would be missed in a pool: one that a client could fill, one of prefixes; or it stands offered."""
    pool = prepared.pool_of(_ADDRESS, address, ADDRESS_BITS)
    if pool is not None:
        return pool.places.size < WIDE or inquiry.offers.is_kept(address, _ANYBODY, inquiry.now)
    prefixes = [pool for one in inquiry.link for pool in one.subnet.prefix_pools]
    return any(first_of(address, pool.prefix_length) == pool.prefix for pool in prefixes)
