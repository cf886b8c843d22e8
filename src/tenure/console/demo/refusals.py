"""Refused claims on names, with the reason that is recorded for each: the rows of `tenure names --state refused`."""

from __future__ import annotations

import asyncio

from tenure.config.configuration import Configuration
from tenure.console.lines import NameLine, name_lines
from tenure.console.store import leases_to_show
from tenure.ledger.errors import LedgerError
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.registration import State


def read_refusals(configuration: Configuration) -> list[NameLine]:
    """The claims on names that are refused now."""
    with leases_to_show(configuration) as ledger:
        rows = name_lines(ledger, RegistrationFilter(state=State.REFUSED))
        return [row for row in rows if row.forward == State.REFUSED]


async def fetch_refusals(configuration: Configuration) -> list[NameLine] | None:
    """The same without holding up the demo; None when the store cannot be read just now."""
    try:
        return await asyncio.to_thread(read_refusals, configuration)
    except LedgerError:
        return None
