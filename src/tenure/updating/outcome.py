"""From the end of a task to what the ledger records of it: the outcome, and the entry of the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.naming.event import Event
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Confirmed, Direction, Outcome, State
from tenure.updating.plan import FORWARD_REFUSED, LEASE_OVER, OTHERS_NAME
from tenure.updating.retry import OVER_SECONDS, REMOVAL_SECONDS, backoff_seconds
from tenure.updating.task import Ending, Step, Task, Verdict

# Whose record it was that the last pass of reconciling found changed: not the client, but the server had written it.
_WAS_OURS: Final = frozenset({Reason.RECORD_MISSING, Reason.RECORD_CHANGED})
_WRITTEN: Final = {reason: reason.value for reason in Reason}  # plain text, which database drivers take at once


class Settled(NamedTuple):
    """What one ending comes to; a failure that repeats itself makes no second entry in the history."""

    outcome: Outcome
    event: Event | None


def settle(task: Task, ending: Ending, now: float, jitter: float) -> Settled:
    """The outcome of a task that ended `now`; `jitter` in [0, 1) spreads the next tries."""
    if task.step is Step.LOOK and ending.verdict is not Verdict.RETRY:
        return _looked(task, ending, now)
    if ending.verdict is Verdict.DONE:
        return _removed(task, ending, now) if task.removes else _confirmed(task, ending, now)
    if ending.reason is Reason.CLIENT_WROTE and task.part.reason in _WAS_OURS:
        ending = ending._replace(reason=Reason.MARKER_GONE)
    if ending.verdict is Verdict.REFUSED and not task.removes:
        if ending is OTHERS_NAME and _may_be_written(task):
            outcome = _outcome(task, ending, State.REMOVING, now, 0)
        else:
            outcome = _outcome(task, ending, State.REFUSED, None, task.part.attempts)
        return Settled(outcome, _event(task, ending, now, "registration-refused"))
    if ending.reason is Reason.TXT_MARKER:  # the ledger is asked whose it would be, and it goes on at once
        return Settled(_outcome(task, ending, State(task.part.state), now, task.part.attempts), None)
    if ending is LEASE_OVER:  # its withdrawal is what happens to it next, unless it is renewed after all
        return Settled(_outcome(task, ending, State(task.part.state), now + OVER_SECONDS, task.part.attempts), None)
    return _failed(task, ending, now, jitter)


def reverse_after_look(forward: Task, now: float) -> Settled | None:
    """The reverse record that waits because another lease has the name: this client has it too, as was seen."""
    part = forward.row.reverse
    if forward.row.holder_at is None and (part.state, part.reason) != (State.REFUSED, Reason.NAME_TAKEN):
        return None
    task = forward._replace(direction=Direction.REVERSE)
    return Settled(_outcome(task, Ending(Verdict.RETRY, Reason.WAITING, ""), State.PENDING, now, 0), None)


def is_confirmed(task: Task, ending: Ending) -> bool:
    """Whether the authoritative server has the records of the task now."""
    return ending.verdict is Verdict.DONE and not task.removes and task.step is not Step.LOOK


def with_upgraded(task: Task, ending: Ending) -> Task:
    """A reverse task that has waited for this end of the forward one: it knows how the name was proved."""
    if ending.reason is not Reason.MARKER_UPGRADED:
        return task
    forward = task.row.forward._replace(reason=_WRITTEN[ending.reason])
    return task._replace(row=task.row._replace(forward=forward))


def settle_confirmed(tasks: Sequence[Task], ending: Ending, now: float) -> Confirmed:
    """What `settle` gives for each of these tasks, which one answer has confirmed."""
    direction = tasks[0].direction
    detail, event_detail = _details(direction, ending)
    rows = [task.row for task in tasks]
    return Confirmed(rows, direction, now, _WRITTEN[ending.reason], detail, ending.cause, event_detail)


def reverse_after_refusal(forward: Task, planned: Task | None, now: float) -> Settled | None:
    """What the reverse record comes to when the forward claim turned out to be somebody else's name.

    `planned` is the reverse task that waited for it. What was, or may have been, written before is taken away.
    """
    part = forward.row.reverse
    if planned is not None and not _may_be_written(planned):
        return settle(planned, FORWARD_REFUSED, now, 0.0)
    if part.state not in {State.REGISTERED, State.PENDING}:
        return None
    task = forward._replace(direction=Direction.REVERSE)
    return Settled(_outcome(task, FORWARD_REFUSED, State.REMOVING, now, 0), None)


def _confirmed(task: Task, ending: Ending, now: float) -> Settled:
    outcome = _outcome(task, ending, State.REGISTERED, None, 0)
    return Settled(outcome, _event(task, ending, now, "registration-confirmed"))


def _looked(task: Task, ending: Ending, now: float) -> Settled:
    """What was found where the client was to write: it is not looked for again before the client says so again."""
    if ending.verdict is Verdict.REFUSED:
        outcome = _outcome(task, ending, State.MISSING, None, 0)
        return Settled(outcome, _event(task, ending, now, "client-silent"))
    seen = ending.reason is Reason.CLIENT_UPDATED
    outcome = _outcome(task, ending, State.CLIENT, None, 0)
    return Settled(outcome, _event(task, ending, now, "client-updated") if seen else None)


def _removed(task: Task, ending: Ending, now: float) -> Settled:
    refusal = _refusal(task)
    if refusal is not None:  # still wanted, but the name is another's: that is what its state says
        outcome = _outcome(task, refusal, State.REFUSED, None, 0)
        if ending.reason is Reason.NOT_OURS:  # there was nothing, as there mostly is not
            return Settled(outcome, None)
    else:
        outcome = _outcome(task, ending, State.NONE, None, 0)
    return Settled(outcome, _event(task, ending, now, "registration-removed"))


def _refusal(task: Task) -> Ending | None:
    """Why a reverse record that its lease still wants is taken away."""
    if task.direction is not Direction.REVERSE or task.row.cause:
        return None
    if task.row.forward.reason in NAME_REFUSALS:
        return FORWARD_REFUSED
    return OTHERS_NAME if task.part.reason == Reason.NAME_TAKEN else None


def _may_be_written(task: Task) -> bool:
    """Whether a record may be in DNS already: it was tried before, or claimed."""
    return bool(task.part.attempts) or task.row.generation > 1


def _failed(task: Task, ending: Ending, now: float, jitter: float) -> Settled:
    part = task.part
    attempts = part.attempts + 1
    if ending.verdict is Verdict.REFUSED:
        due_at = now + REMOVAL_SECONDS * (1.0 - jitter / 2.0)
    else:
        due_at = now + backoff_seconds(attempts, jitter)
    outcome = _outcome(task, ending, State(part.state), due_at, attempts)
    if task.step is Step.ADOPT:  # by its reason the next try is known to be at a person's word too
        outcome = outcome._replace(reason=_WRITTEN[Reason.NAME_ADOPTED])
    if task.removes and _refusal(task) is OTHERS_NAME:
        outcome = outcome._replace(reason=_WRITTEN[Reason.NAME_TAKEN])
    told = part.attempts and part.reason == outcome.reason
    return Settled(outcome, None if told else _event(task, ending, now, "registration-failed"))


def _outcome(task: Task, ending: Ending, state: State, due_at: float | None, attempts: int) -> Outcome:
    name, address, dhcid = task.row[:3]
    detail, _ = _details(task.direction, ending)
    reason = _WRITTEN[ending.reason]
    generation = task.row.generation
    return Outcome(name, address, dhcid, generation, task.direction, state, reason, detail, due_at, attempts)


def _event(task: Task, ending: Ending, now: float, kind: str) -> Event:
    row = task.row
    _, detail = _details(task.direction, ending)
    return Event(now, kind, "updater", ending.cause, row.correlation, row.address, row.name, detail=detail)


def _details(direction: Direction, ending: Ending) -> tuple[str, str]:
    """What the row and its event say beside reason and cause."""
    by = f", {ending.server}" if ending.server else ""
    return f"{ending.cause}{by}", f"{direction}, {ending.reason}{by}"
