"""Reading back what a domain's servers hold: all of it by a transfer, or the names that are asked for by queries.

Through the same servers, in the same order, and with the same key as updates go, so that the view is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tenure.authority.secondary import TransferFault, TransferRefused
from tenure.authority.settings import RemoteServer
from tenure.authority.zone import Record
from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.name import Name
from tenure.dnswire.rdata import soa_serial
from tenure.naming.registration import Direction
from tenure.naming.reverse import address_of, classless_name, classless_range
from tenure.naming.txt_marker import is_txt_marker
from tenure.serving.janitor.sorted_records import SortedRecords
from tenure.serving.stop import Stop
from tenure.serving.transfers.primary import Primary, PrimaryFailed
from tenure.signing.key import Key
from tenure.updating.routing import Domain
from tenure.upkeep.finding import Source
from tenure.upkeep.reconcile import LEASE_TYPES, OTHER, TXT, Found

_NAMED = frozenset({int(RRType.PTR), int(RRType.CNAME)})  # RDATA is a name

# What a server says that has the zone and does not let us transfer it.
_NO_TRANSFER = frozenset({Rcode.REFUSED, Rcode.NOTAUTH, Rcode.NOTIMP})


class Read(NamedTuple):
    """What became of reading a zone."""

    source: Source
    server: RemoteServer | None = None  # which was read
    serial: int | None = None
    names: int = 0  # owner names, without the apex
    trouble: str = ""
    records: SortedRecords | None = None  # of `TRANSFER`; to be closed by who has it


def read_zone(
    domain: Domain,
    direction: Direction,
    keys: Mapping[Name, Key],
    stop: Stop,
    moved: Callable[[int], None],
    known_serial: int | None,
) -> Read:
    """Read the zone from the first of its servers that helps; `moved` is told of the records that came.

    With the serial `known_serial` nothing is read.
    """
    troubles: list[str] = []
    sources: list[Source] = []
    for server in servers_of(domain):
        primary = Primary(server, domain.zone.lower(), keys, stop)
        try:
            serial = soa_serial(primary.soa().rdata)
        except (PrimaryFailed, TransferFault) as error:
            troubles.append(f"{server}: {error}")
            sources.append(Source.UNREACHABLE)
            continue
        if serial == known_serial:
            return Read(Source.UNCHANGED, server, serial)
        portions = _Portions(domain.zone.lower(), direction, moved)
        try:
            soa = primary.stream(portions)
        except TransferRefused as refused:
            portions.sorted.close()
            if refused.rcode in _NO_TRANSFER:
                return Read(Source.QUERIES, server, serial, trouble=f"{server} gives no transfer: {refused}")
            troubles.append(f"{server}: {refused}")
            sources.append(Source.UNREACHABLE)
        except (PrimaryFailed, TransferFault) as error:
            portions.sorted.close()
            if not portions.records:
                return Read(Source.QUERIES, server, serial, trouble=f"{server} gives no transfer: {error}")
            troubles.append(f"{server}: {error}")
            sources.append(Source.TRUNCATED)
        else:
            source = Source.TRANSFER if portions.names else Source.EMPTY
            return Read(source, server, soa_serial(soa.rdata), portions.names, "", portions.sorted)
    worst = Source.TRUNCATED if Source.TRUNCATED in sources else Source.UNREACHABLE
    return Read(worst, trouble="; ".join(troubles) or "no server is configured")


ReadZone: TypeAlias = Callable[
    [Domain, Direction, Mapping[Name, Key], Stop, Callable[[int], None], int | None], Read
]  # as `read_zone`


def servers_of(domain: Domain) -> list[RemoteServer]:
    """The servers of a domain with the key that signs what goes there."""
    keys = [(server, domain.key_of(server)) for server in domain.servers]
    return [RemoteServer(*server, None if key is None else key.name) for server, key in keys]


class _Portions:
    """Turns the records of a transfer into what is compared, and sorts them."""

    def __init__(self, zone: Name, direction: Direction, moved: Callable[[int], None]) -> None:
        self._zone = zone
        self._key_of = _itself if direction is Direction.FORWARD else _addresses_in(zone)
        self._moved = moved
        self._owner: Name = b""  # of the record before, and its key
        self._key: bytes | None = None
        self.sorted = SortedRecords()
        self.records = 0
        self.names = 0

    def __call__(self, records: Sequence[Record]) -> None:
        zone, last, key = self._zone, self._owner, self._key
        found: list[Found] = []
        for owner, rtype, ttl, rdata in records:
            if owner == zone:
                continue
            if owner != last:
                last, key = owner, self._key_of(owner)
                self.names += 1
            if key is not None:
                found.append(found_of(key, rtype, rdata, ttl))
        self._owner, self._key = last, key
        self.records += len(records)
        self.sorted.add(found)
        self._moved(len(records))


def found_of(key: bytes, rtype: int, rdata: bytes, ttl: int) -> Found:
    """A record as it is compared."""
    if rtype not in LEASE_TYPES and not (rtype == TXT and is_txt_marker(rdata)):
        return key, OTHER, b"", 0
    return key, rtype, rdata.lower() if rtype in _NAMED else rdata, ttl


def _addresses_in(zone: Name) -> Callable[[Name], bytes | None]:
    """What gives the address of a reverse name in the zone, also in one of less than an octet (RFC 2317)."""
    part = classless_range(zone)
    if part is None:
        return address_of
    addresses = [number.to_bytes(4, "big") for number in range(part[0], part[1] + 1)]
    return {classless_name(address, zone): address for address in addresses}.get


def _itself(owner: Name) -> bytes | None:
    return owner
