"""The leases in an agent's memory, so that its DHCP client asks for the same ones after a start: rows and values."""

from __future__ import annotations

import json
import math
from typing import Final

from tenure.dhcpwire.fqdn import ClientFqdn
from tenure.ledger.session import Row
from tenure.obtaining.lease import Lease, Route

COLUMNS: Final = (
    "interface, family, address, prefix_length, server, told, seconds, preferred_seconds, bound_at, renew_at, "
    "rebind_at, until_at"
)
ALL_LEASES: Final = f"select {COLUMNS} from agent_lease order by interface, family"
PUT_LEASE: Final = f"insert or replace into agent_lease ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
DROP_LEASE: Final = "delete from agent_lease where interface = ? and family = ?"
_NO_ANSWER: Final[ClientFqdn | None] = None  # what was answered is the promise, which has a table of its own


def family_of(lease: Lease) -> int:
    """4 or 6."""
    return 6 if lease.is_v6 else 4


def lease_row(interface: str, lease: Lease) -> tuple[object, ...]:
    """The row of a lease. A time without an end is null."""
    told = {
        "routes": [[one.destination.hex(), one.length, one.gateway.hex()] for one in lease.routes],
        "name-servers": [one.hex() for one in lease.name_servers],
        "domains": [one.hex() for one in lease.domains],
    }
    times = [None if math.isinf(at) else at for at in (lease.renew_at, lease.rebind_at, lease.until_at)]
    return (
        *(interface, family_of(lease), lease.address, lease.prefix_length, lease.server, json.dumps(told)),
        *(lease.seconds, lease.preferred_seconds, lease.bound_at, *times),
    )


def lease_of(row: Row) -> tuple[str, Lease]:
    """Interface and lease of a row."""
    told = json.loads(row[5])
    renew_at, rebind_at, until_at = row[9:12]
    lease = Lease(
        row[2],
        row[3],
        row[4],
        tuple(Route(bytes.fromhex(to), int(length), bytes.fromhex(via)) for to, length, via in told["routes"]),
        tuple(bytes.fromhex(one) for one in told["name-servers"]),
        tuple(bytes.fromhex(one) for one in told["domains"]),
        _NO_ANSWER,
        row[6],
        row[7],
        row[8],
        math.inf if renew_at is None else renew_at,
        math.inf if rebind_at is None else rebind_at,
        math.inf if until_at is None else until_at,
    )
    return row[0], lease
