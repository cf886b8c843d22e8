"""The messages that a registration leads to, before any is sent: each step, and what each answer to it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tenure.dnswire.codes import Rcode
from tenure.naming.reason import Reason
from tenure.naming.registration import Registration
from tenure.updating.conflict import advance
from tenure.updating.messages import build_message
from tenure.updating.plan import Routed, make_plan
from tenure.updating.routing import Domain, Routes, mode_of
from tenure.updating.stage import Answered, Exchange, Stage
from tenure.updating.task import Ending, Step, Task

# Answers that prerequisites lead to. All others are the server's refusals and failures, the same in every step.
TELLING: Final = (Rcode.NOERROR, Rcode.YXDOMAIN, Rcode.YXRRSET, Rcode.NXDOMAIN, Rcode.NXRRSET)


def preview(row: Registration, routes: Routes, now: float) -> tuple[Exchange, ...]:
    """What the updater would do about a row, if it is due. It may know more by then, and begin at a later stage."""
    plan = make_plan(row, routes, now)
    found = [_exchange(routed, waits=False) for routed in plan.now]
    if plan.after_forward is not None:
        found.append(_exchange(plan.after_forward, waits=True))
    return tuple(found)


def _exchange(routed: Routed, *, waits: bool) -> Exchange:
    task, domain = routed
    if domain is None:
        return Exchange(task.direction, task.owner, None, (), "", waits, ())
    stages = tuple(_stages(task, domain))
    return Exchange(
        task.direction, task.owner, domain.zone, domain.servers, mode_of(task.row, domain).value, waits, stages
    )


def _stages(task: Task, domain: Domain) -> Iterator[Stage]:
    """The stages that can be reached, in the order in which they are met."""
    waiting = [task]
    met = {_place(task)}
    while waiting:
        task = waiting.pop(0)
        answers = [(rcode, advance(task, rcode, txt_markers=domain.txt_markers)) for rcode in TELLING]
        octets = build_message(0, domain.zone, mode_of(task.row, domain), task.step, [task])
        yield Stage(task.step.value, octets, tuple(_answered(*one) for one in answers if not _is_nonsense(one[1])))
        for _, leads_to in answers:
            if isinstance(leads_to, Task) and _place(leads_to) not in met:
                met.add(_place(leads_to))
                waiting.append(leads_to._replace(rounds=0))


def _place(task: Task) -> tuple[Step, int]:
    """Where a task stands: its step, and how many former claims it has still to take away."""
    return task.step, len(task.row.formers)


def _is_nonsense(leads_to: Task | Ending) -> bool:
    """Whether no prerequisite of the step can lead to the answer."""
    return isinstance(leads_to, Ending) and leads_to.reason is Reason.UPDATE_REJECTED


def _answered(rcode: Rcode, leads_to: Task | Ending) -> Answered:
    if isinstance(leads_to, Ending):
        return Answered(rcode.name, "", leads_to.reason.value)
    return Answered(rcode.name, leads_to.step.value, "")
