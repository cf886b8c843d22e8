"""RFC 4703 section 5 over every start state: our exchanges against those recorded from BIND with Kea's messages.

What we do differently is asserted too. A removal stops at the first NXRRSET, as section 5.5 says, and leaves what
others wrote, where the RFC deletes the whole name. An addition to a name that is ours, and a pointer, leave what
others wrote too, where the RFC replaces it.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from claims import ZONE, part, registration
from update_model import ModelZone

from tenure.dnswire.codes import Rcode, rcode_to_text
from tenure.dnswire.name import Name, from_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Former, State
from tenure.naming.reverse import reverse_name
from tenure.updating.conflict import advance, first_step
from tenure.updating.messages import QUERIES, build_message
from tenure.updating.routing import ConflictMode
from tenure.updating.task import Ending, Step, Task

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "conflict.json").read_text())
NAME = from_text(VECTORS["name"])
MARKERS = {"client-a": bytes.fromhex(VECTORS["client_a_dhcid"]), "client-b": bytes.fromhex(VECTORS["client_b_dhcid"])}
TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "TXT": 16, "AAAA": 28, "DHCID": 49}
STEPS = {"fwd-add": Step.ADD, "fwd-replace": Step.REPLACE, "fwd-remove-addr": Step.REMOVE_ADDRESS}
STEPS |= {"fwd-remove-rrs": Step.REMOVE_NAME}


ASKING = {Step.ASK_MARKER, Step.LOOK_TXT_MARKER, Step.ASK_ADDRESS}  # only to say why not


def record(text: str) -> tuple[int, bytes]:
    """`A 192.0.2.1 ttl=1200`, `DHCID client-a ttl=1200`, ... as type and RDATA."""
    rtype, _, rest = text.partition(" ")
    value = rest.rpartition(" ttl=")[0] or rest
    if rtype in {"A", "AAAA"}:
        return TYPES[rtype], ipaddress.ip_address(value).packed
    if rtype in {"PTR", "CNAME"}:
        return TYPES[rtype], from_text(value)
    return TYPES[rtype], MARKERS.get(value, value.encode())


def zone_of(texts: Sequence[str], owner: Name = NAME) -> ModelZone:
    zone = ModelZone()
    for text in texts:
        zone.put(owner, *record(text))
    return zone


def walk(scenario: dict[str, Any]) -> tuple[ModelZone, list[tuple[Step, str]], Ending]:
    mode = ConflictMode(scenario["mode"])
    removes = scenario["operation"] == "remove"
    address = ipaddress.ip_address(scenario["address"]).packed
    state = part(State.REMOVING if removes else State.PENDING)
    row = registration(NAME, address, MARKERS[scenario["client"]], forward=state, cause="x" if removes else "")
    zone = zone_of(scenario["before"])
    task = Task(row, Direction.FORWARD, NAME, first_step(mode, Direction.FORWARD, removes=removes))
    return zone, *steps(zone, mode, task)


def steps(zone: ModelZone, mode: ConflictMode, here: Task | Ending) -> tuple[list[tuple[Step, str]], Ending]:
    exchange = []
    while isinstance(here, Task):
        if here.step in QUERIES:
            rcode = zone.look(here.owner)
        else:
            rcode = zone.update(build_message(1, ZONE, mode, here.step, [here]))
        exchange.append((here.step, rcode_to_text(rcode)))
        here = advance(here, rcode)
    return exchange, here


def title(scenario: dict[str, Any]) -> str:
    return f"{scenario['mode']}, {scenario['start']}: {scenario['operation']} {scenario['address']}"


CHECKED = [s for s in VECTORS["scenarios"] if s["mode"] == "check-with-dhcid"]
ADDED = [s for s in VECTORS["scenarios"] if s["operation"] == "add"]


@pytest.mark.parametrize("scenario", ADDED, ids=title)
def test_adding_ends_as_recorded(scenario: dict[str, Any]) -> None:
    zone, exchange, ending = walk(scenario)
    unchecked = scenario["mode"].startswith("no-check")
    if unchecked and scenario["start"] == "CNAME":  # ours asks for its absence; the recorded one was ignored in silence
        assert ending.verdict == "refused"
        assert zone.records == zone_of(scenario["before"]).records
        return
    former = []  # each address goes with its own removal
    if scenario["mode"] == "check-with-dhcid" and scenario["result"] == "done":
        family = "A " if "." in scenario["address"] else "AAAA "
        former = [text for text in scenario["before"] if text.startswith(family)]
    assert zone.records == zone_of(scenario["after"] + former).records
    assert ending.verdict == ("done" if scenario["result"] == "done" else "refused")
    if not unchecked:
        asked = [one for one in exchange if one[0] in ASKING]
        assert exchange == [(STEPS[step], rcode) for step, rcode in scenario["exchange"]] + asked


@pytest.mark.parametrize("scenario", [s for s in CHECKED if s["operation"] == "remove"], ids=title)
def test_removing_ends_as_recorded_or_leaves_more(scenario: dict[str, Any]) -> None:
    zone, exchange, ending = walk(scenario)
    theirs = [(STEPS[step], rcode) for step, rcode in scenario["exchange"]]
    if exchange[0][1] == "NXRRSET":
        theirs = theirs[:1]
    assert exchange == theirs
    assert ending.verdict == "done"
    kept, recorded = zone.at(NAME), zone_of(scenario["after"]).at(NAME)
    before = zone_of(scenario["before"]).at(NAME)
    foreign = {rtype: rdatas for rtype, rdatas in before.items() if rtype in {TYPES["TXT"], TYPES["CNAME"]}}
    assert kept == {**recorded, **foreign}


@pytest.mark.parametrize("scenario", [s for s in VECTORS["scenarios"] if s["operation"] == "remove"], ids=title)
def test_no_mode_removes_more_than_the_address_and_the_marker(scenario: dict[str, Any]) -> None:
    zone, _, _ = walk(scenario)
    address = ipaddress.ip_address(scenario["address"])
    ours = {(TYPES["A" if address.version == 4 else "AAAA"], address.packed), (49, MARKERS[scenario["client"]])}
    before = {(rtype, rdata) for rtype, rdatas in zone_of(scenario["before"]).at(NAME).items() for rdata in rdatas}
    after = {(rtype, rdata) for rtype, rdatas in zone.at(NAME).items() for rdata in rdatas}
    assert before - after <= ours
    assert after <= before
    if any(rtype in {1, 28} for rtype, _ in after):  # another address is left: its guard stays
        assert {r for r in after if r[0] == 49} == {r for r in before if r[0] == 49}


def test_a_lost_answer_does_no_harm() -> None:
    scenario = next(s for s in ADDED if s["mode"] == "check-with-dhcid" and s["start"] == "empty")
    zone, _, _ = walk(scenario)
    again = {**scenario, "before": scenario["after"]}
    repeated, exchange, ending = walk(again)
    assert repeated.records == zone.records
    assert exchange == [(Step.ADD, "YXDOMAIN"), (Step.REPLACE, rcode_to_text(Rcode.NOERROR))]
    assert ending.verdict == "done"


POINTER = f"PTR {VECTORS['name']}"
OURS = (POINTER, "DHCID client-a")
FORMER = ("PTR former.example.com.", "DHCID client-b")
BY_HAND = "PTR camera.example.com."
ALIAS = "CNAME 101.0-127.2.0.192.in-addr.arpa."
# what stands at the reverse name, the steps, what stands there then; None: the claim was refused
POINTERS = {
    "nothing": ((), 1, OURS),
    "ours": (OURS, 2, OURS),
    "ours and a person's": ((*OURS, BY_HAND), 2, (*OURS, BY_HAND)),
    "our marker, a person's pointer": ((BY_HAND, OURS[1]), 2, (*OURS, BY_HAND)),
    "a former client's": (FORMER, 3, OURS),
    "two markers": ((*OURS, *FORMER), 3, OURS),
    "a marker alone": (FORMER[1:], 3, OURS),
    "a person's that is right": ((POINTER,), 4, (POINTER,)),
    "a person's": ((BY_HAND,), 4, None),
    "a person's two": ((BY_HAND, POINTER), 4, None),
    "a person's text": (("TXT note",), 4, None),
    "an alias": ((ALIAS,), 4, None),
}
REVERSE_STEPS = [Step.REVERSE_ADD, Step.REVERSE_REPLACE, Step.REVERSE_TAKE_OVER, Step.REVERSE_COMPARE]


def pointer(mode: ConflictMode, state: State) -> Task:
    address = ipaddress.ip_address("192.0.2.101").packed
    row = registration(NAME, address, MARKERS["client-a"], forward=part(State.NONE), reverse=part(state))
    step = first_step(mode, Direction.REVERSE, removes=state is State.REMOVING)
    return Task(row, Direction.REVERSE, reverse_name(address), step)


@pytest.mark.parametrize("mode", [ConflictMode.CHECK_WITH_DHCID, ConflictMode.CHECK_EXISTS_WITH_DHCID])
@pytest.mark.parametrize("start", POINTERS)
def test_a_pointer_is_written_where_none_or_a_client_s_stands(start: str, mode: ConflictMode) -> None:
    before, many, after = POINTERS[start]
    task = pointer(mode, State.PENDING)
    zone = zone_of(before, task.owner)
    exchange, ending = steps(zone, mode, task)
    assert [step for step, _ in exchange] == REVERSE_STEPS[:many]
    assert ending.reason is (Reason.POINTER_TAKEN if after is None else Reason.CONFIRMED)
    assert zone.records == zone_of(before if after is None else after, task.owner).records


LATER = Former(from_text("later.example.com."), b"\0\2\1" + bytes(32))  # wrote nothing yet
LATE = {
    "one late removal": (FORMER, 1, OURS),
    "a second one": (FORMER, 2, OURS),
    "a person's beside it": ((*FORMER, BY_HAND), 1, None),
    "a person's right one beside it": ((*FORMER, POINTER), 1, (POINTER,)),
}


@pytest.mark.parametrize("mode", [ConflictMode.CHECK_WITH_DHCID, ConflictMode.CHECK_EXISTS_WITH_DHCID])
@pytest.mark.parametrize("start", LATE)
def test_a_removal_that_the_ledger_knows_to_be_late_comes_first(start: str, mode: ConflictMode) -> None:
    """It takes away its own two records, and what is left is met as if the removal had been in time."""
    before, many, after = LATE[start]
    task = pointer(mode, State.PENDING)
    former = Former(from_text("former.example.com."), MARKERS["client-b"])
    formers = (LATER, former)[-many:]
    task = task._replace(row=task.row._replace(formers=formers))
    zone = zone_of(before, task.owner)
    exchange, ending = steps(zone, mode, task)
    caught_up = [*REVERSE_STEPS[:2], *many * [Step.REVERSE_REMOVE_FORMER], Step.REVERSE_ADD]
    assert [step for step, _ in exchange][: len(caught_up)] == caught_up
    assert ending.reason is (Reason.POINTER_TAKEN if after is None else Reason.CONFIRMED)
    assert zone.records == zone_of((BY_HAND,) if after is None else after, task.owner).records


@pytest.mark.parametrize("mode", [ConflictMode.CHECK_WITH_DHCID, ConflictMode.CHECK_EXISTS_WITH_DHCID])
@pytest.mark.parametrize("start", POINTERS)
def test_the_removal_takes_away_what_the_addition_wrote(start: str, mode: ConflictMode) -> None:
    before, _, after = POINTERS[start]
    task = pointer(mode, State.REMOVING)
    zone = zone_of(before if after is None else after, task.owner)
    exchange, ending = steps(zone, mode, task)
    assert [step for step, _ in exchange] == [Step.REVERSE_REMOVE]
    assert ending.verdict == "done"
    written = OURS if after is not None and OURS[1] in after else ()
    left = [text for text in after or before if text not in written]
    assert zone.records == zone_of(left, task.owner).records


@pytest.mark.parametrize("start", POINTERS)
def test_the_modes_that_do_not_check_write_over_any_pointer(start: str) -> None:
    mode = ConflictMode.NO_CHECK_WITH_DHCID
    before = POINTERS[start][0]
    task = pointer(mode, State.PENDING)
    zone = zone_of(before, task.owner)
    exchange, ending = steps(zone, mode, task)
    assert [step for step, _ in exchange] == [Step.REVERSE_OVERWRITE]
    text = [one for one in before if one.startswith("TXT")]
    assert zone.records == zone_of(before if start == "an alias" else [*OURS, *text], task.owner).records
    assert ending.reason is (Reason.POINTER_TAKEN if start == "an alias" else Reason.CONFIRMED)
