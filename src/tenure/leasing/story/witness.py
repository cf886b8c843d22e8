"""Seeing which functions a decision calls, with what and with what result, while it is made by the very same code.

A second telling of the rules, written beside them, would be wrong sooner or later; calls that report themselves would
cost time with every packet. Python's profiler hook costs nothing until a witness is there
(docs/decisions/0018-a-witness-tells-the-story.md).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

ROOMS = ("tenure.leasing.", "tenure.naming.", "tenure.dhcpwire.identity")
_OURS = "tenure."


@dataclass(slots=True)
class Call:
    """One call of a function of these rooms."""

    function: str  # `leasing.v4.link:SubnetTable.link_of`
    arguments: Mapping[str, Any]  # as they were when it was called
    result: Any = None
    inner: list[Call] = field(default_factory=list)  # the calls that it made

    def within(self, function: str) -> Iterator[Call]:
        """The calls of this function below this one, at any depth."""
        for call in self.inner:
            if call.function == function:
                yield call
            yield from call.within(function)


@contextmanager
def witnessed() -> Iterator[list[Call]]:
    """What is called inside, as a list that fills: the outermost calls, with those that they made."""
    seen: list[Call] = []
    under_way: list[tuple[FrameType, Call]] = []

    def watch(frame: FrameType, event: str, result: Any) -> None:
        if event == "call":
            module = frame.f_globals.get("__name__", "")
            if module.startswith(ROOMS):
                name = f"{module.removeprefix(_OURS)}:{frame.f_code.co_qualname}"
                under_way.append((frame, Call(name, dict(frame.f_locals))))
        elif event == "return" and under_way and under_way[-1][0] is frame:
            _, call = under_way.pop()
            call.result = result
            (under_way[-1][1].inner if under_way else seen).append(call)

    before: Callable[..., Any] | None = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(before)
