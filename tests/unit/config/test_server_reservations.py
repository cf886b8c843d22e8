"""Names and addresses that are reserved for the whole server: zones cover them, as those that a subnet reserves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.load import load
from tenure.config.problem import ConfigurationError

FILE = """
[dns]
listen = ["127.0.0.1:5300"]

[[dns.zones]]
name = "example.test."

[[dns.zones]]
name = "0.1.10.in-addr.arpa."

[[dns.zones]]
name = "0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."

[dhcp4]
listen = ["127.0.0.1:6767"]

[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = ["10.1.0.50-10.1.0.99"]

[[dhcp4.subnets]]
subnet = "10.2.0.0/16"
ddns-send-updates = false

[dhcp6]
listen = ["[::1]:5547"]

[[dhcp6.subnets]]
subnet = "2001:db8:1::/60"
pools = ["2001:db8:1::/80"]

[[dhcp6.subnets]]
subnet = "2001:db8:2::/64"
ddns-send-updates = false

"""
FOUR = '[[dhcp4.reservations]]\nhw-address = "02:00:5e:10:00:07"\n'
SIX = '[[dhcp6.reservations]]\nduid = "00:04:07:07"\n'
OFF = "ddns-send-updates = false\n"


def complaints(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    try:
        load(path)
    except ConfigurationError as error:
        return [line.removeprefix(f"{path}: ") for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize(
    ("reservation", "line"),
    [
        (
            FOUR + 'hostname = "my printer"',
            'dhcp4.reservations[0].hostname = "my printer": is no host name; '
            "write letters, digits and hyphens, such as printer-2",
        ),
        (
            FOUR + 'hostname = "printer.example.org."',
            'dhcp4.reservations[0].hostname = "printer.example.org.": no forward zone covers it; '
            "leave the final dot out to add the suffix of the subnet",
        ),
        (
            FOUR + 'ip-address = "10.1.9.5"',
            'dhcp4.reservations[0].ip-address = "10.1.9.5": no reverse zone covers 10.1.9.5 (5.9.1.10.in-addr.arpa.); '
            "add a reverse zone such as 1.10.in-addr.arpa. under [[dns.zones]] or [[ddns.reverse]]; "
            "set ddns-send-updates = false if leases are not to be in DNS",
        ),
        (
            SIX + 'hostname = "under_score"',
            'dhcp6.reservations[0].hostname = "under_score": is no host name; '
            "write letters, digits and hyphens, such as printer-2",
        ),
        (
            SIX + 'hostname = "printer.example.org."',
            'dhcp6.reservations[0].hostname = "printer.example.org.": no forward zone covers it; '
            "leave the final dot out to add the suffix of the subnet",
        ),
        (
            SIX + 'ip-addresses = ["2001:db8:1::7", "2001:db8:1:1::7"]',
            'dhcp6.reservations[0].ip-addresses[1] = "2001:db8:1:1::7": no reverse zone covers 2001:db8:1:1::7; '
            "add a reverse zone such as 0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. under [[dns.zones]] or"
            " [[ddns.reverse]]; set ddns-send-updates = false if leases are not to be in DNS",
        ),
    ],
)
def test_what_no_zone_covers(tmp_path: Path, reservation: str, line: str) -> None:
    assert complaints(tmp_path, FILE + reservation + "\n") == [line]


@pytest.mark.parametrize(
    "reservation",
    [
        FOUR + 'hostname = "printer.example.test."\nip-address = "10.1.0.7"\n',
        FOUR + 'hostname = "printer"\nip-address = "10.2.0.7"\n',
        FOUR + 'hostname = "printer.example.org."\nip-address = "10.1.9.7"\n' + OFF,
        SIX + 'hostname = "printer.example.test."\nip-addresses = ["2001:db8:1::7"]\n',
        SIX + 'hostname = "printer"\nip-addresses = ["2001:db8:2::7"]\n',
        SIX + 'hostname = "printer.example.org."\nip-addresses = ["2001:db8:1:1::7"]\n' + OFF,
    ],
)
def test_what_is_covered_or_not_registered(tmp_path: Path, reservation: str) -> None:
    assert complaints(tmp_path, FILE + reservation) == []


@pytest.mark.parametrize("reservation", [FOUR + 'hostname = "my printer"', SIX + 'hostname = "under_score"'])
def test_without_names_of_leases_zones_do_not_matter(tmp_path: Path, reservation: str) -> None:
    assert complaints(tmp_path, FILE + reservation + "\n[ddns]\nddns-send-updates = false\n") == []
    nowhere = FILE.replace('pools = ["10.1.0.50', OFF + 'pools = ["10.1.0.50').replace(
        'pools = ["2001', OFF + 'pools = ["2001'
    )
    assert complaints(tmp_path, nowhere + reservation + "\n") == []
