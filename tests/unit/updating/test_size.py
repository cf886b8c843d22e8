"""How many names share a message: halved by what a server does not take, doubled by what it does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tenure.updating.size import FIRST_PATIENCE, MOST_NAMES, MOST_PATIENCE, MessageSize


def sent_to(limit: int, size: MessageSize, messages: int) -> tuple[MessageSize, int]:
    """After full messages to a server that takes so many names; and how many of them were too much."""
    refused = 0
    for _ in range(messages):
        if size.names > limit:
            refused += 1
            size = size.after_burden(size.names)
        else:
            size = size.after_taken(size.names)
    return size, refused


def test_it_begins_with_the_most_and_keeps_to_it() -> None:
    size, refused = sent_to(MOST_NAMES, MessageSize(), 1000)
    assert (size, refused) == (MessageSize(), 0)
    assert not size.is_limited


def test_it_halves_until_the_server_takes_it() -> None:
    size = MessageSize().after_burden(200)
    assert (size.names, size.is_limited) == (100, True)
    assert size.after_burden(200) == size, "what was under way with the former size says nothing new"
    assert size.after_burden(100).names == 50
    assert MessageSize(1).after_burden(1).names == 1


def test_a_message_of_a_few_names_proves_no_size() -> None:
    size = MessageSize().after_burden(200)
    for _ in range(1000):
        size = size.after_taken(99)
    assert size.names == 100
    assert MessageSize().after_burden(1) == MessageSize(), "its size cannot be what is wrong with one name"


def test_it_grows_to_the_most_again_when_the_limit_is_gone() -> None:
    size, _ = sent_to(10, MessageSize(), 50)
    assert size.names <= 10
    size, refused = sent_to(MOST_NAMES, size, 10 * MOST_PATIENCE)
    assert (size.names, refused) == (MOST_NAMES, 0)


@given(st.integers(1, MOST_NAMES))
def test_past_a_limit_it_asks_less_and_less(limit: int) -> None:
    """Each doubling that was too much has the next one wait twice as long."""
    size, first = sent_to(limit, MessageSize(), 1000)
    assert first <= 8 + (1000 // FIRST_PATIENCE).bit_length(), "halvings, then trials in doubling distances"
    assert size.names * 2 > limit // 2, "and it is not much less than what the server takes"
    _, later = sent_to(limit, size, 1000)
    assert later <= 1000 // MOST_PATIENCE + 1
    assert 1 <= size.names <= MOST_NAMES
