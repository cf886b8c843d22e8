"""Rows for tests of the ledger, short to write: addresses by number, leases and claims with fitting defaults."""

from __future__ import annotations

import select
from typing import Any

import sqlalchemy

from tenure.authority.zone import Record
from tenure.dnswire.name import from_text
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.ledger.session import Listener
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Outcome, Registration, State, Want, Withdraw

NOW = 1_700_000_000


def address(number: int) -> bytes:
    """10.1.0.0 plus the number."""
    return (0x0A010000 + number).to_bytes(4, "big")


def client(number: int) -> bytes:
    """The identity key of a client without a client identifier."""
    return b"\x00\x01" + number.to_bytes(6, "big")


def lease(number: int, holder: int | None, **fields: Any) -> Lease:
    """A lease of address `number`, bound to client `holder` for an hour from `NOW` on."""
    row = Lease(
        address=address(number),
        subnet_id=1,
        client=None if holder is None else client(holder),
        hardware=b"\x01" + (holder or 0).to_bytes(6, "big"),
        state=LeaseState.BOUND,
        started_at=NOW,
        ends_at=NOW + 3600,
        valid_lifetime=3600,
        heard_name=f"host{holder}",
        fqdn=name(f"host{holder}"),
        dhcid=dhcid(holder or 0),
        forward=True,
        reverse=False,
        reason=Reason.HOST_NAME,
        relay=None,
        correlation="c-1",
    )
    return row._replace(**fields)


def put_before(connection: sqlalchemy.Connection, row: Lease, column: str) -> None:
    """Write a lease into a store of a time before this column and those behind it."""
    columns = row._fields[: row._fields.index(column)]
    words = f"insert into lease ({', '.join(columns)}) values ({', '.join(':' + one for one in columns)})"
    connection.execute(sqlalchemy.text(words), {one: getattr(row, one) for one in columns})


def name(label: str) -> bytes:
    """The label below example.test."""
    return from_text(f"{label}.example.test.")


def dhcid(holder: int) -> bytes:
    """The DHCID of a client."""
    return b"\x00\x00\x01" + holder.to_bytes(32, "big")


def want(label: str, number: int, holder: int, **fields: Any) -> Want:
    """The claim of both directions by a client."""
    claim = Want(name(label), address(number), dhcid(holder), 1200, True, True, NOW + 3600, "c-1")
    return claim._replace(**fields)


def withdraw(claim: Want, cause: str = Reason.LEASE_EXPIRED) -> Withdraw:
    """The end of a claim."""
    return Withdraw(claim.name, claim.address, claim.dhcid, cause, "c-2")


def event(kind: str, at: float, **fields: Any) -> Event:
    """An entry of the history."""
    return Event(at, kind, "dhcp4", "REQUEST SELECTING", "c-1")._replace(**fields)


def outcomes(row: Registration, state: State, *directions: Direction, **fields: Any) -> list[Outcome]:
    """The same outcome for these directions of a row, or for both."""
    return [
        Outcome(
            *(row.name, row.address, row.dhcid, row.generation, direction, state, Reason.CONFIRMED, "", None, 0)
        )._replace(**fields)
        for direction in directions or tuple(Direction)
    ]


def changes(*parts: Lease | Want | Withdraw | Event, dropped: tuple[bytes, ...] = ()) -> Changes:
    """One decision with all of these; `dropped` are addresses."""
    return Changes(
        leases=tuple(part for part in parts if isinstance(part, Lease)),
        dropped=dropped,
        wants=tuple(part for part in parts if isinstance(part, Want)),
        withdraws=tuple(part for part in parts if isinstance(part, Withdraw)),
        events=tuple(part for part in parts if isinstance(part, Event)),
    )


def soa(serial: int) -> bytes:
    """RDATA of an SOA record with that serial."""
    return from_text("ns.example.test.") + from_text("hostmaster.example.test.") + serial.to_bytes(4, "big") + bytes(16)


def a_record(label: str, number: int, ttl: int = 300) -> Record:
    """An address record below example.test."""
    return Record(name(label), 1, ttl, address(number))


def hears(listener: Listener, seconds: float = 10.0) -> bool:
    """Whether the listener hears something within that time; a notification comes a moment after its commit."""
    select.select([listener], [], [], seconds)
    return listener.drain()
