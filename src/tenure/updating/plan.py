"""What is due for a registration: which of its directions to take up now, and which waits for the other.

Forward first: a reverse record must not name a host whose claim to the name was refused (RFC 4703 section 5.4). Nor is
one written to a name that another client's lease has, whoever keeps this one's forward record.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final, NamedTuple

from tenure.dnswire.name import Name, to_text
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Direction, Part, Registration, State
from tenure.updating.conflict import IF_IN_USE, first_step
from tenure.updating.routing import CHECKING, ConflictMode, Domain, Routes, mode_of
from tenure.updating.task import Ending, Step, Task, Verdict, begin

LEASE_OVER: Final = Ending(Verdict.RETRY, Reason.LEASE_EXPIRED, "the lease is over")
FORWARD_REFUSED: Final = Ending(Verdict.REFUSED, Reason.FORWARD_REFUSED, "forward was refused")
# The client may write its forward record all the same, and then its pointer is right (`outcome.reverse_after_look`).
OTHERS_NAME: Final = Ending(Verdict.REFUSED, Reason.NAME_TAKEN, "another client's lease has the name")
UNKNOWN_TXT_MARKER: Final = Ending(
    Verdict.REFUSED,
    Reason.NAME_TAKEN,
    "a TXT marker of ISC dhcpd stands there, and which one would be the client's is not known",
)
LOCKED: Final = Ending(Verdict.REFUSED, Reason.NAME_LOCKED, "the name is locked")
LOCKED_FOR_NOW: Final = Ending(Verdict.RETRY, Reason.NAME_LOCKED, "the name is locked")


class Routed(NamedTuple):
    """A task and where it goes; no domain: nowhere."""

    task: Task
    domain: Domain | None


class Plan(NamedTuple):
    """The order in which a row's directions are taken up."""

    now: tuple[Routed, ...]
    after_forward: Routed | None = None  # begins with the forward task's end, if that lets it
    ended: tuple[tuple[Task, Ending], ...] = ()  # needs no exchange


NOTHING: Final = Plan(())

# To look a member of an enumeration up costs as much as half the rest of a plan.
_FORWARD: Final = Direction.FORWARD
_REVERSE: Final = Direction.REVERSE
_PENDING: Final = State.PENDING.value
_REMOVING: Final = State.REMOVING.value
_CLIENT: Final = State.CLIENT.value
_WAITING: Final = Reason.WAITING.value
_ADD: Final = Step.ADD
_LOOK: Final = Step.LOOK
_UPGRADE_MARKER: Final = Step.UPGRADE_MARKER
_ACTIVE: Final = frozenset({_PENDING, _REMOVING, _CLIENT})


def make_plan(row: Registration, routes: Routes, now: float, ours: Container[tuple[Name, bytes]] = frozenset()) -> Plan:
    """What to do about a row that is due. `ours` holds (name, dhcid) pairs known to be in DNS at other addresses."""
    forward = _routed(row, _FORWARD, routes, ours) if is_due(row.forward, now) else None
    reverse = _routed(row, _REVERSE, routes, ours) if is_due(row.reverse, now) else None
    if not row.cause and row.until <= now:
        return _over(forward, reverse)
    if forward is not None and _is_locked(forward.task):
        return _locked(forward.task, reverse)
    if forward is not None and forward.task.step is _UPGRADE_MARKER and not row.txt_markers:
        return _refused(forward.task, reverse, UNKNOWN_TXT_MARKER)
    if reverse is None:
        return Plan((forward,)) if forward is not None else NOTHING
    if row.holder_at is not None and not reverse.task.removes:
        return Plan(() if forward is None else (forward,), ended=((reverse.task, OTHERS_NAME),))
    if reverse.task.removes or (forward is not None and forward.task.step is _LOOK):
        return Plan((forward, reverse) if forward is not None else (reverse,))
    if forward is not None and not forward.task.removes:
        return Plan((forward,), reverse)
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


def _knows_txt_markers(direction: Direction, domain: Domain | None, mode: ConflictMode) -> bool:
    return direction is _FORWARD and domain is not None and mode in CHECKING and domain.txt_markers


def _is_locked(task: Task) -> bool:
    """Whether a person has locked the name, and no person orders this; a look writes nothing."""
    return task.row.lock is not None and task.step is not _LOOK and task.row.cause != Reason.NAME_RELEASED


def _locked(forward: Task, reverse: Routed | None) -> Plan:
    """Who had the name when it was locked waits, and so do removals; any other claim is refused.

    The pointer stands at the address's own name, which nobody has locked, and follows the lease.
    """
    row = forward.row
    assert row.lock is not None, "asked before"
    if forward.removes or row.dhcid == row.lock.holder:
        return Plan(() if reverse is None else (reverse,), ended=((forward, LOCKED_FOR_NOW),))
    return _refused(forward, reverse, LOCKED)


def _refused(forward: Task, reverse: Routed | None, ending: Ending) -> Plan:
    """A claim that is refused without an exchange; its reverse record hears of it."""
    if reverse is None or reverse.task.removes:
        return Plan(() if reverse is None else (reverse,), ended=((forward, ending),))
    return Plan((), after_forward=reverse, ended=((forward, ending),))


def _over(forward: Routed | None, reverse: Routed | None) -> Plan:
    """A lease that ended and is not withdrawn yet claims nothing more; what is on its way out goes on."""
    tasks = [routed for routed in (forward, reverse) if routed]
    leaving = tuple(routed for routed in tasks if routed.task.removes)
    return Plan(leaving, ended=tuple((routed.task, LEASE_OVER) for routed in tasks if not routed.task.removes))


def _routed(row: Registration, direction: Direction, routes: Routes, ours: Container[tuple[Name, bytes]]) -> Routed:
    if direction is _FORWARD:
        owner, part, domain = row.name, row.forward, routes.route(direction, row.name)
    else:
        owner, domain = routes.route_pointer(row.address)
        part = row.reverse
    mode = mode_of(row, domain)
    state, reason = part.state, part.reason
    if state == _CLIENT:
        return Routed(begin(row, direction, owner, _LOOK), domain)
    if state == _PENDING and reason != _WAITING:
        if reason == Reason.NAME_ADOPTED:
            return Routed(begin(row, direction, owner, Step.ADOPT), domain)
        if reason == Reason.TXT_MARKER and _knows_txt_markers(direction, domain, mode):
            return Routed(begin(row, direction, owner, _UPGRADE_MARKER), domain)
    step = first_step(mode, direction, removes=state == _REMOVING)
    if row.generation > 1 or (step is _ADD and (row.name, row.dhcid) in ours):
        step = IF_IN_USE.get(step, step)  # it was claimed before: most likely the name is in use
    return tuple.__new__(Routed, (begin(row, direction, owner, step), domain))
