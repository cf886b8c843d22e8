"""What DNS is to say of a host, and what has to be done for it."""

from __future__ import annotations

from host_inventory import address, interface, inventory, settings

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Conflict, Entry, Kept, Record
from tenure.registering.settings import Connection
from tenure.registering.survey import survey
from tenure.registering.wanted import next_due, plan, wanted

PC, WWW, LAB = (from_text(text) for text in ("pc.office.example.", "www.office.example.", "pc.lab.example."))
A, AAAA, PTR, SSHFP = int(RRType.A), int(RRType.AAAA), int(RRType.PTR), int(RRType.SSHFP)
FOUR, SIX, THERE = bytes((10, 1, 0, 7)), b"\xfd" + bytes(14) + b"\7", bytes((10, 2, 0, 7))
HOST = inventory(
    *(interface(2, "eth0"), interface(3, "eth1"), address("10.1.0.7/16"), address("fd00::7/64")),
    *(address("10.2.0.7/16", 3), address("fe80::7/64")),
)
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS root@pc"
NOW = 1000.0


def test_the_primary_name_has_all_addresses_and_a_connection_s_name_its_own() -> None:
    said = settings(
        "pc.office.example", names=(WWW,), connections={"eth1": Connection(suffix=from_text("lab.example."))}
    )
    found = {(one.owner, one.interface): one.records for one in wanted(survey(HOST, said, ()), reverse=True)}
    everywhere = ((A, FOUR), (A, THERE), (AAAA, SIX))
    assert found == {
        (PC, ""): everywhere,
        (WWW, ""): everywhere,
        (LAB, "eth1"): ((A, THERE),),
        (reverse_name(FOUR), "eth0"): ((PTR, PC),),
        (reverse_name(SIX), "eth0"): ((PTR, PC),),
        (reverse_name(THERE), "eth1"): ((PTR, PC),),
    }


def test_the_primary_name_has_the_fingerprints_too_and_no_other_name() -> None:
    said = settings("pc.office.example", names=(WWW,))
    found = survey(HOST, said, (), [ED25519, "ssh-rsa none", ED25519])
    (key,) = found.fingerprints
    records = {one.owner: one.records for one in wanted(found, reverse=False)}
    assert records[PC] == (*records[WWW], (SSHFP, key))
    assert wanted(found._replace(judged=()), reverse=False) == []


def test_without_reverse_records_there_are_none() -> None:
    found = wanted(survey(HOST, settings("pc.office.example"), ()), reverse=False)
    assert {one.direction for one in found} == {Direction.FORWARD}


def test_a_host_without_a_name_wants_nothing() -> None:
    assert wanted(survey(HOST, settings("pc"), ()), reverse=True) == []


ENTRY = Entry(PC, Direction.FORWARD, PC, ((A, FOUR),))


def kept(
    state: State = State.REGISTERED, confirmed: tuple[Record, ...] = ENTRY.records, due_at: float = NOW + 9
) -> Kept:
    return Kept(
        *(PC, Direction.FORWARD, PC, PC, Conflict.PROTECT, b"\0", "10.1.0.1", 53, confirmed, confirmed),
        *(state, "confirmed", "", 0, due_at, NOW, NOW),
    )


def test_what_is_known_to_be_right_needs_nothing_until_it_is_due_or_looked_at() -> None:
    assert plan([ENTRY], [kept()], NOW, look=False).register == []
    assert plan([ENTRY], [kept(due_at=NOW)], NOW, look=False).register == [ENTRY]
    assert plan([ENTRY], [kept()], NOW, look=True).register == [ENTRY]


def test_what_is_new_or_differs_or_was_being_taken_away_needs_work_at_once() -> None:
    assert plan([ENTRY], [], NOW, look=False).register == [ENTRY]
    assert plan([ENTRY], [kept(confirmed=())], NOW, look=False).register == [ENTRY]
    assert plan([ENTRY], [kept(State.REMOVING)], NOW, look=False).register == [ENTRY]
    renamed = ENTRY._replace(name=WWW)
    assert plan([renamed], [kept()], NOW, look=False).register == [renamed]


def test_what_failed_or_was_refused_waits_for_its_time() -> None:
    for state in (State.PENDING, State.REFUSED):
        assert plan([ENTRY], [kept(state, ())], NOW, look=False).register == []
        assert plan([ENTRY], [kept(state, (), NOW - 1)], NOW, look=False).register == [ENTRY]


def test_when_the_host_has_changed_all_that_did_not_work_is_tried_at_once() -> None:
    for state in (State.PENDING, State.REFUSED):
        assert plan([ENTRY], [kept(state, ())], NOW, look=False, hurry=True).register == [ENTRY]
    assert plan([ENTRY], [kept()], NOW, look=False, hurry=True).register == []
    assert plan([], [kept(State.REMOVING)], NOW, look=False, hurry=True).withdraw == [kept(State.REMOVING)]


def test_what_is_wanted_no_more_is_withdrawn_at_once_and_again_when_that_is_due() -> None:
    assert plan([], [kept()], NOW, look=False).withdraw == [kept()]
    assert plan([], [kept(State.REMOVING)], NOW, look=False).withdraw == []
    assert plan([], [kept(State.REMOVING)], NOW, look=True).withdraw == [kept(State.REMOVING)]
    assert plan([], [kept(State.REMOVING, due_at=NOW)], NOW, look=False).withdraw == [kept(State.REMOVING, due_at=NOW)]


def test_the_next_time_is_the_earliest() -> None:
    assert next_due([]) is None
    assert next_due([kept(due_at=7.0), kept(due_at=3.0)]) == 3.0
