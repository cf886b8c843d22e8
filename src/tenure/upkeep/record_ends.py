"""Records whose lifetime is over: they leave their zone as one change, and the history says so of each name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.authority.zone import Record, ZoneChange
from tenure.dnswire.codes import type_to_text
from tenure.dnswire.name import Name
from tenure.dnswire.rdata import soa_serial, with_serial
from tenure.dnswire.serial import next_serial
from tenure.naming.event import Event

RECORDS_ENDED: Final = "records-ended"
CAUSE: Final = "its lifetime ended"

_ADDRESS_SIZES: Final = {1: 4, 28: 16}  # A, AAAA


def end_records(
    soa: tuple[int, bytes], ended: Sequence[Record], now: float, correlation: str, view: str = ""
) -> tuple[ZoneChange, list[Event]]:
    """The change that takes exactly these records out of a zone with this SOA (TTL, RDATA), and its events.

    `view` is the one that the zone is in; empty: it is shared.
    """
    ttl, rdata = soa
    serial = next_serial(soa_serial(rdata))
    by_name: dict[Name, list[Record]] = {}
    for record in ended:
        by_name.setdefault(record.name, []).append(record)
    where = f"serial {serial} in view {view}" if view else f"serial {serial}"
    events = [_event(name, records, where, now, correlation) for name, records in by_name.items()]
    return ZoneChange(ttl, with_serial(rdata, serial), tuple(ended), ()), events


def _event(name: Name, records: Sequence[Record], where: str, now: float, correlation: str) -> Event:
    types = " ".join(f"-{type_to_text(record.rtype)}" for record in records)
    address = next((one.rdata for one in records if _ADDRESS_SIZES.get(one.rtype) == len(one.rdata)), None)
    detail = f"{where}: {types}"
    return Event(now, RECORDS_ENDED, "janitor", CAUSE, correlation, address, name, detail=detail)
