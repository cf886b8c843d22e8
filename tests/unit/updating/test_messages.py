"""The messages of every step, against those that Kea's D2 sends (captured) and RFC 4703 describes.

What we send differently stands in tests of its own: nothing is written over that tenure did not write.
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest
from claims import NOW, ZONE, part, registration

from tenure.dnswire.message import Message, parse_message
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rr import RR
from tenure.naming.registration import Direction, Former, State
from tenure.naming.reverse import reverse_name
from tenure.updating.lane import MOST_OCTETS
from tenure.updating.messages import SECTIONS, build_message, most_octets
from tenure.updating.routing import ConflictMode
from tenure.updating.size import MOST_NAMES
from tenure.updating.task import Step, Task

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "conflict.json").read_text())
MARKER = bytes.fromhex(VECTORS["client_a_dhcid"])
NAME = from_text(VECTORS["name"])
REVERSE_ZONES = {4: from_text("2.0.192.in-addr.arpa."), 6: from_text("8.b.d.0.1.0.0.2.ip6.arpa.")}
TXT_MARKER, OTHER_TXT_MARKER = (b"\x2231" + digit * 32 for digit in (b"a", b"b"))
FORMER = Former(from_text("former.example.com."), bytes.fromhex(VECTORS["client_b_dhcid"]))
CNAME, PTR, DHCID, A, AAAA, TXT, ANY_TYPE = 5, 12, 49, 1, 28, 16, 255


def message_of(mode: str, step: Step, address: str) -> tuple[Message, bytes]:
    """Our message and the owner name."""
    packed = ipaddress.ip_address(address).packed
    reverse = step.startswith("reverse")
    removes = "remove" in step
    wanted = part(State.REMOVING if removes else State.PENDING)
    row = registration(NAME, packed, MARKER, forward=wanted, reverse=wanted, until=int(NOW) + 1)
    row = row._replace(formers=(FORMER,), txt_markers=(TXT_MARKER, OTHER_TXT_MARKER))
    owner = reverse_name(packed) if reverse else NAME
    direction = Direction.REVERSE if reverse else Direction.FORWARD
    zone = REVERSE_ZONES[ipaddress.ip_address(address).version] if reverse else ZONE
    task = Task(row, direction, owner, step)
    return parse_message(build_message(0x1234, zone, ConflictMode(mode), step, [task])), owner


def theirs(mode: str, step: str, address: str) -> Message:
    (wire,) = (m["wire"] for m in VECTORS["messages"] if (m["mode"], m["step"], m["address"]) == (mode, step, address))
    return parse_message(bytes.fromhex(wire))


ADDING = {"fwd-add": Step.ADD, "fwd-replace": Step.REPLACE, "rev-replace": Step.REVERSE_OVERWRITE}
CHECKING = {"check-with-dhcid", "check-exists-with-dhcid"}
FAMILIES = ["192.0.2.101", "2001:db8::101"]
OTHERWISE = {("check-with-dhcid", "fwd-replace"), *((mode, "rev-replace") for mode in CHECKING)}
SAME = [
    (m["mode"], m["step"], m["address"])
    for m in VECTORS["messages"]
    if (m["step"] in ADDING and (m["mode"], m["step"]) not in OTHERWISE)
    or (m["step"] == "fwd-remove-addr" and m["mode"] in CHECKING)
]


@pytest.mark.parametrize(("mode", "step", "address"), SAME)
def test_additions_and_address_removals_are_those_of_kea(mode: str, step: str, address: str) -> None:
    ours = Step.REMOVE_ADDRESS if step == "fwd-remove-addr" else ADDING[step]
    if ours is Step.REPLACE and mode.startswith("no-check"):
        ours = Step.OVERWRITE
    message, owner = message_of(mode, ours, address)
    expected = theirs(mode, step, address)
    guards: tuple[RR, ...] = ()  # ours alone
    if ours in {Step.OVERWRITE, Step.REVERSE_OVERWRITE}:
        guards = (RR(owner, CNAME, 254, 0, b""),)  # else the server would ignore the record in silence
    elif mode == "check-exists-with-dhcid" and ours is Step.REPLACE:
        guards = (RR(owner, ANY_TYPE, 255, 0, b""),)  # else a name that vanished would look like somebody else's
    assert message.answers == guards + expected.answers
    assert message.authorities == expected.authorities
    assert (message.id, message.opcode, message.questions) == (expected.id, 5, expected.questions)
    assert (message.additionals, message.edns, message.tsig) == ((), None, None)


@pytest.mark.parametrize("address", FAMILIES)
def test_a_name_that_is_ours_gets_the_address_beside_what_stands_there(address: str) -> None:
    message, owner = message_of("check-with-dhcid", Step.REPLACE, address)
    expected = theirs("check-with-dhcid", "fwd-replace", address)
    assert message.answers == expected.answers
    cleared, put = expected.authorities
    assert cleared == RR(owner, put.rtype, 255, 0, b"")  # the RFC replaces the whole family
    assert message.authorities == (RR(owner, put.rtype, 254, 0, put.rdata), put)


@pytest.mark.parametrize("mode", sorted(CHECKING))
def test_a_pointer_is_written_over_only_beside_a_marker(mode: str) -> None:
    """The RFC writes over any; the steps together write what it writes, each under the proof that it needs."""
    kea = theirs(mode, "rev-replace", FAMILIES[0]).authorities
    put = tuple(rr for rr in kea if rr.rclass == 1)
    add, owner = message_of(mode, Step.REVERSE_ADD, FAMILIES[0])
    in_use = RR(owner, ANY_TYPE, 255, 0, b"")
    assert (add.answers, add.authorities) == ((RR(owner, ANY_TYPE, 254, 0, b""),), put)
    again, _ = message_of(mode, Step.REVERSE_REPLACE, FAMILIES[0])
    assert again.answers == (in_use, RR(owner, DHCID, 1, 0, MARKER))
    assert again.authorities == (RR(owner, PTR, 254, 0, NAME), put[0])
    over, _ = message_of(mode, Step.REVERSE_TAKE_OVER, FAMILIES[0])
    assert over.answers == (in_use, RR(owner, DHCID, 255, 0, b""))
    assert over.authorities == kea
    compare, _ = message_of(mode, Step.REVERSE_COMPARE, FAMILIES[0])
    assert (compare.answers, compare.authorities) == ((in_use, RR(owner, PTR, 1, 0, NAME)), ())


@pytest.mark.parametrize("address", FAMILIES)
def test_the_name_s_removal_has_the_prerequisites_of_kea_and_deletes_our_marker_only(address: str) -> None:
    message, owner = message_of("check-with-dhcid", Step.REMOVE_NAME, address)
    expected = theirs("check-with-dhcid", "fwd-remove-rrs", address)
    assert message.answers == expected.answers
    assert expected.authorities == (RR(owner, ANY_TYPE, 255, 0, b""),)  # the RFC deletes everything at the name
    assert message.authorities == (RR(owner, DHCID, 254, 0, MARKER),)


@pytest.mark.parametrize("mode", ["check-with-dhcid", "check-exists-with-dhcid", "no-check-with-dhcid"])
def test_the_reverse_removal_asks_for_our_marker_and_deletes_it_with_our_pointer(mode: str) -> None:
    """Kea asks for the pointer; where a person changed it our marker would stay, as if a client had written it."""
    message, owner = message_of(mode, Step.REVERSE_REMOVE, "192.0.2.101")
    expected = () if mode in CHECKING else theirs("check-with-dhcid", "rev-remove", "192.0.2.101").answers
    assert message.answers == (*expected, RR(owner, DHCID, 1, 0, MARKER))
    assert message.authorities == (RR(owner, PTR, 254, 0, NAME), RR(owner, DHCID, 254, 0, MARKER))


@pytest.mark.parametrize("mode", list(ConflictMode))
def test_no_removal_deletes_what_it_does_not_name(mode: ConflictMode) -> None:
    for step in SECTIONS[mode]:
        if "remove" in step:
            message, _ = message_of(mode, step, "192.0.2.101")
            assert {rr.rclass for rr in message.authorities} == {254}, step


def test_only_a_former_holder_s_pointer_is_written_over_by_default() -> None:
    """Invariant 6: no other step of the default mode deletes what it does not name, but at a person's word.

    And where dhcpd's marker proves the name, because dhcpd's former addresses there are known to nobody else.
    """
    for step in SECTIONS[ConflictMode.CHECK_WITH_DHCID]:
        message, _ = message_of("check-with-dhcid", step, "192.0.2.101")
        clears = any(rr.rclass == 255 for rr in message.authorities)
        assert clears == (step in {Step.REVERSE_TAKE_OVER, Step.ADOPT, Step.UPGRADE_MARKER}), step


@pytest.mark.parametrize("address", FAMILIES)
@pytest.mark.parametrize("mode", ConflictMode)
def test_what_a_person_gives_to_a_client_is_written_over_without_a_question(mode: ConflictMode, address: str) -> None:
    """The other family, and all other types, stay; a marker comes where the mode has markers."""
    message, owner = message_of(mode, Step.ADOPT, address)
    family = A if "." in address else AAAA
    marked = mode is not ConflictMode.NO_CHECK_WITHOUT_DHCID
    assert message.answers == ()
    assert [(rr.name, rr.rtype, rr.rclass) for rr in message.authorities] == [
        (owner, CNAME, 255),
        (owner, family, 255),
        *([(owner, DHCID, 255)] if marked else []),
        (owner, family, 1),
        *([(owner, DHCID, 1)] if marked else []),
    ]


@pytest.mark.parametrize("address", FAMILIES)
@pytest.mark.parametrize("mode", sorted(CHECKING))
def test_a_marker_of_dhcpd_becomes_a_dhcid_in_one_message(mode: str, address: str) -> None:
    """If it is the only text there and no DHCID is; another family's addresses, and other types, stay."""
    message, owner = message_of(mode, Step.UPGRADE_MARKER, address)
    family, packed = A if "." in address else AAAA, ipaddress.ip_address(address).packed
    assert [(rr.rtype, rr.rclass, rr.rdata) for rr in message.answers] == [
        *((ANY_TYPE, 255, b""), (DHCID, 254, b""), (TXT, 1, TXT_MARKER)),
    ]
    assert [(rr.rtype, rr.rclass, rr.rdata) for rr in message.authorities] == [
        *((family, 255, b""), (family, 1, packed), (DHCID, 1, MARKER), (TXT, 254, TXT_MARKER)),
    ]
    beside, _ = message_of(mode, Step.DROP_TXT_MARKER, address)
    assert [(rr.rtype, rr.rclass, rr.rdata) for rr in beside.answers] == [
        *((ANY_TYPE, 255, b""), (DHCID, 1, MARKER), (TXT, 1, TXT_MARKER)),
    ]
    assert (TXT, 254, TXT_MARKER) in [(rr.rtype, rr.rclass, rr.rdata) for rr in beside.authorities]
    assert {rr.name for rr in (*message.answers, *message.authorities)} == {owner}


@pytest.mark.parametrize("mode", sorted(CHECKING))
def test_a_late_removal_is_caught_up_with_by_value(mode: str) -> None:
    """Under the condition that just its marker stands there, and naming just its two records."""
    message, owner = message_of(mode, Step.REVERSE_REMOVE_FORMER, "192.0.2.101")
    assert [(rr.name, rr.rtype, rr.rclass, rr.rdata) for rr in message.answers] == [
        (owner, ANY_TYPE, 255, b""),
        (owner, DHCID, 1, FORMER.dhcid),
    ]
    assert [(rr.name, rr.rtype, rr.rclass, rr.rdata) for rr in message.authorities] == [
        (owner, PTR, 254, FORMER.name),
        (owner, DHCID, 254, FORMER.dhcid),
    ]


def test_without_markers_none_is_written_or_asked_for() -> None:
    for step in SECTIONS[ConflictMode.NO_CHECK_WITHOUT_DHCID]:
        message, _ = message_of("no-check-without-dhcid", step, "192.0.2.101")
        assert DHCID not in {rr.rtype for rr in (*message.answers, *message.authorities)}, step


@pytest.mark.parametrize(("mode", "step"), [(mode, step) for mode, steps in SECTIONS.items() for step in steps])
def test_the_bound_on_a_task_s_octets_holds(mode: ConflictMode, step: Step) -> None:
    long_name = b"".join([b"\x3f" + bytes([65 + n]) * 63 for n in range(3)]) + b"\x07example\x03com\0"
    row = registration(long_name, b"\x20\x01" + bytes(14), MARKER, forward=part(), reverse=part())
    row = row._replace(formers=(Former(b"\x3f" + b"x" * 63 + long_name[64:], MARKER),), txt_markers=(TXT_MARKER,))
    task = Task(row, Direction.FORWARD, long_name, step)
    wire = build_message(1, ZONE, mode, step, [task])
    assert len(wire) - 12 - len(ZONE) - 4 <= most_octets(step, task)


@pytest.mark.parametrize(
    ("step", "owner"),
    [
        (Step.ADD, NAME),
        (Step.REPLACE, NAME),
        (Step.REVERSE_ADD, reverse_name(bytes((192, 168, 200, 200)))),
        (Step.REVERSE_REPLACE, reverse_name(bytes((192, 168, 200, 200)))),
    ],
)
def test_two_hundred_usual_names_fit_one_message(step: Step, owner: Name) -> None:
    task = Task(registration("a-usual-name.example.com."), Direction.FORWARD, owner, step)
    assert MOST_NAMES * most_octets(step, task) <= MOST_OCTETS
