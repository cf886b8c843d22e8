"""Whatever comes is shown: any octets give rows, and what the server's parser says of them can be seen in the rows."""

from __future__ import annotations

from dhcpv4_octets import MESSAGES
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.v4.option_words import option_rows
from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dhcpwire.v4.words import packet_rows
from tenure.dhcpwire.words import Row
from tenure.octets import Malformed


def check_shown(rows: list[Row]) -> None:
    for row in rows:
        shown = f"{row.code}{row.name}{row.value}{row.problem}"
        assert shown.isascii()
        assert shown.isprintable()


@given(MESSAGES)
def test_any_octets_have_rows_that_say_what_the_parser_says(octets: bytes) -> None:
    rows = packet_rows(octets)
    check_shown(rows)
    try:
        packet = parse_packet(octets)
    except Malformed:
        assert any(row.problem for row in rows)
        return
    shown = {int(row.code): row.octets for row in rows if row.code.isdecimal() and row.name != "end"}
    shown.pop(52, None)
    assert shown == packet.options
    assert not any(row.name == "damage" and row.depth == 0 for row in rows)


@given(st.binary(max_size=400))
def test_no_octet_of_the_header_is_left_out(octets: bytes) -> None:
    header = [row for row in packet_rows(octets) if row.offset < 240 and not row.code]
    assert b"".join(row.octets for row in header) == octets[:240]


@given(st.sampled_from([43, 52, 61, 81, 82, 97, 124, 125, 224]), st.binary(max_size=60))
def test_the_parts_of_an_option_lie_inside_it(code: int, data: bytes) -> None:
    first, *parts = option_rows(code, data, 1000)
    check_shown([first, *parts])
    for row in parts:
        assert row.depth > 0
        assert data[row.offset - 1000 :].startswith(row.octets)
