"""Which classes a packet was found to be in, in words; both protocols have them. See `arranging`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tenure.leasing.story.line import Line, Topic
from tenure.leasing.story.witness import Call


def _classified(call: Call) -> Iterator[Line]:
    names = ", ".join(call.result)
    yield Line(Topic.CLIENT, f"it is in the classes {names}" if names else "it is in no class that anything speaks of")


def _required(call: Call) -> Iterator[Line]:
    more = [name for name in call.result if name not in call.arguments["classes"]]
    asked = ", ".join(call.arguments["names"])
    found = f"it is in {', '.join(more)}" if more else "it is in none of them"
    yield Line(Topic.CLIENT, f"here it is tested for {asked} too: {found}")


AFTER: dict[str, Callable[[Call], Iterator[Line]]] = {
    "leasing.classes:ClassTable.classify": _classified,
    "leasing.classes:ClassTable.require": _required,
}
