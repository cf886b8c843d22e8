"""What a DHCPv6 client and its relay say, as octets, and servers' answers taken out of their relays' headers."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final

from tenure.dhcpwire.v6.codes import MessageType, Option
from tenure.dhcpwire.v6.message import encode_options
from tenure.octets import Malformed

_TLV: Final = Struct("!HH")
_RELAY_HEADER: Final = 34
_RELAY_REPL: Final = int(MessageType.RELAY_REPL)
_RELAY_MSG: Final = int(Option.RELAY_MSG)


def build_request(kind: int, transaction_id: bytes, options: Iterable[tuple[int, bytes]]) -> bytes:
    """A client's message: `type(1) transaction-id(3) options` (RFC 8415 section 8)."""
    return bytes((kind,)) + transaction_id + encode_options(options)


def build_relayed(octets: bytes, link: bytes, peer: bytes, options: Iterable[tuple[int, bytes]]) -> bytes:
    """The message as the first relay forwards it; addresses are 16 octets (section 9)."""
    header = bytes((MessageType.RELAY_FORW, 0)) + link + peer
    return header + encode_options([*options, (_RELAY_MSG, octets)])


def carried_in(octets: bytes) -> bytes:
    """A server's message without the headers of relays; `Malformed`."""
    while octets[:1] == bytes((_RELAY_REPL,)):
        inner = [data for code, data in options_in(octets[_RELAY_HEADER:]) if code == _RELAY_MSG]
        if len(inner) != 1 or not inner[0]:
            raise Malformed("a relay's header carries no message, or several", 0)
        (octets,) = inner
    return octets


def options_in(octets: bytes) -> list[tuple[int, bytes]]:
    """All options of an area, in their order; `Malformed`."""
    found, offset = [], 0
    while offset < len(octets):
        if offset + 4 > len(octets):
            raise Malformed("an option has no length", offset)
        code, size = _TLV.unpack_from(octets, offset)
        data = octets[offset + 4 : offset + 4 + size]
        if len(data) < size:
            raise Malformed(f"option {code} runs past the end", offset)
        found.append((code, data))
        offset += 4 + size
    return found
