"""Identity associations: what a client's leases hang on. IA_NA and IA_TA hold addresses, IA_PD delegated prefixes.

    IA_NA, IA_PD  IAID(4) T1(4) T2(4) options       IA_TA  IAID(4) options         (RFC 8415 sections 21.4, 21.5, 21.21)
    IAADDR        address(16) preferred(4) valid(4) options                                               (section 21.6)
    IAPREFIX      preferred(4) valid(4) prefix-length(1) prefix(16) options                              (section 21.22)

Times are seconds, 0xffffffff for ever.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from tenure.dhcpwire.v6.codes import Option, Status
from tenure.octets import Malformed

INFINITE: Final = 0xFFFFFFFF
ADDRESS_BITS: Final = 128

IA_NA: Final = int(Option.IA_NA)
IA_TA: Final = int(Option.IA_TA)
IA_PD: Final = int(Option.IA_PD)
ASSOCIATIONS: Final = frozenset({IA_NA, IA_TA, IA_PD})

_IAADDR: Final = int(Option.IAADDR)
_IAPREFIX: Final = int(Option.IAPREFIX)
_STATUS_CODE: Final = int(Option.STATUS_CODE)
_TLV: Final = Struct("!HH")
_TIMES: Final = Struct("!II")
_PREFIX: Final = Struct("!IIB16s")
_IA_HEAD: Final = Struct("!HH4sII")  # with the option's own header
_IAADDR_OPTION: Final = Struct("!HH16sII")
_IAPREFIX_HEAD: Final = Struct("!HHIIB16s")
_IAADDR_SIZE: Final = 24
_IAPREFIX_SIZE: Final = 25


class IALease(NamedTuple):
    """An address, or a delegated prefix with its length; of an address that is 128."""

    address: bytes  # 16 octets; a prefix has no bit set behind its length
    prefix_length: int
    preferred: int
    valid: int


class IA:
    """One identity association as a client sends it."""

    def __init__(self, code: int, iaid: bytes, leases: tuple[IALease, ...]) -> None:
        self.code: Final = code  # which kind: its option code
        self.iaid: Final = iaid  # 4 octets, chosen by the client
        self.leases: Final = leases


def parse_association(code: int, octets: bytes, start: int, end: int) -> IA:
    """The association whose data stands at `start`; `Malformed` if it is too short or holds what runs past its end.

    A client's T1 and T2 mean nothing to a server (section 21.4). Options inside other than addresses, or in an IA_PD
    prefixes, are passed over.
    """
    offset = start + (4 if code == IA_TA else 12)
    if offset > end:
        raise Malformed(f"option {code} is too short", start)
    inner = _IAPREFIX if code == IA_PD else _IAADDR
    leases: list[IALease] = []
    while offset < end:
        data = offset + 4
        if data > end:
            raise Malformed(f"an option in option {code} has no length", offset)
        found = octets[offset] << 8 | octets[offset + 1]
        after = data + (octets[offset + 2] << 8 | octets[offset + 3])
        if after > end:
            raise Malformed(f"option {found} runs past the end of option {code}", offset)
        if found == inner:
            leases.append(parse_lease(found, octets[data:after], offset))
        offset = after
    return IA(code, octets[start : start + 4], tuple(leases))


def parse_lease(code: int, data: bytes, offset: int = 0) -> IALease:
    """The address or prefix in the data of option 5 or 26; `Malformed`. Bits behind a prefix's length are cleared."""
    if code == _IAADDR:
        if len(data) < _IAADDR_SIZE:
            raise Malformed(f"option {code} is too short", offset)
        preferred, valid = _TIMES.unpack_from(data, 16)
        return tuple.__new__(IALease, (data[:16], ADDRESS_BITS, preferred, valid))  # what `IALease` calls, by a detour
    if len(data) < _IAPREFIX_SIZE:
        raise Malformed(f"option {code} is too short", offset)
    preferred, valid, length, prefix = _PREFIX.unpack_from(data)
    if length > ADDRESS_BITS:
        raise Malformed(f"a prefix of {length} bits", offset)
    return IALease(first_of(prefix, length), length, preferred, valid)


def first_of(address: bytes, length: int) -> bytes:
    """The lowest address of the network of `length` bits that holds this one."""
    hidden = ADDRESS_BITS - length
    return (int.from_bytes(address, "big") >> hidden << hidden).to_bytes(16, "big")


def last_of(prefix: bytes, length: int) -> bytes:
    """The highest address of a prefix."""
    return (int.from_bytes(prefix, "big") | (1 << (ADDRESS_BITS - length)) - 1).to_bytes(16, "big")


def build_association(ia: IA, t1: int, t2: int, content: bytes) -> bytes:
    """The option of an association with its content; T1 and T2 in seconds, of which an IA_TA has none."""
    if ia.code == IA_TA:
        return _TLV.pack(ia.code, 4 + len(content)) + ia.iaid + content
    return _IA_HEAD.pack(ia.code, 12 + len(content), ia.iaid, t1, t2) + content


def build_address(address: bytes, preferred: int, valid: int) -> bytes:
    """The option of an address in an association."""
    return _IAADDR_OPTION.pack(_IAADDR, _IAADDR_SIZE, address, preferred, valid)


def build_lease(code: int, lease: IALease, inside: bytes = b"") -> bytes:
    """The option of a lease in an association of kind `code`; `inside` are the options in a prefix."""
    if code != IA_PD:
        return build_address(lease.address, lease.preferred, lease.valid)
    size = _IAPREFIX_SIZE + len(inside)
    head = _IAPREFIX_HEAD.pack(_IAPREFIX, size, lease.preferred, lease.valid, lease.prefix_length, lease.address)
    return head + inside


def build_status(status: Status, text: str) -> bytes:
    """The option of a status code with its text for people (section 21.13)."""
    return _TLV.pack(_STATUS_CODE, 2 + len(text)) + status.to_bytes(2, "big") + text.encode("ascii")


def build_excluded_prefix(delegated: bytes, length: int, excluded: bytes, excluded_length: int) -> bytes:
    """The data of PD_EXCLUDE for a delegated prefix: `prefix-length(1) subnet-id(1-16)` (RFC 6603 section 4.2).

    `excluded` is taken relative to the delegated prefix: only its bits from `length` to `excluded_length` count. They
    stand leftmost, the rest of the last octet is zero.
    """
    bits = excluded_length - length
    assert 0 < bits <= ADDRESS_BITS - length, "the excluded prefix is longer than the delegated one"
    assert len(delegated) == 16
    subnet = int.from_bytes(excluded, "big") >> (ADDRESS_BITS - excluded_length) & (1 << bits) - 1
    octets = (bits + 7) // 8
    return bytes((excluded_length,)) + (subnet << (8 * octets - bits)).to_bytes(octets, "big")
