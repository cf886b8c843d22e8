"""Very many leases of clients whose numbers are their addresses: in our store by one statement, and in Kea's file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tenure.leasing.lease import LeaseState
from tenure.ledger.blocks import block_writes
from tenure.ledger.opening import open_leases

SUBNET = 1
LIFETIME = 3600

# Octets are joined as text and come out as octets; the rows are made in the order of their keys.
_FILL = """
insert into lease (address, subnet_id, client, hardware, state, started_at, ends_at, valid_lifetime, heard_name,
  forward, reverse, reason, correlation)
select cast(x'0a' || a.octet || b.octet || c.octet as blob), :subnet,
  cast(x'000102000a' || a.octet || b.octet || c.octet as blob),
  cast(x'0102000a' || a.octet || b.octet || c.octet as blob),
  :bound, :now, :now + :lifetime, :lifetime, '', 0, 0, '', ''
from octets a cross join octets b cross join octets c
where a.number between :first >> 16 and :last >> 16
  and a.number * 65536 + b.number * 256 + c.number between :first and :last
"""
_END = f"update lease set state = {LeaseState.EXPIRED:d}, ends_at = started_at where address = ?"
_REMOVE = "delete from lease where address = ?"


def fill_store(path: Path, numbers: range) -> None:
    """A store in which the addresses with these numbers, one after the other, are leased."""
    open_leases(f"sqlite:{path}").close()
    with _written(path) as database:
        database.execute("create temp table octets (number integer primary key, octet blob)")
        database.executemany("insert into octets values (?, ?)", ((number, bytes((number,))) for number in range(256)))
        bounds = {"first": numbers[0], "last": numbers[-1], "subnet": SUBNET}
        now = int(time.time())
        database.execute(_FILL, {**bounds, "bound": int(LeaseState.BOUND), "now": now, "lifetime": LIFETIME})
        _note(database, came=numbers)


def end_leases(path: Path, numbers: range) -> None:
    """The leases of these addresses have ended; their clients are remembered."""
    with _written(path) as database:
        database.executemany(_END, ((address(number),) for number in numbers))


def remove_leases(path: Path, numbers: range) -> None:
    """The addresses look as if they never had been leased."""
    with _written(path) as database:
        database.executemany(_REMOVE, ((address(number),) for number in numbers))
        _note(database, went=numbers)


@contextmanager
def _written(path: Path) -> Iterator[sqlite3.Connection]:
    """The database of a store, to be changed at once and without waiting for the disk; its log is emptied then."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("pragma synchronous = off")
        database.execute("begin")
        yield database
        database.execute("commit")
        database.execute("pragma wal_checkpoint(truncate)")


def _note(database: sqlite3.Connection, came: Iterable[int] = (), went: Iterable[int] = ()) -> None:
    """The ledger's own note of which addresses are free."""
    for statement, rows in block_writes(map(address, came), map(address, went)):
        database.executemany(statement, rows)


def fill_kea(path: Path, numbers: range) -> None:
    """The same leases as Kea 2.2 keeps them."""
    expire = int(time.time()) + LIFETIME
    with path.open("w") as out:
        out.write("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,")
        out.write("user_context\n")
        for number in numbers:
            where = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            who = f"02:00:0a:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
            out.write(f"{where},{who},,{LIFETIME},{expire},{SUBNET},0,0,,0,\n")


def address(number: int) -> bytes:
    """The address of the client with this number."""
    return b"\x0a" + number.to_bytes(3, "big")


def hardware_address(number: int) -> bytes:
    """Its hardware address."""
    return b"\2\0" + address(number)
