"""Leases and registrations for people: filters and pages, off the hot path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tenure.dnswire.name import Name
from tenure.leasing.lease import Lease
from tenure.ledger.batch import lease_of, leases_of
from tenure.ledger.registrations import COLUMNS, Key, registration_of
from tenure.ledger.session import Session
from tenure.ledger.statements import LEASE_COLUMNS
from tenure.naming.registration import Direction, Registration


@dataclass(frozen=True, slots=True)
class LeaseFilter:
    """Which leases; everything that is set must hold."""

    first: bytes | None = None  # lowest address
    last: bytes | None = None  # highest address
    subnet_id: int | None = None
    client: bytes | None = None
    hardware: bytes | None = None
    fqdn: Name | None = None
    state: int | None = None  # a LeaseState
    after: bytes | None = None  # exclusive: the last address of the page before
    limit: int = 100


@dataclass(frozen=True, slots=True)
class RegistrationFilter:
    """Which registrations; everything that is set must hold."""

    name: Name | None = None
    address: bytes | None = None
    state: str | None = None  # a State, in either direction
    after: Key | None = None  # exclusive: the key of the last row of the page before
    limit: int = 100
    by_address: bool = False  # in the order of addresses, then names


def read_leases(session: Session, wanted: LeaseFilter) -> list[Lease]:
    """Leases by address."""
    where, parameters = _where(
        ("address >= ?", wanted.first),
        ("address <= ?", wanted.last),
        ("subnet_id = ?", wanted.subnet_id),
        ("client = ?", wanted.client),
        ("hardware = ?", wanted.hardware),
        ("fqdn = ?", wanted.fqdn),
        ("state = ?", wanted.state),
        ("address > ?", wanted.after),
    )
    statement = session.sql(f"select {LEASE_COLUMNS} from lease {where} order by address limit ?")
    return leases_of(session.rows(statement, (*parameters, wanted.limit)))


def read_lease_over(session: Session, address: bytes) -> Lease | None:
    """The row of an address, or of the prefix that it is in."""
    statement = session.sql(
        f"select {LEASE_COLUMNS} from lease where address >= ? and address <= ? and length(address) = ? "
        "order by address desc limit 1"
    )
    # delegated prefixes are longer than 16 bits, and no lease lies within another one's prefix
    lowest = address[:2] + bytes(len(address) - 2)
    row = session.one(statement, (lowest, address, len(address)))
    found = None if row is None else lease_of(row)
    return None if found is None or found.last_address < address else found


def read_registrations(session: Session, wanted: RegistrationFilter) -> list[Registration]:
    """Registrations by name, address and DHCID, or by address, name and DHCID."""
    order, after = "name, address, dhcid", wanted.after
    if wanted.by_address:
        order = "address, name, dhcid"
        after = after and (after[1], after[0], after[2])
    where, parameters = _where(
        ("name = ?", wanted.name),
        ("address = ?", wanted.address),
        ("? in (forward_state, reverse_state)", wanted.state),
        (f"({order}) > (?, ?, ?)", after),
    )
    statement = session.sql(f"select {COLUMNS} from registration {where} order by {order} limit ?")
    return [registration_of(row) for row in session.rows(statement, (*parameters, wanted.limit))]


def read_changed_registrations(
    session: Session, direction: Direction, since: float, limit: int
) -> list[tuple[Name, bytes, float]]:
    """Names and addresses of what is wanted and changed its state in this direction since then, and when it did."""
    changed_at = f"{direction}_changed_at"
    statement = session.sql(
        f"select name, address, {changed_at} from registration where {changed_at} >= ? and cause = '' limit ?"
    )
    return [(name, address, at) for name, address, at in session.rows(statement, (since, limit))]


def _where(*conditions: tuple[str, Any]) -> tuple[str, list[Any]]:
    """The clause of the conditions whose value is set; a tuple stands for several parameters."""
    parts: list[str] = []
    parameters: list[Any] = []
    for condition, value in conditions:
        if value is not None:
            parts.append(condition)
            parameters.extend(value if isinstance(value, tuple) else (value,))
    return (f"where {' and '.join(parts)}" if parts else ""), parameters
