"""DHCPv6 messages for tests, made and read by hand, so that no code under test makes its own input or checks itself."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from ipaddress import IPv6Address

SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE, RECONFIGURE, INFORMATION = range(1, 12)
RELAY_FORW, RELAY_REPL, ADDR_REG_INFORM, ADDR_REG_REPLY = 12, 13, 36, 37
NA, TA, PD = 3, 4, 25
XID = b"\x12\x34\x56"
DUID = bytes.fromhex("00030001020000000a01")

OptionPair = tuple[int, bytes]


def ip(text: str) -> bytes:
    """Sixteen octets."""
    return IPv6Address(text).packed


def tlv(code: int, data: bytes) -> bytes:
    """One option."""
    return struct.pack("!HH", code, len(data)) + data


def message(kind: int, *options: OptionPair, xid: bytes = XID) -> bytes:
    """A client's message."""
    return bytes((kind,)) + xid + b"".join(tlv(*option) for option in options)


def relayed(inner: bytes, link: str, peer: str = "fe80::1", *options: OptionPair, hops: int = 0) -> bytes:
    """A message as a relay forwards it, its own options in front."""
    head = bytes((RELAY_FORW, hops)) + ip(link) + ip(peer)
    return head + b"".join(tlv(*option) for option in options) + tlv(9, inner)


def ia(code: int, iaid: int, *leases: str, preferred: int = 0, valid: int = 0) -> OptionPair:
    """An identity association that asks for addresses, or for prefixes such as `2001:db8::/56`."""
    content = b"".join(_lease(lease, preferred, valid) for lease in leases)
    times = b"" if code == TA else bytes(8)
    return code, struct.pack("!I", iaid) + times + content


def _lease(text: str, preferred: int, valid: int) -> bytes:
    address, slash, length = text.partition("/")
    if slash:
        return tlv(26, struct.pack("!IIB", preferred, valid, int(length)) + ip(address))
    return tlv(5, ip(address) + struct.pack("!II", preferred, valid))


def oro(*codes: int) -> OptionPair:
    """The option request."""
    return 6, b"".join(struct.pack("!H", code) for code in codes)


@dataclass(frozen=True)
class SaidIA:
    """An identity association of a reply: what was granted, by address or `prefix/length`, to (preferred, valid)."""

    code: int
    iaid: int
    t1: int
    t2: int
    leases: dict[str, tuple[int, int]]
    status: int | None
    inside: dict[str, dict[int, bytes]]  # the options of each prefix


@dataclass(frozen=True)
class Said:
    """A reply taken apart."""

    kind: int
    xid: bytes
    options: dict[int, bytes]
    ias: tuple[SaidIA, ...]
    relays: tuple[tuple[int, bytes, bytes, dict[int, bytes]], ...] = field(default=())

    @property
    def status(self) -> int | None:
        """The status of the message as a whole."""
        said = self.options.get(13)
        return None if said is None else int.from_bytes(said[:2], "big")

    @property
    def leases(self) -> dict[str, tuple[int, int]]:
        """What is granted in all associations."""
        return {one: times for said in self.ias for one, times in said.leases.items()}


def options_of(octets: bytes) -> list[OptionPair]:
    """The options one after the other."""
    found = []
    while octets:
        code, size = struct.unpack_from("!HH", octets)
        assert len(octets) >= 4 + size
        found.append((code, octets[4 : 4 + size]))
        octets = octets[4 + size :]
    return found


def read(octets: bytes) -> Said:
    """A server's message, out of its RELAY-REPLs."""
    relays = []
    while octets[0] == RELAY_REPL:
        options = dict(options_of(octets[34:]))
        inner = options.pop(9)
        relays.append((octets[1], octets[2:18], octets[18:34], options))
        octets = inner
    found = options_of(octets[4:])
    alone = [code for code, _ in found if code not in {NA, TA, PD}]
    assert len(alone) == len(set(alone)), "an option stands twice"
    return Said(
        octets[0],
        octets[1:4],
        {code: data for code, data in found if code not in {NA, TA, PD}},
        tuple(_read_ia(code, data) for code, data in found if code in {NA, TA, PD}),
        tuple(relays),
    )


def _read_ia(code: int, data: bytes) -> SaidIA:
    iaid, t1, t2 = struct.unpack_from("!III", data + bytes(8))
    leases: dict[str, tuple[int, int]] = {}
    inside: dict[str, dict[int, bytes]] = {}
    status = None
    for inner, body in options_of(data[4 if code == TA else 12 :]):
        if inner == 13:
            status = int.from_bytes(body[:2], "big")
        elif inner == 5:
            leases[str(IPv6Address(body[:16]))] = struct.unpack("!II", body[16:24])
        elif inner == 26:
            preferred, valid, length = struct.unpack_from("!IIB", body)
            name = f"{IPv6Address(body[9:25])}/{length}"
            leases[name] = preferred, valid
            inside[name] = dict(options_of(body[25:]))
    return SaidIA(code, iaid, t1, t2, leases, status, inside)
