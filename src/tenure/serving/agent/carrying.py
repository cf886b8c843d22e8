"""Names of one zone at one server, step by step: in one message, and each alone where one stands in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tenure.dnswire.name import Name
from tenure.naming.reason import Reason
from tenure.naming.registration import State
from tenure.registering.entry import Place
from tenure.registering.steps import BLAMES_ONE, MOST_STEPS, Outcome, Task, advance, writes
from tenure.serving.agent.exchange import Exchange
from tenure.updating.task import Ending

MOST_NAMES = 100  # in a message
Intend = Callable[[Sequence[Task]], None]


async def carry(
    exchange: Exchange, place: Place, zone: Name, tasks: Sequence[Task], intend: Intend
) -> list[tuple[Task, Outcome]]:
    """Take all tasks to their ends; `intend` is told of those that will be written, before they are."""
    ended: list[tuple[Task, Outcome]] = []
    steps: Counter[Name] = Counter()
    waiting = list(tasks)
    alone: list[Task] = []
    text = f"{place[0]} port {place[1]}"
    while waiting or alone:
        batch = [alone.pop(0)] if alone else _same_step(waiting)
        if writes(batch[0]):
            intend(batch)
        answer = await exchange.update(place, zone, batch)
        if isinstance(answer, Ending):
            ended += [(task, Outcome(State.PENDING, answer.reason, answer.cause, text)) for task in batch]
            continue
        if len(batch) > 1 and answer in BLAMES_ONE:
            alone = batch
            continue
        lease = exchange.granted(place, zone) if writes(batch[0]) else 0
        for task in batch:
            steps[task.at] += 1
            after = advance(task, answer)
            if isinstance(after, Task) and steps[task.at] < MOST_STEPS:
                waiting.append(after)
            elif isinstance(after, Task):
                came_and_went = Outcome(State.PENDING, Reason.SERVER_FAILED, "the name came and went", text)
                ended.append((task, came_and_went))
            else:
                ended.append((task, after._replace(server=text, lease=lease)))
    return ended


def _same_step(waiting: list[Task]) -> list[Task]:
    """Those that are in the step of the first one and have its lease, as many as fit; they are taken out."""
    first = waiting[0]
    found = [task for task in waiting if task.step is first.step and task.lease == first.lease][:MOST_NAMES]
    waiting[:] = [task for task in waiting if task not in found]
    return found
