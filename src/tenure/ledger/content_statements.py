"""The statements by which the store compares a zone with its new content (`zone_content`)."""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.authority.zone import RecordClass

# Its columns are those of the table of records, whatever the engine calls their types.
MAKE: Final = (
    "create temporary table incoming as"
    " select name_key, rtype, rdata, long_rdata, ttl, zone_id as file, ttl as line from record where 1 = 0",
    "create unique index incoming_key on incoming (name_key, rtype, rdata)",
)
PUT: Final = """\
insert into incoming (name_key, rtype, rdata, long_rdata, ttl, file, line) values (?, ?, ?, ?, ?, ?, ?)
on conflict (name_key, rtype, rdata) do nothing"""
COUNT_GATHERED: Final = "select count(*) from incoming"
DROP_LINE: Final = "delete from incoming where name_key = ? and file = ? and line = ?"

MIXED_TTLS: Final = """\
select name_key, rtype from incoming group by name_key, rtype having min(ttl) <> max(ttl) order by 1, 2 limit 1000"""
LINES_OF: Final = "select ttl, file, line from incoming where name_key = ? and rtype = ? order by file, line"
PUT_TTL: Final = "update incoming set ttl = ? where name_key = ? and rtype = ?"

_BESIDE_CNAME: Final = "(5, 24, 25, 30, 46, 47, 48)"  # itself, and what signs or denies (RFC 2136 section 3.4.2.2)
ALIASES: Final = f"""\
select a.name_key, a.file, a.line from incoming a where a.rtype in (5, 39) and (
  (a.rtype = 5 and (a.name_key = ? or exists (
    select 1 from incoming o where o.name_key = a.name_key and o.rtype not in {_BESIDE_CNAME})))
  or exists (
    select 1 from incoming o
    where o.name_key = a.name_key and o.rtype = a.rtype and (o.file, o.line) < (a.file, a.line)))
order by a.file, a.line"""
NS_AT: Final = "select 1 from incoming where name_key = ? and rtype = 2"
MISFITS: Final = f"""\
select i.name_key, i.file, i.line from incoming i where exists (
  select 1 from record r where r.zone_id = ? and r.name_key = i.name_key and r.origin <> ?
  and (r.rtype <> i.rtype or (i.rtype = 5 and r.rdata <> i.rdata))
  and ((i.rtype = 5 and (r.rtype = 5 or r.rtype not in {_BESIDE_CNAME}))
    or (r.rtype = 5 and i.rtype not in {_BESIDE_CNAME})))
order by i.file, i.line"""

_SAME: Final = "i.name_key = record.name_key and i.rtype = record.rtype and i.rdata = record.rdata"
_RDATA: Final = "case when long_rdata is null then rdata else long_rdata end"
_NEW_TTL: Final = "(select min(i.ttl) from incoming i where i.name_key = record.name_key and i.rtype = record.rtype)"

ADD: Final = f"""\
insert into record (zone_id, name_key, rtype, rdata, long_rdata, ttl, origin, stamp)
select ?, name_key, rtype, rdata, long_rdata, ttl, ?, 0 from incoming i
where not exists (select 1 from record where zone_id = ? and {_SAME}) order by name_key, rtype, rdata"""
RETIME: Final = f"update record set ttl = {_NEW_TTL} where zone_id = ? and ttl <> {_NEW_TTL}"
CUT_JOURNAL: Final = "delete from journal where zone_id = ? and id < (select max(id) from journal where zone_id = ?)"


class Scope(NamedTuple):
    """The statements for the records that may go; each has one parameter, the zone."""

    removed: str
    added: str
    retimed: str  # with both TTLs
    remove: str

    @property
    def counts(self) -> tuple[str, str, str]:
        """How many rows the first three have."""
        return (_count(self.removed), _count(self.added), _count(self.retimed))


def scope(origin: RecordClass | None) -> Scope:
    """For the records of one class, or of all of them."""
    ours = "" if origin is None else f" and origin = '{origin}'"
    gone = f"from record where zone_id = ?{ours} and not exists (select 1 from incoming i where {_SAME})"
    stays = (
        f"exists (select 1 from incoming i where {_SAME})"
        if origin is None
        else (f"(origin <> '{origin}' or exists (select 1 from incoming i where {_SAME}))")
    )
    return Scope(
        f"select name_key, rtype, ttl, {_RDATA} {gone}",
        f"select name_key, rtype, ttl, {_RDATA} from incoming i"
        f" where not exists (select 1 from record where zone_id = ? and {_SAME})",
        f"select name_key, rtype, ttl, {_NEW_TTL}, {_RDATA} from record"
        f" where zone_id = ? and ttl <> {_NEW_TTL} and {stays}",
        f"delete {gone}",
    )


def _count(statement: str) -> str:
    return f"select count(*) from ({statement}) as found"
