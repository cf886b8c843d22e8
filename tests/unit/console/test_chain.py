from __future__ import annotations

import pytest

from tenure.console import chain
from tenure.console.chain import chain_line, held_lines
from tenure.console.words import time_text
from tenure.dnswire.name import from_text
from tenure.naming.event import Event

ADDRESS = bytes([10, 1, 0, 50])
FIRST, SECOND = b"\0\x01\x02\0\0\0\0\x01", b"\0\x01\x02\0\0\0\0\x02"


def event(at: float, kind: str, client: bytes, address: bytes = ADDRESS) -> Event:
    return Event(at, kind, "dhcp4", "REQUEST", f"c{at}", address, from_text("pc.test."), client, client[1:])


def spans(*events: Event) -> list[tuple[str, str, str]]:
    return [(line.client, line.since, line.until) for line in held_lines(events)]


def test_a_holding_lasts_from_bound_over_renewals_to_its_end() -> None:
    found = spans(event(1, "lease-bound", FIRST), event(5, "lease-renewed", FIRST), event(9, "lease-released", FIRST))
    assert found == [("02:00:00:00:00:01", time_text(1), time_text(9))]


def test_a_holding_that_lasts_has_no_end() -> None:
    assert spans(event(1, "lease-bound", FIRST)) == [("02:00:00:00:00:01", time_text(1), "")]


@pytest.mark.parametrize("kind", chain.ENDING)
def test_every_kind_of_end_ends_it(kind: str) -> None:
    assert spans(event(1, "lease-bound", FIRST), event(2, kind, FIRST))[0][2] == time_text(2)


def test_the_next_holder_ends_the_one_before() -> None:
    assert spans(event(1, "lease-bound", FIRST), event(7, "lease-bound", SECOND)) == [
        ("02:00:00:00:00:01", time_text(1), time_text(7)),
        ("02:00:00:00:00:02", time_text(7), ""),
    ]


def test_other_events_hold_nothing() -> None:
    assert spans(event(1, "update-applied", FIRST), event(2, "lease-released", FIRST)) == []


def test_a_cause_that_is_a_reason_is_shown_in_words_and_what_clients_say_is_printable() -> None:
    line = chain_line(event(1, "lease-expired", FIRST)._replace(cause="lease-expired", detail="\x1b[2J"))
    assert line.cause == "the lease ended by expiry"
    assert line.detail == "\\x1b[2J"
