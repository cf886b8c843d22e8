"""What each step writes: its prerequisites and its updates, as a table from (mode, step) to rows of small rules.

The messages are those of RFC 4703 and of Kea's four modes, but for three things (docs/conformance: RFC 4703). A removal
names the very records that tenure wrote, so that whatever else stands at the name survives; the RFC deletes the whole
name. `check-with-dhcid` adds an address to a name that is ours and leaves the others to their own removals, and no mode
that checks writes over a pointer without a marker; the RFC replaces in both. And where nothing else proves it, a CNAME
must be absent, because a server ignores an address beside one and answers NOERROR all the same (RFC 2136 section
3.4.2.2).

H is the name, P the reverse name, T the type of the address's family, X the client's DHCID RDATA.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.message import AA, Message
from tenure.dnswire.name import Name, is_within
from tenure.dnswire.rdata import soa_mname
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import begin_update, finish_update
from tenure.dnswire.writer import Writer
from tenure.naming.registration import Direction
from tenure.naming.txt_marker import is_txt_marker
from tenure.updating.routing import ConflictMode
from tenure.updating.task import Step, Task

QUERIES: Final = frozenset({Step.LOOK, Step.LOOK_TXT_MARKER})  # the others are updates

_IN: Final = 1
_NONE: Final = 254
_ANY: Final = 255
_ANY_TYPE: Final = 255
_A: Final = int(RRType.A)
_AAAA: Final = int(RRType.AAAA)
_CNAME: Final = int(RRType.CNAME)
_PTR: Final = int(RRType.PTR)
_DHCID: Final = int(RRType.DHCID)
_SOA: Final = int(RRType.SOA)
_TXT: Final = int(RRType.TXT)


def _family(task: Task) -> int:
    return _A if len(task.row.address) == 4 else _AAAA


def _not_in_use(writer: Writer, task: Task) -> None:
    """`H NONE ANY`: nothing stands there, neither another client's records nor a person's."""
    writer.put(task.owner, _ANY_TYPE, _NONE, 0, b"")


def _in_use(writer: Writer, task: Task) -> None:
    """`H ANY ANY`: tells a name that vanished (NXDOMAIN) from one that is not ours (NXRRSET)."""
    writer.put(task.owner, _ANY_TYPE, _ANY, 0, b"")


def _marker_is_ours(writer: Writer, task: Task) -> None:
    """`H IN DHCID X`: the one and only marker there is this client's."""
    writer.put(task.owner, _DHCID, _IN, 0, task.row.dhcid)


def _any_marker(writer: Writer, task: Task) -> None:
    """`H ANY DHCID`: some client's name, not a person's."""
    writer.put(task.owner, _DHCID, _ANY, 0, b"")


def _no_marker(writer: Writer, task: Task) -> None:
    """`H NONE DHCID`: no client has proved the name since there is DHCID."""
    writer.put(task.owner, _DHCID, _NONE, 0, b"")


def _txt_marker_is_ours(writer: Writer, task: Task) -> None:
    """`H IN TXT M`: the one and only text there is dhcpd's marker of this client."""
    writer.put(task.owner, _TXT, _IN, 0, task.row.txt_markers[0])


def _drop_txt_marker(writer: Writer, task: Task) -> None:
    """`H NONE TXT M`."""
    writer.put(task.owner, _TXT, _NONE, 0, task.row.txt_markers[0])


def _no_cname(writer: Writer, task: Task) -> None:
    """`H NONE CNAME`: the address will not be ignored."""
    writer.put(task.owner, _CNAME, _NONE, 0, b"")


def _no_a(writer: Writer, task: Task) -> None:
    """`H NONE A`."""
    writer.put(task.owner, _A, _NONE, 0, b"")


def _no_aaaa(writer: Writer, task: Task) -> None:
    """`H NONE AAAA`."""
    writer.put(task.owner, _AAAA, _NONE, 0, b"")


def _clear_alias(writer: Writer, task: Task) -> None:
    """`H ANY CNAME`: the address would be ignored beside it."""
    writer.put(task.owner, _CNAME, _ANY, 0, b"")


def _clear_family(writer: Writer, task: Task) -> None:
    """`H ANY T`: the former addresses of this family; the other family's stay."""
    writer.put(task.owner, _family(task), _ANY, 0, b"")


def _clear_markers(writer: Writer, task: Task) -> None:
    """`H ANY DHCID`: whosever marker it is."""
    writer.put(task.owner, _DHCID, _ANY, 0, b"")


def _address_is_ours(writer: Writer, task: Task) -> None:
    """`H IN T address`, before the name is: the one and only address there is of this family."""
    writer.put(task.owner, _family(task), _IN, 0, task.row.address)


def _put_address(writer: Writer, task: Task) -> None:
    """`H IN T address`."""
    writer.put(task.owner, _family(task), _IN, task.row.ttl, task.row.address)


def _put_marker(writer: Writer, task: Task) -> None:
    """`H IN DHCID X`; at the reverse name too."""
    writer.put(task.owner, _DHCID, _IN, task.row.ttl, task.row.dhcid)


def _drop_address(writer: Writer, task: Task) -> None:
    """`H NONE T address`: this one only, because another server may have given the client another since.

    Before it is put there again it is dropped for its TTL: Knot ignores the addition of a record that it has.
    """
    writer.put(task.owner, _family(task), _NONE, 0, task.row.address)


def _drop_marker(writer: Writer, task: Task) -> None:
    """`H NONE DHCID X`: ours only."""
    writer.put(task.owner, _DHCID, _NONE, 0, task.row.dhcid)


def _pointer_is_ours(writer: Writer, task: Task) -> None:
    """`P IN PTR H`: the one and only pointer there is to this name."""
    writer.put(task.owner, _PTR, _IN, 0, task.row.name)


def _clear_pointers(writer: Writer, task: Task) -> None:
    """`P ANY PTR`: an address has one name."""
    writer.put(task.owner, _PTR, _ANY, 0, b"")


def _put_pointer(writer: Writer, task: Task) -> None:
    """`P IN PTR H`."""
    writer.put(task.owner, _PTR, _IN, task.row.ttl, task.row.name)


def _drop_pointer(writer: Writer, task: Task) -> None:
    """`P NONE PTR H`."""
    writer.put(task.owner, _PTR, _NONE, 0, task.row.name)


def _marker_is_the_former_s(writer: Writer, task: Task) -> None:
    """`P IN DHCID Y`: the one and only marker there is that of a claim whose removal is late."""
    writer.put(task.owner, _DHCID, _IN, 0, task.row.formers[0].dhcid)


def _drop_former_pointer(writer: Writer, task: Task) -> None:
    """`P NONE PTR G`, the name of that claim."""
    writer.put(task.owner, _PTR, _NONE, 0, task.row.formers[0].name)


def _drop_former_marker(writer: Writer, task: Task) -> None:
    """`P NONE DHCID Y`."""
    writer.put(task.owner, _DHCID, _NONE, 0, task.row.formers[0].dhcid)


# A rule writes its record into the message: three and more to a direction, so no value is made of each.
_Rules = tuple[Callable[[Writer, Task], None], ...]


class Sections(NamedTuple):
    """One message's part for one task: what must hold, and what is then written."""

    prerequisites: _Rules
    updates: _Rules


_ADD: Final = Sections((_not_in_use,), (_put_address, _put_marker))
_REMOVE_NAME: Final = Sections((_marker_is_ours, _no_a, _no_aaaa), (_drop_marker,))
_ONE_POINTER: Final = (_clear_pointers, _clear_markers, _put_pointer, _put_marker)
# At a person's word, so nothing is asked first. Records of other types and of the other family stay.
_ADOPT: Final = Sections((), (_clear_alias, _clear_family, _clear_markers, _put_address, _put_marker))
_ASKING: Final = {
    Step.ASK_MARKER: Sections((_in_use, _any_marker), ()),
    Step.ASK_ADDRESS: Sections((_in_use, _address_is_ours), ()),
}
# The former addresses are dhcpd's, of whose leases nobody here knows: they go, as RFC 4703 section 5.3.2 has it.
_UPGRADING: Final = {
    Step.UPGRADE_MARKER: Sections(
        (_in_use, _no_marker, _txt_marker_is_ours), (_clear_family, _put_address, _put_marker, _drop_txt_marker)
    ),
    Step.DROP_TXT_MARKER: Sections(
        (_in_use, _marker_is_ours, _txt_marker_is_ours), (_drop_address, _put_address, _drop_txt_marker)
    ),
}
_REVERSE_CHECKED: Final = {
    Step.REVERSE_ADD: Sections((_not_in_use,), (_put_pointer, _put_marker)),
    # A marker is made of the name too (RFC 4701 section 3.5): where ours is, no other pointer is ours.
    Step.REVERSE_REPLACE: Sections((_in_use, _marker_is_ours), (_drop_pointer, _put_pointer)),
    Step.REVERSE_REMOVE_FORMER: Sections(
        (_in_use, _marker_is_the_former_s), (_drop_former_pointer, _drop_former_marker)
    ),
    Step.REVERSE_TAKE_OVER: Sections((_in_use, _any_marker), _ONE_POINTER),
    Step.REVERSE_COMPARE: Sections((_in_use, _pointer_is_ours), ()),
    Step.REVERSE_MARK: Sections((_in_use, _no_marker, _pointer_is_ours), (_drop_pointer, _put_pointer, _put_marker)),
    Step.REVERSE_REMOVE: Sections((_marker_is_ours,), (_drop_pointer, _drop_marker)),
}

SECTIONS: Final[dict[ConflictMode, dict[Step, Sections]]] = {
    ConflictMode.CHECK_WITH_DHCID: {
        Step.ADD: _ADD,
        Step.ADOPT: _ADOPT,
        Step.REPLACE: Sections((_in_use, _marker_is_ours), (_drop_address, _put_address)),
        **_ASKING,
        **_UPGRADING,
        Step.REMOVE_ADDRESS: Sections((_marker_is_ours,), (_drop_address,)),
        Step.REMOVE_NAME: _REMOVE_NAME,
        **_REVERSE_CHECKED,
    },
    ConflictMode.CHECK_EXISTS_WITH_DHCID: {
        Step.ADD: _ADD,
        Step.ADOPT: _ADOPT,
        Step.REPLACE: Sections((_in_use, _any_marker), (_clear_family, _clear_markers, _put_address, _put_marker)),
        Step.REMOVE_ADDRESS: Sections((_any_marker,), (_drop_address,)),
        Step.REMOVE_NAME: Sections((_no_a, _no_aaaa), (_drop_marker,)),
        **_ASKING,
        **_UPGRADING,
        **_REVERSE_CHECKED,
    },
    ConflictMode.NO_CHECK_WITH_DHCID: {
        Step.OVERWRITE: Sections((_no_cname,), (_clear_family, _clear_markers, _put_address, _put_marker)),
        Step.ADOPT: _ADOPT,
        Step.REMOVE_ADDRESS: Sections((), (_drop_address,)),
        Step.REMOVE_NAME: Sections((_no_a, _no_aaaa), (_drop_marker,)),
        Step.REVERSE_OVERWRITE: Sections((_no_cname,), _ONE_POINTER),
        Step.REVERSE_REMOVE: Sections((_pointer_is_ours, _marker_is_ours), (_drop_pointer, _drop_marker)),
    },
    ConflictMode.NO_CHECK_WITHOUT_DHCID: {
        Step.OVERWRITE: Sections((_no_cname,), (_clear_family, _put_address)),
        Step.ADOPT: Sections((), (_clear_alias, _clear_family, _put_address)),
        Step.REMOVE_UNMARKED: Sections((), (_drop_address,)),
        Step.REVERSE_OVERWRITE: Sections((_no_cname,), (_clear_pointers, _put_pointer)),
        Step.REVERSE_REMOVE: Sections((_pointer_is_ours,), (_drop_pointer,)),
    },
}


def build_message(message_id: int, zone: Name, mode: ConflictMode, step: Step, tasks: Sequence[Task]) -> bytes:
    """One unsigned UPDATE that takes all these tasks through `step`: all or none of them (RFC 2136 section 3.7).

    Of the `QUERIES`, which have one task, the query.
    """
    if step in QUERIES:
        return build_look(message_id, *tasks)
    sections = SECTIONS[mode][step]
    writer = begin_update(zone)
    for rules in sections:
        for task in tasks:
            for rule in rules:
                rule(writer, task)
    count = len(tasks)
    prerequisites, updates = len(sections.prerequisites), len(sections.updates)
    return finish_update(writer, message_id, count * prerequisites, count * updates)


def build_look(message_id: int, task: Task) -> bytes:
    """A query for the addresses of the name, or its texts; without recursion: a primary is asked for what it has."""
    writer = Writer()
    writer.question(Question(task.owner, _asked(task), _IN))
    return writer.finish(message_id, 0, (1, 0, 0, 0))


def build_apex_question(message_id: int, zone: Name) -> bytes:
    """A query for the SOA record of what is configured as a zone: `apex_of` its answer is where updates belong."""
    writer = Writer()
    writer.question(Question(zone, _SOA, _IN))
    return writer.finish(message_id, 0, (1, 0, 0, 0))


def apex_of(message: Message, zone: Name) -> Name | None:
    """The zone that a primary has the name in, by its SOA record in the answer or beside it (RFC 2308 section 3).

    None: the answer has no authority, or tells of no zone above.
    """
    if not message.flags & AA:
        return None
    found = (rr.name for rr in (*message.answers, *message.authorities) if rr.rtype == _SOA)
    return next((name for name in found if is_within(zone.lower(), name.lower())), None)


def primary_of(message: Message, zone: Name) -> Name | None:
    """The primary that the SOA record in the same answer names; None: none, as `apex_of`."""
    if not message.flags & AA:
        return None
    found = (rr for rr in (*message.answers, *message.authorities) if rr.rtype == _SOA)
    return next((soa_mname(rr.rdata) for rr in found if is_within(zone.lower(), rr.name.lower())), None)


def build_read_back(message_id: int, task: Task) -> bytes:
    """A query for what the task writes, or takes away: the addresses of a name, or the names of an address."""
    writer = Writer()
    writer.question(Question(task.owner, _written(task), _IN))
    return writer.finish(message_id, 0, (1, 0, 0, 0))


def holds_record(message: Message, task: Task) -> bool | None:
    """Whether the answer of a primary to `build_read_back` has the task's record; None: it does not say."""
    if not message.flags & AA or message.rcode not in {Rcode.NOERROR, Rcode.NXDOMAIN}:
        return None
    row = task.row
    if task.direction is Direction.FORWARD:
        return any(rr.rtype == _family(task) and rr.rdata == row.address for rr in message.answers)
    return any(rr.rtype == _PTR and rr.rdata.lower() == row.name.lower() for rr in message.answers)


def rcode_of_look(message: Message, task: Task) -> int:
    """What a primary's answer comes to, in the RCODEs of prerequisites: NOERROR, NXRRSET or NXDOMAIN, or its own.

    An answer without authority is no primary's: NOTAUTH.
    """
    if message.rcode == Rcode.NOERROR and message.flags & AA:
        found = any(rr.rtype == _asked(task) and _is_looked_for(rr, task) for rr in message.answers)
        return Rcode.NOERROR if found else Rcode.NXRRSET
    if message.rcode == Rcode.NXDOMAIN and message.answers:
        return Rcode.NXRRSET  # an alias stands there, and what it leads to is not there
    return Rcode.NOTAUTH if message.rcode == Rcode.NOERROR else message.rcode


def _written(task: Task) -> int:
    return _family(task) if task.direction is Direction.FORWARD else _PTR


def _asked(task: Task) -> int:
    return _TXT if task.step is Step.LOOK_TXT_MARKER else _family(task)


def _is_looked_for(rr: RR, task: Task) -> bool:
    if task.step is Step.LOOK_TXT_MARKER:
        return rr.name.lower() == task.owner and is_txt_marker(rr.rdata)
    return rr.rdata == task.row.address


_MOST_RECORDS: Final = {
    step: max(sum(map(len, steps[step])) for steps in SECTIONS.values() if step in steps)
    for step in {step for steps in SECTIONS.values() for step in steps}
}


def most_octets(step: Step, task: Task) -> int:
    """An upper bound of what a task adds to a message of this step, without counting on compression.

    Of each record 10 octets and the owner, with two names or markers, or one marker and an address; beside a former
    claim also its name, and its marker twice; of a TXT marker one record more, and it twice.
    """
    row = task.row
    formers = sum(len(former.name) + 2 * len(former.dhcid) for former in row.formers) if row.formers else 0
    texts = len(task.owner) + 10 + 2 * len(row.txt_markers[0]) if row.txt_markers else 0
    records = _MOST_RECORDS.get(step, 1)
    return records * (len(task.owner) + 10) + 2 * (len(row.name) + len(row.dhcid)) + formers + texts
