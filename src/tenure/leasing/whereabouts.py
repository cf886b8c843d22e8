"""Where a DHCPv6 client is: what a lease keeps of it, so that a route to a delegated prefix can be told.

    link-local(16) link-address(16) options

The first is the client's address on its link, the second that of its relay, zero for a client on a wire of ours. The
options are those by which a relay names the place: interface id, remote id, subscriber id. Of a wire of ours, the
interface's name stands as the interface id.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.dhcpwire.v6.codes import Option
from tenure.dhcpwire.v6.message import Relay, encode_option, encode_options, parse_options
from tenure.octets import Malformed

_KEPT: Final = (int(Option.INTERFACE_ID), int(Option.REMOTE_ID), int(Option.SUBSCRIBER_ID))
_ON_WIRE: Final = bytes(16)


class Whereabouts(NamedTuple):
    """The place, for people; addresses are 16 octets."""

    link_local: bytes
    relay: bytes | None  # None: on a wire of ours
    interface: bytes  # ours, or the relay's name for its own; empty if unknown
    remote_id: bytes
    subscriber_id: bytes


def build_whereabouts(relay: Relay | None, source: bytes, interface: str | None) -> bytes:
    """What a lease keeps of a client: `relay` is the one nearest to it, `source` and `interface` are without one."""
    if relay is not None:
        kept = [(code, relay.options[code]) for code in _KEPT if code in relay.options]
        return relay.peer_address + relay.link_address + encode_options(kept)
    return source + _ON_WIRE + (encode_option(_KEPT[0], interface.encode()) if interface is not None else b"")


def parse_whereabouts(kept: bytes) -> Whereabouts | None:
    """The place; None for octets that are none, as option 82 of a DHCPv4 lease is."""
    if len(kept) < 32:
        return None
    try:
        options = parse_options(kept, 32)
    except Malformed:
        return None
    relay = kept[16:32]
    interface, remote_id, subscriber_id = (options.get(code, b"") for code in _KEPT)
    return Whereabouts(kept[:16], None if relay == _ON_WIRE else relay, interface, remote_id, subscriber_id)
