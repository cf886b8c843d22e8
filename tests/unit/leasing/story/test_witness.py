"""What a witness sees of calls, and that it leaves nothing behind."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from tenure.dnswire.name import from_text
from tenure.leasing.story import rules4
from tenure.leasing.story.witness import Call, witnessed
from tenure.naming import choice, hostname
from tenure.naming.policy import NamingPolicy

NAME = from_text("office.test.")


POLICY = NamingPolicy(qualifying_suffix=NAME, forward_zones=frozenset({NAME}))


def name_lease(host_name: bytes) -> choice.Naming:
    return choice.name_lease(None, host_name, None, (0, b"\1abcdef"), b"\x0a\1\0\7", 60, POLICY)


def test_calls_with_their_arguments_results_and_inner_calls() -> None:
    with witnessed() as calls:
        naming = name_lease(b"PC 7")
    (call,) = calls
    assert call.function == "naming.choice:name_lease"
    assert call.arguments["host_name"] == b"PC 7"
    assert call.result == naming
    (normalised,) = call.within("naming.hostname:normalise")
    assert (normalised.arguments["labels"], normalised.result) == ((b"PC 7",), (b"pc7",))
    assert [one.function for one in call.inner][:1] == ["naming.hostname:split_text"]


def test_arguments_are_those_of_the_call_even_if_they_are_bound_anew() -> None:
    with witnessed() as calls:
        hostname.split_text(b"pc.\0\0")
    assert calls[0].arguments == {"text": b"pc.\0\0"}


def test_an_exception_ends_the_call_and_not_the_story() -> None:
    with witnessed() as calls:
        with pytest.raises(AttributeError):
            name_lease(7)  # type: ignore[arg-type]
        hostname.printable((b"pc7",))
    assert [(call.function, call.result) for call in calls] == [
        ("naming.choice:name_lease", None),
        ("naming.hostname:printable", "pc7"),
    ]


def test_nothing_is_seen_of_other_rooms_or_afterwards() -> None:
    with witnessed() as calls:
        from_text("pc7.office.test.")
    hostname.printable((b"pc7",))
    assert calls == []


def test_who_watched_before_watches_again() -> None:
    def watch(frame: FrameType, event: str, argument: Any) -> None:
        """Another profiler."""

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        with pytest.raises(RuntimeError), witnessed():
            raise RuntimeError
        assert sys.getprofile() is watch
    finally:
        sys.setprofile(before)


def test_what_is_within_at_any_depth() -> None:
    inner = Call("b", {}, 1, [Call("a", {}, 2)])
    assert [call.result for call in Call("a", {}, 0, [inner, Call("a", {}, 3)]).within("a")] == [2, 3]
    assert rules4.BEFORE
