"""RFC 4702, what a server does with the option: rules that stand in the text, each by its section."""

from __future__ import annotations

import pytest
from dhcpv4 import request, vectors
from namings import parts

from tenure.dhcpwire.fqdn import NameKind, parse_fqdn81
from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dnswire.name import from_text
from tenure.naming.choice import Naming, name_lease
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import Reason
from tenure.naming.ttl import record_ttl

COM = from_text("com.")
POLICY = NamingPolicy(qualifying_suffix=from_text("example.com."), forward_zones=frozenset({COM, from_text("test.")}))
MATRIX = vectors("fqdn81")["reply_matrix"]


def answer(payload: bytes, policy: NamingPolicy = POLICY, host_name: bytes | None = None) -> Naming:
    return name_lease(parse_fqdn81(payload), host_name, None, (0, b"\1\2"), b"\x0a\0\0\1", 3600, policy)


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row['policy']} {row['client'][:2]}")
def test_4_the_whole_reply(row: dict[str, object]) -> None:
    policy = NamingPolicy(
        forward_zones=frozenset({COM}),
        send_updates=bool(row["enable_updates"]),
        override_no_update=bool(row["override_no_update"]),
        override_client_update=bool(row["override_client_update"]),
    )
    found = answer(bytes.fromhex(str(row["client"])), policy)
    assert found.reply_fqdn is not None
    assert found.reply_fqdn.hex() == row["reply"]
    assert (found.forward, found.reverse) == (row["server_forward"], row["server_reverse"])


def test_2_1_reserved_bits_are_ignored_and_sent_as_zero() -> None:
    for bits in range(16):
        found = answer(bytes((bits << 4 | 5, 0, 0)) + b"\2pc")
        assert found.reply_fqdn is not None
        assert found.reply_fqdn[0] == 5


def test_2_1_the_clients_o_bit_is_ignored() -> None:
    assert parts(answer(b"\7\0\0\2pc")) == parts(answer(b"\5\0\0\2pc"))


def test_2_2_rcodes_are_ignored_and_sent_as_255() -> None:
    found = answer(b"\5\x0c\x22\2pc")
    assert parts(found) == parts(answer(b"\5\0\0\2pc"))
    assert found.reply_fqdn is not None
    assert found.reply_fqdn[1:3] == b"\xff\xff"


def test_2_3_a_partial_name_is_completed() -> None:
    assert answer(b"\5\0\0\2pc").fqdn == from_text("pc.example.com.")


def test_2_3_an_empty_name_asks_for_one() -> None:
    assert parse_fqdn81(b"\5\0\0").kind is NameKind.EMPTY
    assert answer(b"\5\0\0").reason is Reason.GENERATED


def test_2_3_1_the_reply_has_the_encoding_of_the_request() -> None:
    for flags in (0, 4):
        found = answer(bytes((flags, 0, 0)) + (b"\2pc" if flags else b"pc"))
        assert found.reply_fqdn is not None
        assert found.reply_fqdn[0] & 4 == flags


def test_3_1_the_host_name_option_is_ignored_beside_option_81() -> None:
    assert parts(answer(b"\5\0\0\2pc", host_name=b"other")) == parts(answer(b"\5\0\0\2pc"))


def test_3_1_option_81_is_sent_only_to_clients_that_sent_it() -> None:
    found = name_lease(None, b"pc", None, (0, b"\1\2"), b"\x0a\0\0\1", 3600, POLICY)
    assert found.reply_fqdn is None


def test_long_names_come_in_pieces() -> None:
    field = (b"\x3f" + b"a" * 63) * 3 + b"\x38" + b"a" * 56 + b"\4test\0"
    payload = b"\5\0\0" + field
    assert len(field) == 255
    packet = parse_packet(request((81, payload[:100]), (81, payload[100:])))
    assert answer(packet.options[81]).fqdn == field


@pytest.mark.parametrize("lifetime", [1800, 3600, 86400, 604800])
def test_5_the_ttl_is_at_most_a_third_of_the_lease_and_600_at_least(lifetime: int) -> None:
    assert 600 <= record_ttl(lifetime, POLICY) <= lifetime / 3 + 1
