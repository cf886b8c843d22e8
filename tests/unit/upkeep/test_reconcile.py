"""DNS beside the registrations, place by place: what differs, what is ours to repair, what is left alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest
from claims import A_CLIENT, NOW, OTHER_CLIENT, part, registration
from hypothesis import given
from hypothesis import strategies as st

from tenure.dnswire.name import Name, from_text
from tenure.naming.registration import Direction, Part, Registration, State
from tenure.naming.zone_reading import ZoneReading, verified_at
from tenure.upkeep.finding import Finding, Kind
from tenure.upkeep.reconcile import OTHER, TXT, Found, Place, Reading, compare, key_of_name, meet, most_removals

A, AAAA, CNAME, PTR, DHCID = 1, 28, 5, 12, 49
TTL = 1200  # of what is registered
PC1, PC2 = from_text("pc1.example.com."), from_text("pc2.example.com.")
FOUR, OTHER_FOUR, SIX = b"\xc0\0\2\x65", b"\xc0\0\2\x66", b"\xfd\0" + bytes(13) + b"\5"
READING = Reading(NOW)
TXT_MARKER, OTHER_TXT_MARKER, THEIR_TXT_MARKER = (b"\x2231" + digit * 32 for digit in (b"a", b"b", b"c"))


# type and RDATA, and a TTL where it is another one
Records: TypeAlias = Sequence[tuple[int, bytes] | tuple[int, bytes, int]]


@dataclass
class Ledger:
    """What is proved, and which addresses are leased."""

    written: Collection[tuple[Name, bytes, bytes]] = ()
    pool: Collection[bytes] = field(default=(FOUR, OTHER_FOUR, SIX))

    def wrote(self, name: Name, address: bytes | None, dhcid: bytes) -> bytes | None:
        return next((one[1] for one in self.written if one[0] == name and address in (None, one[1])), None)

    def txt_markers(self, address: bytes, dhcid: bytes) -> Collection[bytes]:
        return {(FOUR, A_CLIENT): {TXT_MARKER, OTHER_TXT_MARKER}}.get((address, dhcid), ())

    def leases(self, address: bytes) -> bool:
        return address in self.pool


def row(address: bytes = FOUR, dhcid: bytes = A_CLIENT, name: Name = PC1, **parts: object) -> Registration:
    found = {"forward": part(State.REGISTERED), "reverse": part(State.REGISTERED)} | parts
    return registration(name, address, dhcid, **found)  # type: ignore[arg-type]


def forward(
    rows: list[Registration], records: Records, ledger: Ledger | None = None, reading: Reading = READING
) -> list[Finding]:
    place = Place(PC1, rows, [(PC1, *record, *([] if len(record) == 3 else [TTL])) for record in records])
    return compare(Direction.FORWARD, place, reading, ledger or Ledger())


def reverse(
    rows: list[Registration], records: Records, ledger: Ledger | None = None, reading: Reading = READING
) -> list[Finding]:
    place = Place(FOUR, rows, [(FOUR, *record, *([] if len(record) == 3 else [TTL])) for record in records])
    return compare(Direction.REVERSE, place, reading, ledger or Ledger())


def kinds(found: list[Finding]) -> list[Kind]:
    return [one.kind for one in found]


OURS = (DHCID, A_CLIENT)
THEIRS = (DHCID, OTHER_CLIENT)


@pytest.mark.parametrize(
    ("records", "expected", "there"),
    [
        ([(A, FOUR), OURS], [], ""),
        ([(A, FOUR), (AAAA, SIX), OURS], [Kind.ORPHANED], "A 192.0.2.101, AAAA fd00::5, a DHCID"),
        ([], [Kind.MISSING], ""),
        ([OURS], [Kind.MISSING], "its DHCID"),
        ([(AAAA, bytes(16)), OURS], [Kind.MISSING], "AAAA ::, its DHCID"),
        ([(A, b"\n\t\t\t"), OURS], [Kind.WRONG], "A 10.9.9.9, its DHCID"),
        ([(A, FOUR)], [Kind.WRONG], "A 192.0.2.101"),
        ([(A, FOUR), THEIRS], [Kind.WRONG], "A 192.0.2.101, another client's DHCID"),
        ([(CNAME, PC2)], [Kind.WRONG], "CNAME pc2.example.com."),
        ([(OTHER, b""), (OTHER, b"")], [Kind.MISSING], "2 of other types"),
    ],
)
def test_a_registered_forward_record(records: list[tuple[int, bytes]], expected: list[Kind], there: str) -> None:
    found = forward([row()], records)
    assert kinds(found) == expected
    assert [one.there for one in found] == ([there] if expected else [])


def test_without_markers_only_the_address_counts() -> None:
    reading = Reading(NOW, marked=False)
    assert forward([row()], [(A, FOUR)], reading=reading) == []
    assert reverse([row()], [(PTR, PC1)], reading=reading) == []


def test_a_row_that_is_proved_otherwise_than_its_zone_has_a_marker_or_none_by_that() -> None:
    without = row()._replace(conflict_mode="no-check-without-dhcid")
    assert forward([without], [(A, FOUR)]) == reverse([without], [(PTR, PC1)]) == []
    marked = row()._replace(conflict_mode="no-check-with-dhcid")
    unmarked_zone = Reading(NOW, marked=False)
    assert kinds(forward([marked], [(A, FOUR)], reading=unmarked_zone)) == [Kind.WRONG]


@pytest.mark.parametrize(
    ("mode", "proved", "expected"),
    [
        (None, True, [Kind.WRONG]),
        (None, False, []),
        ("no-check-with-dhcid", True, []),
        ("check-exists-with-dhcid", True, []),
        ("check-with-dhcid", False, [Kind.WRONG]),
    ],
)
def test_another_clients_marker_counts_where_it_proves_something(
    mode: str | None, *, proved: bool, expected: list[Kind]
) -> None:
    reading, there = Reading(NOW, proved=proved), row()._replace(conflict_mode=mode)
    assert kinds(forward([there], [(A, FOUR), THEIRS], reading=reading)) == expected
    assert kinds(forward([there], [(A, FOUR)], reading=reading)) == [Kind.WRONG], "some marker there must be"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([(PTR, PC1), OURS], []),
        ([(PTR, PC1)], []),  # a person's, and right
        ([(PTR, PC1), THEIRS], [Kind.WRONG]),
        ([], [Kind.MISSING]),
        ([OURS], [Kind.MISSING]),
        ([(PTR, PC2)], [Kind.WRONG, Kind.FOREIGN]),
        ([(PTR, PC2), THEIRS], [Kind.WRONG, Kind.ORPHANED]),
        ([(PTR, PC1), (PTR, PC2), OURS], [Kind.FOREIGN]),
        ([(CNAME, PC2)], [Kind.WRONG]),
    ],
)
def test_a_registered_reverse_record(records: list[tuple[int, bytes]], expected: list[Kind]) -> None:
    assert kinds(reverse([row()], records)) == expected


def test_a_ttl_that_is_another_one_is_told_and_written_again() -> None:
    (found,) = forward([row()], [(A, FOUR, 300), OURS])
    assert (found.kind, found.there) == (Kind.TTL, "A 192.0.2.101, its DHCID with the TTL 300 in the place of 1200")
    assert kinds(forward([row(SIX)], [(AAAA, SIX, 300), OURS])) == [Kind.TTL]
    assert kinds(reverse([row()], [(PTR, PC1, 300), OURS])) == [Kind.TTL]
    assert forward([row()], [(A, FOUR), (DHCID, A_CLIENT, 300)]) == []  # of the marker nobody asks how old it is


def test_a_ttl_is_nobody_s_fault_where_others_share_the_record_set_or_made_it() -> None:
    rows = [row(), row(OTHER_FOUR)._replace(ttl=300), row(SIX)]
    assert forward(rows, [(A, FOUR, 300), (A, OTHER_FOUR, 300), (AAAA, SIX), OURS]) == []
    assert kinds(forward(rows, [(A, FOUR), (A, OTHER_FOUR), (AAAA, SIX, 300), OURS])) == [Kind.TTL]
    assert reverse([row()], [(PTR, PC1, 300)]) == []  # a person's, and right
    assert kinds(reverse([row()], [(PTR, PC1, 300)], reading=Reading(NOW, marked=False))) == [Kind.TTL]


def test_what_changed_since_the_reading_began_is_passed_over() -> None:
    early = Reading(NOW - 1)  # the row changed in that moment
    assert forward([row()], [], reading=early) == reverse([row()], [], reading=early) == []


@pytest.mark.parametrize("state", [State.PENDING, State.REMOVING, State.NONE, State.CLIENT, State.MISSING])
def test_what_is_not_registered_is_not_missed(state: State) -> None:
    there = row(forward=part(state), reverse=part(state), cause="lease-expired" if state is State.REMOVING else "")
    assert forward([there], []) == reverse([there], []) == []
    assert forward([there], [(A, FOUR), OURS]) == reverse([there], [(PTR, PC1), OURS]) == []


REFUSED = {
    "forward": part(State.REFUSED, reason="name-static"),
    "reverse": part(State.REFUSED, reason="forward-refused"),
}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], [Kind.FREE]),
        ([OURS], [Kind.FREE]),
        ([(OTHER, b"")], []),
        ([(A, OTHER_FOUR)], [Kind.FOREIGN]),
        ([THEIRS], []),
    ],
)
def test_a_refused_name_is_tried_again_when_it_is_free(records: list[tuple[int, bytes]], expected: list[Kind]) -> None:
    found = forward([row(**REFUSED)], records)
    assert kinds(found) == expected
    assert all(one.reverse_too for one in found if one.kind is Kind.FREE)


@pytest.mark.parametrize("marker", [TXT_MARKER, OTHER_TXT_MARKER])
@pytest.mark.parametrize("reason", ["name-static", "name-taken", "client-wrote"])
def test_a_marker_of_dhcpd_that_is_the_client_s_is_upgraded(marker: bytes, reason: str) -> None:
    refused = row(**{**REFUSED, "forward": part(State.REFUSED, reason=reason)})
    (found,) = forward([refused], [(A, FOUR), (TXT, marker)])
    assert (found.kind, found.reverse_too) == (Kind.TXT_MARKER, True)
    assert found.there == "A 192.0.2.101, a TXT marker of ISC dhcpd"
    (beside,) = forward([row()], [(A, FOUR), OURS, (TXT, marker)])
    assert (beside.kind, beside.reverse_too) == (Kind.TXT_MARKER, False)


@pytest.mark.parametrize(
    ("refused", "records", "reading", "expected"),
    [
        ("name-static", [(A, OTHER_FOUR), (TXT, THEIR_TXT_MARKER)], READING, [Kind.ORPHANED]),
        ("name-taken", [(A, FOUR), THEIRS, (TXT, TXT_MARKER)], READING, []),
        ("name-locked", [(A, FOUR), (TXT, TXT_MARKER)], READING, []),
        ("name-static", [(A, FOUR), (TXT, TXT_MARKER)], Reading(NOW, txt_markers=False), []),
    ],
    ids=["another client's", "another client's DHCID", "locked", "ignored"],
)
def test_any_other_marker_of_dhcpd_is_left_alone(
    refused: str, records: list[tuple[int, bytes]], reading: Reading, expected: list[Kind]
) -> None:
    there = row(**{**REFUSED, "forward": part(State.REFUSED, reason=refused)})
    assert kinds(forward([there], records, reading=reading)) == expected


def test_what_dhcpd_left_and_nobody_claims_is_orphaned() -> None:
    proof = Ledger({(PC1, FOUR, A_CLIENT)})
    assert kinds(forward([], [(A, FOUR), (TXT, THEIR_TXT_MARKER)], proof)) == [Kind.ORPHANED]
    assert kinds(forward([], [(TXT, THEIR_TXT_MARKER)], proof)) == [Kind.ORPHANED]


@pytest.mark.parametrize(
    ("rows", "records", "written", "expected"),
    [
        ([], [(A, b"\n\t\t\t"), OURS], True, [Kind.LEFT_MARKER]),
        ([], [(A, OTHER_FOUR), (AAAA, SIX), OURS], True, [Kind.LEFT_MARKER]),
        ([], [(A, b"\n\t\t\t"), OURS], False, []),
        ([], [(A, OTHER_FOUR), OURS], False, [Kind.ORPHANED]),
        ([], [(A, OTHER_FOUR), OURS, THEIRS], True, [Kind.ORPHANED]),
        ([], [(A, FOUR), (A, OTHER_FOUR), OURS], True, [Kind.STALE, Kind.ORPHANED]),
        ([part(State.REFUSED, reason="name-taken")], [(A, b"\n\t\t\t"), OURS], True, [Kind.LEFT_MARKER]),
        ([part(State.CLIENT)], [(A, b"\xc0\0\2\x67"), OURS], True, [Kind.LEFT_MARKER]),
        ([part(State.REFUSED, reason="name-taken")], [OURS], True, [Kind.STALE]),
        ([part(State.REFUSED, reason="name-taken")], [OURS], False, []),
        ([part()], [OURS], True, []),
        ([part()], [(A, b"\n\t\t\t"), OURS], True, []),
    ],
)
def test_a_marker_of_ours_whose_lease_is_over(
    rows: list[Part], records: Records, *, written: bool, expected: list[Kind]
) -> None:
    """The rows are of another client, at another address."""
    ledger = Ledger({(PC1, FOUR, A_CLIENT)} if written else ())
    claims = [row(b"\xc0\0\2\x67", OTHER_CLIENT, forward=one) for one in rows]
    assert kinds(forward(claims, records, ledger)) == expected


def test_the_marker_of_a_lease_that_waits_is_its_own() -> None:
    ledger = Ledger({(PC1, OTHER_FOUR, A_CLIENT)})
    locked = row(forward=part(State.REFUSED, reason="name-locked"))
    assert forward([locked], [(A, b"\n\t\t\t"), OURS], ledger) == []


def test_a_locked_name_is_not_free_though_nothing_stands_there() -> None:
    refused = {**REFUSED, "forward": part(State.REFUSED, reason="name-locked")}
    assert forward([row(**refused)], []) == []


def test_a_name_that_another_device_has_in_the_ledger_is_not_free() -> None:
    assert kinds(forward([row(OTHER_FOUR, OTHER_CLIENT), row(**REFUSED)], [])) == [Kind.MISSING]


def test_where_only_some_types_were_asked_for_nothing_proves_that_a_name_is_free() -> None:
    assert forward([row(**REFUSED)], [], reading=Reading(NOW, whole=False)) == []


@pytest.mark.parametrize("reason", ["server-refused", "update-rejected"])
def test_what_a_policy_refused_is_tried_again_by_people_only(reason: str) -> None:
    refused = row(forward=part(State.REFUSED, reason=reason), reverse=part(State.REFUSED, reason=reason))
    assert forward([refused], []) == reverse([refused], []) == []
    insists = Reading(NOW, insists=True)
    assert kinds(forward([refused], [], reading=insists) + reverse([refused], [], reading=insists)) == [Kind.FREE] * 2


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], Kind.FREE),
        ([(PTR, PC1)], Kind.RIGHT),
        ([(PTR, PC2), THEIRS], Kind.FREE),
        ([(PTR, PC2)], Kind.FOREIGN),
    ],
)
def test_a_pointer_of_a_person_that_is_gone(records: list[tuple[int, bytes]], expected: Kind) -> None:
    found = reverse([row(reverse=part(State.REFUSED, reason="pointer-taken"))], records)
    assert kinds(found)[0] is expected


def test_what_nobody_claims_is_stale_only_with_a_marker_and_a_witness() -> None:
    proof = Ledger({(PC1, FOUR, A_CLIENT)})
    nowhere = Ledger(proof.written, pool=())
    for ledger in (proof, nowhere):
        assert kinds(forward([], [(A, FOUR), OURS], ledger)) == [Kind.STALE]
        assert kinds(reverse([], [(PTR, PC1), OURS], ledger)) == [Kind.STALE]
        assert kinds(forward([], [OURS], ledger)) == [Kind.STALE]
    assert kinds(forward([], [(A, FOUR)], proof)) == [Kind.FOREIGN]
    assert kinds(forward([], [(A, FOUR), OURS, THEIRS], proof)) == [Kind.ORPHANED]
    assert kinds(forward([], [(A, FOUR), OURS])) == kinds(reverse([], [(PTR, PC1), OURS])) == [Kind.ORPHANED]
    assert forward([], [(A, FOUR), OURS], Ledger(pool=())) == []


def test_a_former_address_beside_the_present_one_is_stale() -> None:
    proof = Ledger({(PC1, OTHER_FOUR, A_CLIENT)})
    (found,) = forward([row()], [(A, FOUR), (A, OTHER_FOUR), OURS], proof)
    assert (found.kind, found.address, found.dhcid) == (Kind.STALE, OTHER_FOUR, A_CLIENT)


def test_both_families_of_one_device_stand_side_by_side() -> None:
    rows = [row(), row(SIX)]
    assert forward(rows, [(A, FOUR), (AAAA, SIX), OURS]) == []
    (found,) = forward(rows, [(A, FOUR), OURS])
    assert (found.kind, found.address) == (Kind.MISSING, SIX)


def test_the_brake_is_a_share_of_the_zone_and_never_less_than_fifty() -> None:
    assert [most_removals(names) for names in (0, 50, 1000, 1001, 20_000)] == [50, 50, 50, 50, 1000]


def test_verified_is_what_was_read_back_since_it_was_confirmed() -> None:
    reading = ZoneReading(PC1, NOW, "192.0.2.1#53", 7, clean=True)
    assert verified_at(part(State.REGISTERED), reading) == NOW
    assert verified_at(part(State.REGISTERED), reading._replace(read_at=NOW - 1)) is None
    assert verified_at(part(State.PENDING), reading) is None
    assert verified_at(part(State.REGISTERED), None) is None


NAMES = st.binary(min_size=1, max_size=2)


@given(
    wanted=st.lists(st.tuples(NAMES, st.binary(max_size=1)), unique=True),
    stands=st.lists(st.tuples(NAMES, st.sampled_from([A, DHCID]), st.binary(max_size=1), st.just(TTL))),
)
def test_every_place_of_either_stream_is_met_once_and_in_order(
    wanted: list[tuple[bytes, bytes]], stands: list[Found]
) -> None:
    rows = sorted((row(address, name=name) for name, address in wanted), key=lambda one: one[:3])
    places = list(meet(rows, key_of_name, sorted(stands)))
    keys = [place.key for place in places]
    assert keys == sorted({name for name, *_ in [*wanted, *stands]})
    assert [one for place in places for one in place.rows] == rows
    assert [one for place in places for one in place.records] == sorted(stands)
    assert all(one.name == place.key for place in places for one in place.rows)
    assert all(one[0] == place.key for place in places for one in place.records)


def test_what_was_refused_and_stands_there_all_the_same_is_right() -> None:
    refused = row(forward=part(State.REFUSED, reason="server-refused"), reverse=part(State.REFUSED, reason="no-zone"))
    assert kinds(forward([refused], [(A, FOUR), OURS])) == [Kind.RIGHT]
    assert reverse([refused], [(PTR, PC1), OURS])[0].kind is Kind.FREE, "its forward record comes first"
    settled = refused._replace(forward=part(State.REGISTERED))
    assert kinds(reverse([settled], [(PTR, PC1), OURS])) == [Kind.RIGHT]
