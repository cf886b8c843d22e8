"""Where a zone below a configured one may begin, and what answers say of it."""

from __future__ import annotations

import pytest
from claims import registration

from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rr import RR, Question
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction
from tenure.naming.reverse import reverse_name
from tenure.updating.task import Step, Task, Verdict
from tenure.updating.zone_cut import Cut, cut_of, given_away, point_of

ZONE, POINT = from_text("example.test."), from_text("a.dept.example.test.")
DEPT, OTHERS = from_text("dept.example.test."), from_text("ns.others.test.")
SIX = bytes.fromhex("20010db8000100020000000000000003")


def forward(name: str) -> Task:
    return Task(registration(name), Direction.FORWARD, from_text(name), Step.ADD)


def reverse(address: bytes) -> Task:
    return Task(registration(address=address), Direction.REVERSE, reverse_name(address), Step.REVERSE_ADD)


@pytest.mark.parametrize(
    ("task", "zone", "point"),
    [
        (forward("pc.example.test."), "example.test.", None),
        (forward("pc.dept.example.test."), "example.test.", "dept.example.test."),
        (forward("pc.a.dept.example.test."), "example.test.", "a.dept.example.test."),
        (reverse(b"\x0a\1\2\3"), "2.1.10.in-addr.arpa.", None),
        (reverse(b"\x0a\1\2\3"), "10.in-addr.arpa.", "2.1.10.in-addr.arpa."),
        (reverse(SIX), "8.b.d.0.1.0.0.2.ip6.arpa.", "2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."),
        (reverse(SIX), "2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", None),
        (reverse(SIX), "0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", None),  # smaller than what is looked at
    ],
)
def test_one_name_stands_for_all_that_share_its_zone(task: Task, zone: str, point: str | None) -> None:
    found = point_of(task.owner, from_text(zone), task.direction)
    assert found == (None if point is None else from_text(point))


def soa(owner: Name) -> RR:
    return RR(owner, 6, 1, 300, OTHERS + OTHERS + bytes(20))


def ns(owner: Name) -> RR:
    return RR(owner, 2, 1, 300, OTHERS)


AA, RCODE_NAME = 0x8400, 3


@pytest.mark.parametrize(
    ("flags", "answers", "authorities", "cut"),
    [
        (AA, [soa(POINT)], [], Cut(POINT, ())),
        (AA, [], [soa(DEPT)], Cut(DEPT, ())),
        (AA | RCODE_NAME, [], [soa(DEPT)], Cut(DEPT, ())),
        (AA, [], [soa(from_text("DEPT.example.test."))], Cut(DEPT, ())),
        (AA, [], [soa(ZONE)], None),
        (AA, [], [soa(from_text("test."))], None),  # the configured zone is a part of one itself
        (AA, [], [], None),
        (0x8000, [], [ns(DEPT)], Cut(DEPT, (OTHERS,))),
        (0x8000, [], [ns(from_text("test."))], None),  # it has nothing of all this
        (0x8000, [], [ns(from_text("b.dept.example.test."))], None),
        (0x8000, [soa(DEPT)], [], None),  # somebody's cache
        (0x8005, [], [ns(DEPT)], None),
    ],
)
def test_what_an_answer_says(flags: int, answers: list[RR], authorities: list[RR], cut: Cut | None) -> None:
    octets = build_message(7, flags, [Question(POINT, 6, 1)], answers, authorities)
    assert cut_of(parse_message(octets), ZONE, POINT) == cut


def test_whose_it_is_and_what_would_help_is_said() -> None:
    ending = given_away(Cut(DEPT, (OTHERS, from_text("ns2.others.test."))), Direction.FORWARD)
    assert (ending.verdict, ending.reason) == (Verdict.REFUSED, Reason.ZONE_CUT)
    assert ending.cause == (
        "dept.example.test. is given to ns.others.test., ns2.others.test.; add it with them under [[ddns.forward]]"
    )
