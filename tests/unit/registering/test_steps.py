"""How names are compared, written and withdrawn, against a zone that takes updates as RFC 2136 says."""

from __future__ import annotations

import pytest
from update_model import ModelZone

from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Conflict, Entry, Record
from tenure.registering.identity import machine_duid, marker
from tenure.registering.steps import MOST_STEPS, SECTIONS, Outcome, Step, Task, advance, build_step, writes

ZONE, NAME, OTHER = (from_text(f"{label}example.test.") for label in ("", "pc.", "box."))
A, AAAA, PTR, TXT, DHCID, CNAME = (
    int(t) for t in (RRType.A, RRType.AAAA, RRType.PTR, RRType.TXT, RRType.DHCID, RRType.CNAME)
)
SSHFP, KEY, KEY2 = int(RRType.SSHFP), b"\4\2" + bytes(32), b"\1\2" + bytes(32)
FOUR, FOUR2, SIX = bytes((10, 1, 0, 7)), bytes((10, 1, 0, 8)), b"\xfd" + bytes(14) + b"\7"
DUID = machine_duid("5a" * 16)
OURS, THEIRS = marker(DUID, NAME), marker(machine_duid("7b" * 16), NAME)
POINTER = reverse_name(FOUR)
F, R = Direction.FORWARD, Direction.REVERSE
PROTECT, REPLACE, STOP = Conflict.PROTECT, Conflict.REPLACE, Conflict.STOP
Content = dict[int, set[bytes]]


def task(conflict: Conflict, direction: Direction = F, former: tuple[Record, ...] = (), **more: object) -> Task:
    entry = Entry(NAME, F, NAME, ((A, FOUR), (AAAA, SIX)))
    if direction is R:
        entry = Entry(POINTER, R, NAME, ((PTR, NAME),))
    return Task(entry._replace(**more), entry.owner, conflict, Step.COMPARE, 900, OURS, former)  # type: ignore[arg-type]


def settle(zone: ModelZone, one: Task) -> Outcome:
    """Through all steps; that none goes on for ever is part of it."""
    for _ in range(MOST_STEPS):
        after = advance(one, zone.update(build_step(1, ZONE, [one])))
        if isinstance(after, Outcome):
            return after
        one = after
    raise AssertionError(f"{one.step} after {MOST_STEPS} steps")


def zone_with(content: Content, owner: bytes = NAME) -> ModelZone:
    zone = ModelZone()
    for rtype, rdatas in content.items():
        for rdata in rdatas:
            zone.put(owner, rtype, rdata)
    return zone


WANTED: Content = {A: {FOUR}, AAAA: {SIX}}
MARKED: Content = {**WANTED, DHCID: {OURS}}
OLD: tuple[Record, ...] = ((A, FOUR2),)

FORWARD: list[tuple[Conflict, Content, tuple[Record, ...], Reason, Content]] = [
    (PROTECT, {}, (), Reason.CONFIRMED, MARKED),
    (PROTECT, MARKED, (), Reason.CONFIRMED, MARKED),
    (PROTECT, {A: {FOUR2}, DHCID: {OURS}}, (), Reason.CONFIRMED, MARKED),
    (PROTECT, {**MARKED, A: {FOUR, FOUR2}, TXT: {b"\1x"}}, (), Reason.CONFIRMED, {**MARKED, TXT: {b"\1x"}}),
    (PROTECT, {A: {FOUR2}, DHCID: {THEIRS}}, (), Reason.NAME_TAKEN, {A: {FOUR2}, DHCID: {THEIRS}}),
    (PROTECT, {**WANTED, DHCID: {THEIRS}}, (), Reason.NAME_TAKEN, {**WANTED, DHCID: {THEIRS}}),
    (PROTECT, {A: {FOUR2}}, OLD, Reason.NAME_STATIC, {A: {FOUR2}}),
    (PROTECT, WANTED, (), Reason.NAME_STATIC, WANTED),
    (PROTECT, {CNAME: {OTHER}}, (), Reason.NAME_STATIC, {CNAME: {OTHER}}),
    (REPLACE, {}, (), Reason.CONFIRMED, WANTED),
    (REPLACE, {A: {FOUR2}, TXT: {b"\1x"}}, (), Reason.CONFIRMED, {**WANTED, TXT: {b"\1x"}}),
    (REPLACE, {CNAME: {OTHER}}, (), Reason.NAME_ALIAS, {CNAME: {OTHER}}),
    (STOP, {}, (), Reason.CONFIRMED, WANTED),
    (STOP, WANTED, (), Reason.CONFIRMED, WANTED),
    (STOP, {TXT: {b"\1x"}}, (), Reason.CONFIRMED, {**WANTED, TXT: {b"\1x"}}),
    (STOP, {A: {FOUR2}}, (), Reason.NAME_IN_USE, {A: {FOUR2}}),
    (STOP, {A: {FOUR2}}, OLD, Reason.CONFIRMED, WANTED),
    (STOP, {A: {FOUR2, FOUR}}, OLD, Reason.NAME_IN_USE, {A: {FOUR2, FOUR}}),
    (STOP, {A: {FOUR2}, AAAA: {SIX}}, OLD, Reason.NAME_IN_USE, {A: {FOUR2}, AAAA: {SIX}}),
    (STOP, {CNAME: {OTHER}}, OLD, Reason.NAME_IN_USE, {CNAME: {OTHER}}),
]
HOLDS: Content = {PTR: {NAME}}
HELD: Content = {PTR: {NAME}, DHCID: {OURS}}
REVERSE: list[tuple[Conflict, Content, tuple[Record, ...], Reason, Content]] = [
    (PROTECT, {}, (), Reason.CONFIRMED, HELD),
    (PROTECT, HOLDS, (), Reason.CONFIRMED, HOLDS),
    (PROTECT, {PTR: {NAME}, DHCID: {THEIRS}}, (), Reason.CONFIRMED, {PTR: {NAME}, DHCID: {THEIRS}}),
    (PROTECT, {PTR: {OTHER}, DHCID: {THEIRS}}, (), Reason.CONFIRMED, HELD),
    (PROTECT, {PTR: {OTHER}}, (), Reason.POINTER_TAKEN, {PTR: {OTHER}}),
    (REPLACE, {PTR: {OTHER}}, (), Reason.CONFIRMED, HOLDS),
    (REPLACE, {CNAME: {OTHER}}, (), Reason.NAME_ALIAS, {CNAME: {OTHER}}),
    (STOP, {}, (), Reason.CONFIRMED, HOLDS),
    (STOP, {PTR: {OTHER}}, (), Reason.POINTER_TAKEN, {PTR: {OTHER}}),
    (STOP, {PTR: {OTHER}}, ((PTR, OTHER),), Reason.CONFIRMED, HOLDS),
]


@pytest.mark.parametrize(("conflict", "before", "former", "reason", "after"), FORWARD)
def test_a_name(
    conflict: Conflict, before: Content, former: tuple[Record, ...], reason: Reason, after: Content
) -> None:
    zone = zone_with(before)
    outcome = settle(zone, task(conflict, former=former))
    assert (outcome.reason, zone.at(NAME)) == (reason, after), outcome
    assert outcome.state is (State.REGISTERED if reason is Reason.CONFIRMED else State.REFUSED)


@pytest.mark.parametrize(("conflict", "before", "former", "reason", "after"), REVERSE)
def test_a_pointer(
    conflict: Conflict, before: Content, former: tuple[Record, ...], reason: Reason, after: Content
) -> None:
    zone = zone_with(before, POINTER)
    outcome = settle(zone, task(conflict, R, former))
    assert (outcome.reason, zone.at(POINTER)) == (reason, after), outcome


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("conflict", Conflict)
def test_what_is_right_takes_one_message_that_changes_nothing(conflict: Conflict, direction: Direction) -> None:
    zone = ModelZone()
    settle(zone, task(conflict, direction))
    zone.messages = 0
    assert not writes(task(conflict, direction))
    assert settle(zone, task(conflict, direction)).state is State.REGISTERED
    assert zone.messages == 1


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("conflict", Conflict)
def test_what_was_written_is_taken_away_and_nothing_else(conflict: Conflict, direction: Direction) -> None:
    zone, one = ModelZone(), task(conflict, direction)
    settle(zone, one)
    zone.put(one.at, TXT, b"\1x")
    outcome = settle(zone, one._replace(step=Step.WITHDRAW))
    assert (outcome.state, outcome.reason) == (State.NONE, Reason.REMOVED)
    assert zone.at(one.at) == {TXT: {b"\1x"}}


def test_another_host_s_name_is_not_taken_away() -> None:
    there = {**WANTED, DHCID: {THEIRS}}
    zone = zone_with(there)
    outcome = settle(zone, task(PROTECT)._replace(step=Step.WITHDRAW))
    assert (outcome.state, outcome.reason, zone.at(NAME)) == (State.NONE, Reason.NOT_OURS, there)


def test_the_mark_stays_while_an_address_is_left() -> None:
    zone = zone_with({**MARKED, A: {FOUR, FOUR2}})
    assert settle(zone, task(PROTECT)._replace(step=Step.WITHDRAW)).state is State.NONE
    assert zone.at(NAME) == {A: {FOUR2}, DHCID: {OURS}}


def test_a_pointer_to_another_name_is_not_taken_away_without_a_mark() -> None:
    zone = zone_with({PTR: {OTHER}}, POINTER)
    assert settle(zone, task(REPLACE, R)._replace(step=Step.WITHDRAW)).reason is Reason.NOT_OURS
    assert zone.at(POINTER) == {PTR: {OTHER}}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("conflict", Conflict)
def test_what_is_right_but_for_its_ttl_is_written_anew(conflict: Conflict, direction: Direction) -> None:
    zone, one = ModelZone(), task(conflict, direction)
    settle(zone, one)
    zone.put(one.at, TXT, b"\1x")
    before = {rtype: set(rdatas) for rtype, rdatas in zone.at(one.at).items()}
    zone.messages = 0
    outcome = settle(zone, one._replace(step=Step.REWRITE, ttl=60))
    assert (outcome.reason, zone.messages, zone.at(one.at)) == (Reason.CONFIRMED, 1, before)
    assert {zone.ttls[one.at, rtype] for rtype in before if rtype != TXT} == {60}


def test_another_one_s_right_pointer_is_not_written_for_its_ttl() -> None:
    zone = zone_with({PTR: {NAME}, DHCID: {THEIRS}}, POINTER)
    assert settle(zone, task(PROTECT, R)._replace(step=Step.REWRITE)).reason is Reason.CONFIRMED
    assert zone.ttls == {}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("conflict", [REPLACE, STOP])
def test_where_names_are_not_marked_any_more_our_mark_goes_and_the_records_stay(
    conflict: Conflict, direction: Direction
) -> None:
    zone, one = ModelZone(), task(PROTECT, direction)
    settle(zone, one)
    records = {rtype: set(rdatas) for rtype, rdatas in zone.at(one.at).items() if rtype != DHCID}
    assert settle(zone, one._replace(conflict=conflict, step=Step.UNMARK)).reason is Reason.CONFIRMED
    assert zone.at(one.at) == records


@pytest.mark.parametrize("content", [{PTR: {NAME}, DHCID: {THEIRS}}, {PTR: {NAME}}])
def test_a_pointer_without_our_mark_is_anothers_unless_it_is_written(content: Content) -> None:
    zone = zone_with(content, POINTER)
    one = task(REPLACE, R)._replace(step=Step.UNMARK)
    compared = advance(one, zone.update(build_step(1, ZONE, [one])))
    assert isinstance(compared, Task)
    assert (compared.step, compared.is_anothers, zone.at(POINTER)) == (Step.COMPARE, True, content)
    written = advance(compared, Rcode.NXRRSET)
    assert isinstance(written, Task)
    assert (written.step, written.is_anothers) == (Step.OVERWRITE, False)


@pytest.mark.parametrize("conflict", Conflict)
def test_fingerprints_stand_beside_addresses_and_go_when_they_are_wanted_no_more(conflict: Conflict) -> None:
    zone, plain = ModelZone(), task(conflict)
    keyed = plain._replace(entry=plain.entry._replace(records=(*plain.entry.records, (SSHFP, KEY))))
    settle(zone, keyed)
    assert zone.at(NAME)[SSHFP] == {KEY}
    zone.messages = 0
    assert settle(zone, keyed).detail == "NOERROR to compare"
    former = keyed.entry.records
    renewed = keyed._replace(entry=plain.entry._replace(records=(*plain.entry.records, (SSHFP, KEY2))), former=former)
    assert settle(zone, renewed).reason is Reason.CONFIRMED
    assert zone.at(NAME)[SSHFP] == {KEY2}
    zone.put(NAME, TXT, b"\1x")
    assert settle(zone, plain._replace(former=renewed.entry.records)).reason is Reason.CONFIRMED
    assert zone.at(NAME) == {A: {FOUR}, AAAA: {SIX}, TXT: {b"\1x"}} | ({DHCID: {OURS}} if conflict is PROTECT else {})


@pytest.mark.parametrize("conflict", Conflict)
def test_fingerprints_of_a_person_are_left_where_none_are_wanted(conflict: Conflict) -> None:
    zone, one = ModelZone(), task(conflict)
    settle(zone, one)
    zone.put(NAME, SSHFP, KEY)
    moved = one._replace(entry=one.entry._replace(records=((A, FOUR2),)), former=one.entry.records)
    assert settle(zone, moved).reason is Reason.CONFIRMED
    assert settle(zone, moved._replace(step=Step.WITHDRAW)).state is State.NONE
    assert zone.at(NAME) == {SSHFP: {KEY}}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("conflict", Conflict)
def test_a_life_that_begins_anew_adds_what_stands_there(conflict: Conflict, direction: Direction) -> None:
    zone, one = ModelZone(), task(conflict, direction)
    settle(zone, one)
    renewed = one._replace(step=Step.RENEW)
    assert settle(zone, renewed).detail == "NOERROR to renew"
    added = {(rr.name, rr.rtype, rr.rdata) for rr in parse_message(build_step(1, ZONE, [renewed])).authorities}
    there = {(one.at, rtype, rdata) for rtype, rdatas in zone.at(one.at).items() for rdata in rdatas}
    assert added == there
    zone.records.clear()
    assert settle(zone, renewed).detail != "NOERROR to renew"
    assert {(one.at, rtype, rdata) for rtype, rdatas in zone.at(one.at).items() for rdata in rdatas} == there


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("conflict", Conflict)
def test_a_lease_is_asked_for_what_is_added_the_marker_too(
    conflict: Conflict, direction: Direction, step: Step
) -> None:
    one = task(conflict, direction)._replace(step=step)
    if step not in SECTIONS[conflict, direction]:
        return
    message = parse_message(build_step(1, ZONE, [one], 60))
    added = {rr.rtype for rr in message.authorities if rr.rclass == 1}
    assert (message.edns is not None and message.edns.options == ((2, b"\0\0\0\x3c"),)) is bool(added)
    assert not added or (DHCID in added) is (conflict is PROTECT)
    assert parse_message(build_step(1, ZONE, [one])).edns is None


def test_several_names_share_a_message_and_all_of_it_happens_or_nothing() -> None:
    zone = zone_with({A: {FOUR2}}, OTHER)
    both = [task(PROTECT)._replace(step=Step.CLAIM), task(PROTECT, owner=OTHER)._replace(step=Step.CLAIM, at=OTHER)]
    assert zone.update(build_step(1, ZONE, both)) == Rcode.YXDOMAIN
    assert zone.at(NAME) == {}


@pytest.mark.parametrize("rcode", range(24))
def test_every_answer_to_every_step_leads_somewhere(rcode: int) -> None:
    for (conflict, direction), sections in SECTIONS.items():
        for step in sections:
            after = advance(task(conflict, direction)._replace(step=step), rcode)
            if isinstance(after, Task):
                assert after.step in sections
            else:
                assert WORDS[after.reason]
                assert str(step) in after.detail


@pytest.mark.parametrize("text", ["", "00" * 16, "5a" * 15, "5a" * 17, "none"])
def test_a_machine_id_that_is_none_proves_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        machine_duid(text)


# The zone's A records are a DHCP server's; the AAAA record, or one more A record, is the host's own.
BESIDE: list[tuple[Conflict, tuple[Record, ...], Content, Content]] = [
    (PROTECT, ((AAAA, SIX),), {A: {FOUR2}, DHCID: {OURS}}, {A: {FOUR2}, AAAA: {SIX}, DHCID: {OURS}}),
    (PROTECT, ((A, FOUR),), {A: {FOUR2}, DHCID: {OURS}}, {A: {FOUR, FOUR2}, DHCID: {OURS}}),
    (REPLACE, ((AAAA, SIX),), {A: {FOUR2}}, {A: {FOUR2}, AAAA: {SIX}}),
    (REPLACE, ((A, FOUR),), {A: {FOUR2}}, {A: {FOUR, FOUR2}}),
    (STOP, ((AAAA, SIX),), {A: {FOUR2}}, {A: {FOUR2}, AAAA: {SIX}}),
    (STOP, ((A, FOUR),), {A: {FOUR2}}, {A: {FOUR, FOUR2}}),
]


@pytest.mark.parametrize(("conflict", "ours", "before", "after"), BESIDE)
def test_what_a_dhcp_server_writes_at_the_name_stays(
    conflict: Conflict, ours: tuple[Record, ...], before: Content, after: Content
) -> None:
    zone, one = zone_with(before), task(conflict, records=ours, beside=((A, FOUR2),))
    assert settle(zone, one).state is State.REGISTERED
    assert zone.at(NAME) == after
    zone.messages = 0
    settle(zone, one)
    assert zone.messages == 1
    settle(zone, one._replace(step=Step.WITHDRAW))
    assert zone.at(NAME) == before


def test_of_a_shared_type_only_what_was_ours_goes() -> None:
    zone = zone_with({A: {FOUR, FOUR2}, DHCID: {OURS}})
    other = bytes((10, 1, 0, 9))
    one = task(PROTECT, records=((A, other),), beside=((A, FOUR2),))._replace(stale=((A, FOUR),))
    assert settle(zone, one).state is State.REGISTERED
    assert zone.at(NAME) == {A: {FOUR2, other}, DHCID: {OURS}}


def test_what_was_ours_goes_too_where_all_of_its_type_is_the_server_s_now() -> None:
    zone = zone_with({A: {FOUR, FOUR2}, AAAA: {SIX}, DHCID: {OURS}})
    one = task(PROTECT, records=((AAAA, SIX),), beside=((A, FOUR2),))
    assert settle(zone, one._replace(stale=((A, FOUR),))).state is State.REGISTERED
    assert zone.at(NAME) == {A: {FOUR2}, AAAA: {SIX}, DHCID: {OURS}}


def test_another_host_s_name_is_not_shared() -> None:
    before = {A: {FOUR2}, DHCID: {THEIRS}}
    zone = zone_with(before)
    assert settle(zone, task(PROTECT, records=((AAAA, SIX),), beside=((A, FOUR2),))).reason is Reason.NAME_TAKEN
    assert zone.at(NAME) == before


@pytest.mark.parametrize("conflict", Conflict)
def test_of_a_shared_type_our_record_is_written_anew_by_itself(conflict: Conflict) -> None:
    zone = zone_with({A: {FOUR, FOUR2}, AAAA: {SIX}} | ({DHCID: {OURS}} if conflict is PROTECT else {}))
    one = task(conflict, beside=((A, FOUR2),))._replace(step=Step.REWRITE)
    changes = parse_message(build_step(1, ZONE, [one])).authorities
    (dropped, put) = (rr for rr in changes if rr.rtype == A)
    assert (dropped.rclass, dropped.rdata, put.rclass, put.rdata) == (254, FOUR, 1, FOUR)
    before = {rtype: set(rdatas) for rtype, rdatas in zone.at(NAME).items()}
    assert settle(zone, one).detail == "NOERROR to rewrite"
    assert zone.at(NAME) == before


@pytest.mark.parametrize("conflict", Conflict)
def test_fingerprints_are_kept_up_beside_addresses_that_are_all_a_dhcp_server_s(conflict: Conflict) -> None:
    theirs: Content = {A: {FOUR2}, AAAA: {SIX}} | ({DHCID: {OURS}} if conflict is PROTECT else {})
    zone = zone_with(theirs)
    one = task(conflict, records=((SSHFP, KEY),), beside=((A, FOUR2), (AAAA, SIX)))
    assert settle(zone, one).reason is Reason.CONFIRMED
    assert zone.at(NAME) == {**theirs, SSHFP: {KEY}}
    after = task(conflict, F, records=((SSHFP, KEY2),), beside=one.entry.beside)
    for step in (Step.COMPARE, Step.REWRITE):
        assert settle(zone, after._replace(step=step, former=one.entry.records)).reason is Reason.CONFIRMED
        assert zone.at(NAME) == {**theirs, SSHFP: {KEY2}}
    settle(zone, after._replace(step=Step.WITHDRAW))
    assert zone.at(NAME) == theirs


def test_a_refreshed_name_has_its_mark_anew() -> None:
    one = task(PROTECT)._replace(step=Step.REFRESH)
    marks = [rr for rr in parse_message(build_step(1, ZONE, [one])).authorities if rr.rtype == DHCID]
    assert [(rr.rclass, rr.rdata) for rr in marks] == [(254, OURS), (1, OURS)]
