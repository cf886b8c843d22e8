"""Refused claims on names, with the reason that is recorded for each: read from the ledger, in its words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from tenure.console.demo.messages import text_of
from tenure.dnswire.name import to_text
from tenure.ledger.errors import LedgerError
from tenure.ledger.opening import open_leases
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import State

SHOWN = 100


class Refusal(NamedTuple):
    """One refused claim."""

    name: str
    address: str
    reason: str  # a Reason
    words: str


def read_refusals(url: str) -> list[Refusal]:
    """The refused claims that stand in the ledger now."""
    ledger = open_leases(url, upgrade=False)
    try:
        rows = ledger.registrations(RegistrationFilter(state=State.REFUSED, limit=SHOWN))
    finally:
        ledger.close()
    return [
        Refusal(to_text(row.name), text_of(row.address), row.forward.reason, WORDS[Reason(row.forward.reason)])
        for row in rows
        if row.forward.state == State.REFUSED
    ]


async def fetch_refusals(folder: Path) -> list[Refusal] | None:
    """The same without holding up the demo; None when the store cannot be read just now."""
    try:
        return await asyncio.to_thread(read_refusals, f"sqlite:{folder / 'tenure.db'}")
    except LedgerError:
        return None
