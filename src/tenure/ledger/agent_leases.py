"""The leases in an agent's memory, so that its DHCP client asks for the same ones after a start: rows and values."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from tenure.dhcpwire.fqdn import ClientFqdn
from tenure.obtaining.lease import Lease, Route

COLUMNS = (
    "interface, family, address, prefix_length, server, told, seconds, preferred_seconds, bound_at, renew_at, "
    "rebind_at, until_at"
)
ALL_LEASES = f"select {COLUMNS} from agent_lease order by interface, family"
PUT_LEASE = f"insert or replace into agent_lease ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
DROP_LEASE = "delete from agent_lease where interface = ? and family = ?"
_NO_ANSWER: ClientFqdn | None = None  # what was answered is the promise, which has a table of its own


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


def lease_of(row: Sequence[object]) -> tuple[str, Lease]:
    """Interface and lease of a row."""
    (interface, _, address, prefix_length, server, text, seconds, preferred, bound_at, *times) = row
    assert isinstance(address, bytes)
    assert isinstance(server, bytes)
    told = json.loads(str(text))
    renew_at, rebind_at, until_at = (math.inf if at is None else float(str(at)) for at in times)
    lease = Lease(
        address,
        int(str(prefix_length)),
        server,
        tuple(Route(bytes.fromhex(to), int(length), bytes.fromhex(via)) for to, length, via in told["routes"]),
        tuple(bytes.fromhex(one) for one in told["name-servers"]),
        tuple(bytes.fromhex(one) for one in told["domains"]),
        _NO_ANSWER,
        int(str(seconds)),
        int(str(preferred)),
        float(str(bound_at)),
        renew_at,
        rebind_at,
        until_at,
    )
    return str(interface), lease
