"""Which word counts when several speak of one address."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ncr import request

from tenure.dnswire.name import from_text
from tenure.hearing.decide import Terms, decide
from tenure.hearing.entry import Entry, heard_of
from tenure.hearing.follow import Followed, brakes, follow
from tenure.hearing.heard import NO_CHANGES, REQUESTS, HeardChanges, HeardLease
from tenure.hearing.request import parse_request
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import Reason

NOW = 1_800_000_000.0
ZONE = from_text("example.test.")
POLICY = NamingPolicy(qualifying_suffix=ZONE, forward_zones=frozenset({ZONE}))
ADDRESS = bytes([10, 1, 0, 10])
END = int(NOW) + 3600


def entry(name: str = "pc1", ends_at: int | None = END, over: Reason | None = None) -> Entry:
    return Entry(ADDRESS, b"\0\1\2\0\0\0\0" + name.encode(), name.encode(), over, ends_at, 3600)


def heard(name: str, source: str, ends_at: int | None = END) -> HeardLease:
    found = heard_of(entry(name, ends_at), source, POLICY)
    assert isinstance(found, HeardLease)
    return found


class View:
    """Rows of one address."""

    def __init__(self, *rows: HeardLease) -> None:
        self._rows = rows

    def heard_at(self, address: bytes) -> Sequence[HeardLease]:
        return self._rows if address == ADDRESS else ()


def followed(what: Entry, *rows: HeardLease) -> HeardChanges:
    return follow(what, View(*rows), Followed("kea", POLICY), NOW, "c")


def test_what_is_known_already_changes_nothing() -> None:
    assert followed(entry(), heard("pc1", "kea")) is NO_CHANGES


@pytest.mark.parametrize("known", [None, END - 60])
def test_a_newer_word_on_an_address_takes_the_place_of_another_source_s(known: int | None) -> None:
    old = heard("old", REQUESTS if known is None else "peer", known)
    changes = followed(entry(), old)
    assert (changes.dropped, changes.put) == ((old,), (heard("pc1", "kea"),))
    (gone,) = changes.withdraws
    assert (gone[:3], gone.cause) == (old.claim, Reason.OTHER_LEASE)


def test_an_older_word_gives_way_to_another_source_s() -> None:
    assert followed(entry(), heard("new", "peer", END + 60)) is NO_CHANGES
    mine = heard("pc1", "kea", END - 600)
    changes = followed(entry(), heard("new", "peer", END + 60), mine)
    assert (changes.dropped, changes.put, len(changes.withdraws)) == ((mine,), (), 1)


def test_two_that_say_the_same_want_the_same() -> None:
    peer = heard("pc1", "peer", END + 60)
    changes = followed(entry(), peer)
    assert (changes.put, changes.dropped, changes.withdraws) == ((heard("pc1", "kea"),), (), ())


def test_a_request_is_the_newest_word() -> None:
    asked = parse_request(request(lease_expires_on=None))
    old = heard("old", "kea", END)
    changes = decide(asked, View(old), Terms(POLICY, None), NOW, "c").changes
    assert changes.dropped == (old,)
    assert [gone.cause for gone in changes.withdraws] == [Reason.OTHER_LEASE]
    assert [want.asked for want in changes.wants] == [True]
    assert [want.asked for want in followed(entry()).wants] == [False], "nobody asks where leases are read"


def test_the_end_that_a_server_notes_ends_what_was_requested() -> None:
    asked = heard("pc1", REQUESTS, None)
    changes = followed(entry(over=Reason.LEASE_RELEASED), asked)
    assert changes.dropped == (asked,)
    assert [gone.cause for gone in changes.withdraws] == [Reason.LEASE_RELEASED]
    assert followed(entry(over=Reason.LEASE_RELEASED), heard("new", REQUESTS, None)) is NO_CHANGES, "of another lease"


def test_a_lease_that_loses_its_name_loses_its_records() -> None:
    row = heard("pc1", "kea")
    changes = followed(entry("wpad"), row)
    assert changes.dropped == (row,)
    assert [gone.cause for gone in changes.withdraws] == [Reason.NAME_RESERVED]


def test_a_lease_that_was_over_before_we_came_is_none() -> None:
    assert followed(entry(ends_at=int(NOW))) is NO_CHANGES


@pytest.mark.parametrize(
    ("going", "rows", "held"),
    [(50, 60, False), (51, 60, True), (51, 2000, False), (100, 2000, False), (101, 2000, True)],
)
def test_the_brake(going: int, rows: int, held: bool) -> None:
    assert brakes(going, rows) is held
