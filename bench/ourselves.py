"""How a benchmark starts tenure: the same command that an operator starts, over a ledger filled as leases fill it."""

from __future__ import annotations

import ipaddress
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tenure.dnswire import name as domain_name
from tenure.leasing.lease import Changes
from tenure.ledger.opening import open_ledger
from tenure.naming.registration import Want


def tenure_command(service: str, config: Path) -> list[str]:
    """The command line of one service."""
    return [sys.executable, "-m", "tenure", service, "-c", str(config)]


def fill_ledger(path: Path, names: Sequence[tuple[str, str, bytes]]) -> None:
    """A ledger in which each (name, address, DHCID) is wanted, forward and reverse, and due now."""
    now = int(time.time())
    wants = tuple(
        Want(
            domain_name.from_text(name),
            ipaddress.ip_address(address).packed,
            dhcid,
            1200,
            True,
            True,
            now + 86400,
            "bench",
        )
        for name, address, dhcid in names
    )
    with closing(open_ledger(f"sqlite:{path}")) as ledger:
        ledger.leases.transact(lambda batch: batch.apply(Changes(wants=wants)), now)
