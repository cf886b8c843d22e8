"""Expressions over DHCPv6 messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tenure.dhcpwire.v6.codes import Option
from tenure.dhcpwire.v6.kinds import UTF8
from tenure.dhcpwire.v6.message import Datagram, Relay, option_data, parse_options
from tenure.dhcpwire.v6.options import BY_CODE, BY_NAME
from tenure.dhcpwire.v6.vendor import vendor_classes, vendor_options
from tenure.leasing.expression.dialect import Dialect, Maybe, Value
from tenure.leasing.v6.arrival import Arrival
from tenure.octets import Malformed

_VENDOR_CLASS, _VENDOR_OPTS = int(Option.VENDOR_CLASS), int(Option.VENDOR_OPTS)
# Where in an option's data the options in it begin; in no other option there are any (RFC 8415 section 21).
_INNER_AT: dict[int | None, int] = {
    None: 0,  # what a vendor says, behind its number
    Option.IA_NA: 12,
    Option.IA_TA: 4,
    Option.IAADDR: 24,
    Option.VENDOR_OPTS: 4,
    Option.IA_PD: 12,
    Option.IAPREFIX: 25,
}
# Cable modems and their routers: whichever chunk says so, it is the class, as in Kea.
_CABLE = (b"docsis3.0", b"eRouter1.0")


class Sighting(NamedTuple):
    """A message with its relays, how it came, and the classes that it is known to belong to so far."""

    datagram: Datagram
    arrival: Arrival
    classes: Sequence[str]


def vendor_class(seen: Sighting) -> bytes | None:
    """What the client says of its vendor, for the class `VENDOR_CLASS_`: the first chunk of VENDOR_CLASS."""
    data = seen.datagram.message.options.get(_VENDOR_CLASS)
    chunks = [chunk for _, found in vendor_classes(data or b"") for chunk in found]
    cable = [name for name in _CABLE if name in chunks]
    return next(iter(cable + chunks), None)


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _option(code: int) -> Maybe[Sighting]:
    """An option that is text ends before the zero octets that some clients put behind it."""
    known = BY_CODE.get(code)
    if known is None or known.kind is not UTF8:
        return lambda seen: option_data(seen.datagram, code)

    def read(seen: Sighting) -> bytes | None:
        data = option_data(seen.datagram, code)
        return None if data is None else data.rstrip(b"\0")

    return read


def _sub_option(outer: int | None, data: bytes, code: int) -> bytes | None:
    """An option inside the data of another one; what is damaged holds none."""
    at = _INNER_AT.get(outer)
    if at is None or at > len(data):
        return None
    try:
        return parse_options(data, at).get(code)
    except Malformed:
        return None


def _relay(seen: Sighting, number: int) -> Relay | None:
    """The relay with this number: 0 is the nearest to the server, -1 the nearest to the client."""
    relays = seen.datagram.relays
    return relays[number] if -len(relays) <= number < len(relays) else None


def _relay_option(number: int, code: int) -> Maybe[Sighting]:
    def read(seen: Sighting) -> bytes | None:
        relay = _relay(seen, number)
        return None if relay is None else relay.options.get(code)

    return read


def _relay_field(field: Callable[[Relay], bytes]) -> Callable[[int], Value[Sighting]]:
    def of(number: int) -> Value[Sighting]:
        def read(seen: Sighting) -> bytes:
            relay = _relay(seen, number)
            return b"" if relay is None else field(relay)

        return read

    return of


V6: Dialect[Sighting] = Dialect(
    fields={
        "pkt.iface": lambda seen: (seen.arrival.interface or "").encode(),
        "pkt.src": lambda seen: seen.arrival.source,
        "pkt.dst": lambda seen: seen.arrival.destination,
        "pkt.len": lambda seen: _number(len(seen.datagram.octets)),
        "pkt6.msgtype": lambda seen: _number(seen.datagram.message.kind),
        "pkt6.transid": lambda seen: seen.datagram.message.transaction_id.rjust(4, b"\0"),
    },
    option=_option,
    option_codes={name: option.code for name, option in BY_NAME.items()},
    sub_option=_sub_option,
    is_member=lambda seen, name: name in seen.classes,
    vendor=lambda seen: vendor_options(seen.datagram.message.options.get(_VENDOR_OPTS, b"")),
    vendor_class=lambda seen: vendor_classes(seen.datagram.message.options.get(_VENDOR_CLASS, b"")),
    relay6_option=_relay_option,
    relay6_fields={
        "peeraddr": _relay_field(lambda relay: relay.peer_address),
        "linkaddr": _relay_field(lambda relay: relay.link_address),
    },
)
