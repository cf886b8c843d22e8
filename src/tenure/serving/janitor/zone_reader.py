"""Reading back what a domain's servers hold: all of it by a transfer, or the names that are asked for by queries.

Through the same servers, in the same order, and with the same key as updates go, so that the view is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tenure.authority.secondary import TransferFault, TransferRefused, UpToDate, Whole
from tenure.authority.settings import RemoteServer
from tenure.authority.zone import Record
from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.name import Name
from tenure.dnswire.rdata import soa_serial, with_serial
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


class Before(NamedTuple):
    """What is known of a zone from when it was last read, and was well."""

    serial: int
    server: str  # from which
    most_changes: int = 0  # of so many names it is asked what changed since; of more, and of none, it is read whole


class Read(NamedTuple):
    """What became of reading a zone."""

    source: Source
    server: RemoteServer | None = None  # which was read
    serial: int | None = None
    names: int = 0  # owner names, without the apex
    trouble: str = ""
    records: SortedRecords | None = None  # of `TRANSFER`; to be closed by who has it
    changed: Collection[bytes] = ()  # of `DIFFERENCES`: the names, or the addresses, at which something changed
    whole_because: str = ""  # why it was read as a whole where what changed was asked for


def read_zone(
    domain: Domain,
    direction: Direction,
    keys: Mapping[Name, Key],
    stop: Stop,
    moved: Callable[[int], None],
    before: Before | None,
) -> Read:
    """Read the zone from the first of its servers that helps; `moved` is told of the records that came.

    If it has the serial of `before`, nothing is read.
    """
    troubles: list[str] = []
    sources: list[Source] = []
    for server in servers_of(domain):
        primary = Primary(server, domain.zone.lower(), keys, stop)
        try:
            now = primary.soa()
        except (PrimaryFailed, TransferFault) as error:
            troubles.append(f"{server}: {error}")
            sources.append(Source.UNREACHABLE)
            continue
        serial, because = soa_serial(now.rdata), ""
        if before is not None and serial == before.serial:
            return Read(Source.UNCHANGED, server, serial)
        if before is not None and before.most_changes and before.server == str(server):
            changed = _read_changes(primary, now, before, domain.zone.lower(), direction, moved)
            if isinstance(changed, Read):
                return changed._replace(server=server)
            because = changed
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
            return portions.read(soa)._replace(server=server, whole_because=because)
    worst = Source.TRUNCATED if Source.TRUNCATED in sources else Source.UNREACHABLE
    return Read(worst, trouble="; ".join(troubles) or "no server is configured")


ReadZone: TypeAlias = Callable[
    [Domain, Direction, Mapping[Name, Key], Stop, Callable[[int], None], Before | None], Read
]  # as `read_zone`


def _read_changes(
    primary: Primary, now: Record, before: Before, zone: Name, direction: Direction, moved: Callable[[int], None]
) -> Read | str:
    """What changed since `before`, or the whole zone where the server sends that; in words why it is neither.

    Then nothing that came counts, and the zone is to be read anew.
    """
    changed = _Changed(_keys_in(zone, direction), before.most_changes, moved)
    portions = _Portions(zone, direction, moved)
    try:
        content = primary.changes((now.ttl, with_serial(now.rdata, before.serial)), changed, portions)
    except (PrimaryFailed, TransferFault, TooManyChanges) as error:
        portions.sorted.close()
        return str(error)
    if isinstance(content, Whole):
        return portions.read(content.soa)._replace(whole_because="it sent the whole zone in the place of what changed")
    portions.sorted.close()
    if isinstance(content, UpToDate):
        return f"it has serial {soa_serial(now.rdata)}, and said that nothing changed since {before.serial}"
    return Read(Source.DIFFERENCES, None, soa_serial(content.soa.rdata), changed=changed.keys)


def servers_of(domain: Domain) -> list[RemoteServer]:
    """The servers of a domain with the key that signs what goes there."""
    keys = [(server, domain.key_of(server)) for server in domain.servers]
    return [RemoteServer(*server, None if key is None else key.name) for server, key in keys]


class _Portions:
    """Turns the records of a transfer into what is compared, and sorts them."""

    def __init__(self, zone: Name, direction: Direction, moved: Callable[[int], None]) -> None:
        self._zone = zone
        self._key_of = _keys_in(zone, direction)
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

    def read(self, soa: Record) -> Read:
        """All of it, once it is verified."""
        source = Source.TRANSFER if self.names else Source.EMPTY
        return Read(source, None, soa_serial(soa.rdata), self.names, records=self.sorted)


class TooManyChanges(Exception):
    """More names changed than it pays to ask for, or than are to be held."""


class _Changed:
    """Where the records stand that differences delete or add; each place once, and never more than so many."""

    def __init__(self, key_of: Callable[[Name], bytes | None], most: int, moved: Callable[[int], None]) -> None:
        self._key_of = key_of
        self._most = most
        self._moved = moved
        self.keys: set[bytes] = set()

    def __call__(self, records: Sequence[Record]) -> None:
        keys = map(self._key_of, {record.name for record in records})
        self.keys.update(key for key in keys if key is not None)
        if len(self.keys) > self._most:
            raise TooManyChanges(f"more than {self._most} names changed")
        self._moved(len(records))


def found_of(key: bytes, rtype: int, rdata: bytes, ttl: int) -> Found:
    """A record as it is compared."""
    if rtype not in LEASE_TYPES and not (rtype == TXT and is_txt_marker(rdata)):
        return key, OTHER, b"", 0
    return key, rtype, rdata.lower() if rtype in _NAMED else rdata, ttl


def _keys_in(zone: Name, direction: Direction) -> Callable[[Name], bytes | None]:
    """What gives the key by which the records of an owner are compared; None: no lease has records there."""
    return (lambda owner: None if owner == zone else owner) if direction is Direction.FORWARD else _addresses_in(zone)


def _addresses_in(zone: Name) -> Callable[[Name], bytes | None]:
    """What gives the address of a reverse name in the zone, also in one of less than an octet (RFC 2317)."""
    part = classless_range(zone)
    if part is None:
        return address_of
    addresses = [number.to_bytes(4, "big") for number in range(part[0], part[1] + 1)]
    return {classless_name(address, zone): address for address in addresses}.get
