"""Options that hold options (43, 124, 125), as an operator writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.v4.options import encode_option
from tenure.dhcpwire.v4.vendor import vendor_classes, vendor_options


@pytest.mark.parametrize(
    ("option", "written", "data"),
    [
        ("vendor-encapsulated-options", "1 ip 10.1.0.5", "01040a010005"),
        ("43", ["1 ip 10.1.0.5 10.1.0.6", "2 text a, b"], "01080a0100050a010006" + "0204612c2062"),
        ("43", "1 uint8 7, 2 uint16 8 9, 3 uint32 10", "010107" + "020400080009" + "03040000000a"),
        ("43", "1 bool true, 2 hex 0a:0b, 254 text ", "010101" + "02020a0b" + "fe00"),
        ("43", "5 names boot.test.", "050b" + "04626f6f74047465737400"),
        ("43", "01:02:03", "010203"),
        ("43", "hex:0102", "0102"),
        ("vivso-suboptions", ["4491 2 ip 10.1.0.5", "9 1 hex 0a"], "0000118b0602040a01000500000009030101" + "0a"),
        ("125", ["4491 1 uint8 1", "9 1 uint8 3", "4491 2 uint8 2"], "0000118b06010101020102" + "0000000903010103"),
        ("vivco-suboptions", "4491 text docsis3.0, 9 hex 0a", "0000118b09" + b"docsis3.0".hex() + "00000009010a"),
    ],
)
def test_what_is_written(option: str, written: str | list[str], data: str) -> None:
    assert encode_option(option, written)[1].hex() == data


@pytest.mark.parametrize(
    ("option", "written", "wrong"),
    [
        ("43", "1 colour red", r"items are written CODE KIND VALUE, where KIND is ip, .*; not '1 colour red'"),
        ("43", "one ip 10.1.0.5", "items are written CODE KIND VALUE"),
        ("125", "1 ip 10.1.0.5", "items are written ENTERPRISE CODE KIND VALUE"),
        ("43", "255 uint8 1", "the code of a sub-option is from 1 to 254, not 255"),
        ("43", "1 ip 10.1.0", "an IPv4 address is needed, not '10.1.0'"),
        ("43", f"1 text {'x' * 256}", "a sub-option has at most 255 octets, not 256"),
        ("125", "4294967296 1 uint8 1", "an enterprise is a number below 4294967296"),
    ],
)
def test_what_is_wrong(option: str, written: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        encode_option(option, written)


@given(st.binary(max_size=60))
def test_damage_costs_what_stands_behind_it(data: bytes) -> None:
    whole = b"\0\0\0\7\3\1\1x"
    assert vendor_options(whole + data)[0] == (7, b"\1\1x")
    enterprise, classes = vendor_classes(b"\0\0\0\7\2xy" + data)[0]
    assert (enterprise, classes[0]) == (7, b"xy")
