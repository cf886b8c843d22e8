"""Kea's lease database on PostgreSQL, read as it is at one moment, never written. Imported only where it is followed.

The tables are Kea's `lease4` and `lease6`. In them `expire` is the end of the lease, a lifetime of 2**32 - 1 is without
end, and IPv6 addresses are text in the schema of Kea 2.2 and `inet` since 2.3.8. A lease that was deleted has no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from typing import Any, TypeAlias

import psycopg
from psycopg import conninfo

from tenure.hearing.entry import Entry
from tenure.hearing.memfile import client_key, entry_of
from tenure.ledger.errors import LedgerUnavailable, LedgerUnusable
from tenure.naming.ttl import INFINITE

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 60
_PAGE = 2000  # rows fetched at a time

# Of a time that is infinite PostgreSQL makes no number; nor has every row one.
_EXPIRE = "case when isfinite(expire) then extract(epoch from expire)::bigint end"
_LEASES4 = f"""\
select address, hwaddr, client_id, valid_lifetime, {_EXPIRE},
fqdn_fwd, fqdn_rev, hostname, state from lease4"""
_LEASES6 = f"""\
select host(address::text::inet), duid, valid_lifetime, {_EXPIRE},
fqdn_fwd, fqdn_rev, hostname, state from lease6 where lease_type = 0"""
_TABLES = """\
select count(*) from pg_tables
where tablename in ('lease4', 'lease6') and schemaname = any(current_schemas(false))"""


_Row: TypeAlias = tuple[Any, ...]


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
        self._connection: psycopg.Connection[_Row] | None = None
        self.unreadable = 0
        """Rows of the last look that could not be read."""

    @property
    def place(self) -> str:
        """The address of the database without user and password."""
        known = conninfo.conninfo_to_dict(self._conninfo)
        return f"{known.get('host') or 'local socket'}:{known.get('port') or 5432}/{known.get('dbname') or ''}"

    def entries(self) -> Iterator[Entry]:
        """Every lease, as they all are at one moment; rows that cannot be read are left out.

        `LedgerUnavailable`, also in the midst of it: then what was given is not all.
        """
        self.unreadable = 0
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
                        yield from self._readable(read, cursor)
        except psycopg.Error as error:
            self.close()
            cause = str(error).strip().partition("\n")[0]
            if isinstance(error, psycopg.errors.InsufficientPrivilege):
                cause += "; let its user read both tables: grant select on lease4, lease6 to ..."
            raise LedgerUnavailable(self.place, cause) from error

    def _readable(self, read: Callable[[_Row], Entry], rows: Iterable[_Row]) -> Iterator[Entry]:
        for row in rows:
            try:
                yield read(row)
            except (ValueError, TypeError, OverflowError):
                self.unreadable += 1

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> psycopg.Connection[_Row]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._conninfo, autocommit=True)
        return self._connection


def _entry4(row: _Row) -> Entry:
    address, hardware, client_id, lifetime, expire, forward, reverse, host_name, state = row
    client = client_key(bytes(hardware or b""), bytes(client_id or b""))
    octets = int(address).to_bytes(4, "big")
    return entry_of(
        octets, client, _text(host_name), int(lifetime or 0), _expire(expire, lifetime), int(state), (forward, reverse)
    )


def _entry6(row: _Row) -> Entry:
    address, duid, lifetime, expire, forward, reverse, host_name, state = row
    client = client_key(duid=bytes(duid or b""))
    octets = ip_address(address).packed
    return entry_of(
        octets, client, _text(host_name), int(lifetime or 0), _expire(expire, lifetime), int(state), (forward, reverse)
    )


def _expire(expire: int | None, lifetime: int | None) -> int:
    """The end; of a lease without one no row need speak. `ValueError` where one is missing."""
    if expire is None and lifetime != INFINITE:
        raise ValueError("it has no end")
    return int(expire or 0)


def _text(host_name: str | None) -> bytes:
    return (host_name or "").encode()
