"""Kea's lease database on PostgreSQL, read as it is at one moment, never written. Imported only where it is followed.

The tables are Kea's `lease4` and `lease6`. In them `expire` is the end of the lease, a lifetime of 2**32 - 1 is without
end, and IPv6 addresses are text in the schema of Kea 2.2 and `inet` since 2.3.8. A lease that was deleted has no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import psycopg
from psycopg import conninfo

from tenure.hearing.entry import Entry
from tenure.hearing.memfile import client_key, entry_of
from tenure.ledger.errors import LedgerUnavailable, LedgerUnusable

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 60
_PAGE = 2000  # rows fetched at a time

_LEASES4 = """\
select address, hwaddr, client_id, valid_lifetime, extract(epoch from expire)::bigint,
fqdn_fwd, fqdn_rev, hostname, state from lease4"""
_LEASES6 = """\
select host(address::text::inet), duid, valid_lifetime, extract(epoch from expire)::bigint,
fqdn_fwd, fqdn_rev, hostname, state from lease6 where lease_type = 0"""
_TABLES = """\
select count(*) from pg_tables
where tablename in ('lease4', 'lease6') and schemaname = any(current_schemas(false))"""


class KeaLeases:
    """The leases of a database, by a connection that is made when it is needed."""

    def __init__(self, url: str) -> None:
        try:
            options = f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c default_transaction_read_only=on"
            self._conninfo = conninfo.make_conninfo(
                url, connect_timeout=CONNECT_SECONDS, options=options, application_name="tenure follower"
            )
        except psycopg.ProgrammingError as error:
            raise LedgerUnusable(f"the URL of the lease source is not one that PostgreSQL knows: {error}") from error
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    @property
    def place(self) -> str:
        """The address of the database without user and password."""
        known = conninfo.conninfo_to_dict(self._conninfo)
        return f"{known.get('host') or 'local socket'}:{known.get('port') or 5432}/{known.get('dbname') or ''}"

    def entries(self) -> Iterator[Entry]:
        """Every lease, as they all are at one moment; rows that cannot be read are left out.

        `LedgerUnavailable`, also in the midst of it: then what was given is not all.
        """
        try:
            connection = self._connect()
            with connection.transaction():
                connection.execute("set transaction isolation level repeatable read, read only")
                found = connection.execute(_TABLES).fetchone()
                if found is None or not found[0]:
                    raise LedgerUnavailable(self.place, "it has neither lease4 nor lease6: it is no database of Kea")
                for statement, read in ((_LEASES4, _entry4), (_LEASES6, _entry6)):
                    with connection.cursor(name="tenure_follower") as cursor:
                        cursor.itersize = _PAGE
                        cursor.execute(statement)
                        yield from map(read, cursor)
        except psycopg.Error as error:
            self.close()
            raise LedgerUnavailable(self.place, str(error).strip().partition("\n")[0]) from error

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._conninfo, autocommit=True)
        return self._connection


def _entry4(row: tuple[Any, ...]) -> Entry:
    address, hardware, client_id, lifetime, expire, forward, reverse, host_name, state = row
    client = client_key(bytes(hardware or b""), bytes(client_id or b""))
    octets = int(address).to_bytes(4, "big")
    return entry_of(octets, client, _text(host_name), int(lifetime or 0), int(expire), int(state), (forward, reverse))


def _entry6(row: tuple[Any, ...]) -> Entry:
    address, duid, lifetime, expire, forward, reverse, host_name, state = row
    client = client_key(duid=bytes(duid or b""))
    octets = ip_address(address).packed
    return entry_of(octets, client, _text(host_name), int(lifetime or 0), int(expire), int(state), (forward, reverse))


def _text(host_name: str | None) -> bytes:
    return (host_name or "").encode()
