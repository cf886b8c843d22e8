"""Records of zones as rows: their keys, the statements, and the RRsets of a name.

A record is known by zone, name, type and RDATA. A key column cannot hold an RDATA of any length (PostgreSQL: about
2,700 octets), so that of a long one is its beginning and digest, and the RDATA itself stands beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

from tenure.authority.zone import EMPTY_NODE, KeptRecord, Node, Record, RRset
from tenure.dnswire.name import Name, from_tree_key, tree_key
from tenure.dnswire.rr import Fields
from tenure.ledger.session import Row, Session

_LONGEST_KEY: Final = 512
# Longer than any short RDATA, so never taken for one.
_BEGINNING: Final = _LONGEST_KEY + 1 - hashlib.sha256().digest_size

_RDATA: Final = "case when long_rdata is null then rdata else long_rdata end"

CREATE_ZONE: Final = """\
insert into zone (name, view, soa_ttl, soa_rdata) values (?, ?, ?, ?) on conflict (name, view) do nothing"""
ZONE_NAMED: Final = "select id, name, soa_ttl, soa_rdata, view from zone where name = ? and view = ?"

RECORDS_AT: Final = f"select rtype, ttl, {_RDATA} from record where zone_id = ? and name_key = ?"
RECORDS_OF_NAMES: Final = f"select name_key, rtype, ttl, {_RDATA} from record where zone_id = ? and name_key = any(?)"
RECORDS_AMONG: Final = f"""\
select name_key, rtype, ttl, {_RDATA}, origin = 'static' from record where zone_id = any(?) and name_key = any(?)"""
CLASSED_RECORDS: Final = f"""\
select name_key, rtype, ttl, {_RDATA}, origin, ends_at, stamp from record where zone_id = ?
order by name_key, rtype, rdata"""
STALE_RECORDS: Final = f"""\
select name_key, rtype, ttl, {_RDATA}, origin, ends_at, stamp from record
where zone_id = ? and origin = 'foreign' and stamp <> 0 and stamp < ? order by name_key, rtype, rdata"""
KEPT_AMONG: Final = f"""\
select name_key, rtype, ttl, {_RDATA}, origin, ends_at, stamp from record where zone_id = any(?) and name_key = any(?)
order by name_key, rtype, rdata"""
COUNT_NAMES: Final = "select count(distinct name_key) from record where zone_id = ?"
STATIC_AT: Final = "select distinct rtype from record where zone_id = ? and name_key = ? and origin = 'static'"
NAME_IN_RANGE: Final = """\
select name_key from record where zone_id = ? and name_key >= ? and name_key < ? order by name_key limit 1"""
NAMES_BELOW: Final = """\
select column1 from /*each*/ where exists (
  select 1 from record where zone_id = ? and name_key >= column1 and name_key < column2)"""
RECORDS_FROM: Final = f"""\
select name_key, rtype, ttl, {_RDATA} from record where zone_id = ? and name_key > ?
order by name_key, rtype, rdata limit ?"""
ALL_RECORDS: Final = (
    f"select name_key, rtype, ttl, {_RDATA} from record where zone_id = ? order by name_key, rtype, rdata"
)
DROP_RECORD: Final = "delete from record where zone_id = ? and name_key = ? and rtype = ? and rdata = ?"
PUT_RECORD: Final = """\
insert into record (zone_id, name_key, rtype, rdata, long_rdata, ttl, origin, stamp) values (?, ?, ?, ?, ?, ?, ?, ?)
on conflict (zone_id, name_key, rtype, rdata) do update
set ttl = excluded.ttl,
stamp = case when record.stamp = 0 then 0 else excluded.stamp end"""  # another TTL makes it no other record: its class
# and its end stay, and what never ages does not begin to
STAMPS_AMONG: Final = """\
select name_key, rtype, rdata, stamp from record where zone_id = any(?) and name_key = any(?) and stamp <> 0"""
SET_STAMP: Final = "update record set stamp = ? where zone_id = ? and name_key = ? and rtype = ? and rdata = ?"
SET_END: Final = """\
update record set ends_at = ? where zone_id = ? and name_key = ? and rtype = ? and rdata = ? and origin = ?"""
ENDED_ZONES: Final = "select distinct zone_id from record where ends_at > ? and ends_at <= ?"
ENDED_RECORDS: Final = f"""\
select name_key, rtype, ttl, {_RDATA} from record
where ends_at > ? and ends_at <= ? and zone_id = ? order by ends_at limit ?"""
NEXT_END: Final = "select min(ends_at) from record where ends_at is not null"


def rdata_columns(rdata: bytes) -> tuple[bytes, bytes | None]:
    """The columns `rdata` and `long_rdata`."""
    if len(rdata) <= _LONGEST_KEY:
        return rdata, None
    return rdata[:_BEGINNING] + hashlib.sha256(rdata).digest(), rdata


def record_row(zone_id: int, record: Record, origin: str, stamp: int) -> tuple[Any, ...]:
    """The parameters of `PUT_RECORD`."""
    name, rtype, ttl, rdata = record
    return (zone_id, tree_key(name), rtype, *rdata_columns(rdata), ttl, origin, stamp)


def kept_record(row: Row) -> KeptRecord:
    """From a row of `CLASSED_RECORDS`, `STALE_RECORDS` or `KEPT_AMONG`."""
    return KeptRecord(Record(from_tree_key(row[0]), *row[1:4]), *row[4:])


def below(name_key: bytes) -> tuple[bytes, bytes]:
    """The range of the keys strictly below a name: from the first inclusive to the second exclusive."""
    return name_key + b"\x01", name_key + b"\x40"


def rrsets_of(rows: Iterable[Row]) -> dict[int, RRset]:
    """The RRsets of one name from rows of `RECORDS_AT`."""
    found: dict[int, RRset] = {}
    for rtype, ttl, rdata in rows:
        rrset = found.get(rtype)
        found[rtype] = (ttl, (rdata,)) if rrset is None else (rrset[0], (*rrset[1], rdata))
    return found


def fields_of(session: Session, apex: Name, zone_id: int) -> Iterator[Fields]:
    """All records but the SOA; most names are one label below the apex, and records of one name follow one another."""
    size = len(tree_key(apex))
    last, name = b"", apex
    for key, rtype, ttl, rdata in session.stream(session.sql(ALL_RECORDS), (zone_id,)):
        if key != last:
            last, label = key, key[size:]
            name = label + apex if label and label[0] == len(label) - 1 else from_tree_key(key)
        yield name, rtype, ttl, rdata


def tree_keys(names: Iterable[Name]) -> list[bytes]:
    """The key of each name, in their order."""
    return [tree_key(name) for name in names]


def nodes_of(names: Iterable[Name], keys: Iterable[bytes], rows: Iterable[Row]) -> dict[Name, Node]:
    """What each of the names owns, which have these keys, from rows of `RECORDS_OF_NAMES`."""
    by_key: dict[bytes, dict[int, RRset]] = {}
    for key, rtype, ttl, rdata in rows:
        node = by_key.get(key)
        if node is None:
            by_key[key] = {rtype: (ttl, (rdata,))}
        else:
            add_record(node, rtype, ttl, rdata)
    return {name: by_key.get(key, EMPTY_NODE) for name, key in zip(names, keys, strict=True)}


def nodes_in_order(rows: Iterable[Row]) -> list[tuple[Name, Node]]:
    """What each name owns, from rows of `RECORDS_FROM`."""
    nodes: list[tuple[Name, Node]] = []
    last = b""
    node: dict[int, RRset] = {}
    for key, rtype, ttl, rdata in rows:
        if key == last:
            add_record(node, rtype, ttl, rdata)
        else:
            last, node = key, {rtype: (ttl, (rdata,))}
            nodes.append((from_tree_key(key), node))
    return nodes


def drop_record(rrsets: dict[int, RRset], rtype: int, rdata: bytes) -> None:
    """Takes one record out of the RRsets of a name, if it is there."""
    rrset = rrsets.get(rtype)
    if rrset is None:
        return
    left = tuple([one for one in rrset[1] if one != rdata])
    if left:
        rrsets[rtype] = (rrset[0], left)
    else:
        del rrsets[rtype]


def add_record(rrsets: dict[int, RRset], rtype: int, ttl: int, rdata: bytes) -> None:
    """Puts one record among the RRsets of a name; its TTL becomes that of the whole RRset."""
    rrset = rrsets.get(rtype)
    if rrset is None:
        rrsets[rtype] = (ttl, (rdata,))
    else:
        rrsets[rtype] = (ttl, rrset[1] if rdata in rrset[1] else (*rrset[1], rdata))
