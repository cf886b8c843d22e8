from __future__ import annotations

import pytest

from tenure.dhcpwire.v4.encoding import encode_options


def test_options_follow_one_another_in_their_order() -> None:
    assert encode_options([(53, b"\5"), (80, b""), (12, b"pc")]) == b"\x35\1\5\x50\0\x0c\2pc"


@pytest.mark.parametrize(
    ("size", "lengths"),
    [(254, [254]), (255, [255]), (256, [255, 1]), (510, [255, 255]), (511, [255, 255, 1])],
)
def test_long_data_is_split(size: int, lengths: list[int]) -> None:
    data = bytes(index % 251 for index in range(size))
    encoded = encode_options([(119, data), (1, b"\xff\0\0\0")])
    for length in lengths:
        assert encoded[:2] == bytes((119, length))
        assert encoded[2 : 2 + length] == data[:length]
        encoded, data = encoded[2 + length :], data[length:]
    assert (encoded, data) == (b"\1\4\xff\0\0\0", b"")


def test_nothing_is_no_octets() -> None:
    assert encode_options([]) == b""
