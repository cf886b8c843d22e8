"""What DHCP servers answer about who writes a name, and what of it is remembered (RFC 4702, RFC 4704)."""

from __future__ import annotations

import pytest

from tenure.dnswire.name import ROOT, from_text
from tenure.registering.promise import (
    Answer,
    Heard,
    Moment,
    Promise,
    Share,
    assumed,
    is_over,
    learn,
    promised,
    read_answer,
    share,
    speaks_of,
    with_untold,
)
from tenure.registering.settings import Silence, Untold

FOUR, SIX = bytes((10, 1, 0, 7)), bytes(15) + b"\7"
PC, WWW = from_text("pc.office.example."), from_text("www.office.example.")
NOW = 1000.0
BOTH, FORWARD, NOTHING = Share(forward=True, reverse=True), Share(True, False), Share(False, False)
E, O = 0x04, 0x02  # noqa: E741 - the RFC's letters


def heard(moment: Moment, flags: int | None = None, seconds: int | None = 600) -> Heard:
    return Heard(
        FOUR, "eth0", moment, None if flags is None else read_answer(flags, "pc.office.example", FOUR), seconds
    )


@pytest.mark.parametrize(
    ("address", "flags", "left"),
    [
        (FOUR, 0x00, FORWARD),  # as was asked
        (FOUR, E, FORWARD),
        (FOUR, 0x01, NOTHING),
        (FOUR, E | 0x01 | O, NOTHING),  # against the client's wish
        (FOUR, 0x08, BOTH),
        (FOUR, O | 0x08, BOTH),
        (FOUR, 0x09, BOTH),  # S with N is forbidden: the one that does no harm counts
        (SIX, 0x00, FORWARD),
        (SIX, 0x01, NOTHING),
        (SIX, 0x04, BOTH),  # N of option 39 is where E of option 81 is
        (SIX, 0x08, FORWARD),  # a bit that must be zero is ignored
    ],
)
def test_what_an_answer_leaves_to_the_host(address: bytes, flags: int, left: Share) -> None:
    answer = read_answer(flags, "", address)
    assert share(Promise(address, "eth0", answer, False, NOW, None), Silence.TAKE_OVER) == left
    assert promised(answer) == Share(not left.forward, not left.reverse)


def test_an_address_that_nobody_leased_is_the_host_s() -> None:
    assert share(None, Silence.KEEP) == BOTH


def test_no_option_in_the_answer_to_a_full_exchange_leaves_both_whatever_was_before() -> None:
    before = learn(None, heard(Moment.BOUND, 0x01), NOW)
    after = learn(before, heard(Moment.BOUND), NOW)
    assert after == Promise(FOUR, "eth0", None, False, NOW, NOW + 600)
    assert share(after, Silence.KEEP) == BOTH


def test_a_renewal_without_the_option_keeps_the_promise_and_says_that_the_server_is_silent() -> None:
    before = learn(None, heard(Moment.BOUND, 0x01), NOW)
    assert before is not None
    after = learn(before, heard(Moment.RENEWED), NOW + 300)
    assert after == before._replace(is_silent=True, heard_at=NOW + 300, until_at=NOW + 900)
    assert share(after, Silence.TAKE_OVER) == BOTH
    assert share(after, Silence.KEEP) == NOTHING
    assert learn(after, heard(Moment.RENEWED), NOW) == after._replace(heard_at=NOW, until_at=NOW + 600)
    again = learn(after, heard(Moment.RENEWED, 0x00), NOW)
    assert again is not None
    assert (again.is_silent, share(again, Silence.TAKE_OVER)) == (False, FORWARD)


def test_a_renewal_without_the_option_of_a_lease_that_never_had_it_is_no_silence() -> None:
    for before in (None, learn(None, heard(Moment.BOUND), NOW)):
        after = learn(before, heard(Moment.RENEWED), NOW)
        assert after is not None
        assert (after.answer, after.is_silent) == (None, False)


def test_what_was_promised_for_a_lease_before_is_no_promise_for_this_one() -> None:
    before = learn(None, heard(Moment.BOUND, 0x01), NOW)
    assert before is not None
    assert not is_over(before, NOW + 599.9)
    assert is_over(before, NOW + 600)
    for other, now in ((before, NOW + 600), (before._replace(interface="eth1"), NOW + 300)):
        after = learn(other, heard(Moment.RENEWED), now)
        assert after is not None
        assert (after.answer, after.is_silent) == (None, False)


def test_a_lease_that_ended_leaves_nothing() -> None:
    assert learn(learn(None, heard(Moment.BOUND, 1), NOW), heard(Moment.ENDED), NOW) is None


@pytest.mark.parametrize("seconds", [None, 0xFFFFFFFF])
def test_a_lease_without_an_end_has_none(seconds: int | None) -> None:
    found = learn(None, heard(Moment.BOUND, 1, seconds), NOW)
    assert found is not None
    assert found.until_at is None


def test_the_promise_is_of_the_name_in_the_answer() -> None:
    said = Promise(FOUR, "eth0", read_answer(1, "WWW.office.example", FOUR), False, NOW, None)
    assert speaks_of(said, WWW, PC)
    assert not speaks_of(said, PC, PC)
    assert not speaks_of(None, PC, PC)
    assert not speaks_of(said._replace(answer=None), WWW, PC)


@pytest.mark.parametrize("text", ["", ".", "pc", "pc."])
def test_a_name_that_is_not_whole_is_the_primary_one(text: str) -> None:
    answer = read_answer(1, text, FOUR)
    assert answer == Answer(s=True, n=False, name=ROOT)
    said = Promise(FOUR, "eth0", answer, False, NOW, None)
    assert speaks_of(said, PC, PC)
    assert not speaks_of(said, WWW, PC)


@pytest.mark.parametrize(
    ("flags", "name"), [(-1, ""), (256, ""), (1, "a..b"), (1, "x" * 64 + ".example"), (1, "\u00e4.b")]
)
def test_what_is_no_option_is_refused(flags: int, name: str) -> None:
    with pytest.raises(ValueError, match=r"octet|label|ASCII|empty"):
        read_answer(flags, name, FOUR)


@pytest.mark.parametrize(
    ("untold", "left"), [(Untold.NOTHING, BOTH), (Untold.REVERSE, FORWARD), (Untold.BOTH, NOTHING)]
)
def test_what_is_assumed_of_a_server_whose_answer_is_not_told(untold: Untold, left: Share) -> None:
    promise = Promise(FOUR, "eth0", assumed(untold), False, NOW, None)
    assert share(promise, Silence.TAKE_OVER) == left
    assert speaks_of(promise, PC, PC)
    assert not speaks_of(promise, WWW, PC)


def test_what_was_told_counts_before_what_is_assumed() -> None:
    other = bytes((10, 1, 0, 8))
    told = learn(None, heard(Moment.BOUND, 0x01), NOW)
    assert told is not None
    found = with_untold({FOUR: told}, [("eth0", FOUR), ("eth1", other)], Untold.REVERSE, NOW)
    assert found == {FOUR: told, other: Promise(other, "eth1", assumed(Untold.REVERSE), False, NOW, None)}
