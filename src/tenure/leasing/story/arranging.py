"""From the calls that a witness saw to the lines of a story."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tenure.leasing.story import classes, devices, names, pools
from tenure.leasing.story.line import Line, Topic
from tenure.leasing.story.witness import Call

Tellers = Mapping[str, Callable[[Call], Iterator[Line]]]  # by the function that was called

_ORDER = list(Topic)


def lines_of(calls: Sequence[Call], before: Tellers, after: Tellers) -> Iterator[Line]:
    """What each call says, in the order in which it was said: a rule that asks others speaks when they are done.

    `before` and `after` tell of a function when it was called and when it was done; so is told of classes, of naming,
    of devices and of pools.
    """
    shared = {**classes.AFTER, **names.AFTER, **devices.AFTER, **pools.AFTER}
    return _told(calls, {**before, **names.BEFORE}, {**after, **shared})


def _told(calls: Sequence[Call], before: Tellers, after: Tellers) -> Iterator[Line]:
    for call in calls:
        if call.function in before:
            yield from before[call.function](call)
        yield from _told(call.inner, before, after)
        if call.function in after:
            yield from after[call.function](call)


def arranged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """By topic, what was said twice once."""
    return tuple(sorted(dict.fromkeys(lines), key=lambda line: _ORDER.index(line.topic)))
