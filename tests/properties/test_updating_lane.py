"""Shared messages with bisecting come to exactly what one message for each name would have come to."""

from __future__ import annotations

import pytest
from claims import A_CLIENT, OTHER_CLIENT, ZONE, part, registration, task
from hypothesis import given, settings
from hypothesis import strategies as st
from update_model import ModelZone

from tenure.dnswire.codes import Rcode, RRType
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.updating.lane import Lane
from tenure.updating.messages import QUERIES, build_message
from tenure.updating.routing import ConflictMode, Domain
from tenure.updating.task import Ending, Task

A, AAAA, PTR, TXT, DHCID = (int(RRType[rtype]) for rtype in ("A", "AAAA", "PTR", "TXT", "DHCID"))
KINDS = ["free", "own", "own-elsewhere", "own-aaaa", "other", "static", "text", "two-markers", "refused"]
WHY_NOT = {
    "refused": Reason.SERVER_REFUSED,
    "other": Reason.NAME_TAKEN,
    "two-markers": Reason.NAME_TAKEN,
    "static": Reason.CLIENT_WROTE,  # the very address
    "text": Reason.NAME_STATIC,
}
ADDED = {"free", "own", "own-elsewhere", "own-aaaa"}


def name_of(number: int) -> bytes:
    label = b"pc%d" % number
    return bytes([len(label)]) + label + ZONE


def address_of(number: int) -> bytes:
    return (0x0A000000 + number).to_bytes(4, "big")


def zone_with(kinds: list[str]) -> ModelZone:
    zone = ModelZone(name_of(number) for number, kind in enumerate(kinds) if kind == "refused")
    for number, kind in enumerate(kinds):
        name = name_of(number)
        if kind in {"own", "other", "static", "two-markers"}:
            zone.put(name, A, address_of(number))
        if kind == "own-elsewhere":
            zone.put(name, A, b"\xc0\0\2\1")
        if kind == "own-aaaa":
            zone.put(name, AAAA, bytes(16))
        if kind == "text":
            zone.put(name, TXT, b"\2hi")
        if kind.startswith("own") or kind == "two-markers":
            zone.put(name, DHCID, A_CLIENT)
        if kind in {"other", "two-markers"}:
            zone.put(name, DHCID, OTHER_CLIENT)
    return zone


def pointers_with(kinds: list[str]) -> ModelZone:
    zone = ModelZone(reverse_name(address_of(number)) for number, kind in enumerate(kinds) if kind == "refused")
    for number, kind in enumerate(kinds):
        owner = reverse_name(address_of(number))
        if kind in {"own", "right", "beside"}:
            zone.put(owner, PTR, name_of(number))
        if kind in {"former", "static", "beside"}:
            zone.put(owner, PTR, name_of(9999))
        if kind in {"own", "former", "beside"}:
            zone.put(owner, DHCID, OTHER_CLIENT if kind == "former" else A_CLIENT)
        if kind == "text":
            zone.put(owner, TXT, b"\2hi")
    return zone


def drive(lane: Lane, zone: ModelZone, turns: list[int]) -> dict[bytes, Ending]:
    """Several messages on the way at once, answered in an order that `turns` chooses."""
    under_way, ended, turn = [], {}, 0
    while True:
        while len(under_way) < 4 and (batch := lane.next_batch()) is not None:
            under_way.append(batch)
        if not under_way:
            return ended
        batch = under_way.pop(turns[turn % len(turns)] % len(under_way))
        turn += 1
        owners = [t.owner for other in [batch, *under_way] for t in other.tasks]
        assert len(owners) == len(set(owners))
        octets = build_message(1, lane.domain.zone, lane.domain.mode, batch.step, batch.tasks)
        rcode = zone.look(batch.tasks[0].owner) if batch.step in QUERIES else zone.update(octets)
        ended |= {t.row.name: ending for t, ending in lane.answered(batch, rcode)}


def lane_of(tasks: list[Task], most: int) -> Lane:
    lane = Lane(Domain(ZONE, (), None, ConflictMode.CHECK_WITH_DHCID), most)
    for one in tasks:
        lane.add(one)
    return lane


Pointers = st.lists(
    st.sampled_from(["own", "former", "right", "beside", "static", "text", "refused", *["free"] * 5]),
    min_size=1,
    max_size=60,
)
Kinds = st.lists(st.sampled_from([*KINDS, *["free"] * 6]), min_size=1, max_size=60)
Turns = st.lists(st.integers(0, 7), min_size=1, max_size=20)


@settings(max_examples=150, deadline=None)
@given(Kinds, st.sampled_from([1, 2, 7, 200]), Turns)
def test_every_name_gets_what_it_deserves(kinds: list[str], most: int, turns: list[int]) -> None:
    zone = zone_with(kinds)
    rows = [registration(name_of(n), address_of(n)) for n in range(len(kinds))]
    before = {n: {rtype: set(r) for rtype, r in zone.at(name_of(n)).items()} for n in range(len(kinds))}
    ended = drive(lane_of([task(row) for row in rows], most), zone, turns)
    assert len(ended) == len(kinds)
    for number, kind in enumerate(kinds):
        reason, there = ended[name_of(number)].reason, zone.at(name_of(number))
        if kind in ADDED:
            assert reason is Reason.CONFIRMED
            family = {AAAA: {bytes(16)}} if kind == "own-aaaa" else {}
            elsewhere = {b"\xc0\0\2\1"} if kind == "own-elsewhere" else set()  # goes with its own removal
            assert there == {A: {address_of(number), *elsewhere}, DHCID: {A_CLIENT}, **family}
        else:
            assert reason is WHY_NOT[kind]
            assert there == before[number]


@settings(max_examples=150, deadline=None)
@given(Kinds, st.sampled_from([1, 2, 7, 200]), Turns)
def test_exactly_what_is_ours_is_removed(kinds: list[str], most: int, turns: list[int]) -> None:
    zone = zone_with(kinds)
    for number in range(0, len(kinds), 3):
        zone.put(name_of(number), TXT, b"\7by hand")
    rows = [registration(name_of(n), address_of(n), forward=part(State.REMOVING), cause="x") for n in range(len(kinds))]
    before = {n: {rtype: set(r) for rtype, r in zone.at(name_of(n)).items()} for n in range(len(kinds))}
    ended = drive(lane_of([task(row) for row in rows], most), zone, turns)
    for number, kind in enumerate(kinds):
        reason, there = ended[name_of(number)].reason, zone.at(name_of(number))
        expected = before[number]
        if kind == "own":
            expected = {rtype: rdatas for rtype, rdatas in expected.items() if rtype not in {A, DHCID}}
        if kind == "refused":
            assert reason is Reason.SERVER_REFUSED
        else:
            assert reason is (Reason.REMOVED if kind.startswith("own") else Reason.NOT_OURS)
        assert there == expected


@settings(max_examples=150, deadline=None)
@given(Pointers, st.sampled_from([1, 2, 7, 200]), Turns)
def test_every_address_gets_its_name_unless_a_person_gave_it_one(kinds: list[str], most: int, turns: list[int]) -> None:
    zone = pointers_with(kinds)
    owners = [reverse_name(address_of(number)) for number in range(len(kinds))]
    before = {owner: {rtype: set(r) for rtype, r in zone.at(owner).items()} for owner in owners}
    rows = [
        registration(name_of(n), address_of(n), forward=part(State.NONE), reverse=part(), generation=1 + n % 2)
        for n in range(len(kinds))
    ]
    ended = drive(lane_of([task(row, Direction.REVERSE) for row in rows], most), zone, turns)
    for number, kind in enumerate(kinds):
        reason, there = ended[name_of(number)].reason, zone.at(owners[number])
        if kind in {"static", "text", "refused"}:
            assert reason is (Reason.SERVER_REFUSED if kind == "refused" else Reason.POINTER_TAKEN)
        else:
            assert reason is Reason.CONFIRMED
        if kind in {"free", "own", "former"}:
            assert there == {PTR: {name_of(number)}, DHCID: {A_CLIENT}}
        else:
            assert there == before[owners[number]]


def test_a_few_conflicts_cost_a_few_messages() -> None:
    kinds = ["free"] * 1000
    kinds[77] = kinds[500] = "static"
    zone = zone_with(kinds)
    rows = [registration(name_of(n), address_of(n)) for n in range(len(kinds))]
    drive(lane_of([task(row) for row in rows], 200), zone, [0])
    assert zone.messages <= 5 + 2 * (2 * 8 + 1 + 2)  # and what each of them is asked about


def test_a_zone_that_has_all_the_names_already_costs_few_messages() -> None:
    kinds = ["own"] * 4000
    zone = zone_with(kinds)
    rows = [registration(name_of(n), address_of(n)) for n in range(len(kinds))]
    ended = drive(lane_of([task(row) for row in rows], 200), zone, [0])
    assert {ending.reason for ending in ended.values()} == {Reason.CONFIRMED}
    assert zone.messages < 20 + 3 * 200


@pytest.mark.parametrize(
    ("kind", "most"), [("free", 30), ("own", 3 * 200), ("former", 2 * 4000 + 3 * 200), ("static", 3 * 4000 + 9 * 200)]
)
def test_what_a_zone_of_pointers_costs(kind: str, most: int) -> None:
    """Messages for 4000 addresses. What stands in the way of the others everywhere is not bisected again and again."""
    kinds = [kind] * 4000
    zone = pointers_with(kinds)
    rows = [registration(name_of(n), address_of(n), forward=part(State.NONE), reverse=part()) for n in range(4000)]
    ended = drive(lane_of([task(row, Direction.REVERSE) for row in rows], 200), zone, [0])
    reason = Reason.POINTER_TAKEN if kind == "static" else Reason.CONFIRMED
    assert {ending.reason for ending in ended.values()} == {reason}
    assert zone.messages <= most


def test_the_model_answers_as_a_server_does() -> None:
    zone = zone_with(["own"])
    lane = lane_of([task(registration(name_of(0), address_of(0)))], 1)
    batch = lane.next_batch()
    assert batch is not None
    assert zone.update(build_message(1, ZONE, lane.domain.mode, batch.step, batch.tasks)) == Rcode.YXDOMAIN
