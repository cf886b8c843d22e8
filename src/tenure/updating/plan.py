"""What is due for a registration: which of its directions to take up now, and which waits for the other.

Forward first: a reverse record must not name a host whose claim to the name was refused (RFC 4703 section 5.4).
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from tenure.dnswire.name import Name, to_text
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Direction, Part, Registration, State
from tenure.updating.conflict import IF_IN_USE, first_step
from tenure.updating.routing import ConflictMode, Domain, Routes
from tenure.updating.task import Ending, Step, Task, Verdict

LEASE_OVER = Ending(Verdict.RETRY, Reason.LEASE_EXPIRED, "the lease is over")
FORWARD_REFUSED = Ending(Verdict.REFUSED, Reason.FORWARD_REFUSED, "forward was refused")


class Routed(NamedTuple):
    """A task and where it goes; no domain: nowhere."""

    task: Task
    domain: Domain | None


class Plan(NamedTuple):
    """The order in which a row's directions are taken up."""

    now: tuple[Routed, ...]
    after_forward: Routed | None = None  # begins with the forward task's end, if that lets it
    ended: tuple[tuple[Task, Ending], ...] = ()  # needs no exchange


NOTHING = Plan(())


def make_plan(row: Registration, routes: Routes, now: float, ours: Container[tuple[Name, bytes]] = frozenset()) -> Plan:
    """What to do about a row that is due. `ours` holds (name, dhcid) pairs known to be in DNS at other addresses."""
    forward = _routed(row, Direction.FORWARD, routes, ours) if is_due(row.forward, now) else None
    reverse = _routed(row, Direction.REVERSE, routes, ours) if is_due(row.reverse, now) else None
    if not row.cause and row.until <= now:
        return _over(forward, reverse)
    if reverse is None:
        return Plan((forward,)) if forward is not None else NOTHING
    if reverse.task.removes or (forward is not None and forward.task.step is Step.LOOK):
        return Plan((forward, reverse) if forward is not None else (reverse,))
    if forward is not None and not forward.task.removes:
        return Plan((forward,), after_forward=reverse)
    if row.forward.state == State.REFUSED and row.forward.reason in NAME_REFUSALS:
        return Plan((), ended=((reverse.task, FORWARD_REFUSED),))
    return Plan((forward, reverse) if forward else (reverse,))


def no_zone(task: Task) -> Ending:
    """The end of a task whose record no domain covers, with what would help."""
    cause = f"no zone covers {to_text(task.owner)}; add the zone that it is in under [[ddns.{task.direction}]]"
    return Ending(Verdict.REFUSED, Reason.NO_ZONE, cause)


def is_due(part: Part, now: float) -> bool:
    """Whether the updater must act on this direction now."""
    return part.due_at is not None and part.due_at <= now and part.state in _ACTIVE


_ACTIVE = frozenset({State.PENDING, State.REMOVING, State.CLIENT})


def _over(forward: Routed | None, reverse: Routed | None) -> Plan:
    """A lease that ended and is not withdrawn yet claims nothing more; what is on its way out goes on."""
    tasks = [routed for routed in (forward, reverse) if routed]
    leaving = tuple(routed for routed in tasks if routed.task.removes)
    return Plan(leaving, ended=tuple((routed.task, LEASE_OVER) for routed in tasks if not routed.task.removes))


def _routed(row: Registration, direction: Direction, routes: Routes, ours: Container[tuple[Name, bytes]]) -> Routed:
    if direction is Direction.FORWARD:
        owner, part, domain = row.name, row.forward, routes.route(direction, row.name)
    else:
        owner, domain = routes.route_pointer(row.address)
        part = row.reverse
    mode = domain.mode if domain else ConflictMode.CHECK_WITH_DHCID
    if part.state == State.CLIENT:
        return Routed(Task(row, direction, owner, Step.LOOK), domain)
    step = first_step(mode, direction, removes=part.state == State.REMOVING)
    if row.generation > 1 or (step is Step.ADD and (row.name, row.dhcid) in ours):
        step = IF_IN_USE.get(step, step)  # it was claimed before: most likely the name is in use
    return Routed(Task(row, direction, owner, step), domain)
