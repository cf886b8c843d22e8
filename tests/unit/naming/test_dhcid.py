from __future__ import annotations

import base64

import pytest
from dhcpv4 import vectors

from tenure.naming.dhcid import RDATA_SIZE, dhcid_rdata

VECTORS = vectors("dhcid")
BY_ID = {vector["id"]: vector for vector in VECTORS["vectors"]}
USABLE = [vector for vector in VECTORS["vectors"] if vector["fqdn"] != "."]


def rdata(vector: dict[str, str]) -> bytes:
    return dhcid_rdata(
        int(vector["identifier_type"]), bytes.fromhex(vector["identifier"]), bytes.fromhex(vector["fqdn_wire"])
    )


@pytest.mark.parametrize("vector", USABLE, ids=lambda vector: vector["id"])
def test_each_vector(vector: dict[str, str]) -> None:
    found = rdata(vector)
    assert found.hex() == vector["rdata"]
    assert len(found) == RDATA_SIZE
    assert base64.b64encode(found).decode() == vector["rdata_base64"]


@pytest.mark.parametrize("vector", USABLE, ids=lambda vector: vector["id"])
def test_case_of_the_name_does_not_matter(vector: dict[str, str]) -> None:
    upper = bytes.fromhex(vector["fqdn_wire"]).upper()
    assert dhcid_rdata(int(vector["identifier_type"]), bytes.fromhex(vector["identifier"]), upper) == rdata(vector)


@pytest.mark.parametrize("pair", VECTORS["dual_stack_pairs"], ids=lambda pair: pair["v4"])
def test_both_families_of_a_host_agree(pair: dict[str, str]) -> None:
    assert rdata(BY_ID[pair["v4"]]) == rdata(BY_ID[pair["v6"]])


def test_the_type_tells_equal_digests_apart() -> None:
    duid, client_id = rdata(BY_ID["kea-duid-7"]), rdata(BY_ID["kea-client-id-7"])
    assert duid[3:] == client_id[3:]
    assert duid != client_id


@pytest.mark.parametrize(("identifier", "fqdn"), [(b"", b"\1x\0"), (b"\1", b""), (b"\1", b"\0")])
def test_no_proof_without_name_and_identifier(identifier: bytes, fqdn: bytes) -> None:
    with pytest.raises(ValueError, match="name and an identifier"):
        dhcid_rdata(0, identifier, fqdn)
