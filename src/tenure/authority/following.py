"""What a secondary zone's server does with NOTIFY and UPDATE: it heeds its primaries, and passes updates on to them.

RFC 1996 section 3.10 and RFC 2136 section 6. An update is passed on as it came, so a signature that is not known here
is for the primary to judge; who may have it passed on is decided by address, or by a key that is known here.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

from tenure.authority.request import Request
from tenure.authority.settings import ZoneSettings
from tenure.authority.zone import Refusal
from tenure.dnswire.codes import Rcode
from tenure.dnswire.name import to_text


class Heard(NamedTuple):
    """A NOTIFY that a primary has sent: the reply is ready, and the zones are to be refreshed, one in each view."""

    octets: bytes
    zones: tuple[ZoneSettings, ...]


class Forward(NamedTuple):
    """An update of a secondary zone that goes on to its primary."""

    request: Request
    zone: ZoneSettings


def refuse_notify(request: Request, zone: ZoneSettings, client: str) -> Refusal | None:
    """None for a NOTIFY of a secondary zone from one of its primaries, or signed with the key of one."""
    address = ip_address(client)
    if any(ip_address(server.host) == address for server in zone.primaries):
        return None
    if request.key is not None and any(server.key == request.key for server in zone.primaries):
        return None
    return Refusal(Rcode.REFUSED, f"{client} is no primary of {to_text(zone.name)}")


def refuse_forwarding(request: Request, zone: ZoneSettings, client: str) -> Refusal | None:
    """None if an update of this secondary zone is to be passed on."""
    if request.key is not None and request.key in zone.forwarding_keys:
        return None
    address = ip_address(client)
    if any(address in network for network in zone.forwarding_networks):
        return None
    what = "its updates are not passed on" if zone.forwarding_keys or zone.forwarding_networks else "none is passed on"
    return Refusal(Rcode.REFUSED, f"{to_text(zone.name)} is a secondary zone here, and {what} to the primary")
