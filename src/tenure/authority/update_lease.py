"""Update leases (RFC 9664): how long the records that an update adds live, unless the same update prolongs them.

The option, number 2, on the wire:  LEASE (32)  |  LEASE (32) KEY-LEASE (32), in seconds

KEY-LEASE is for KEY records. The reply carries what was granted, in the same form. A key can have a lifetime by
configuration; its updates need no option then, and hear none.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from tenure.authority.named_records import named_records
from tenure.authority.request import Request
from tenure.authority.settings import RecordLifetimes
from tenure.authority.zone import Record, Refusal, ZoneView
from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.edns import UPDATE_LEASE
from tenure.dnswire.message import Message
from tenure.dnswire.name import Name

_BASIC: Final = Struct("!I")
_EXTENDED: Final = Struct("!2I")
_KEY: Final = 25
_NS: Final = int(RRType.NS)


class Lease(NamedTuple):
    """What an update is granted, in seconds."""

    seconds: int
    key_seconds: int
    option: bytes  # for the reply; empty: the update had none


def grant_lease(message: Message, key: Name | None, terms: RecordLifetimes) -> Lease | Refusal | None:
    """What the update of that key is granted; None: what it adds has no end. An option of another length is refused."""
    data = None
    if message.edns is not None:
        data = next((data for code, data in message.edns.options if code == UPDATE_LEASE), None)
    if data is None:
        seconds = terms.of_keys.get(key) if key is not None else None
        return None if seconds is None else Lease(seconds, seconds, b"")
    if len(data) == _BASIC.size:
        (asked,) = _BASIC.unpack(data)
        seconds, key_seconds = _bounded(asked, terms.longest, terms), _bounded(asked, terms.longest, terms)
        return Lease(seconds, key_seconds, _BASIC.pack(seconds))
    if len(data) == _EXTENDED.size:
        asked, key_asked = _EXTENDED.unpack(data)
        seconds, key_seconds = _bounded(asked, terms.longest, terms), _bounded(key_asked, terms.longest_of_keys, terms)
        return Lease(seconds, key_seconds, _EXTENDED.pack(seconds, key_seconds))
    return Refusal(Rcode.FORMERR, f"the Update Lease option has {len(data)} octets, not 4 or 8")


def ends_of(lease: Lease, message: Message, zone: Name, view: ZoneView, now: float) -> list[tuple[Record, int]]:
    """The records that the update added, or that it wanted and that were there, each with its end.

    As they are in `view` after the update, so that what was ignored is not among them. The zone's own SOA and NS
    records never end: no zone is without them.
    """
    return [
        (record, int(now) + (lease.key_seconds if record.rtype == _KEY else lease.seconds))
        for record in named_records(message.authorities, view)
        if record.rtype != _NS or record.name != zone
    ]


def with_lease(request: Request, lease: Lease) -> Request:
    """The request, whose reply will tell of the lease if the requestor asked for one."""
    if not lease.option:
        return request
    return request._replace(options=((UPDATE_LEASE, lease.option), *request.options))


def _bounded(asked: int, longest: int, terms: RecordLifetimes) -> int:
    return max(terms.shortest, min(asked, longest))
