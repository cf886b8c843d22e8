"""A task: one direction of one registration on its way to DNS, and the steps that it takes.

Tasks are NamedTuples: one or two are made per registration, seventeen thousand registrations a second.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Part, Registration, State


class Step(StrEnum):
    """One kind of UPDATE message. The first four are the states of RFC 4703 sections 5.3 and 5.5."""

    ADD = "add"  # the name is free: take it and leave the marker
    REPLACE = "replace"  # the name is ours: it has this address now
    REMOVE_ADDRESS = "remove-address"  # the name is ours: take exactly this address away
    REMOVE_NAME = "remove-name"  # no address is left: take our marker away
    ASK_MARKER = "ask-marker"  # the name is not ours: does another client's marker stand there? Writes nothing
    ASK_ADDRESS = "ask-address"  # nobody's marker stands there: is it this address, and no other? Writes nothing
    LOOK_TXT_MARKER = "look-txt-marker"  # a query: does a marker of ISC dhcpd's stand there, from before DHCID?
    UPGRADE_MARKER = "upgrade-marker"  # it is this client's: the name is ours, and it becomes a DHCID
    DROP_TXT_MARKER = "drop-txt-marker"  # it stands beside our DHCID: it goes
    LOOK = "look"  # a query: is this address among those of the name, as the client was to write it?
    ADOPT = "adopt"  # a person gave the name to this client: write over whatever is there (`tenure names adopt`)
    OVERWRITE = "overwrite"  # without proof: write over whatever is there
    REMOVE_UNMARKED = "remove-unmarked"  # without proof or marker: take exactly this address away
    REVERSE_ADD = "reverse-add"  # the address has no name: give it this one (RFC 4703 section 5.4)
    REVERSE_REPLACE = "reverse-replace"  # our marker stands there: the address has this name
    REVERSE_REMOVE_FORMER = "reverse-remove-former"  # the removal of the claim before is late: it comes first
    REVERSE_TAKE_OVER = "reverse-take-over"  # another client's marker stands there, of whom the ledger knows nothing
    REVERSE_COMPARE = "reverse-compare"  # no marker stands there: did a person write the same? Writes nothing
    REVERSE_MARK = "reverse-mark"  # dhcpd wrote it without a marker, of a name that was its and is ours: leave ours
    REVERSE_OVERWRITE = "reverse-overwrite"  # without proof: the address's name is this one now
    REVERSE_REMOVE = "reverse-remove"  # if the address still has our name: take it away


REMOVING: Final = frozenset(
    {
        *(Step.REMOVE_ADDRESS, Step.REMOVE_NAME, Step.REMOVE_UNMARKED),
        *(Step.REVERSE_REMOVE, Step.REVERSE_REMOVE_FORMER),
    }
)

# Looked up at every task.
_FORWARD: Final = Direction.FORWARD
_REMOVING_STATE: Final = State.REMOVING.value


class Task(NamedTuple):
    """What is to be done about one direction of a registration, and how far it got."""

    row: Registration
    direction: Direction
    owner: Name  # where the records stand: the name, or the address's reverse name
    step: Step
    rounds: int = 0  # how often it came back to ADD or REVERSE_ADD

    @property
    def part(self) -> Part:
        """The row's part of this direction, as it was when the task was made."""
        return self.row.forward if self.direction is _FORWARD else self.row.reverse

    @property
    def removes(self) -> bool:
        """Whether the task takes records away."""
        return self.part.state == _REMOVING_STATE


def begin(row: Registration, direction: Direction, owner: Name, step: Step) -> Task:
    """A task at its first step, made as `Task` makes it after a detour of twice that."""
    return tuple.__new__(Task, (row, direction, owner, step, 0))


class Verdict(StrEnum):
    """How a task ended."""

    DONE = "done"  # DNS says what was wanted
    REFUSED = "refused"  # trying again would change nothing until the lease is renewed or somebody acts
    RETRY = "retry"  # may well work later, or at another server


class Ending(NamedTuple):
    """The end of a task, with the reason in the catalogue's code and what was seen, in the protocol's words."""

    verdict: Verdict
    reason: Reason
    cause: str  # `NXRRSET to replace`, `BADTIME`, `connection refused`
    server: str = ""  # which server said so, for people
