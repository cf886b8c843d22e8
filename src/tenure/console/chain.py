"""The chain of events about one subject, across both histories, and who held which address when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tenure.console.subject import Subject
from tenure.console.words import address_text, client_text, hardware_text, name_text, printable, reason_text, time_text
from tenure.ledger.history import ENDING, HOLDING, EventFilter, History
from tenure.naming.event import Event
from tenure.naming.reverse import reverse_name

T = TypeVar("T")

MOST_RELATED = 100  # correlation ids and names that are followed
AFTERWARDS_SECONDS = 60.0  # what DNS was told this long after the last event still belongs to it


@dataclass(frozen=True, slots=True)
class ChainLine:
    """One event, as it is shown."""

    time: str
    correlation: str
    actor: str
    event: str
    name: str
    address: str
    client: str
    cause: str
    detail: str


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One address that one client held for a time."""

    address: str
    client: str
    hardware: str
    name: str
    since: str
    until: str


def chain_line(event: Event) -> ChainLine:
    """The row of one event."""
    return ChainLine(
        time=time_text(event.at),
        correlation=event.correlation,
        actor=printable(event.actor),
        event=event.kind,
        name=name_text(event.name),
        address=address_text(event.address),
        client=client_text(event.client),
        cause=printable(reason_text(event.cause)),
        detail=printable(event.detail),
    )


def gather(subject: Subject, histories: Sequence[History], limit: int) -> list[Event]:
    """The newest events about the subject, and those that share a correlation id or a name with them; by time."""
    found: dict[tuple[int, int], Event] = {}

    def collect(wanted: EventFilter) -> list[Event]:
        new = []
        for half, history in enumerate(histories):
            for stored in history.events(wanted):
                if (half, stored.id) not in found:
                    found[half, stored.id] = stored.event
                    new.append(stored.event)
        return new

    direct = [event for wanted in _filters(subject) for event in collect(replace(wanted, limit=limit))]
    related = list(direct)
    for correlation in _newest(direct, lambda event: event.correlation):
        related += collect(EventFilter(correlation=correlation, limit=limit))
    if related:
        since, until = min(event.at for event in related), max(event.at for event in related) + AFTERWARDS_SECONDS
        reverse = [reverse_name(address) for address in _newest(related, lambda event: event.address)]
        for name in [*_newest(related, lambda event: event.name), *reverse]:
            collect(EventFilter(name=name, since=since, until=until, limit=limit))
    ordered = [event for _, event in sorted(found.items(), key=lambda item: (item[1].at, item[0]))]
    return ordered[-limit:]


def _filters(subject: Subject) -> list[EventFilter]:
    if subject.address is not None:
        return [EventFilter(address=subject.address)]
    if subject.hardware is not None:
        return [EventFilter(hardware=subject.hardware)]
    if subject.client is not None:
        return [EventFilter(client=subject.client)]
    filters = [EventFilter(name=name) for name in subject.names]
    return filters + ([EventFilter(correlation=subject.correlation)] if subject.correlation else [])


def _newest(events: Iterable[Event], value_of: Callable[[Event], T | None]) -> list[T]:
    """The different values of the newest events."""
    ordered = sorted(events, key=lambda event: event.at, reverse=True)
    values = dict.fromkeys(value for event in ordered if (value := value_of(event)))
    return list(values)[:MOST_RELATED]


def held_lines(events: Iterable[Event]) -> list[HeldLine]:
    """Who held which address when, by the events of leases in the order of time; `until` is empty while it lasts."""
    holding: dict[bytes, tuple[Event, float]] = {}  # the last event of the holder, and since when
    lines: list[HeldLine] = []

    def close(address: bytes, until: float | None) -> None:
        event, since = holding.pop(address)
        lines.append(
            HeldLine(
                address=address_text(address),
                client=client_text(event.client),
                hardware=hardware_text(event.hardware),
                name=name_text(event.name),
                since=time_text(since),
                until=time_text(until),
            )
        )

    for event in events:
        if event.address is None:
            continue
        held = holding.get(event.address)
        if event.kind in HOLDING:
            if held is not None and held[0].client != event.client:
                close(event.address, event.at)
                held = None
            holding[event.address] = (event, held[1] if held else event.at)
        elif event.kind in ENDING and held is not None:
            close(event.address, event.at)
    for address in list(holding):
        close(address, None)
    return lines
