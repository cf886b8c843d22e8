"""Names: text, wire, order, belonging; dnspython is the oracle."""

from __future__ import annotations

import dns.name
import pytest

from tenure.dnswire import name as dnsname
from tenure.octets import Malformed

LONGEST = b"".join(b"\x3f" + b"a" * 63 for _ in range(3)) + b"\x3d" + b"b" * 61 + b"\0"  # 255 octets


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        (".", b"\0"),
        ("host.test.", b"\4host\4test\0"),
        ("host.test", b"\4host\4test\0"),
        ("Host.TEST.", b"\4Host\4TEST\0"),
        (r"a\.b.test.", b"\3a.b\4test\0"),
        (r"a\032\255\\.test.", b"\4a \xff\\\4test\0"),
        (r"\@.test.", b"\1@\4test\0"),
    ],
)
def test_text_and_wire(text: str, wire: bytes) -> None:
    assert dnsname.from_text(text) == wire == dns.name.from_text(text).to_wire()
    assert dnsname.from_text(dnsname.to_text(wire)) == wire


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("a..b", "empty"),
        (".a", "empty"),
        ("a" * 64, "63"),
        (r"a\256", "octet"),
        ("a\\", "backslash"),
        ("müller.test", "ASCII"),
        (".".join(["a" * 63] * 4), "255"),
    ],
)
def test_text_that_is_no_name(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        dnsname.from_text(text)


def test_the_longest_name_is_255_octets() -> None:
    assert len(LONGEST) == 255
    assert dnsname.parse_name(LONGEST, 0) == (LONGEST, 255)
    with pytest.raises(Malformed, match="longer than 255"):
        dnsname.parse_name(b"\1c" + LONGEST, 0)
    assert dnsname.from_labels(dnsname.labels(LONGEST)) == LONGEST


@pytest.mark.parametrize(
    ("name", "zone", "within"),
    [
        (b"\4host\4test\0", b"\4test\0", True),
        (b"\4test\0", b"\4test\0", True),
        (b"\4test\0", b"\0", True),
        (b"\4test\0", b"\4host\4test\0", False),
        (b"\5xtest\0", b"\4test\0", False),
        (b"\6a\4test\0", b"\4test\0", False),  # the label "a\4test" ends like the zone and is not in it
    ],
)
def test_within(name: bytes, zone: bytes, *, within: bool) -> None:
    assert dnsname.is_within(name, zone) is within


def test_tree_keys_put_a_subtree_into_one_range() -> None:
    zone = dnsname.from_text("b.test.")
    below = [dnsname.from_text(text) for text in ("a.b.test.", "z.y.b.test.", r"\000.b.test.", r"\255.b.test.")]
    beside = [dnsname.from_text(text) for text in ("test.", "a.test.", "bb.test.", "c.test.", r"b\000.test.")]
    key = dnsname.tree_key(zone)
    assert all(key + b"\x01" <= dnsname.tree_key(name) < key + b"\x40" for name in below)
    assert not any(key + b"\x01" <= dnsname.tree_key(name) < key + b"\x40" for name in [zone, *beside])
    assert all(dnsname.from_tree_key(dnsname.tree_key(name)) == name for name in [*below, *beside, b"\0"])


def test_ancestors_lead_to_the_root() -> None:
    name = b"\1a\1b\4test\0"
    assert dnsname.ancestors(name) == [name, b"\1b\4test\0", b"\4test\0", b"\0"]
    assert dnsname.parent(name) == b"\1b\4test\0"
    assert dnsname.parent(b"\0") == b"\0"
