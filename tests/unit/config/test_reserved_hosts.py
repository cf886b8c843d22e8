"""Hosts that reservations of both families give one name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.reserved_hosts import reserved_hosts
from tenure.config.subnets import subnets
from tenure.config.subnets6 import subnets6

FILE = """
[ddns]
ddns-send-updates = false

[dhcp4]
listen = ["127.0.0.1:6767"]
reservations = [{ hw-address = "02:00:00:00:00:03", hostname = "roamer" }]

[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
reservations = [
    { hw-address = "02:00:00:00:00:01", hostname = "Desk" },
    { client-id = "01:02", hostname = "tablet" },
    { hw-address = "02:00:00:00:00:04", ip-address = "10.1.0.9" },
]

[dhcp6]
listen = ["[::1]:5547"]

[[dhcp6.subnets]]
subnet = "2001:db8:1::/64"
reservations = [
    { duid = "00:04:07:07", hostname = "desk" },
    { duid = "00:04:07:08", hostname = "tablet" },
    { duid = "00:04:07:09", hostname = "roamer" },
    { hw-address = "02:00:00:00:00:05", hostname = "printer" },
    { duid = "00:04:07:0a", hostname = "alone" },
]
"""


def test_the_hardware_address_and_the_duid_of_one_host_name(tmp_path: Path) -> None:
    path = tmp_path / "tenure.toml"
    path.write_text(FILE)
    assert reserved_hosts(load(path)) == {
        b"\2\0\4\7\7": b"\1\2\0\0\0\0\1",
        b"\2\0\4\7\x09": b"\1\2\0\0\0\0\3",
    }


def test_with_one_family_there_is_nothing_to_tie(tmp_path: Path) -> None:
    path = tmp_path / "tenure.toml"
    path.write_text(FILE.partition("[dhcp6]")[0])
    assert reserved_hosts(load(path)) == {}


def read(tmp_path: Path, text: str) -> dict[bytes, bytes]:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    return reserved_hosts(load(path))


BOTH = 'hw-address = "02:00:00:00:00:0b", duid = "00:04:07:0b"'


@pytest.mark.parametrize("family", ["dhcp4", "dhcp6"])
def test_a_reservation_that_has_both(tmp_path: Path, family: str) -> None:
    """The other family need know nothing of the host."""
    head, mark, rest = FILE.partition(f"[{family}]\n")
    if family == "dhcp4":
        rest = rest.replace("reservations = [", f'reservations = [{{ {BOTH}, hostname = "both" }}, ', 1)
    else:
        mark += f'reservations = [{{ {BOTH}, hostname = "both" }}]\n'
    assert read(tmp_path, head + mark + rest)[b"\2\0\4\7\x0b"] == b"\1\2\0\0\0\0\x0b"


@pytest.mark.parametrize(("family", "known_by"), [("dhcp4", b"\0\1\2\0\0\0\0\x0b"), ("dhcp6", b"\2\0\4\7\x0b")])
def test_each_family_knows_the_client_in_its_own_way(tmp_path: Path, family: str, known_by: bytes) -> None:
    other = 'reservations = [{ hw-address = "02:00:00:00:00:03", hostname = "roamer" }]\n'
    text = FILE.replace(other, "")
    path = tmp_path / "tenure.toml"
    path.write_text(text.replace(f"[{family}]\n", f'[{family}]\nreservations = [{{ {BOTH}, hostname = "both" }}]\n'))
    configuration = load(path)
    found = subnets(configuration) if family == "dhcp4" else subnets6(configuration)
    assert known_by in found[0].shared_reservations
    assert len(found[0].shared_reservations) == 1


def test_what_is_said_explicitly_stands_over_a_name(tmp_path: Path) -> None:
    text = FILE.replace(
        '{ duid = "00:04:07:07", hostname', '{ hw-address = "02:00:00:00:00:0c", duid = "00:04:07:07", hostname'
    )
    assert read(tmp_path, text)[b"\2\0\4\7\7"] == b"\1\2\0\0\0\0\x0c"


def test_with_one_family_it_is_said_what_to_write(tmp_path: Path) -> None:
    text = FILE.partition("[dhcp6]")[0].replace('{ hw-address = "02:00:00:00:00:03",', f"{{ {BOTH},")
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    (problem,) = caught.value.problems
    assert problem.wrong.endswith("and there is no [dhcp6]")
    assert problem.right == "set one of them, the one that its client is to be known by"


def test_one_duid_has_one_hardware_address(tmp_path: Path) -> None:
    text = FILE.replace('{ duid = "00:04:07:08",', '{ hw-address = "02:00:00:00:00:0c", duid = "00:04:07:0b",')
    text = text.replace('{ hw-address = "02:00:00:00:00:03",', f"{{ {BOTH},")
    with pytest.raises(ConfigurationError, match=r"another hw-address in dhcp4.reservations\[0\]"):
        read(tmp_path, text)


def test_other_keys_do_not_go_together(tmp_path: Path) -> None:
    text = FILE.replace('{ client-id = "01:02",', '{ client-id = "01:02", duid = "00:04:07:0d",')
    with pytest.raises(ConfigurationError, match="more than one way"):
        read(tmp_path, text)
