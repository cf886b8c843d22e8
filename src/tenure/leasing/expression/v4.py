"""Expressions over DHCPv4 packets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tenure.dhcpwire.kinds import TEXT
from tenure.dhcpwire.v4.kinds import DOMAIN_TEXT
from tenure.dhcpwire.v4.options import BY_CODE, BY_NAME
from tenure.dhcpwire.v4.packet import Packet
from tenure.dhcpwire.v4.relay_agent import sub_option
from tenure.dhcpwire.v4.vendor import vendor_classes, vendor_options
from tenure.leasing.expression.dialect import Dialect, Maybe
from tenure.leasing.v4.arrival import Arrival

_MESSAGE_TYPE, _RELAY_AGENT_INFORMATION, _VENDOR_CLASS, _VENDOR_OPTIONS = 53, 82, 124, 125
_EVERYBODY = b"\xff\xff\xff\xff"


class Sighting(NamedTuple):
    """A packet, how it came, and the classes that it is known to belong to so far."""

    packet: Packet
    arrival: Arrival
    classes: Sequence[str]


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _option(code: int) -> Maybe[Sighting]:
    """An option that is text ends before the zero octets that some clients put behind it (RFC 2132 section 2)."""
    known = BY_CODE.get(code)
    if known is None or known.kind not in {TEXT, DOMAIN_TEXT}:
        return lambda seen: seen.packet.options.get(code)

    def read(seen: Sighting) -> bytes | None:
        data = seen.packet.options.get(code)
        return None if data is None else data.rstrip(b"\0")

    return read


def _relay(code: int) -> Maybe[Sighting]:
    def read(seen: Sighting) -> bytes | None:
        relay = seen.packet.options.get(_RELAY_AGENT_INFORMATION)
        return None if relay is None else sub_option(relay, code)

    return read


V4: Dialect[Sighting] = Dialect(
    fields={
        "pkt.iface": lambda seen: (seen.arrival.interface or "").encode(),
        "pkt.src": lambda seen: seen.arrival.source,
        "pkt.dst": lambda seen: _EVERYBODY if seen.arrival.broadcast else seen.arrival.local,
        "pkt.len": lambda seen: _number(seen.packet.size),
        "pkt4.mac": lambda seen: seen.packet.chaddr,
        "pkt4.hlen": lambda seen: _number(seen.packet.hlen),
        "pkt4.htype": lambda seen: _number(seen.packet.htype),
        "pkt4.ciaddr": lambda seen: seen.packet.ciaddr,
        "pkt4.giaddr": lambda seen: seen.packet.giaddr,
        "pkt4.yiaddr": lambda seen: seen.packet.yiaddr,
        "pkt4.siaddr": lambda seen: seen.packet.siaddr,
        "pkt4.msgtype": lambda seen: seen.packet.options.get(_MESSAGE_TYPE, b"").rjust(4, b"\0"),
        "pkt4.transid": lambda seen: _number(seen.packet.xid),
    },
    option=_option,
    option_codes={name: option.code for name, option in BY_NAME.items()},
    sub_option=lambda _outer, data, code: sub_option(data, code),  # inside all of them they are written alike
    is_member=lambda seen, name: name in seen.classes,
    vendor=lambda seen: vendor_options(seen.packet.options.get(_VENDOR_OPTIONS, b"")),
    vendor_class=lambda seen: vendor_classes(seen.packet.options.get(_VENDOR_CLASS, b"")),
    relay4=_relay,
)
