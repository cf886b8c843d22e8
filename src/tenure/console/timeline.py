"""`tenure history`: the newest events of both halves, and who held an address at a time."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.console.chain import ChainLine, HeldLine, chain_line
from tenure.console.subject import Subject
from tenure.console.words import address_text, client_text, hardware_text, name_text, time_text
from tenure.ledger.history import EventFilter, StoredEvent
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.zones import ZoneLedger


def recent_lines(
    subject: Subject | None,
    leases: LeaseLedger,
    zones: ZoneLedger | None,
    since: float | None,
    until: float | None,
    kind: str | None,
    limit: int,
) -> Iterator[ChainLine]:
    """The newest events that tell of the subject, in the order of time."""
    histories = [leases.history, *([zones.history] if zones else [])]
    found: list[tuple[float, int, StoredEvent]] = []
    for half, history in enumerate(histories):
        for wanted in _filters(subject, since, until, kind, limit):
            found += [(stored.event.at, half, stored) for stored in history.events(wanted)]
    ordered = sorted(found, key=lambda entry: (entry[0], entry[1], entry[2].id))
    return (chain_line(stored.event) for _, _, stored in ordered[-limit:])


def _filters(
    subject: Subject | None, since: float | None, until: float | None, kind: str | None, limit: int
) -> list[EventFilter]:
    def one(
        address: bytes | None = None,
        hardware: bytes | None = None,
        client: bytes | None = None,
        name: bytes | None = None,
        correlation: str | None = None,
    ) -> EventFilter:
        return EventFilter(address, name, client, hardware, correlation, kind, since, until, limit=limit)

    if subject is None:
        return [one()]
    if subject.names:
        return [one(name=name) for name in subject.names]
    return [one(subject.address, subject.hardware, subject.client, None, subject.correlation)]


def holder_lines(leases: LeaseLedger, address: bytes, at: float) -> Iterator[HeldLine]:
    """Who held the address at that time; no line: nobody, as far as the history goes back."""
    held = leases.history.holder_at(address, at)
    if held is not None:
        yield HeldLine(
            address=address_text(address),
            client=client_text(held.client),
            hardware=hardware_text(held.hardware),
            name=name_text(held.name),
            since=time_text(held.confirmed_at),
            until=time_text(held.ended_at),
        )
