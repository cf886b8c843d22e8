"""Hosts that reservations of both families give one name."""

from __future__ import annotations

from pathlib import Path

from tenure.config.load import load
from tenure.config.reserved_hosts import reserved_hosts

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
