"""The two halves of the store: which versions their schemas have had, and where each keeps its own."""

from __future__ import annotations

from typing import Final, NamedTuple


class Schema(NamedTuple):
    """The schema of one half; the last of its versions is the one that this tenure knows. Versions are numbers."""

    half: str  # the folder of its migrations
    version_table: str
    versions: tuple[str, ...]
    file_suffix: str  # of its SQLite file


LEASE_SCHEMA: Final = Schema(
    "leases",
    "tenure_lease_schema",
    tuple(str(number) for number in range(1, 23)),
    "",
)
ZONE_SCHEMA: Final = Schema(
    "zones", "tenure_zone_schema", ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"), "-zones"
)
# Taken on PostgreSQL by who makes or upgrades tables: who comes second waits, and finds the work done.
UPGRADING: Final = "select pg_advisory_xact_lock(hashtext('tenure schema'))"

# No half, but kept in the same way: the memory of an agent.
AGENT_SCHEMA: Final = Schema("agent", "tenure_agent_schema", ("1", "2", "3"), "")
