from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tenure.console import words
from tenure.leasing.lease import FOREVER
from tenure.naming.reason import WORDS, Reason


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [bold]", "plain [bold]"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("line\nbreak", "line\\nbreak"),
        ("caf\u00e9", "caf\\xe9"),
        ("\u202eevil", "\\u202eevil"),
    ],
)
def test_only_printable_ascii_reaches_a_terminal(text: str, shown: str) -> None:
    assert words.printable(text) == shown


def test_reasons_have_the_words_of_the_catalogue_and_others_stay() -> None:
    assert all(words.reason_text(reason.value) == WORDS[reason] for reason in Reason)
    assert words.reason_text("REQUEST SELECTING") == "REQUEST SELECTING"


@pytest.fixture
def berlin() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "CET-1")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_times_are_local_and_say_their_distance_from_utc() -> None:
    assert words.time_text(0) == "1970-01-01 01:00:00+01:00"
    assert words.time_text(None) == ""
    assert words.time_text(FOREVER) == "never"


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    "text",
    ["1970-01-01 01:00", "1970-01-01T01:00:00", "1970-01-01T00:00:00Z", "1970-01-01 02:00+02:00", " 1970-01-01 01"],
)
def test_times_are_read_as_local_unless_they_say_otherwise(text: str) -> None:
    assert words.time_from_text(text) == 0


@pytest.mark.parametrize("text", ["", "yesterday", "14:02", "2026-13-01"])
def test_what_is_no_time_says_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match="write 2026-03-01 14:02"):
        words.time_from_text(text)
