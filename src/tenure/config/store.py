"""`[store]`: where state is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tenure.config.fields import StoreUrl
from tenure.config.section import Section


class Store(Section):
    """Where leases, registrations, zones and history are kept."""

    url: StoreUrl = "sqlite:tenure.db"
    """`sqlite:PATH`, relative to this file, or a `postgresql://` URL."""

    history_days: Annotated[int, Field(ge=1, le=36500)] = 90
    """How long the history is kept, in days."""

    history_entries: Annotated[int, Field(ge=1000, le=2**40)] = 20_000_000
    """How many entries of the history are kept at most; the oldest go first."""

    journal_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """How long the changes of zones are kept for incremental transfers (IXFR), in days."""
