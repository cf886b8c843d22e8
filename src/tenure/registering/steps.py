"""How a name is compared, written and withdrawn: the messages of each step, and what each answer leads to, as tables.

Every name is compared first, by an update that has prerequisites and changes nothing (RFC 2136 section 2.4): the server
says whether just our records stand there, in an answer that is signed as any other. So what is right is never written
again.

H is the host's name, P the reverse name of an address, X the DHCID of this host for H. Answers that are in no table end
the attempt; no answer is without an outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from tenure.dnswire.codes import Rcode, RRClass, RRType, rcode_to_text
from tenure.dnswire.name import Name
from tenure.dnswire.rr import RR
from tenure.dnswire.update import (
    add,
    build_update,
    delete_rr,
    delete_rrset,
    name_in_use,
    name_not_in_use,
    rrset_absent,
    rrset_equals,
    rrset_exists,
)
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.registering.entry import Conflict, Entry, Record
from tenure.registering.lease import lease_option

_A: Final = int(RRType.A)
_AAAA: Final = int(RRType.AAAA)
_CNAME: Final = int(RRType.CNAME)
_PTR: Final = int(RRType.PTR)
_DHCID: Final = int(RRType.DHCID)
_TYPES: Final = {Direction.FORWARD: frozenset((_A, _AAAA)), Direction.REVERSE: frozenset((_PTR,))}


class Step(StrEnum):
    """One kind of update."""

    COMPARE = "compare"  # does just this stand there already? Writes nothing
    CLAIM = "claim"  # the name is free: take it
    REFRESH = "refresh"  # the name is ours: it has these records now
    TAKE_OVER = "take-over"  # the address was somebody else's before: it is ours now
    OVERWRITE = "overwrite"  # write over whatever is there
    REPLACE_FORMER = "replace-former"  # what we wrote last stands there: it becomes this
    REWRITE = "rewrite"  # ours, and just this stands there: write it anew, for its TTL, or so that it has no end
    RENEW = "renew"  # ours, and just this stands there: its life begins anew (RFC 9664)
    KEEP_MARKER = "keep-marker"  # the name is left to a DHCP server: our marker stays, and has no end (RFC 9664)
    UNMARK = "unmark"  # names are not marked any more: take our marker away
    ASK_MARKER = "ask-marker"  # not ours: another host's, or a person's? Writes nothing
    WITHDRAW = "withdraw"  # take away what we wrote
    WITHDRAW_MARKER = "withdraw-marker"  # no address is left: take the marker away


class Task(NamedTuple):
    """One name on its way through the steps."""

    entry: Entry
    at: Name  # where the records stand: the owner, or what a reverse name is an alias of (RFC 2317)
    conflict: Conflict
    step: Step
    ttl: int
    marker: bytes  # X
    former: tuple[Record, ...] = ()  # what the server confirmed last
    stale: tuple[Record, ...] = ()  # what may stand there because of us, and is wanted no more
    lease: int = 0  # for how long what is added is to live, in seconds (RFC 9664); 0: without an end
    is_anothers: bool = False  # it was thought to be ours, and has no marker of ours


class Outcome(NamedTuple):
    """What became of a name."""

    state: State
    reason: Reason
    detail: str
    server: str = ""  # for people
    lease: int = 0  # seconds after which the server takes away what was written (RFC 9664); 0: never

    @property
    def is_final(self) -> bool:
        """Whether trying again soon would change nothing."""
        return self.state in {State.REGISTERED, State.NONE, State.REFUSED}


_Rule: TypeAlias = Callable[[Task], list[RR]]


def _not_in_use(task: Task) -> list[RR]:
    return [name_not_in_use(task.at)]


def _in_use(task: Task) -> list[RR]:
    return [name_in_use(task.at)]


def _marker_is_ours(task: Task) -> list[RR]:
    return [rrset_equals(task.at, _DHCID, task.marker)]


def _any_marker(task: Task) -> list[RR]:
    return [rrset_exists(task.at, _DHCID)]


def _no_cname(task: Task) -> list[RR]:
    """Beside one, a server ignores other records and answers NOERROR all the same (RFC 2136 section 3.4.2.2)."""
    return [rrset_absent(task.at, _CNAME)]


def _types(task: Task) -> list[int]:
    """The types that this is about: others than addresses too, as SSHFP, where we want some or had some there.

    Not those of which a DHCP server writes all records, once ours are gone.
    """
    ours = {rtype for rtype, _ in (*task.entry.records, *task.stale)}
    theirs = {rtype for rtype, _ in task.entry.beside} - ours
    former = {rtype for rtype, _ in task.former}
    return sorted((_TYPES[task.entry.direction] | ours | former) - theirs)


def _nothing_of_its_types(task: Task) -> list[RR]:
    return [rrset_absent(task.at, rtype) for rtype in _types(task)]


def _no_address_left(task: Task) -> list[RR]:
    """Of anybody: what a DHCP server writes is marked too."""
    return [rrset_absent(task.at, rtype) for rtype in sorted(_TYPES[Direction.FORWARD])]


def _holds_just_this(task: Task) -> list[RR]:
    return _holds(task, task.entry.records)


def _holds_the_former(task: Task) -> list[RR]:
    return _holds(task, task.former)


def _holds(task: Task, records: Iterable[Record]) -> list[RR]:
    """Exactly these of each type; a type without any is absent (section 2.4.2 compares whole RRsets).

    Where a DHCP server writes other records of the same type, those have to be there too.
    """
    types = _types(task)
    records = sorted(record for record in {*records, *task.entry.beside} if record[0] in types)
    there = {rtype for rtype, _ in records}
    equal = [rrset_equals(task.at, rtype, rdata) for rtype, rdata in records]
    return equal + [rrset_absent(task.at, rtype) for rtype in types if rtype not in there]


def _clear(task: Task) -> list[RR]:
    """Whole RRsets; of one in which a DHCP server has records, only what was ours."""
    shared = _shared(task)
    whole = [delete_rrset(task.at, rtype) for rtype in _types(task) if rtype not in shared]
    return whole + [delete_rr(task.at, rtype, rdata) for rtype, rdata in task.stale if rtype in shared]


def _drop_shared(task: Task) -> list[RR]:
    """What we want of the RRsets that `_clear` leaves, so that it can be put there anew."""
    shared = _shared(task)
    return [delete_rr(task.at, rtype, rdata) for rtype, rdata in task.entry.records if rtype in shared]


def _shared(task: Task) -> set[int]:
    return {rtype for rtype, _ in task.entry.beside}


def _clear_markers(task: Task) -> list[RR]:
    return [delete_rrset(task.at, _DHCID)]


def _put(task: Task) -> list[RR]:
    return [add(task.at, rtype, task.ttl, rdata) for rtype, rdata in task.entry.records]


def _put_marker(task: Task) -> list[RR]:
    return [add(task.at, _DHCID, task.ttl, task.marker)]


def _drop(task: Task) -> list[RR]:
    """Exactly what we wrote: whatever else stands at the name stays."""
    return [delete_rr(task.at, rtype, rdata) for rtype, rdata in task.entry.records]


def _drop_marker(task: Task) -> list[RR]:
    return [delete_rr(task.at, _DHCID, task.marker)]


class Sections(NamedTuple):
    """One message's part for one name: what must hold, and what is then changed."""

    prerequisites: tuple[_Rule, ...]
    updates: tuple[_Rule, ...]


_UNMARKED: Final = Sections((_holds_just_this,), ())
_OVERWRITE: Final = Sections((_no_cname,), (_clear, _put))
_REWRITE_MARKED: Final = Sections(
    (_marker_is_ours, _holds_just_this), (_clear, _drop_shared, _drop_marker, _put, _put_marker)
)
_KEEP_MARKER: Final = Sections((_marker_is_ours,), (_drop_marker, _put_marker))
_RENEW_MARKED: Final = Sections((_marker_is_ours, _holds_just_this), (_put, _put_marker))
_WITHOUT_MARKERS: Final = {
    Step.COMPARE: _UNMARKED,
    Step.RENEW: Sections((_holds_just_this,), (_put,)),
    Step.REWRITE: Sections((_holds_just_this,), (_clear, _drop_shared, _put)),
    Step.UNMARK: Sections((_marker_is_ours,), (_drop_marker,)),
}
_STOPPING: Final = {
    **_WITHOUT_MARKERS,
    Step.CLAIM: Sections((_nothing_of_its_types, _no_cname), (_put,)),
    Step.REPLACE_FORMER: Sections((_holds_the_former,), (_clear, _put)),
}
_F: Final = Direction.FORWARD
_R: Final = Direction.REVERSE

SECTIONS: Final[dict[tuple[Conflict, Direction], dict[Step, Sections]]] = {
    (Conflict.PROTECT, _F): {
        Step.COMPARE: Sections((_marker_is_ours, _holds_just_this), ()),
        Step.CLAIM: Sections((_not_in_use,), (_put, _put_marker)),
        # The marker anew, so that its life begins anew too, or has no end any more.
        Step.REFRESH: Sections((_in_use, _marker_is_ours), (_clear, _drop_marker, _put, _put_marker)),
        Step.RENEW: _RENEW_MARKED,
        Step.REWRITE: _REWRITE_MARKED,
        Step.KEEP_MARKER: _KEEP_MARKER,
        Step.ASK_MARKER: Sections((_in_use, _any_marker), ()),
        Step.WITHDRAW: Sections((_marker_is_ours,), (_drop,)),
        Step.WITHDRAW_MARKER: Sections((_marker_is_ours, _no_address_left), (_drop_marker,)),
    },
    # Of a pointer only what it says counts: who wrote a right one may keep it.
    (Conflict.PROTECT, _R): {
        Step.COMPARE: _UNMARKED,
        Step.CLAIM: Sections((_not_in_use,), (_put, _put_marker)),
        Step.TAKE_OVER: Sections((_in_use, _any_marker), (_clear, _clear_markers, _put, _put_marker)),
        Step.RENEW: _RENEW_MARKED,
        Step.REWRITE: _REWRITE_MARKED,
        Step.KEEP_MARKER: _KEEP_MARKER,
        Step.WITHDRAW: Sections((_marker_is_ours,), (_drop, _drop_marker)),
    },
    (Conflict.REPLACE, _F): {
        **_WITHOUT_MARKERS,
        Step.OVERWRITE: _OVERWRITE,
        Step.WITHDRAW: Sections((), (_drop,)),
    },
    (Conflict.REPLACE, _R): {
        **_WITHOUT_MARKERS,
        Step.OVERWRITE: _OVERWRITE,
        Step.WITHDRAW: Sections((_holds_just_this,), (_drop,)),
    },
    (Conflict.STOP, _F): {**_STOPPING, Step.WITHDRAW: Sections((), (_drop,))},
    (Conflict.STOP, _R): {**_STOPPING, Step.WITHDRAW: Sections((_holds_just_this,), (_drop,))},
}

_End: TypeAlias = tuple[State, Reason]
_CONFIRMED: Final[_End] = (State.REGISTERED, Reason.CONFIRMED)
_GONE: Final[_End] = (State.NONE, Reason.REMOVED)
_NOT_OURS: Final[_End] = (State.NONE, Reason.NOT_OURS)
_TAKEN: Final[_End] = (State.REFUSED, Reason.NAME_TAKEN)
_STATIC: Final[_End] = (State.REFUSED, Reason.NAME_STATIC)
_IN_USE: Final[_End] = (State.REFUSED, Reason.NAME_IN_USE)
_ALIAS: Final[_End] = (State.REFUSED, Reason.NAME_ALIAS)
_POINTED: Final[_End] = (State.REFUSED, Reason.POINTER_TAKEN)

_FAILED_PREREQUISITES: Final = (Rcode.YXDOMAIN, Rcode.NXDOMAIN, Rcode.YXRRSET, Rcode.NXRRSET)
_Table: TypeAlias = dict[tuple[Step, int], Step | _End]


def _leads(step: Step, to: Step | _End) -> _Table:
    """Any prerequisite that does not hold."""
    return {(step, int(rcode)): to for rcode in _FAILED_PREREQUISITES}


_DONE: _Table = {
    (step, int(Rcode.NOERROR)): _CONFIRMED
    for step in Step
    if step not in {Step.ASK_MARKER, Step.UNMARK, Step.WITHDRAW, Step.WITHDRAW_MARKER}
}
_DONE |= {**_leads(Step.RENEW, Step.COMPARE), **_leads(Step.REWRITE, Step.COMPARE)}
_DONE |= _leads(Step.KEEP_MARKER, _NOT_OURS)
_WITHDRAWN: Final[_Table] = {(Step.WITHDRAW, int(Rcode.NOERROR)): _GONE, **_leads(Step.WITHDRAW, _NOT_OURS)}

TABLES: Final[dict[tuple[Conflict, Direction], _Table]] = {
    (Conflict.PROTECT, _F): {
        **_DONE,
        **_WITHDRAWN,
        **_leads(Step.COMPARE, Step.CLAIM),
        (Step.CLAIM, int(Rcode.YXDOMAIN)): Step.REFRESH,
        (Step.REFRESH, int(Rcode.NXDOMAIN)): Step.CLAIM,
        (Step.REFRESH, int(Rcode.NXRRSET)): Step.ASK_MARKER,
        (Step.ASK_MARKER, int(Rcode.NOERROR)): _TAKEN,
        (Step.ASK_MARKER, int(Rcode.NXDOMAIN)): Step.CLAIM,
        (Step.ASK_MARKER, int(Rcode.NXRRSET)): _STATIC,
        (Step.WITHDRAW, int(Rcode.NOERROR)): Step.WITHDRAW_MARKER,
        (Step.WITHDRAW_MARKER, int(Rcode.NOERROR)): _GONE,
        **_leads(Step.WITHDRAW_MARKER, _GONE),  # another address is left, or the name is not ours any more
    },
    (Conflict.PROTECT, _R): {
        **_DONE,
        **_WITHDRAWN,
        **_leads(Step.COMPARE, Step.CLAIM),
        (Step.CLAIM, int(Rcode.YXDOMAIN)): Step.TAKE_OVER,
        (Step.TAKE_OVER, int(Rcode.NXDOMAIN)): Step.CLAIM,
        (Step.TAKE_OVER, int(Rcode.NXRRSET)): _POINTED,
    },
}
_UNMARKING: Final[_Table] = {(Step.UNMARK, int(Rcode.NOERROR)): Step.RENEW, **_leads(Step.UNMARK, Step.COMPARE)}
for _direction, _end in ((_F, _IN_USE), (_R, _POINTED)):
    TABLES[Conflict.REPLACE, _direction] = {
        **_DONE,
        **_WITHDRAWN,
        **_UNMARKING,
        **_leads(Step.COMPARE, Step.OVERWRITE),
        (Step.OVERWRITE, int(Rcode.YXRRSET)): _ALIAS,
    }
    TABLES[Conflict.STOP, _direction] = {
        **_DONE,
        **_WITHDRAWN,
        **_UNMARKING,
        **_leads(Step.COMPARE, Step.CLAIM),
        (Step.CLAIM, int(Rcode.YXRRSET)): Step.REPLACE_FORMER,
        **_leads(Step.REPLACE_FORMER, _end),
    }

_ANYWHERE: Final[dict[int, _End]] = {
    Rcode.FORMERR: (State.REFUSED, Reason.UPDATE_REJECTED),
    Rcode.SERVFAIL: (State.PENDING, Reason.SERVER_FAILED),
    Rcode.NOTIMP: (State.PENDING, Reason.SERVER_FAILED),
    Rcode.REFUSED: (State.REFUSED, Reason.SERVER_REFUSED),
    Rcode.NOTAUTH: (State.PENDING, Reason.SERVER_NOT_AUTHORITATIVE),
    Rcode.NOTZONE: (State.REFUSED, Reason.UPDATE_REJECTED),
}
MOST_STEPS: Final = 8  # a name that comes and goes while we ask is left for later

# One name among several of a message can cause these; each is then sent alone.
BLAMES_ONE: Final = frozenset(
    {*map(int, _FAILED_PREREQUISITES), int(Rcode.REFUSED), int(Rcode.FORMERR), int(Rcode.NOTZONE)}
)


def build_step(message_id: int, zone: Name, tasks: Iterable[Task], lease: int = 0) -> bytes:
    """One unsigned UPDATE for several names of a zone: all of it happens, or nothing (RFC 2136 section 3.7).

    `lease`: how long what it adds is to live, in seconds; 0: without an end.
    """
    prerequisites: list[RR] = []
    updates: list[RR] = []
    for task in tasks:
        sections = SECTIONS[task.conflict, task.entry.direction][task.step]
        prerequisites += [rr for rule in sections.prerequisites for rr in rule(task)]
        updates += [rr for rule in sections.updates for rr in rule(task)]
    adds = any(rr.rclass == RRClass.IN for rr in updates)
    return build_update(message_id, zone, prerequisites, updates, [lease_option(lease)] if lease and adds else [])


def writes(task: Task) -> bool:
    """Whether the step changes anything."""
    return bool(SECTIONS[task.conflict, task.entry.direction][task.step].updates)


def advance(task: Task, rcode: int) -> Task | Outcome:
    """The next step, or the end, after the server's answer to this one."""
    found = TABLES[task.conflict, task.entry.direction].get((task.step, rcode), _ANYWHERE.get(rcode))
    cause = f"{rcode_to_text(rcode)} to {task.step}"
    if isinstance(found, Step):
        if found is Step.REPLACE_FORMER and not (task.former or task.entry.beside):
            end = _IN_USE if task.entry.direction is Direction.FORWARD else _POINTED
            return Outcome(*end, cause)
        # A right pointer was left as it is with a marker, whoever wrote it; without one it would be taken for ours.
        is_anothers = task.entry.direction is _R and task.step is Step.UNMARK and rcode != Rcode.NOERROR
        return task._replace(step=found, is_anothers=is_anothers)
    if found is None:
        found = (State.REFUSED, Reason.UPDATE_REJECTED)
    return Outcome(*found, cause)
