"""Names as the words of notifications: whatever they are, they come out again, or any name is meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tenure.dnswire.name import from_labels
from tenure.ledger.zone_watch import MOST_NAMES, names_of, words_of

LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=3)
LONGEST = 7999  # letters that PostgreSQL takes


@given(st.sets(LABELS.map(from_labels), max_size=200))
def test_names_come_out_as_they_went_in(names: set[bytes]) -> None:
    words = list(words_of(names))
    assert all(word.isascii() and len(word) <= LONGEST for word in words)
    assert names_of(words) == names


def test_the_longest_names_need_several_words() -> None:
    names = {from_labels([b"%03d" % n + b"x" * 60] + [b"y" * 61] * 3) for n in range(300)}
    words = list(words_of(names))
    assert len(words) > 1
    assert max(map(len, words)) <= LONGEST
    assert names_of(words) == names


def test_too_many_names_are_no_words_and_no_word_is_any_name() -> None:
    assert list(words_of([b"\1a\0"] * (MOST_NAMES + 1))) == []
    assert names_of([""]) is None
    assert names_of([*words_of([b"\1a\0"]), ""]) is None
    assert names_of([]) == set()
