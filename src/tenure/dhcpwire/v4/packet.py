"""DHCPv4 messages: octets to a `Packet`, and replies to octets. No rule about who may say what.

    op(1) htype(1) hlen(1) hops(1) xid(4) secs(2) flags(2) ciaddr(4) yiaddr(4) siaddr(4) giaddr(4)
    chaddr(16) sname(64) file(128) cookie(4) options(...)                       (RFC 2131 section 2)

Both directions run once per packet, so loops are written out, and a packet is a class with its own `__init__`, whose
parts compiled code reads many times faster than those of a tuple.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Final

from tenure.dhcpwire.v4.encoding import END, OVERLOAD, RELAY_AGENT_INFORMATION, encode_options
from tenure.octets import Malformed

BOOTREQUEST: Final = 1
BOOTREPLY: Final = 2
BROADCAST: Final = 0x8000  # the one flag (RFC 2131 figure 2)
COOKIE: Final = b"\x63\x82\x53\x63"
NO_ADDRESS: Final = b"\0\0\0\0"

HEADER_SIZE: Final = 240  # with the cookie
MIN_REPLY: Final = 300  # BOOTP clients and some relays drop shorter ones (RFC 1542 section 2.1)
MIN_MAX_SIZE: Final = 548  # 576 octets of datagram, less the IP and UDP headers (RFC 2131 section 2)
MAX_MAX_SIZE: Final = 1472  # the same for an Ethernet frame; a reply is never fragmented, whatever option 57 says
_IP_AND_UDP: Final = 28
_SNAME_SIZE: Final = 64
_FILE_SIZE: Final = 128
_SNAME_OFFSET: Final = 44
_FILE_OFFSET: Final = 108
_MOST_DATA: Final = 255  # of one instance of an option

_REQUEST: Final = Struct("!BBBBIHH4s4s4s4s16s192s4s")
_REPLY: Final = Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_NO_NAMES: Final = bytes(_SNAME_SIZE + _FILE_SIZE)
_TFTP_SERVER_NAME: Final = 66
_BOOT_FILE_NAME: Final = 67
_MAX_MESSAGE_SIZE: Final = 57
_DISCOVER: Final = b"\x35\1\1"  # option 53
_AFTER_TYPE: Final = HEADER_SIZE + len(_DISCOVER)


class Packet:
    """One message. Addresses are 4 octets, `chaddr` has `hlen` octets."""

    def __init__(  # noqa: PLR0917 - the fields in their order
        self,
        op: int,
        htype: int,
        hlen: int,
        hops: int,
        xid: int,
        secs: int,
        flags: int,
        ciaddr: bytes,
        yiaddr: bytes,
        siaddr: bytes,
        giaddr: bytes,
        chaddr: bytes,
        sname: bytes,
        file: bytes,
        options: dict[int, bytes],
        size: int,
    ) -> None:
        self.op: Final = op
        self.htype: Final = htype
        self.hlen: Final = hlen
        self.hops: Final = hops
        self.xid: Final = xid
        self.secs: Final = secs
        self.flags: Final = flags
        self.ciaddr: Final = ciaddr
        self.yiaddr: Final = yiaddr
        self.siaddr: Final = siaddr
        self.giaddr: Final = giaddr
        self.chaddr: Final = chaddr
        self.sname: Final = sname  # up to the first zero octet; empty when it holds options
        self.file: Final = file  # up to the first zero octet; empty when it holds options
        self.options: Final = options  # by code, in the order of first appearance; instances joined (RFC 3396)
        self.size: Final = size  # octets of the whole message


def parse_packet(octets: bytes) -> Packet:
    """The message in `octets`; `Malformed` for anything that is not one.

    A missing end option is tolerated. Options in `file` and `sname` are read, in this order, when option 52 says so
    (RFC 2131 section 4.1), and all instances of a code are one option (RFC 3396 section 7).
    """
    if len(octets) < HEADER_SIZE:
        raise Malformed(f"a message has at least {HEADER_SIZE} octets, this one {len(octets)}", 0)
    (op, htype, hlen, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr, names, cookie) = (
        _REQUEST.unpack_from(octets)
    )
    if cookie != COOKIE:
        raise Malformed("the magic cookie is missing", 236)
    if hlen > 16:
        raise Malformed(f"hlen {hlen} is more than chaddr holds", 2)
    options: dict[int, bytes] = {}
    _read_options(octets, HEADER_SIZE, options, 0)
    if OVERLOAD in options:
        sname, file = _read_overloaded(names, options)
    elif names == _NO_NAMES:
        sname = file = b""
    else:
        sname, file = _text(names[:_SNAME_SIZE]), _text(names[_SNAME_SIZE:])
    return Packet(
        op,
        htype,
        hlen,
        hops,
        xid,
        secs,
        flags,
        ciaddr,
        yiaddr,
        siaddr,
        giaddr,
        chaddr[:hlen],
        sname,
        file,
        options,
        len(octets),
    )


def begins_with_discover(octets: bytes) -> bool:
    """Whether the first option says DHCPDISCOVER, as it does in nearly every client's; looked at before parsing."""
    return octets[HEADER_SIZE:_AFTER_TYPE] == _DISCOVER


def _read_options(octets: bytes, offset: int, options: dict[int, bytes], base: int) -> None:
    """Adds the options from `offset` on; `base` is where `octets` begin in the message, for the error."""
    end = len(octets)
    try:
        while offset < end:
            code = octets[offset]
            if code == END:
                return
            if code == 0:
                offset += 1
                continue
            start = offset + 2
            after = start + octets[offset + 1]
            if after > end:
                raise Malformed(f"option {code} runs past the end", base + offset)
            if code in options:
                options[code] += octets[start:after]
            else:
                options[code] = octets[start:after]
            offset = after
    except IndexError:
        raise Malformed("an option has no length", base + offset) from None


def _read_overloaded(names: bytes, options: dict[int, bytes]) -> tuple[bytes, bytes]:
    """Adds the options that stand in `file` and `sname`; gives what is left of sname and file as text."""
    overload = options.pop(OVERLOAD)
    if overload not in {b"\1", b"\2", b"\3"}:
        raise Malformed("option 52 has one octet with the value 1, 2 or 3", HEADER_SIZE)
    sname, file = names[:_SNAME_SIZE], names[_SNAME_SIZE:]
    if overload[0] & 1:
        _read_options(file, 0, options, _FILE_OFFSET)
        file = b""
    if overload[0] & 2:
        _read_options(sname, 0, options, _SNAME_OFFSET)
        sname = b""
    options.pop(OVERLOAD, None)  # it means nothing inside the fields that it speaks of
    return _text(sname), _text(file)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def max_reply_size(request: Packet) -> int:
    """How many octets a reply to this client may have: what option 57 allows, 548 to 1472 (RFC 2132 section 9.10)."""
    wish = request.options.get(_MAX_MESSAGE_SIZE)
    if wish is None or len(wish) != 2:
        return MIN_MAX_SIZE
    return min(max((wish[0] << 8 | wish[1]) - _IP_AND_UDP, MIN_MAX_SIZE), MAX_MAX_SIZE)


def build_reply(
    request: Packet,
    options: Sequence[tuple[int, bytes]],
    tail: bytes = b"",
    *,
    flags: int | None = None,
    ciaddr: bytes = NO_ADDRESS,
    yiaddr: bytes = NO_ADDRESS,
    siaddr: bytes = NO_ADDRESS,
    sname: bytes = b"",
    file: bytes = b"",
    max_size: int | None = None,
) -> bytes:
    """The reply's octets; htype, xid, flags (unless given), giaddr, chaddr and option 82 are the request's.

    `options` come first and in their order, then `tail`: options that `encode_options` made before, so that what is
    the same for a whole subnet is encoded once. Option 82 is echoed as the last one (RFC 3046 section 2.2); neither
    it nor the end option may be in `options` or `tail`. What does not fit `max_size` (left out: what option 57 allows)
    goes to `file` and `sname` (option 52); what does not fit there either is left out, last one first, and option 82
    before any only if it cannot fit at all. `sname` has up to 63, `file` up to 127 octets.
    """
    encoded = encode_options(options) + tail if options else tail
    relay = request.options.get(RELAY_AGENT_INFORMATION)
    last = b"\xff" if relay is None else encode_options(((RELAY_AGENT_INFORMATION, relay),)) + b"\xff"
    size = HEADER_SIZE + len(encoded) + len(last)
    if size > MIN_MAX_SIZE:
        limit = max_reply_size(request) if max_size is None else max_size
        if size > limit:
            encoded, last, sname, file = _overload(encoded, last, sname, file, limit - HEADER_SIZE)
            size = HEADER_SIZE + len(encoded) + len(last)
    header = _REPLY.pack(
        BOOTREPLY,
        request.htype,
        request.hlen,
        0,
        request.xid,
        0,
        request.flags if flags is None else flags,
        ciaddr,
        yiaddr,
        siaddr,
        request.giaddr,
        request.chaddr,
        sname,
        file,
        COOKIE,
    )
    if size < MIN_REPLY:
        return header + encoded + last + bytes(MIN_REPLY - size)
    return header + encoded + last


def _overload(encoded: bytes, last: bytes, sname: bytes, file: bytes, room: int) -> tuple[bytes, bytes, bytes, bytes]:
    """Options field, its last part, sname and file, with the options spread over the three (RFC 2131 section 4.1).

    Each option is placed in the first field with room. Only one that no instance could hold is split, and then so as to
    fill what is left of the fields in their aggregate order, options field, file, sname (RFC 3396 section 5); an option
    goes whole or not at all (section 4).
    """
    if 3 + len(last) > room:
        last = b"\xff"
    options: dict[int, bytes] = {}
    _read_options(encoded, 0, options, 0)
    if file:
        options.setdefault(_BOOT_FILE_NAME, file)
    if sname:
        options.setdefault(_TFTP_SERVER_NAME, sname)
    fields = [bytearray(), bytearray(), bytearray()]
    left = [room - len(last) - 3, _FILE_SIZE - 1, _SNAME_SIZE - 1]  # 3: option 52; 1: the end option
    for code, data in options.items():
        for index, piece in _placed(code, data, left):
            fields[index] += piece
            left[index] -= len(piece)
    field, in_file, in_sname = fields
    if in_file:  # sname, the smaller one, is never used alone
        field += bytes((OVERLOAD, 1, 3 if in_sname else 1))
    return (
        bytes(field),
        last,
        bytes(in_sname) + b"\xff" if in_sname else b"",
        bytes(in_file) + b"\xff" if in_file else b"",
    )


def _placed(code: int, data: bytes, left: Sequence[int]) -> list[tuple[int, bytes]]:
    """The instances of one option, each with the field that it goes to; none where it does not fit."""
    size = len(data)
    if size <= _MOST_DATA:
        index = next((index for index, room in enumerate(left) if size + 2 <= room), None)
        return [] if index is None else [(index, encode_options(((code, data),)))]
    placed, start = [], 0
    for index, room in enumerate(left):
        free = room
        while start < size and free > 2:
            piece = data[start : start + min(_MOST_DATA, free - 2)]
            placed.append((index, encode_options(((code, piece),))))
            start += len(piece)
            free -= 2 + len(piece)
    return placed if start == size else []
