"""DHCPDISCOVER: an address is offered and kept for a while; nothing is written (RFC 2131 section 4.3.1).

With option 80, where the subnet allows it, the lease is committed at once (RFC 4039).
"""

from __future__ import annotations

from typing import Final

from tenure.leasing.history import refused
from tenure.leasing.lease import NOTHING, Changes
from tenure.leasing.limits import too_many
from tenure.leasing.v4 import reply
from tenure.leasing.v4.allocation import choose
from tenure.leasing.v4.binding import bind, lifetime_of, name_client, rows_of
from tenure.leasing.v4.checks import check_of
from tenure.leasing.v4.inquiry import Decision, Inquiry, silent
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.leasing.v4.subnet import NO_LIMITS
from tenure.leasing.v4.verdict import Verdict

_HOST_NAME: Final = 12
_RAPID_COMMIT: Final = 80
_CLIENT_FQDN: Final = 81


def discover(inquiry: Inquiry) -> Decision:
    """The offer, or silence when no address is free, or one too many."""
    if inquiry.limits is not NO_LIMITS and (excess := _excess(inquiry)) is not None:
        return excess
    chosen = choose(inquiry)
    if chosen is None:
        return silent(Verdict.NO_FREE_ADDRESS)
    prepared, address = chosen
    options = inquiry.packet.options
    until = inquiry.now + prepared.subnet.offer_seconds
    if prepared.checks_addresses and (check := check_of(inquiry, prepared, address)) is not None:
        inquiry.offers.keep(address, inquiry.client, prepared.subnet_id, until)
        inquiry.offers.wanted = check
        return silent(Verdict.CHECKING)
    if _RAPID_COMMIT in options and prepared.subnet.rapid_commit:
        rows, row = rows_of(inquiry, address)
        return bind(inquiry, prepared, address, row, rows, "DISCOVER with rapid commit", settles=True, rapid=True)
    inquiry.offers.keep(address, inquiry.client, prepared.subnet_id, until)
    terms = inquiry.terms(prepared, address)
    lifetime = lifetime_of(inquiry, prepared, terms)
    # A client that says no name hears of one that is made for it when the lease is its own; of a reserved one at once.
    named = (
        _CLIENT_FQDN in options
        or _HOST_NAME in options
        or (prepared.has_reservations and _is_reserved_a_name(inquiry, prepared))
    )
    naming = name_client(inquiry, prepared, terms, address, lifetime) if named else None
    return Decision(reply.offer(inquiry, prepared, terms, address, lifetime, naming), NOTHING, Verdict.OFFERED)


def _is_reserved_a_name(inquiry: Inquiry, prepared: PreparedSubnet) -> bool:
    reservation = prepared.reservation(inquiry.identities)
    return reservation is not None and reservation.host_name is not None


def _excess(inquiry: Inquiry) -> Decision | None:
    """Silence for a client that would pass a limit; the history is told of it once a minute."""
    most = inquiry.limits.discovers_per_second
    if most is not None and inquiry.offers.begun.count(inquiry.client, inquiry.now) > most:
        return silent(Verdict.TOO_OFTEN)
    verdict = too_many(inquiry)
    if verdict is None:
        return None
    if inquiry.offers.told.count(inquiry.client, inquiry.now) > 1:
        return silent(verdict)
    return Decision(None, Changes(events=(refused(inquiry, None, "DISCOVER", verdict),)), verdict)
