from __future__ import annotations

from typing import Any

import pytest
from dhcpv4 import MAC, request, vectors

from tenure.dhcpwire.identity import (
    client_id_key,
    client_key,
    dhcid_identity,
    hardware,
    hardware_from_text,
    hardware_key,
    hardware_to_text,
    key_to_text,
    parse_rfc4361,
)
from tenure.dhcpwire.v4.packet import Packet, parse_packet

VALID = [vector for vector in vectors("dhcid")["vectors"] if vector["family"] == 4]
RFC4361 = bytes.fromhex("ff0000000100030001020000000a05")


def packet(client_id: bytes | None = None, **fields: Any) -> Packet:
    options = [] if client_id is None else [(61, client_id)]
    return parse_packet(request(*options, **fields))


@pytest.mark.parametrize("vector", VALID, ids=lambda vector: vector["id"])
def test_identifier_of_each_vector(vector: dict[str, str]) -> None:
    client_id = bytes.fromhex(vector["client_id"]) if "client_id" in vector else None
    found = packet(client_id, htype=vector["htype"], chaddr=bytes.fromhex(vector["chaddr"]))
    assert dhcid_identity(found) == (vector["identifier_type"], bytes.fromhex(vector["identifier"]))


@pytest.mark.parametrize(
    "client_id",
    [b"\xff\1\2\3\4", b"\xff\1\2\3", b"\xff\1", b"\xff" + bytes(4) + bytes(131)],
    ids=["no DUID", "half an IAID", "one octet", "DUID of 131 octets"],
)
def test_what_only_looks_like_rfc4361_proves_nothing(client_id: bytes) -> None:
    assert dhcid_identity(packet(client_id)) is None
    assert parse_rfc4361(client_id) is None
    assert client_key(packet(client_id)) == b"\1" + client_id  # but it has leases


def test_a_duid_of_130_octets_is_the_longest() -> None:
    assert dhcid_identity(packet(b"\xff" + bytes(4) + b"\1" * 130)) == (2, b"\1" * 130)


@pytest.mark.parametrize("client_id", [b"", b"\7"])
def test_too_short_a_client_identifier_is_ignored(client_id: bytes) -> None:
    assert client_key(packet(client_id)) == b"\0\1" + MAC
    assert dhcid_identity(packet(client_id)) == (0, b"\1" + MAC)


@pytest.mark.parametrize("chaddr", [b"", bytes(6), bytes(16)])
def test_no_hardware_address_proves_nothing(chaddr: bytes) -> None:
    assert dhcid_identity(packet(chaddr=chaddr)) is None


def test_one_octet_makes_a_hardware_address() -> None:
    assert dhcid_identity(packet(chaddr=b"\2" + bytes(5))) == (0, b"\1\2" + bytes(5))
    assert hardware_from_text("02") == b"\1\2"
    assert hardware_from_text("255/" + "ab" * 16) == b"\xff" + b"\xab" * 16


def test_a_client_identifier_of_zeros_is_one() -> None:
    assert dhcid_identity(packet(bytes(4), chaddr=bytes(6))) == (1, bytes(4))


def test_the_hardware_type_is_part_of_the_key() -> None:
    assert client_key(packet(htype=6)) != client_key(packet(htype=1))
    assert hardware(packet(htype=6)) == b"\6" + MAC


def test_iaid_and_duid() -> None:
    assert parse_rfc4361(RFC4361) == (b"\0\0\0\1", bytes.fromhex("00030001020000000a05"))
    assert parse_rfc4361(b"\xff\1\2\3\4\5") == (b"\1\2\3\4", b"\5")
    assert parse_rfc4361(b"\1" + MAC) is None


@pytest.mark.parametrize(
    "text", ["02:00:00:00:0a:01", "02-00-00-00-0A-01", "0200.0000.0a01", "2:0:0:0:a:1", "0x020000000a01"]
)
def test_hardware_addresses_that_people_write(text: str) -> None:
    assert hardware_from_text(text) == b"\1" + MAC
    assert hardware_key(text) == client_key(packet())


def test_hardware_addresses_there_and_back() -> None:
    assert hardware_to_text(b"\1" + MAC) == "02:00:00:00:0a:01"
    assert hardware_to_text(b"\6" + MAC) == "6/02:00:00:00:0a:01"
    assert hardware_from_text("6/02:00:00:00:0a:01") == b"\6" + MAC


@pytest.mark.parametrize("text", ["", "02:00:zz", "02::::", "x/02:00:00:00:0a:01", "256/02:00", "-1/02:00", "11" * 17])
def test_hardware_addresses_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="hardware"):
        hardware_from_text(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("01:02:00:00:00:0a:01", b"\1\1" + MAC),
        ("0x01020000000a01", b"\1\1" + MAC),
        ("'pc'", b"\1pc"),
        ('"pc"', b"\1\0pc"),
    ],
)
def test_client_identifiers_that_people_write(text: str, key: bytes) -> None:
    assert client_id_key(text) == key


@pytest.mark.parametrize("text", ["", "07", "xyz", "'x'"])
def test_client_identifiers_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="client identifier"):
        client_id_key(text)


def test_keys_for_people() -> None:
    assert key_to_text(client_key(packet())) == "02:00:00:00:0a:01"
    assert key_to_text(client_key(packet(b"\1" + MAC))) == "id 01:02:00:00:00:0a:01"
