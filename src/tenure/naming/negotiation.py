"""Who updates DNS: the client's flags and the policy give the reply's flags and our part of the work. One table.

(RFC 4702 section 4, RFC 4704 section 6; the option is 81 in DHCPv4 and 39 in DHCPv6, the rules are the same.)
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from tenure.naming.policy import NamingPolicy


class Negotiation(NamedTuple):
    """The reply's S, O and N flags, and which records the server keeps. Without an option the flags mean nothing."""

    s: bool
    o: bool
    n: bool
    server_forward: bool
    server_reverse: bool


class Request(IntEnum):
    """What the client asks for by its N and S flags."""

    REVERSE = 0  # 0-0: it does the forward record itself
    BOTH = 1  # 0-1
    NOTHING = 2  # 1-0, and 1-1: RFC 4702 section 2.1 forbids S with N, and N is the one that does no harm
    UNSAID = 3  # it did not send the option


_REVERSE_ONLY: Final = Negotiation(s=False, o=False, n=False, server_forward=False, server_reverse=True)
_AGREED: Final = Negotiation(s=True, o=False, n=False, server_forward=True, server_reverse=True)
_TAKEN_OVER: Final = Negotiation(s=True, o=True, n=False, server_forward=True, server_reverse=True)
_NOTHING: Final = Negotiation(s=False, o=False, n=True, server_forward=False, server_reverse=False)
_DENIED: Final = Negotiation(s=False, o=True, n=True, server_forward=False, server_reverse=False)

_DISABLED: Final = 4
# By what the client asks: the policy honours it; overrides client update; overrides no update; overrides both;
# does no update at all. O is set exactly when our S is not the client's.
_TABLE: Final[dict[int, tuple[Negotiation, Negotiation, Negotiation, Negotiation, Negotiation]]] = {
    Request.REVERSE: (_REVERSE_ONLY, _TAKEN_OVER, _REVERSE_ONLY, _TAKEN_OVER, _NOTHING),
    Request.BOTH: (_AGREED, _AGREED, _AGREED, _AGREED, _DENIED),
    Request.NOTHING: (_NOTHING, _NOTHING, _TAKEN_OVER, _TAKEN_OVER, _NOTHING),
    Request.UNSAID: (_AGREED, _AGREED, _AGREED, _AGREED, _NOTHING),
}


def request_of(s: bool, n: bool) -> int:
    """What a client with these flags asks for; its O flag is ignored (RFC 4702 section 4)."""
    if n:
        return Request.NOTHING
    return Request.BOTH if s else Request.REVERSE


def negotiate(request: int, policy: NamingPolicy) -> Negotiation:
    """The reply to a client that asks for `request` (a `Request`), under this policy."""
    if not policy.send_updates or (not policy.update_unasked and request == Request.UNSAID):
        return _TABLE[request][_DISABLED]
    return _TABLE[request][policy.override_client_update + 2 * policy.override_no_update]


def refuse(request: int) -> Negotiation:
    """The reply when nothing is registered whatever the policy allows, because there is no name to register."""
    return _TABLE[request][_DISABLED]


def leave_to_client(request: int) -> Negotiation:
    """The reply when the forward record is left to a client that wanted it from us, or from nobody."""
    return _REVERSE_ONLY._replace(o=request == Request.BOTH)
