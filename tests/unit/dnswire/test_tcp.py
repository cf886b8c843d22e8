"""Messages in a stream, whatever portions it comes in."""

from __future__ import annotations

import pytest

from tenure.dnswire.tcp import Deframer, frame

MESSAGES = [b"one", b"", b"x" * 300, b"last"]
STREAM = b"".join(frame(message) for message in MESSAGES)


@pytest.mark.parametrize("portion", [1, 2, 3, 7, len(STREAM)])
def test_messages_come_whole_and_in_order(portion: int) -> None:
    deframer = Deframer()
    found = [m for at in range(0, len(STREAM), portion) for m in deframer.feed(STREAM[at : at + portion])]
    assert found == MESSAGES
    assert not deframer.is_within_message


@pytest.mark.parametrize("cut", [1, 4])
def test_a_stream_that_ends_within_a_message_shows_it(cut: int) -> None:
    deframer = Deframer()
    assert deframer.feed(frame(b"message")[:cut]) == []
    assert deframer.is_within_message


def test_a_message_too_long_for_its_length_is_not_framed() -> None:
    assert len(frame(bytes(65535))) == 65537
    with pytest.raises(OverflowError):
        frame(bytes(65536))
