"""What a probe said and heard, as it is shown and printed as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.console.packet_lines import FieldLine, field_lines
from tenure.console.probe.asking import Told


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message that was sent or received."""

    direction: str  # sent, received
    message: str
    peer: str
    milliseconds: float  # of an answer: since its question was sent first
    note: str
    octets: str  # hex
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True)
class ProbeLine:
    """One client's exchange."""

    hardware: str
    done: bool
    outcome: str
    address: str
    messages: tuple[MessageLine, ...]


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """Everything, as JSON."""

    probes: tuple[ProbeLine, ...]


def message_line(told: Told) -> MessageLine:
    """The line of a message."""
    return MessageLine(
        "sent" if told.sent else "received",
        told.kind,
        told.peer,
        round(told.seconds * 1000, 3),
        told.note,
        told.octets.hex(),
        field_lines(told.rows),
    )
