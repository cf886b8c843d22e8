from __future__ import annotations

import pytest

from tenure.dhcpwire.v4.encoding import encode_options, split_encoded


def test_options_follow_one_another_in_their_order() -> None:
    assert encode_options([(53, b"\5"), (80, b""), (12, b"pc")]) == b"\x35\1\5\x50\0\x0c\2pc"


@pytest.mark.parametrize(
    ("size", "lengths"),
    [(254, [254]), (255, [255]), (256, [255, 1]), (510, [255, 255]), (511, [255, 255, 1])],
)
def test_long_data_is_split(size: int, lengths: list[int]) -> None:
    data = bytes(index % 251 for index in range(size))
    pieces = split_encoded(encode_options([(119, data), (1, b"\xff\0\0\0")]))
    assert pieces.pop() == (1, b"\1\4\xff\0\0\0")
    assert [code for code, _ in pieces] == [119] * len(lengths)
    assert [piece[1] for _, piece in pieces] == lengths
    assert b"".join(piece[2:] for _, piece in pieces) == data


def test_nothing_is_no_octets() -> None:
    assert encode_options([]) == b""
    assert split_encoded(b"") == []
