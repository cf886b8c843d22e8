"""DHCPDISCOVER: an address is offered and kept for a while; nothing is written (RFC 2131 section 4.3.1).

With option 80, where the subnet allows it, the lease is committed at once (RFC 4039).
"""

from __future__ import annotations

from tenure.leasing import reply
from tenure.leasing.allocation import choose
from tenure.leasing.binding import bind, name_client, rows_of
from tenure.leasing.inquiry import Decision, Inquiry, silent
from tenure.leasing.lease import NOTHING
from tenure.leasing.verdict import Verdict

_HOST_NAME, _LEASE_TIME, _RAPID_COMMIT, _CLIENT_FQDN = 12, 51, 80, 81


def discover(inquiry: Inquiry) -> Decision:
    """The offer, or silence when no address is free."""
    chosen = choose(inquiry)
    if chosen is None:
        return silent(Verdict.NO_FREE_ADDRESS)
    prepared, address = chosen
    options = inquiry.packet.options
    if _RAPID_COMMIT in options and prepared.subnet.rapid_commit:
        rows, row = rows_of(inquiry, address)
        return bind(inquiry, prepared, address, row, rows, "DISCOVER with rapid commit", settles=True, rapid=True)
    until = inquiry.now + prepared.subnet.offer_seconds
    inquiry.offers.keep(address, inquiry.client, prepared.subnet_id, until)
    terms = inquiry.terms(prepared, address)
    lifetime = terms.lifetime(options.get(_LEASE_TIME))
    # A client that says no name hears of the one it gets when the lease is its own.
    named = _CLIENT_FQDN in options or _HOST_NAME in options
    naming = name_client(inquiry, prepared, terms, address, lifetime) if named else None
    return Decision(reply.offer(inquiry, prepared, terms, address, lifetime, naming), NOTHING, Verdict.OFFERED)
