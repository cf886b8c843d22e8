"""Whatever comes is shown: any octets give rows, and what the server's parser says of them can be seen in the rows."""

from __future__ import annotations

from dhcpv6_octets import OCTETS
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.option_table import KnownOption
from tenure.dhcpwire.v6.message import parse_datagram
from tenure.dhcpwire.v6.options import OPTIONS, option_of
from tenure.dhcpwire.v6.words import message_rows, option_rows
from tenure.dhcpwire.words import Row
from tenure.octets import Malformed


def check_shown(rows: list[Row]) -> None:
    for row in rows:
        shown = f"{row.code}{row.name}{row.value}{row.problem}"
        assert shown.isascii()
        assert shown.isprintable()


@given(OCTETS)
def test_any_octets_have_rows_that_say_what_the_parser_says(octets: bytes) -> None:
    rows = message_rows(octets)
    check_shown(rows)
    for row in rows:
        assert octets[row.offset :].startswith(row.octets)
    try:
        datagram = parse_datagram(octets)
    except Malformed:
        assert any(row.problem for row in rows)
        return
    depth = len(datagram.relays)
    shown: dict[int, bytes] = {}
    for row in rows:
        if row.code.isdecimal() and row.depth == depth:
            shown.setdefault(int(row.code), row.octets)
    assert shown.items() >= datagram.message.options.items()
    assert sum(row.name == "iaid" for row in rows) >= len(datagram.message.associations)


@given(st.integers(0, 200), st.binary(max_size=60))
def test_the_parts_of_an_option_lie_inside_it(code: int, data: bytes) -> None:
    first, *parts = option_rows(code, data, 1000)
    check_shown([first, *parts])
    for row in parts:
        assert row.depth > 0
        assert data[row.offset - 1000 :].startswith(row.octets)


@given(st.sampled_from(OPTIONS), st.binary(max_size=40))
def test_what_is_shown_can_be_written_and_means_the_same(option: KnownOption, data: bytes) -> None:
    try:
        words = option.kind.decode(data)
        assert words.isascii()
        assert words.isprintable()
        code, written = option_of(option.name, words)
    except ValueError:  # not of this format, or a value that nobody may set
        return
    assert code == option.code
    if "\\" not in words and ", " not in words and words == words.strip():
        assert option.kind.decode(written) == words


def test_a_bomb_of_options_inside_options_ends() -> None:
    octets = b""
    for _ in range(2000):
        octets = b"\0\x05" + (len(octets) + 24).to_bytes(2, "big") + bytes(24) + octets
    rows = message_rows(b"\1abc" + octets)
    assert rows[-1].problem == "options inside 100 others are not looked at"
