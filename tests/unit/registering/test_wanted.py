"""What DNS is to say of a host, and what has to be done for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from host_inventory import address, interface, inventory, settings

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import ROOT, from_text
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Conflict, Entry, Kept, Record
from tenure.registering.promise import Answer, Promise
from tenure.registering.settings import Connection, Silence
from tenure.registering.survey import survey
from tenure.registering.wanted import Wishes, next_due, plan, to_leave, wanted

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
    found = {
        (one.owner, one.interface): one.records for one in wanted(survey(HOST, said, ()), {}, reverse=True).entries
    }
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
    records = {one.owner: one.records for one in wanted(found, {}, reverse=False).entries}
    assert records[PC] == (*records[WWW], (SSHFP, key))
    assert wanted(found._replace(judged=()), {}, reverse=False).entries == []


def test_the_fingerprints_of_a_name_whose_addresses_a_dhcp_server_writes_are_ours() -> None:
    found = survey(HOST, settings("pc.office.example"), (), [ED25519])
    promises = {
        one.address.address: Promise(one.address.address, one.interface.name, SERVER_DOES_BOTH, False, NOW, None)
        for one in found.judged
    }
    wishes = wanted(found, promises, reverse=True)
    addresses = of(wishes.left)[PC]
    assert {rtype for rtype, _ in addresses} == {A, AAAA}
    assert wishes.entries == [Entry(PC, Direction.FORWARD, PC, ((SSHFP, found.fingerprints[0]),), beside=addresses)]


def test_without_reverse_records_there_are_none() -> None:
    found = wanted(survey(HOST, settings("pc.office.example"), ()), {}, reverse=False).entries
    assert {one.direction for one in found} == {Direction.FORWARD}


def test_a_host_without_a_name_wants_nothing() -> None:
    assert wanted(survey(HOST, settings("pc"), ()), {}, reverse=True) == Wishes()


ENTRY = Entry(PC, Direction.FORWARD, PC, ((A, FOUR),))


def kept(
    state: State = State.REGISTERED, confirmed: tuple[Record, ...] = ENTRY.records, due_at: float = NOW + 9
) -> Kept:
    return Kept(
        *(PC, Direction.FORWARD, PC, PC, Conflict.PROTECT, b"\0", "10.1.0.1", 53, confirmed, confirmed),
        *(state, "confirmed", "", 0, due_at, NOW, NOW),
    )


def test_what_is_known_to_be_right_needs_nothing_until_it_is_due_or_looked_at() -> None:
    assert plan(Wishes([ENTRY]), [kept()], NOW, look=False).register == []
    assert plan(Wishes([ENTRY]), [kept(due_at=NOW)], NOW, look=False).register == [ENTRY]
    assert plan(Wishes([ENTRY]), [kept()], NOW, look=True).register == [ENTRY]


def test_what_is_new_or_differs_or_was_being_taken_away_needs_work_at_once() -> None:
    assert plan(Wishes([ENTRY]), [], NOW, look=False).register == [ENTRY]
    assert plan(Wishes([ENTRY]), [kept(confirmed=())], NOW, look=False).register == [ENTRY]
    assert plan(Wishes([ENTRY]), [kept(State.REMOVING)], NOW, look=False).register == [ENTRY]
    renamed = ENTRY._replace(name=WWW)
    assert plan(Wishes([renamed]), [kept()], NOW, look=False).register == [renamed]


def test_what_failed_or_was_refused_waits_for_its_time() -> None:
    for state in (State.PENDING, State.REFUSED):
        assert plan(Wishes([ENTRY]), [kept(state, ())], NOW, look=False).register == []
        assert plan(Wishes([ENTRY]), [kept(state, (), NOW - 1)], NOW, look=False).register == [ENTRY]


def test_when_the_host_has_changed_all_that_did_not_work_is_tried_at_once() -> None:
    for state in (State.PENDING, State.REFUSED):
        assert plan(Wishes([ENTRY]), [kept(state, ())], NOW, look=False, hurry=True).register == [ENTRY]
    assert plan(Wishes([ENTRY]), [kept()], NOW, look=False, hurry=True).register == []
    assert plan(Wishes(), [kept(State.REMOVING)], NOW, look=False, hurry=True).withdraw == [kept(State.REMOVING)]


def test_what_is_wanted_no_more_is_withdrawn_at_once_and_again_when_that_is_due() -> None:
    assert plan(Wishes(), [kept()], NOW, look=False).withdraw == [kept()]
    assert plan(Wishes(), [kept(State.REMOVING)], NOW, look=False).withdraw == []
    assert plan(Wishes(), [kept(State.REMOVING)], NOW, look=True).withdraw == [kept(State.REMOVING)]
    assert plan(Wishes(), [kept(State.REMOVING, due_at=NOW)], NOW, look=False).withdraw == [
        kept(State.REMOVING, due_at=NOW)
    ]


def test_the_next_time_is_the_earliest() -> None:
    assert next_due([]) is None
    assert next_due([kept(due_at=7.0), kept(due_at=3.0)]) == 3.0


SERVER_DOES_BOTH = Answer(s=True, n=False, name=ROOT)
SERVER_DOES_REVERSE = Answer(s=False, n=False, name=ROOT)
SERVER_DOES_NOTHING = Answer(s=False, n=True, name=ROOT)
POINTER = reverse_name(FOUR)


def told(
    answer: Answer | None, interface: str = "eth0", *, silent: bool = False, reverse: bool = True, **more: object
) -> Wishes:
    """What is wanted of the host when a server said this of its address 10.1.0.7."""
    promise = Promise(FOUR, interface, answer, silent, NOW, None)
    found = survey(HOST, settings("pc.office.example", names=(WWW,)), ())
    return wanted(found, {FOUR: promise}, reverse=reverse, **more)  # type: ignore[arg-type]


def of(entries: Sequence[Entry]) -> dict[bytes, tuple[Record, ...]]:
    return {one.owner: one.records for one in entries}


EVERYTHING = told(None)


def test_what_the_server_writes_is_left_to_it_and_the_rest_of_the_name_is_ours() -> None:
    found = told(SERVER_DOES_BOTH)
    assert of(found.left) == {PC: ((A, FOUR),), POINTER: ((PTR, PC),)}
    ours = of(found.entries)
    assert ours[PC] == ((A, THERE), (AAAA, SIX))
    assert POINTER not in ours
    assert [one.beside for one in found.entries if one.owner == PC] == [((A, FOUR),)]


def test_of_another_name_the_server_knows_nothing() -> None:
    assert (A, FOUR) in of(told(SERVER_DOES_BOTH).entries)[WWW]
    found = told(SERVER_DOES_BOTH._replace(name=WWW))
    assert (A, FOUR) in of(found.entries)[PC]
    assert of(found.left) == {WWW: ((A, FOUR),), POINTER: ((PTR, PC),)}


def test_a_server_that_does_the_reverse_record_leaves_the_address_to_the_host() -> None:
    found = told(SERVER_DOES_REVERSE)
    assert of(found.left) == {POINTER: ((PTR, PC),)}
    assert of(found.entries)[PC] == ((A, FOUR), (A, THERE), (AAAA, SIX))
    assert reverse_name(THERE) in of(found.entries)  # nobody leased that one


@pytest.mark.parametrize("answer", [None, SERVER_DOES_NOTHING, SERVER_DOES_BOTH._replace(n=True)])
def test_a_server_that_writes_nothing_leaves_all_to_the_host(answer: Answer | None) -> None:
    assert told(answer) == EVERYTHING
    assert EVERYTHING.left == []


def test_a_promise_for_an_address_that_is_elsewhere_by_now_counts_no_more() -> None:
    assert told(SERVER_DOES_BOTH, "eth1") == EVERYTHING


def test_a_silent_server_s_part_is_taken_over_or_left_as_is_configured() -> None:
    assert told(SERVER_DOES_BOTH, silent=True) == EVERYTHING
    assert told(SERVER_DOES_BOTH, silent=True, on_silence=Silence.KEEP) == told(SERVER_DOES_BOTH)


def test_what_is_left_to_the_server_is_not_taken_away_and_what_it_did_not_promise_is() -> None:
    left = Wishes((), [ENTRY])
    assert plan(left, [kept()], NOW, look=True).withdraw == []
    assert to_leave(left, [kept()], NOW) == [ENTRY]
    assert to_leave(left, [], NOW) == [ENTRY]
    before = kept()._replace(written=((A, FOUR), (A, THERE)))
    assert plan(left, [before], NOW, look=False).withdraw == [before._replace(written=((A, THERE),))]
    assert to_leave(left, [before], NOW) == []  # not before that is gone


def test_what_is_known_to_be_the_server_s_is_not_looked_at_before_its_time_and_is_ours_again_at_once() -> None:
    known = kept(State.NONE, ())
    left = Wishes((), [ENTRY])
    assert to_leave(left, [known], NOW) == []
    assert to_leave(left, [known._replace(due_at=NOW)], NOW) == [ENTRY]
    assert plan(Wishes([ENTRY]), [known], NOW, look=False).register == [ENTRY]
    assert plan(Wishes(), [known], NOW, look=False).withdraw == [known]


def test_a_name_of_which_the_host_writes_a_part_is_not_the_server_s() -> None:
    found = told(SERVER_DOES_BOTH)
    assert [one.owner for one in to_leave(found, [], NOW)] == [POINTER]
