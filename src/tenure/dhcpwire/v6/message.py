"""DHCPv6 messages: octets to a `Datagram`, and replies to octets through the same relays. No rule of who may say what.

    message  type(1) transaction-id(3) options                                             (RFC 8415 section 8)
    relayed  type(1) hop-count(1) link-address(16) peer-address(16) options                             (section 9)
    option   code(2) length(2) data                                                                   (section 21.1)

Both directions run once per packet, so loops are written out, and values are classes with their own `__init__`, whose
parts compiled code reads many times faster than those of a tuple.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final, NamedTuple

from tenure.dhcpwire.v6.association import ASSOCIATIONS, IA, parse_association
from tenure.dhcpwire.v6.codes import MessageType, Option
from tenure.octets import Malformed

MAX_RELAYS: Final = 33  # hop counts 0 to 32, as RFC 3315 had them; relays by RFC 8415 stop at 8 (section 7.6)

_HEADER: Final = 4
_RELAY_HEADER: Final = 34
_TLV: Final = Struct("!HH")
_NO_ASSOCIATIONS: Final[tuple[IA, ...]] = ()
_RELAY_MSG: Final = int(Option.RELAY_MSG)
_INTERFACE_ID: Final = int(Option.INTERFACE_ID)
_ERO: Final = int(Option.ERO)
_RELAY_FORW: Final = int(MessageType.RELAY_FORW)


class Message:
    """What a client said. Of an option that must stand once and stands several times, the first instance counts."""

    def __init__(
        self, kind: int, transaction_id: bytes, options: dict[int, bytes], associations: tuple[IA, ...]
    ) -> None:
        self.kind: Final = kind
        self.transaction_id: Final = transaction_id  # 3 octets
        self.options: Final = options  # by code, without the identity associations
        self.associations: Final = associations  # IA_NA, IA_TA and IA_PD in their order


class Relay(NamedTuple):
    """One relay's header. Addresses are 16 octets."""

    hop_count: int
    link_address: bytes
    peer_address: bytes
    options: dict[int, bytes]  # by code, without the relayed message


class Datagram:
    """A client's message and the relays that it came through, the one nearest to the server first."""

    def __init__(self, relays: tuple[Relay, ...], message: Message, octets: bytes) -> None:
        self.relays: Final = relays
        self.message: Final = message
        self.octets: Final = octets  # as received


def parse_datagram(octets: bytes) -> Datagram:
    """The message in `octets`; `Malformed` for anything that is not one.

    Unknown options are kept and unknown message types pass: what they mean is decided elsewhere. A relay header holds
    exactly one relayed message (section 19.1.1).
    """
    start, end = 0, len(octets)
    relays: list[Relay] = []
    while start < end and octets[start] == _RELAY_FORW:
        if len(relays) == MAX_RELAYS:
            raise Malformed(f"more than {MAX_RELAYS} relays", start)
        relay, start, end = _read_relay(octets, start, end)
        relays.append(relay)
    return Datagram(tuple(relays), _read_message(octets, start, end), octets)


def _read_message(octets: bytes, start: int, end: int) -> Message:
    offset = start + _HEADER
    if offset > end:
        raise Malformed(f"a message has at least {_HEADER} octets", start)
    options: dict[int, bytes] = {}
    associations: list[IA] = []
    while offset < end:
        data = offset + 4
        if data > end:
            raise Malformed("an option has no length", offset)
        # arithmetic, because a call of `Struct` costs compiled code more than all the rest of this loop
        code = octets[offset] << 8 | octets[offset + 1]
        after = data + (octets[offset + 2] << 8 | octets[offset + 3])
        if after > end:
            raise Malformed(f"option {code} runs past the end", offset)
        if code in ASSOCIATIONS:
            associations.append(parse_association(code, octets, data, after))
        elif code not in options:
            options[code] = octets[data:after]
        offset = after
    return Message(
        octets[start],
        octets[start + 1 : start + _HEADER],
        options,
        tuple(associations) if associations else _NO_ASSOCIATIONS,
    )


def _read_relay(octets: bytes, start: int, end: int) -> tuple[Relay, int, int]:
    """The header at `start`, and where the message that it carries begins and ends."""
    offset = start + _RELAY_HEADER
    if offset > end:
        raise Malformed(f"a relay's header has {_RELAY_HEADER} octets", start)
    options: dict[int, bytes] = {}
    relayed: tuple[int, int] | None = None
    for code, data, after in _walk(octets, offset, end):
        if code == _RELAY_MSG:
            if relayed is not None:
                raise Malformed("a relay carries two messages", data - 4)
            relayed = data, after
        elif code not in options:
            options[code] = octets[data:after]
    if relayed is None or relayed[0] == relayed[1]:
        raise Malformed("a relay carries no message", start)
    relay = Relay(octets[start + 1], octets[start + 2 : start + 18], octets[start + 18 : start + 34], options)
    return relay, *relayed


def parse_options(octets: bytes, offset: int) -> dict[int, bytes]:
    """The options from `offset` to the end, by code, of each the first instance; `Malformed`."""
    options: dict[int, bytes] = {}
    for code, data, after in _walk(octets, offset, len(octets)):
        options.setdefault(code, octets[data:after])
    return options


def option_data(datagram: Datagram, code: int) -> bytes | None:
    """The data of an option of the client's message as received, the first instance; None if it was not sent.

    Those of identity associations are not kept when a message is parsed, and looked for anew.
    """
    if code not in ASSOCIATIONS:
        return datagram.message.options.get(code)
    if all(ia.code != code for ia in datagram.message.associations):
        return None
    octets = datagram.octets
    start, end = 0, len(octets)
    for _ in datagram.relays:
        _, start, end = _read_relay(octets, start, end)
    return parse_options(octets[:end], start + _HEADER)[code]


def _walk(octets: bytes, offset: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Code, and where the data begins and ends, of each option; a message's own are read without this detour."""
    while offset < end:
        if end - offset < 4:
            raise Malformed("an option has no length", offset)
        code, size = _TLV.unpack_from(octets, offset)
        data = offset + 4
        offset = data + size
        if offset > end:
            raise Malformed(f"option {code} runs past the end", data - 4)
        yield code, data, offset


def begins_with_solicit(octets: bytes) -> bool:
    """Whether this is a SOLICIT, straight from its client or through one relay; looked at before parsing.

    Relays put their own options before or behind the message; where the message is not the first one, this says no.
    """
    if octets[:1] != b"\x0c":
        return octets[:1] == b"\1"
    return octets[_RELAY_HEADER : _RELAY_HEADER + 2] == b"\0\x09" and octets[_RELAY_HEADER + 4 : 39] == b"\1"


def encode_option(code: int, data: bytes) -> bytes:
    """`code(2) length(2) data`."""
    return _TLV.pack(code, len(data)) + data


def encode_options(options: Iterable[tuple[int, bytes]]) -> bytes:
    """The options in this order."""
    return b"".join([_TLV.pack(code, len(data)) + data for code, data in options])


def build_reply(kind: int, request: Datagram, options: bytes) -> bytes:
    """A message with the request's transaction id, inside a RELAY-REPL for each relay that the request came through.

    Each header is the relay's own with its interface id (section 19.3) and the options whose echo it asked for (RFC
    4994).
    """
    octets = bytes((kind,)) + request.message.transaction_id + options
    for relay in reversed(request.relays):
        header = bytes((MessageType.RELAY_REPL, relay.hop_count)) + relay.link_address + relay.peer_address
        octets = header + _echoed(relay) + _TLV.pack(_RELAY_MSG, len(octets)) + octets
    return octets


def _echoed(relay: Relay) -> bytes:
    options = relay.options
    if not options:
        return b""
    codes = [_INTERFACE_ID] if _INTERFACE_ID in options else []
    if (asked := options.get(_ERO)) is not None:
        codes += [code for code in option_codes(asked) if code in options and code not in codes]
    return encode_options((code, options[code]) for code in codes)


def option_codes(data: bytes) -> list[int]:
    """The codes that an option request lists (section 21.7), each once; an odd last octet is nothing."""
    return list(dict.fromkeys(data[at] << 8 | data[at + 1] for at in range(0, len(data) - 1, 2)))
