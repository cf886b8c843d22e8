from __future__ import annotations

import pytest
from dhcpv4 import request, vectors

from tenure.dhcpwire.fqdn import NameKind, ascii_field, build_fqdn81, parse_fqdn81
from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dnswire.name import from_text
from tenure.octets import Malformed

VECTORS = vectors("fqdn81")
KINDS = {
    "full": NameKind.FULL,
    "partial": NameKind.PARTIAL,
    "dotted-no-root": NameKind.DOTTED,
    "empty": NameKind.EMPTY,
    "root": NameKind.ROOT,
}


@pytest.mark.parametrize("vector", [v for v in VECTORS["decode"] if v["valid"]], ids=lambda v: v["id"])
def test_decodes_each_vector(vector: dict[str, object]) -> None:
    payload = bytes.fromhex(str(vector["payload"]))
    option = parse_fqdn81(payload)
    flags = vector["flags"]
    assert isinstance(flags, dict)
    labels = vector["labels"]
    assert isinstance(labels, list)
    assert (option.s, option.o, option.e, option.n) == (flags["S"], flags["O"], flags["E"], flags["N"])
    assert option.kind is KINDS[str(vector["name_kind"])]
    assert option.labels == tuple(bytes.fromhex(label) for label in labels)
    assert option.field == payload[3:]


@pytest.mark.parametrize("vector", [v for v in VECTORS["decode"] if not v["valid"]], ids=lambda v: v["id"])
def test_refuses_each_malformed_vector(vector: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        parse_fqdn81(bytes.fromhex(vector["payload"]))


@pytest.mark.parametrize("number", range(len(VECTORS["rfc3396"])))
def test_instances_are_joined_before_they_are_read(number: int) -> None:
    vector = VECTORS["rfc3396"][number]
    packet = parse_packet(request(end=bytes.fromhex(vector["options"]) + b"\xff"))
    assert packet.options[81] == bytes.fromhex(vector["merged_payload"])
    assert b".".join(parse_fqdn81(packet.options[81]).labels).decode() == vector["name"]


@pytest.mark.parametrize(
    ("payload", "offset"),
    [
        (b"\4\0", 0),
        (b"\4\0\0\1a\x40", 5),
        (b"\4\0\0\5abc", 3),
        (b"\4\0\0\1a\0x", 6),
        (b"\0\0\0a..b", 3),
        (b"\0\0\0" + b"a" * 64, 3),
        (b"\0\0\0.a", 3),
    ],
)
def test_says_where(payload: bytes, offset: int) -> None:
    with pytest.raises(Malformed) as caught:
        parse_fqdn81(payload)
    assert caught.value.offset == offset


LABEL = b"a" * 63


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (b".".join([LABEL] * 3 + [b"a" * 61]), True),
        (b".".join([LABEL] * 3 + [b"a" * 61]) + b".", True),
        (b".".join([LABEL] * 3 + [b"a" * 62]), False),
        (b".".join([LABEL] * 3 + [b"a" * 62]) + b".", False),
    ],
)
def test_ascii_names_have_the_bounds_of_wire_names(text: bytes, fits: bool) -> None:
    if fits:
        assert parse_fqdn81(b"\0\0\0" + text).labels
    else:
        with pytest.raises(Malformed, match="255"):
            parse_fqdn81(b"\0\0\0" + text)


@pytest.mark.parametrize(("last", "fits"), [(61, True), (62, False)])
def test_a_partial_wire_name_leaves_room_for_the_root(last: int, fits: bool) -> None:
    field = (b"\x3f" + LABEL) * 3 + bytes((last,)) + b"b" * last
    if fits:
        assert parse_fqdn81(b"\4\0\0" + field).kind is NameKind.PARTIAL
    else:
        with pytest.raises(Malformed, match="255"):
            parse_fqdn81(b"\4\0\0" + field)


def test_two_labels_of_one_letter_are_a_dotted_name() -> None:
    assert parse_fqdn81(b"\0\0\0a.b")[4:6] == (NameKind.DOTTED, (b"a", b"b"))


def test_the_root_in_ascii_form() -> None:
    assert parse_fqdn81(b"\0\0\0.").kind is NameKind.ROOT


def test_a_server_sends_255_in_both_rcodes_and_no_reserved_bit() -> None:
    for flags in range(16):
        s, o, e, n = (bool(flags & bit) for bit in (1, 2, 4, 8))
        assert build_fqdn81(s, o, n, e, b"x") == bytes((flags, 255, 255)) + b"x"


def test_names_in_ascii_form() -> None:
    name = from_text("pc.example.test.")
    assert ascii_field(name, final_dot=False) == b"pc.example.test"
    assert ascii_field(name, final_dot=True) == b"pc.example.test."
