"""What systemd-networkd writes down of a lease: the address that is in it, whatever else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from host_inventory import address, interface, inventory, settings

from tenure.registering.networkd import leased_address
from tenure.registering.survey import survey
from tenure.serving.agent.inventory import read_networkd_leases

LEASE = """\
# This is private data. Do not parse.
ADDRESS=10.1.0.7
NETMASK=255.255.0.0
SERVER_ADDRESS=10.1.0.2
T1=8
T2=20
LIFETIME=60
CLIENTID=ff2c453b8a000470632d2d2d2d2d2d2d2d2d2d2d2d2d2d
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (LEASE, b"\n\1\0\7"),
        ("", None),
        ("SERVER_ADDRESS=10.1.0.2\n", None),
        ("ADDRESS=\n", None),
        ("ADDRESS=fd00::7\n", None),
        ("ADDRESS=10.1.0.7", b"\n\1\0\7"),
    ],
)
def test_the_address_of_a_lease(text: str, found: bytes | None) -> None:
    assert leased_address(text) == found


def test_leases_are_known_by_the_interface(tmp_path: Path) -> None:
    (tmp_path / "2").write_text(LEASE)
    (tmp_path / "3").write_text("# nothing\n")
    (tmp_path / ".#4").write_text(LEASE)
    (tmp_path / "5").mkdir()
    leases = read_networkd_leases(tmp_path)
    assert leases == {2: b"\n\1\0\7"}
    assert read_networkd_leases(tmp_path / "none") == {}
    host = inventory(interface(2, "eth0"), interface(3, "eth1"), address("10.1.0.7/16"))
    assert survey(host, settings(), (), (), leases | {9: b"\n\1\0\7"}).untold == (("eth0", b"\n\1\0\7"),)
