"""What a DHCPv6 server's message says to a client: its kind, and what it grants in the client's association."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from tenure.dhcpwire.fqdn import ClientFqdn, parse_fqdn39
from tenure.dhcpwire.v6.association import ADDRESS_BITS, IA_NA, IALease, parse_lease
from tenure.dhcpwire.v6.codes import MessageType, Option, Status
from tenure.dhcpwire.v6.request import options_in
from tenure.dnswire.name import ROOT, Name, parse_name
from tenure.obtaining.lease import ENDLESS, Learned, Lease
from tenure.octets import Malformed

_HEADER: Final = 4
_IA_HEAD: Final = 12
# Of the preferred lifetime, where the server leaves the times to the client (RFC 8415 21.4).
_T1: Final = 0.5
_T2: Final = 0.8
_IAADDR: Final = int(Option.IAADDR)
# Seconds: IRT_DEFAULT, IRT_MINIMUM (RFC 8415 section 21.23).
_REFRESH: Final = 86400
_LEAST_REFRESH: Final = 600


class Answer(NamedTuple):
    """A server's message to this client."""

    kind: int
    server: bytes  # its DUID
    status: int  # of the association if it has one, else of the message
    leases: tuple[IALease, ...]
    t1: int  # seconds; 0: the client chooses
    t2: int
    options: dict[int, bytes]

    @property
    def preference(self) -> int:
        """How much the server wants to be chosen, 0 to 255 (RFC 8415 section 21.8)."""
        data = self.options.get(Option.PREFERENCE, b"")
        return data[0] if len(data) == 1 else 0

    @property
    def takes_registrations(self) -> bool:
        """Whether it wants to be told of self-made addresses (RFC 9686 section 4.1)."""
        return Option.ADDR_REG_ENABLE in self.options


def read_answer(octets: bytes, transaction_id: bytes, duid: bytes, iaid: bytes) -> Answer | None:
    """None for whatever is no ADVERTISE or REPLY to this client and transaction (RFC 8415 section 16)."""
    if len(octets) < _HEADER or octets[1:_HEADER] != transaction_id:
        return None
    if octets[0] not in {MessageType.ADVERTISE, MessageType.REPLY}:
        return None
    try:
        found = options_in(octets[_HEADER:])
        options: dict[int, bytes] = {}
        for code, data in found:
            options.setdefault(code, data)
        ours = next((data for code, data in found if code == IA_NA and data[:4] == iaid), None)
        status = _status(options)
        leases: tuple[IALease, ...] = ()
        t1 = t2 = 0
        if ours is not None:
            status_within, leases, t1, t2 = _association(ours)
            status = status_within or status
    except Malformed:
        return None
    server = options.get(Option.SERVER_ID, b"")
    if not server or options.get(Option.CLIENT_ID) != duid:
        return None
    return Answer(octets[0], server, status, leases, t1, t2, options)


def read_lease(answer: Answer, found: IALease, now: float) -> Lease:
    """The lease of one address in a REPLY, which begins with its arrival."""
    valid, preferred = found.valid, min(found.preferred, found.valid)
    t1, t2 = answer.t1, answer.t2
    if not t1 or not t2 or t1 > t2:
        t1, t2 = (
            (ENDLESS, ENDLESS) if preferred == ENDLESS else (max(1, int(preferred * _T1)), max(1, int(preferred * _T2)))
        )
    return Lease(
        found.address,
        ADDRESS_BITS,
        answer.server,
        (),
        _addresses(answer.options.get(Option.DNS_SERVERS, b"")),
        _names(answer.options.get(Option.DOMAIN_LIST, b"")),
        _fqdn(answer.options.get(Option.CLIENT_FQDN)),
        valid,
        preferred,
        now,
        math.inf if t1 == ENDLESS else now + t1,
        math.inf if t2 == ENDLESS else now + t2,
        math.inf if valid == ENDLESS else now + valid,
    )


def read_information(answer: Answer) -> Learned:
    """What a server tells whom it leases nothing."""
    options = answer.options
    return Learned(_addresses(options.get(Option.DNS_SERVERS, b"")), _names(options.get(Option.DOMAIN_LIST, b"")))


def refresh_seconds(answer: Answer) -> float:
    """When such things are to be asked for again, in seconds; infinite: never (RFC 8415 section 21.23)."""
    data = answer.options.get(Option.INFORMATION_REFRESH_TIME, b"")
    seconds = int.from_bytes(data, "big") if len(data) == 4 else _REFRESH
    return math.inf if seconds == ENDLESS else float(max(seconds, _LEAST_REFRESH))


def longest_solicit_wait(answer: Answer) -> float:
    """What the server says of SOL_MAX_RT, in seconds; 0: nothing that counts (RFC 8415 section 21.24)."""
    data = answer.options.get(Option.SOL_MAX_RT, b"")
    seconds = int.from_bytes(data, "big") if len(data) == 4 else 0
    return float(seconds) if 60 <= seconds <= 86400 else 0.0


def _association(data: bytes) -> tuple[int, tuple[IALease, ...], int, int]:
    if len(data) < _IA_HEAD:
        raise Malformed("an association is too short", 0)
    leases: list[IALease] = []
    inside: dict[int, bytes] = {}
    for code, inner in options_in(data[_IA_HEAD:]):
        if code == _IAADDR:
            leases.append(parse_lease(code, inner))
        else:
            inside.setdefault(code, inner)
    t1, t2 = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    return _status(inside), tuple(leases), t1, t2


def _status(options: dict[int, bytes]) -> int:
    return int.from_bytes(options.get(Option.STATUS_CODE, b"\0\0")[:2], "big") or int(Status.SUCCESS)


def _addresses(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[at : at + 16] for at in range(0, len(data), 16)) if len(data) % 16 == 0 else ()


def _names(data: bytes) -> tuple[Name, ...]:
    found: list[Name] = []
    offset = 0
    try:
        while offset < len(data):
            name, offset = parse_name(data, offset)
            found.append(name.lower())
    except Malformed:
        return ()
    return tuple(dict.fromkeys(name for name in found if name != ROOT))


def _fqdn(data: bytes | None) -> ClientFqdn | None:
    """The answer to our option 39; one that cannot be read promises nothing."""
    if data is None:
        return None
    try:
        return parse_fqdn39(data)
    except Malformed:
        return None
