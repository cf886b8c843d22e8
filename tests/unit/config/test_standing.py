"""Reservations whose names are in DNS from the beginning: on which level that is said, and what is made of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tenure.config.load import load
from tenure.config.problem import key_path
from tenure.config.remarks import remarks
from tenure.config.standing_names import standing_names
from tenure.config.subnets import subnets
from tenure.dhcpwire.identity import key_identity
from tenure.dnswire.name import from_text
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.standing import StandingName

FILE = """
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
[[dns.zones]]
name = "10.in-addr.arpa."
[[dns.zones]]
name = "8.b.d.0.1.0.0.2.ip6.arpa."
[ddns]
{ddns}
[dhcp4]
listen = ["127.0.0.1:6767"]
reservations = [{server}]
[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
valid-lifetime = 6000
{subnet}
reservations = [{own}]
[[dhcp4.subnets]]
subnet = "10.2.0.0/24"
[dhcp6]
listen = ["[::1]:5547"]
[[dhcp6.subnets]]
subnet = "2001:db8:1::/64"
valid-lifetime = 6000
reservations = [{six}]
"""
ON = "ddns-register-reservations = true"
OFF = "ddns-register-reservations = false"
HARDWARE = 'hw-address = "02:00:00:00:00:07"'
PC = f'{{ {HARDWARE}, ip-address = "10.1.0.7", hostname = "PC" }}'
PC6 = '{ duid = "00:04:07:07", ip-addresses = ["2001:db8:1::7", "2001:db8:1::8"], hostname = "pc" }'
NAME = from_text("pc.example.test.")
BY_HARDWARE, BY_DUID = b"\0\1\2\0\0\0\0\7", b"\2\0\4\7\7"


def write(tmp_path: Path, **parts: str) -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(FILE.format(**{**dict.fromkeys(("ddns", "server", "subnet", "own", "six"), ""), **parts}))
    return path


def found(tmp_path: Path, **parts: str) -> list[StandingName]:
    return standing_names(load(write(tmp_path, **parts)))


def proof(key: bytes) -> bytes:
    identity = key_identity(key)
    assert identity is not None
    return dhcid_rdata(*identity, NAME)


STANDS = StandingName(bytes([10, 1, 0, 7]), NAME, proof(BY_HARDWARE), 2000, gives_way=True)


def test_what_stands_is_proved_in_one_way_with_a_lease_and_without(tmp_path: Path) -> None:
    mode = 'ddns-conflict-resolution-mode = "no-check-with-dhcid"'
    for said, proved in ((ON, None), (OFF, "no-check-with-dhcid")):
        first, *_ = subnets(load(write(tmp_path, subnet=f"{mode}\n{said}", own=PC)))
        (reservation,) = first.reservations.values()
        policy = replace(first.naming, **reservation.level.naming)
        assert (first.naming.conflict_resolution_mode, policy.conflict_resolution_mode) == (
            "no-check-with-dhcid",
            proved,
        )


@pytest.mark.parametrize(
    ("parts", "stands"),
    [
        ({"own": PC}, False),
        ({"own": PC, "ddns": ON}, True),
        ({"own": PC, "subnet": ON}, True),
        ({"own": PC.replace(" }", f", {ON} }}")}, True),
        ({"own": PC.replace(" }", f", {OFF} }}"), "subnet": ON}, False),
        ({"own": PC, "subnet": OFF, "ddns": ON}, False),
        ({"server": PC, "subnet": ON}, True),
        ({"server": PC, "ddns": ON, "subnet": OFF}, False),
        ({"own": PC, "ddns": ON, "subnet": "ddns-send-updates = false"}, False),
        ({"own": PC.replace(', hostname = "PC"', ""), "ddns": ON}, False),
        ({"own": PC.replace('ip-address = "10.1.0.7", ', ""), "ddns": ON}, False),
        ({"own": PC.replace(HARDWARE, 'hw-address = "00:00:00:00:00:00"'), "ddns": ON}, False),
        ({"own": PC.replace(HARDWARE, 'circuit-id = "00:04"'), "ddns": ON}, False),
    ],
)
def test_the_most_specific_level_says_whether_names_stand(tmp_path: Path, parts: dict[str, str], stands: bool) -> None:
    assert found(tmp_path, **parts) == ([STANDS] if stands else [])


@pytest.mark.parametrize(
    ("ddns", "given"),
    [
        ("ddns-ttl = 77", {"ttl": 77}),
        ("ddns-ttl-percent = 0.5", {"ttl": 3000}),
        ('ddns-on-move = "all"', {"gives_way": False}),
        ('ddns-on-move = "per-subnet"', {}),
        ('ddns-update-model = "client"', {}),
        ("ddns-update-unasked = false", {}),
    ],
)
def test_what_counts_for_leases_counts_for_it(tmp_path: Path, ddns: str, given: dict[str, int]) -> None:
    assert found(tmp_path, own=PC, ddns=f"{ON}\n{ddns}") == [STANDS._replace(**given)]


def test_a_lease_time_of_the_reservation_makes_its_ttl(tmp_path: Path) -> None:
    own = PC.replace(" }", ", valid-lifetime = 9000 }")
    assert found(tmp_path, own=own, ddns=ON) == [STANDS._replace(ttl=3000)]


@pytest.mark.parametrize(
    ("key", "identity"),
    [
        ('client-id = "01:02:03"', b"\1\1\2\3"),
        ('duid = "00:04:07:07"', BY_DUID),
        (f'{HARDWARE}, duid = "00:04:07:07"', BY_DUID),
    ],
)
def test_the_name_is_proved_by_what_the_client_is_known_by(tmp_path: Path, key: str, identity: bytes) -> None:
    assert found(tmp_path, own=PC.replace(HARDWARE, key), ddns=ON) == [STANDS._replace(dhcid=proof(identity))]


def test_the_same_name_of_both_families_is_one_device_s(tmp_path: Path) -> None:
    four, *six = found(tmp_path, own=PC, six=PC6, ddns=ON)
    assert {one.dhcid for one in (four, *six)} == {proof(BY_DUID)}
    assert [one.address[-1] for one in six] == [7, 8]


def test_leases_of_the_reservation_are_named_on_the_same_terms(tmp_path: Path) -> None:
    (subnet, _) = subnets(load(write(tmp_path, own=PC, ddns=ON)))
    naming = subnet.reservations[BY_HARDWARE].level.naming
    assert naming["proved_by"] == BY_HARDWARE
    assert naming["stands_at"] == {STANDS.address}
    assert naming["ttl"] == STANDS.ttl
    assert naming["override_client_update"] is naming["override_no_update"] is naming["update_unasked"] is True


def test_a_reservation_for_the_whole_server_stands_in_its_own_subnet_only(tmp_path: Path) -> None:
    first, second = subnets(load(write(tmp_path, server=PC, ddns=ON)))
    assert "stands_at" in first.shared_reservations[BY_HARDWARE].level.naming
    assert "stands_at" not in second.shared_reservations[BY_HARDWARE].level.naming


def test_one_of_the_subnet_goes_before_one_of_the_server_for_the_same_client(tmp_path: Path) -> None:
    own = PC.replace("10.1.0.7", "10.1.0.8")
    assert [one.address[-1] for one in found(tmp_path, own=own, server=PC.replace("PC", "other"), ddns=ON)] == [8]


@pytest.mark.parametrize("key", ["circuit-id", "flex-id"])
def test_a_place_is_remarked_on_because_it_proves_nothing(tmp_path: Path, key: str) -> None:
    four = 'identifier-expression = "relay4[1].hex"\n' if key == "flex-id" else ""
    path = write(tmp_path, own=PC.replace(HARDWARE, f'{key} = "00:04"'), ddns=ON)
    path.write_text(path.read_text().replace("[dhcp4]\n", f"[dhcp4]\n{four}"))
    said = [f"{key_path(one.key)}: {one.wrong}; {one.right}" for one in remarks(load(path))]
    assert said == [
        f"dhcp4.subnets[0].reservations[0].{key}: says where the client is and not who, so the name is in DNS with the"
        " lease only; name the client by hw-address, client-id or duid, or set ddns-register-reservations = false here"
    ]
    path.write_text(path.read_text().replace(ON, OFF))
    assert not list(remarks(load(path)))


def test_where_it_says_nothing_is_remarked_on(tmp_path: Path) -> None:
    classes = f'[[dhcp4.client-classes]]\nname = "phones"\n{ON}\n'
    pools = f'pools = [{{ pool = "10.1.0.100-10.1.0.110", {ON} }}]'
    path = write(tmp_path, own=PC, subnet=pools)
    path.write_text(path.read_text().replace("[dhcp6]\n", f"{classes}[dhcp6]\n"))
    configuration = load(path)
    assert [key_path(one.key) for one in remarks(configuration)] == [
        "dhcp4.client-classes[0].ddns-register-reservations",
        "dhcp4.subnets[0].pools[0].ddns-register-reservations",
    ]
    assert standing_names(configuration) == []
