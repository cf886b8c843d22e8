"""RFC 4701 section 3.3: from a message to identifier type and identifier; section 3.6: the RFC's own examples."""

from __future__ import annotations

import pytest
from dhcpv4 import request, vectors

from tenure.dhcpwire.identity import dhcid_identity, key_identity
from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dnswire.name import from_text
from tenure.naming.dhcid import dhcid_rdata

V4 = [vector for vector in vectors("dhcid")["vectors"] if vector["family"] == 4]


@pytest.mark.parametrize("vector", V4, ids=lambda vector: vector["id"])
def test_from_the_message_to_the_record(vector: dict[str, str]) -> None:
    options = [(61, bytes.fromhex(vector["client_id"]))] if "client_id" in vector else []
    packet = parse_packet(request(*options, htype=int(vector["htype"]), chaddr=bytes.fromhex(vector["chaddr"])))
    identity = dhcid_identity(packet)
    assert identity is not None
    assert dhcid_rdata(*identity, from_text(vector["fqdn"])).hex() == vector["rdata"]


@pytest.mark.parametrize("vector", vectors("dhcid")["invalid"], ids=lambda vector: vector["id"])
def test_what_proves_nothing(vector: dict[str, str]) -> None:
    if vector["id"] in {"empty-fqdn", "empty-identifier"}:
        with pytest.raises(ValueError, match="name and an identifier"):
            dhcid_rdata(2, bytes.fromhex(vector.get("duid", "01")), b"\0" if not vector["fqdn"] else b"\1x\0")
        return
    client_id = vector.get("client_id")
    options = [(61, bytes.fromhex(client_id))] if client_id else []
    packet = parse_packet(request(*options, chaddr=b""))
    assert dhcid_identity(packet) is None


def test_the_client_identifier_wins_over_the_hardware_address() -> None:
    packet = parse_packet(request((61, b"\1\2\3")))
    assert dhcid_identity(packet) == (1, b"\1\2\3") == key_identity(b"\1\1\2\3")
