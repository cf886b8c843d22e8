"""The FQDN option of DHCPv6, against the vectors."""

from __future__ import annotations

import pytest
from dhcpv4 import vectors

from tenure.dhcpwire.fqdn import NameKind, build_answer, build_fqdn39, parse_fqdn39, parse_fqdn81
from tenure.octets import Malformed

VECTORS = vectors("fqdn39")
KINDS = {"full": NameKind.FULL, "partial": NameKind.PARTIAL, "empty": NameKind.EMPTY, "root": NameKind.ROOT}


@pytest.mark.parametrize("vector", [v for v in VECTORS["decode"] if v["valid"]], ids=lambda v: v["id"])
def test_decodes_each_vector(vector: dict[str, object]) -> None:
    payload = bytes.fromhex(str(vector["payload"]))
    option = parse_fqdn39(payload)
    flags, labels = vector["flags"], vector["labels"]
    assert isinstance(flags, dict)
    assert isinstance(labels, list)
    assert (option.s, option.o, option.n) == (flags["S"], flags["O"], flags["N"])
    assert option.kind is KINDS[str(vector["name_kind"])]
    assert option.labels == tuple(bytes.fromhex(label) for label in labels)
    assert option.field == payload[1:]
    rebuilt = build_fqdn39(option.s, option.o, option.n, option.field)
    assert rebuilt == bytes((payload[0] & 7,)) + payload[1:]


@pytest.mark.parametrize("vector", [v for v in VECTORS["decode"] if not v["valid"]], ids=lambda v: v["id"])
def test_refuses_each_malformed_vector(vector: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        parse_fqdn39(bytes.fromhex(vector["payload"]))


def test_an_answer_is_of_the_kind_that_was_sent() -> None:
    assert build_answer(parse_fqdn39(b"\0\1a"), True, True, False, b"\1a\0") == b"\3\1a\0"
    assert build_answer(parse_fqdn81(b"\4\0\0\1a"), True, True, False, b"\1a\0") == b"\7\xff\xff\1a\0"
    assert build_answer(parse_fqdn39(b"\4"), False, False, True, b"") == b"\4"
