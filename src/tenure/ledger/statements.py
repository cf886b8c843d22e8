"""The statements of the lease half, written once for both engines: `?` is a parameter (see `session.Session.sql`)."""

from __future__ import annotations

from typing import Final

from tenure.leasing.lease import Lease, LeaseState
from tenure.naming.event import Event

LEASE_COLUMNS: Final = ", ".join(Lease._fields)
_SET_LEASE: Final = ", ".join(f"{column} = excluded.{column}" for column in Lease._fields[1:])

LEASE_AT: Final = f"select {LEASE_COLUMNS} from lease where address = ? /*locked*/"
LEASES_OF: Final = f"select {LEASE_COLUMNS} from lease where client = ? order by address /*locked*/"
LEASES_TOUCHED: Final = f"""\
select {LEASE_COLUMNS} from lease where client = any(?) or address = any(?) order by address /*locked*/"""

DROP_LEASE: Final = "delete from lease /*many*/ where address = ?"

# The last parameter is the time. A row changes hands only when its client has it no more: whatever the decision
# believed, an address in use cannot be given to another client. A declined address loses its client (null).
PUT_LEASE: Final = f"""\
insert into lease ({LEASE_COLUMNS}) /*many*/ values ({", ".join("?" * len(Lease._fields))})
on conflict (address) do update set {_SET_LEASE}
where lease.client = excluded.client or excluded.client is null
   or lease.state in ({LeaseState.RELEASED:d}, {LeaseState.EXPIRED:d}) or lease.ends_at <= ?"""

# The address `offset` places behind the given one, among those that have a row. In a pool without a gap that is the
# given address plus the offset, which makes a gap findable by bisection.
NTH_ADDRESS: Final = """\
select address from lease where address >= ? and address <= ? order by address limit 1 offset ?"""

# Delegated prefixes are longer than 16 bits, so what covers an address begins with the same two octets. No lease lies
# within another one's prefix, so only the one before an address can cover it.
WITHIN: Final = f"""\
select {LEASE_COLUMNS} from lease where address >= ? and address <= ? and length(address) = ?
order by address limit ? /*locked*/"""
BEFORE: Final = f"""\
select {LEASE_COLUMNS} from lease where address >= ? and address < ? and length(address) = ?
order by address desc limit 1 /*locked*/"""

# What limits count, on a circuit and of a hardware address. The conditions on the circuit let their indexes be used,
# which have only these; `+` keeps a condition from choosing the index.
_COUNTED: Final = f"and ends_at > ? and +state in ({LeaseState.BOUND:d}, {LeaseState.DECLINED:d})"
BEHIND: Final = f"""\
select {LEASE_COLUMNS} from lease where circuit = ? and length(circuit) > 0 {_COUNTED} limit ?"""
WITH_HARDWARE: Final = f"""\
select {LEASE_COLUMNS} from lease where hardware = ? and subnet_id = ? and circuit is not null {_COUNTED}
and circuit >= ? and circuit < ? limit ?"""

# A small pool is read along its addresses, a big one along the ends.
ENDED_BY_ADDRESS: Final = """\
select address, ends_at from lease
where address >= ? and address <= ? and length(address) = ? and +ends_at <= ? order by +ends_at, address limit ?"""
ENDED_BY_END: Final = """\
select address, ends_at from lease
where state = ? and ends_at <= ? and address >= ? and address <= ? and length(address) = ?
order by ends_at limit ?"""

# Parameters: the time; twice until when nobody watched; the time.
BOUND_PAST_END: Final = f"""\
select {LEASE_COLUMNS} from lease where state = {LeaseState.BOUND:d} and ends_at <= ?
and (ends_at > ? or ? + valid_lifetime <= ?)
order by ends_at limit ? /*locked*/"""
NEXT_LEASE_END: Final = f"select min(ends_at) from lease where state = {LeaseState.BOUND:d}"


def append_event(table: str) -> str:
    """The statement that adds an entry to a history."""
    return f"insert into {table} ({', '.join(Event._fields)}) /*many*/ values ({', '.join('?' * len(Event._fields))})"
