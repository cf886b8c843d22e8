"""Name conflict resolution as one table: what each (step, RCODE) leads to (RFC 4703 section 5, RFC 2136 section 2.2).

The modes that do not check have steps of their own and no further rule. What a table row leaves out is the same in
every step and stands in `_ANYWHERE`; an RCODE that is in neither ends the task: no answer is without an outcome.
"""

from __future__ import annotations

from typing import Final

from tenure.dnswire.codes import Rcode, rcode_to_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction
from tenure.updating.routing import CHECKING, ConflictMode
from tenure.updating.task import Ending, Step, Task, Verdict

MOST_ROUNDS: Final = 3  # ADD after what finds the name gone: a name that comes and goes this often is left for later

_End = tuple[Verdict, Reason]
_CONFIRMED: Final[_End] = (Verdict.DONE, Reason.CONFIRMED)
_REMOVED: Final[_End] = (Verdict.DONE, Reason.REMOVED)
_NOT_OURS: Final[_End] = (Verdict.DONE, Reason.NOT_OURS)
_TAKEN: Final[_End] = (Verdict.REFUSED, Reason.NAME_TAKEN)
_STATIC: Final[_End] = (Verdict.REFUSED, Reason.NAME_STATIC)
_WROTE: Final[_End] = (Verdict.REFUSED, Reason.CLIENT_WROTE)
_UPDATED: Final[_End] = (Verdict.DONE, Reason.CLIENT_UPDATED)
_SILENT: Final[_End] = (Verdict.REFUSED, Reason.CLIENT_SILENT)
_UPGRADED: Final[_End] = (Verdict.DONE, Reason.MARKER_UPGRADED)
_TXT_MARKER: Final[_End] = (Verdict.RETRY, Reason.TXT_MARKER)
_UNSEEN: Final[_End] = (Verdict.DONE, Reason.CLIENT_UPDATES)
_POINTED: Final[_End] = (Verdict.REFUSED, Reason.POINTER_TAKEN)
_REJECTED: Final[_End] = (Verdict.REFUSED, Reason.UPDATE_REJECTED)

_RULES: Final[dict[tuple[Step, int], Step | _End]] = {
    (Step.ADD, Rcode.NOERROR): _CONFIRMED,
    (Step.ADD, Rcode.YXDOMAIN): Step.REPLACE,  # in use: by us?
    (Step.REPLACE, Rcode.NOERROR): _CONFIRMED,
    (Step.REPLACE, Rcode.NXDOMAIN): Step.ADD,  # it vanished meanwhile
    (Step.REPLACE, Rcode.NXRRSET): Step.ASK_MARKER,  # no marker, another one, or more than one
    (Step.ASK_MARKER, Rcode.NOERROR): _TAKEN,
    (Step.ASK_MARKER, Rcode.NXDOMAIN): Step.ADD,
    (Step.ASK_MARKER, Rcode.NXRRSET): Step.LOOK_TXT_MARKER,
    (Step.LOOK_TXT_MARKER, Rcode.NOERROR): _TXT_MARKER,  # the ledger knows whose it would be
    (Step.LOOK_TXT_MARKER, Rcode.NXDOMAIN): Step.ADD,
    (Step.LOOK_TXT_MARKER, Rcode.NXRRSET): Step.ASK_ADDRESS,
    (Step.LOOK_TXT_MARKER, Rcode.REFUSED): Step.ASK_ADDRESS,  # who may write need not be let read
    (Step.UPGRADE_MARKER, Rcode.NOERROR): _UPGRADED,
    (Step.UPGRADE_MARKER, Rcode.NXDOMAIN): Step.ADD,
    (Step.UPGRADE_MARKER, Rcode.YXRRSET): Step.DROP_TXT_MARKER,  # a DHCID stands there too
    (Step.UPGRADE_MARKER, Rcode.NXRRSET): _TAKEN,
    (Step.DROP_TXT_MARKER, Rcode.NOERROR): _UPGRADED,
    (Step.DROP_TXT_MARKER, Rcode.NXDOMAIN): Step.ADD,
    (Step.DROP_TXT_MARKER, Rcode.NXRRSET): Step.REPLACE,  # it is not, and the DHCID tells whose the name is
    (Step.ASK_ADDRESS, Rcode.NOERROR): _WROTE,  # who else would give the name this address, of all there are?
    (Step.ASK_ADDRESS, Rcode.NXDOMAIN): Step.ADD,
    (Step.ASK_ADDRESS, Rcode.NXRRSET): _STATIC,
    (Step.LOOK, Rcode.NOERROR): _UPDATED,
    (Step.LOOK, Rcode.NXDOMAIN): _SILENT,
    (Step.LOOK, Rcode.NXRRSET): _SILENT,
    (Step.LOOK, Rcode.REFUSED): _UNSEEN,  # who may write need not be let read
    (Step.ADOPT, Rcode.NOERROR): _CONFIRMED,
    (Step.OVERWRITE, Rcode.NOERROR): _CONFIRMED,
    (Step.OVERWRITE, Rcode.YXRRSET): _STATIC,  # a CNAME: the server would ignore the address in silence
    (Step.REMOVE_ADDRESS, Rcode.NOERROR): Step.REMOVE_NAME,
    (Step.REMOVE_ADDRESS, Rcode.NXRRSET): _NOT_OURS,  # no such name, or not our marker: RFC 4703 5.5 stops here
    (Step.REMOVE_ADDRESS, Rcode.NXDOMAIN): _NOT_OURS,  # what some servers say of a name that is not there
    (Step.REMOVE_NAME, Rcode.NOERROR): _REMOVED,
    (Step.REMOVE_NAME, Rcode.YXRRSET): _REMOVED,  # another address is left, so the marker stays: all is well
    (Step.REMOVE_NAME, Rcode.NXRRSET): _REMOVED,  # our address is gone and the marker is not ours any more
    (Step.REMOVE_NAME, Rcode.NXDOMAIN): _REMOVED,
    (Step.REMOVE_UNMARKED, Rcode.NOERROR): _REMOVED,
    (Step.REVERSE_ADD, Rcode.NOERROR): _CONFIRMED,
    (Step.REVERSE_ADD, Rcode.YXDOMAIN): Step.REVERSE_REPLACE,  # in use: by us, by another client, by a person?
    (Step.REVERSE_REPLACE, Rcode.NOERROR): _CONFIRMED,
    (Step.REVERSE_REPLACE, Rcode.NXDOMAIN): Step.REVERSE_ADD,
    (Step.REVERSE_REPLACE, Rcode.NXRRSET): Step.REVERSE_REMOVE_FORMER,
    (Step.REVERSE_REMOVE_FORMER, Rcode.NOERROR): Step.REVERSE_ADD,
    (Step.REVERSE_REMOVE_FORMER, Rcode.NXDOMAIN): Step.REVERSE_ADD,
    (Step.REVERSE_REMOVE_FORMER, Rcode.NXRRSET): Step.REVERSE_TAKE_OVER,
    (Step.REVERSE_TAKE_OVER, Rcode.NOERROR): _CONFIRMED,
    (Step.REVERSE_TAKE_OVER, Rcode.NXDOMAIN): Step.REVERSE_ADD,
    (Step.REVERSE_TAKE_OVER, Rcode.NXRRSET): Step.REVERSE_COMPARE,
    (Step.REVERSE_MARK, Rcode.NOERROR): _CONFIRMED,
    (Step.REVERSE_MARK, Rcode.NXDOMAIN): Step.REVERSE_ADD,
    (Step.REVERSE_MARK, Rcode.NXRRSET): _POINTED,
    (Step.REVERSE_COMPARE, Rcode.NOERROR): _CONFIRMED,  # theirs, and right; the removal leaves it
    (Step.REVERSE_COMPARE, Rcode.NXDOMAIN): Step.REVERSE_ADD,
    (Step.REVERSE_COMPARE, Rcode.NXRRSET): _POINTED,
    (Step.REVERSE_OVERWRITE, Rcode.NOERROR): _CONFIRMED,
    (Step.REVERSE_OVERWRITE, Rcode.YXRRSET): _POINTED,  # a CNAME, as RFC 2317 puts there
    (Step.REVERSE_REMOVE, Rcode.NOERROR): _REMOVED,
    (Step.REVERSE_REMOVE, Rcode.NXRRSET): _NOT_OURS,
    (Step.REVERSE_REMOVE, Rcode.NXDOMAIN): _NOT_OURS,
}

_ANYWHERE: Final[dict[int, _End]] = {
    Rcode.FORMERR: _REJECTED,
    Rcode.SERVFAIL: (Verdict.RETRY, Reason.SERVER_FAILED),
    Rcode.NOTIMP: (Verdict.RETRY, Reason.SERVER_FAILED),
    Rcode.REFUSED: (Verdict.REFUSED, Reason.SERVER_REFUSED),
    Rcode.NOTAUTH: (Verdict.RETRY, Reason.SERVER_NOT_AUTHORITATIVE),
    Rcode.NOTZONE: _REJECTED,
}

# A server that says this says it of the whole message, so another server may do better (RFC 2136 section 4.6).
NEXT_SERVER: Final = frozenset({Rcode.SERVFAIL, Rcode.NOTIMP, Rcode.NOTAUTH})

# One record among many can cause these. A shared message that gets one is bisected until that record is alone.
BLAMES_ONE: Final = frozenset(
    {
        *(Rcode.YXDOMAIN, Rcode.YXRRSET, Rcode.NXDOMAIN, Rcode.NXRRSET),
        *(Rcode.REFUSED, Rcode.FORMERR, Rcode.NOTZONE),
    }
)


def _before(end: _End, step: Step) -> str:
    """What an ending of these steps says too, in front of the RCODE."""
    if step is Step.ASK_MARKER or step is Step.ASK_ADDRESS:  # they only find out why the step before failed
        return "NXRRSET to replace, "
    if step is Step.UPGRADE_MARKER and end == _TAKEN:
        return "the TXT marker of ISC dhcpd is another client's, or not alone, "
    return ""


def _ending(end: _End, step: Step, rcode: int) -> Ending:
    return Ending(*end, f"{_before(end, step)}{rcode_to_text(rcode)} to {step}")


TRANSITIONS: dict[tuple[Step, int], Step | Ending] = {
    (step, rcode): _ending(end, step, rcode) for step in Step for rcode, end in _ANYWHERE.items()
}
TRANSITIONS |= {
    (step, rcode): found if isinstance(found, Step) else _ending(found, step, rcode)
    for (step, rcode), found in _RULES.items()
}

_OF_TXT_MARKER: Final = frozenset({Step.UPGRADE_MARKER, Step.DROP_TXT_MARKER})

# Where a name begins that is known, or guessed, to be in use: bisecting a message of such names costs more.
IF_IN_USE: Final = {Step.ADD: Step.REPLACE, Step.REVERSE_ADD: Step.REVERSE_REPLACE}

_FIRST: Final[dict[tuple[ConflictMode, Direction, bool], Step]] = {}
for _mode in ConflictMode:
    _checks = _mode in CHECKING
    _unmarked = _mode is ConflictMode.NO_CHECK_WITHOUT_DHCID
    _FIRST[_mode, Direction.FORWARD, False] = Step.ADD if _checks else Step.OVERWRITE
    _FIRST[_mode, Direction.FORWARD, True] = Step.REMOVE_UNMARKED if _unmarked else Step.REMOVE_ADDRESS
    _FIRST[_mode, Direction.REVERSE, False] = Step.REVERSE_ADD if _checks else Step.REVERSE_OVERWRITE
    _FIRST[_mode, Direction.REVERSE, True] = Step.REVERSE_REMOVE


def first_step(mode: ConflictMode, direction: Direction, *, removes: bool) -> Step:
    """Where a task begins that knows nothing of what DNS says now."""
    return _FIRST[mode, direction, removes]


def transition(step: Step, rcode: int) -> Step | Ending:
    """What the answer to the message of `step` leads to; every RCODE leads somewhere."""
    found = TRANSITIONS.get((step, rcode))
    return _ending(_REJECTED, step, rcode) if found is None else found


def advance(task: Task, rcode: int, *, txt_markers: bool = True) -> Task | Ending:
    """The task in its next step, or its end. A name that comes and goes without end is ended for now.

    REVERSE_REMOVE_FORMER is taken once for each claim whose removal is late, and passed over where none is left; so are
    the steps of TXT markers, for each that this client may have. `txt_markers`: whether those count as a proof at all.
    """
    if rcode == Rcode.NXRRSET and task.step in _OF_TXT_MARKER and len(task.row.txt_markers) > 1:
        return task._replace(row=task.row._replace(txt_markers=task.row.txt_markers[1:]))
    found = transition(task.step, rcode)
    if isinstance(found, Ending):
        return found
    if task.step is Step.REVERSE_REMOVE_FORMER:
        task = task._replace(row=task.row._replace(formers=task.row.formers[1:]))
        found = Step.REVERSE_REMOVE_FORMER if found is Step.REVERSE_TAKE_OVER else found
    if found is Step.REVERSE_REMOVE_FORMER and not task.row.formers:
        found = Step.REVERSE_TAKE_OVER
    if found is Step.LOOK_TXT_MARKER and not txt_markers:
        found = Step.ASK_ADDRESS
    if found is Step.REVERSE_COMPARE and task.row.forward.reason == Reason.MARKER_UPGRADED:
        found = Step.REVERSE_MARK
    rounds = task.rounds + (found in IF_IN_USE)
    if rounds > MOST_ROUNDS:
        return Ending(Verdict.RETRY, Reason.SERVER_FAILED, f"the name came and went {rounds} times")
    return task._replace(step=found, rounds=rounds)
