"""`[dhcp6]`: what does not load and what the operator is told, and what a configuration means for the cores."""

from __future__ import annotations

from pathlib import Path

import pytest
from dhcpv6 import ip

from tenure.config.configuration import Configuration
from tenure.config.domains import reverse_range6, uncovered_address
from tenure.config.load import load
from tenure.config.naming_target import levels_at
from tenure.config.problem import ConfigurationError
from tenure.config.subnets6 import subnet6_id, subnets6
from tenure.config.zones import reserved_addresses
from tenure.dnswire.name import from_text
from tenure.leasing.pool import Pool
from tenure.leasing.v6.subnet import Allocator, PrefixPool, Reservation

GOOD = """
[dns]
listen = ["[::1]:5300"]

[[dns.zones]]
name = "example.test."

[[dns.zones]]
name = "8.b.d.0.1.0.0.2.ip6.arpa."

[dhcp6]
listen = ["[::1]:5470"]

[[dhcp6.subnets]]
subnet = "2001:db8:1::/64"
pools = ["2001:db8:1::100-2001:db8:1::1ff"]
"""
SUBNET = "dhcp6.subnets[0]"
EXCLUDED = 'excluded-prefix = "::f:0:0:0:0", excluded-prefix-len = 64'
DUID = 'duid = "00:03:00:01:02:00:00:00:00:07"'


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path)


def complaint(tmp_path: Path, text: str) -> list[str]:
    """The lines that a file gets, without the name of the file."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    return [line.removeprefix(f"{tmp_path / 'tenure.toml'}: ") for line in str(caught.value).splitlines()]


def test_what_a_minimal_file_means(tmp_path: Path) -> None:
    (one,) = subnets6(read(tmp_path, GOOD))
    assert (one.prefix, one.prefix_length) == (ip("2001:db8:1::"), 64)
    assert one.pools == (Pool(ip("2001:db8:1::100"), ip("2001:db8:1::1ff")),)
    assert (one.valid_lifetime, one.min_valid_lifetime, one.max_valid_lifetime) == (7200, 7200, 7200)
    assert (one.preferred_lifetime, one.renew_timer, one.rebind_timer) == (4500, None, None)
    assert one.naming.qualifying_suffix == from_text("example.test.")
    assert one.registers_self_made
    assert one.most_registrations == 32
    assert not one.rapid_commit
    assert one.allocator is Allocator.RANDOM


def test_what_each_key_means(tmp_path: Path) -> None:
    text = GOOD.replace(
        'listen = ["[::1]:5470"]', 'listen = ["[::1]:5470"]\noption-data = { dns-servers = "2001:db8::53" }'
    )
    (one,) = subnets6(
        read(
            tmp_path,
            text
            + f"""pd-pools = [
    {{ prefix = "2001:db8:ff00::", prefix-len = 40, delegated-len = 56 }},
    {{ prefix = "2001:db8:fe00::", prefix-len = 40, delegated-len = 60, {EXCLUDED} }},
]
interface-id = "0x0a0b"
valid-lifetime = 3600
preferred-lifetime = 1000
allocator = "iterative"
option-data = {{ domain-search = ["example.test"] }}
[[dhcp6.subnets.reservations]]
{DUID}
ip-addresses = ["2001:db8:1::7", "2001:db8:1::8"]
prefixes = ["2001:db8:77::/52"]
hostname = "gateway"
[[dhcp6.subnets.reservations]]
hw-address = "02:00:5e:10:00:07"
hostname = "camera"
""",
        )
    )
    assert one.prefix_pools == (
        PrefixPool(ip("2001:db8:ff00::"), 40, 56),
        PrefixPool(ip("2001:db8:fe00::"), 40, 60, (ip("::f:0:0:0:0"), 64)),
    )
    assert one.interface_id == b"\x0a\x0b"
    assert (one.preferred_lifetime, one.valid_lifetime, one.max_valid_lifetime) == (1000, 3600, 3600)
    assert one.allocator is Allocator.ITERATIVE
    assert one.inherited_options == {23: ip("2001:db8::53")}
    assert one.options == {24: b"\7example\4test\0"}
    duid, hardware = b"\2" + bytes.fromhex("00030001020000000007"), b"\0\1" + bytes.fromhex("02005e100007")
    assert one.reservations == {
        duid: Reservation((ip("2001:db8:1::7"), ip("2001:db8:1::8")), ((ip("2001:db8:77::"), 52),), "gateway"),
        hardware: Reservation(host_name="camera"),
    }


def test_a_subnets_number_follows_from_its_network(tmp_path: Path) -> None:
    dhcp6 = read(tmp_path, GOOD).dhcp6
    assert dhcp6 is not None
    number = subnet6_id(dhcp6.subnets[0])
    assert 0 < number < 2**31
    other = read(tmp_path, GOOD.replace("2001:db8:1::", "2001:db8:2::")).dhcp6
    assert other is not None
    assert subnet6_id(other.subnets[0]) != number
    written = read(tmp_path, GOOD + "id = 7\n").dhcp6
    assert written is not None
    assert subnet6_id(written.subnets[0]) == 7


def test_the_addresses_of_reservations_are_known_to_the_zones(tmp_path: Path) -> None:
    text = GOOD + f'[[dhcp6.subnets.reservations]]\n{DUID}\nip-addresses = ["2001:db8:1::7"]\n'
    reserved = reserved_addresses(read(tmp_path, text))
    assert reserved is not None
    assert reserved.addresses == {ip("2001:db8:1::7")}


def test_the_naming_of_a_subnet_can_be_explained(tmp_path: Path) -> None:
    (level,) = levels_at(read(tmp_path, GOOD + "ddns-ttl = 60\n"), "2001:db8:1::/64")
    assert (level.where, level.settings["ttl"]) == ("subnet 2001:db8:1::/64", 60)


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("8.b.d.0.1.0.0.2.ip6.arpa.", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", "2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff"),
        ("ip6.arpa.", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_what_a_reverse_zone_covers(zone: str, first: str, last: str) -> None:
    found = reverse_range6(from_text(zone))
    assert found == (int.from_bytes(ip(first), "big"), int.from_bytes(ip(last), "big"))


@pytest.mark.parametrize(
    "zone", ["1.10.in-addr.arpa.", "g.ip6.arpa.", "10.ip6.arpa.", "example.test.", "1" + ".0" * 32 + ".ip6.arpa."]
)
def test_what_covers_no_address(zone: str) -> None:
    assert reverse_range6(from_text(zone)) is None


def test_a_gap_between_zones_is_found() -> None:
    zones = [from_text("0.ip6.arpa."), from_text("2.ip6.arpa.")]
    assert uncovered_address(0, 1 << 127, zones, reverse_range6) == 1 << 124


POOL = 'pools = ["2001:db8:1::100-2001:db8:1::1ff"]'


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'listen = ["[::1]:5470"]',
            "",
            "dhcp6: neither interfaces nor listen is set, so no client is heard; set interfaces",
        ),
        ('"[::1]:5470"', '"127.0.0.1:547"', 'dhcp6.listen[0] = "127.0.0.1:547": DHCPv6 does not run over IPv4; write'),
        ('"[::1]:5470"', '"[::1]:547", "[::1]"', 'dhcp6.listen[1] = "[::1]": is part of dhcp6.listen[0]; leave'),
        ('"2001:db8:1::/64"', '"2001:db8:1::"', f'{SUBNET}.subnet = "2001:db8:1::": has no prefix length; write'),
        ('"2001:db8:1::/64"', '"2001:db8:1::5/64"', f'{SUBNET}.subnet = "2001:db8:1::5/64": has bits set behind its'),
        ('"2001:db8:1::/64"', '"fe80::/64"', f'{SUBNET}.subnet = "fe80::/64": has addresses that cannot be leased'),
        (POOL, 'pools = ["2001:db8:2::1-2001:db8:2::9"]', f"{SUBNET}.pools[0] = "),
        (POOL, 'pools = ["2001:db8:1::9-2001:db8:1::1"]', f"{SUBNET}.pools[0] = "),
        (
            POOL,
            POOL + "\npreferred-lifetime = 9000",
            f"{SUBNET}.preferred-lifetime = 9000: is more than valid-lifetime (7200)",
        ),
        (
            POOL,
            POOL + "\nmin-valid-lifetime = 9000",
            f"{SUBNET}.min-valid-lifetime = 9000: is more than valid-lifetime",
        ),
        (POOL, POOL + "\nmax-valid-lifetime = 60", f"{SUBNET}.max-valid-lifetime = 60: is less than valid-lifetime"),
        (POOL, POOL + "\nrebind-timer = 5000", f"{SUBNET}.rebind-timer = 5000: is not before the end of the preferred"),
        (POOL, POOL + "\nrenew-timer = 4000", f"{SUBNET}.renew-timer = 4000: is not before clients rebind (3600)"),
        (POOL, POOL + '\ninterface = "eth7"', f'{SUBNET}.interface = "eth7": is not one of dhcp6.interfaces; add it'),
        (POOL, POOL + '\noption-data = { routers = "2001:db8::1" }', f"{SUBNET}.option-data.routers = "),
        (POOL, POOL + '\noption-data = { 3 = "0x00" }', f"{SUBNET}.option-data.3 = "),
        (
            POOL,
            POOL + '\npd-pools = [{ prefix = "2001:db8:ff01::", prefix-len = 40, delegated-len = 56 }]',
            f'{SUBNET}.pd-pools[0].prefix = "2001:db8:ff01::": has bits set behind its 40 bits; write 2001:db8:ff00::',
        ),
        (
            POOL,
            POOL + '\npd-pools = [{ prefix = "2001:db8:ff00::", prefix-len = 40, delegated-len = 39 }]',
            f"{SUBNET}.pd-pools[0].delegated-len = 39: is not that of a piece of the prefix; write a length from 40",
        ),
        (
            POOL,
            POOL + '\npd-pools = [{ prefix = "2001:db8:1::", prefix-len = 64, delegated-len = 72 }]',
            f'{SUBNET}.pools[0] = "2001:db8:1::100-2001:db8:1::1ff": overlaps the prefix that ends at 2001:db8:1:0:ff',
        ),
        (
            POOL,
            POOL + '\npd-pools = [{ prefix = "2001:db8:ff00::", prefix-len = 40, delegated-len = 56, '
            'excluded-prefix = "::" }]',
            f"{SUBNET}.pd-pools[0]: only one of excluded-prefix and excluded-prefix-len is set; set both",
        ),
        (
            POOL,
            POOL + '\npd-pools = [{ prefix = "2001:db8:ff00::", prefix-len = 40, delegated-len = 56, '
            'excluded-prefix = "::", excluded-prefix-len = 56 }]',
            f"{SUBNET}.pd-pools[0].excluded-prefix-len = 56: is not longer than what is delegated; write",
        ),
        (
            POOL,
            POOL + '\n[[dhcp6.subnets]]\nsubnet = "2001:db8:1::/63"',
            'dhcp6.subnets[1].subnet = "2001:db8:1::/63": overlaps 2001:db8:1::/64 of dhcp6.subnets[0]; write',
        ),
        (
            POOL,
            POOL + '\nid = 5\n[[dhcp6.subnets]]\nsubnet = "2001:db8:2::/64"\nid = 5',
            "dhcp6.subnets[1].id = 5: is the number of dhcp6.subnets[0] too; give",
        ),
        ("8.b.d.0.1.0.0.2", "9.b.d.0.1.0.0.2", f"{SUBNET}.pools[0] = "),
        ('name = "example.test."', 'name = "4.ip6.arpa."', f"{SUBNET}: no forward zone covers the names of leases"),
    ],
)
def test_what_is_wrong_is_said_with_a_remedy(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert old in GOOD
    lines = complaint(tmp_path, GOOD.replace(old, new))
    assert any(one.startswith(line) for one in lines), lines


@pytest.mark.parametrize(
    ("reservation", "line"),
    [
        ('hostname = "x"', f"{SUBNET}.reservations[0]: no client is named; set one of duid, hw-address, flex-id"),
        (
            f'{DUID}\nflex-id = "01"\nhostname = "x"',
            f"{SUBNET}.reservations[0]: the client is named",
        ),
        (
            f'{DUID}\nhw-address = "02:00:5e:10:00:07"\nhostname = "x"',
            f"{SUBNET}.reservations[0]: hw-address and duid together say who the device is in both families",
        ),
        (DUID, f"{SUBNET}.reservations[0]: reserves nothing; set"),
        (f'{DUID}\nip-addresses = ["2001:db8:2::7"]', f"{SUBNET}.reservations[0].ip-addresses[0] = "),
        (f'{DUID}\nip-addresses = ["2001:db8:1::7", "2001:db8:1::7"]', f"{SUBNET}.reservations[0].ip-addresses = "),
        (f'{DUID}\nprefixes = ["2001:db8:1::/72"]', f"{SUBNET}.reservations[0].prefixes[0] = "),
        (f'{DUID}\nhostname = "under_score"', f'{SUBNET}.reservations[0].hostname = "under_score": is no host name'),
    ],
)
def test_what_is_wrong_with_a_reservation(tmp_path: Path, reservation: str, line: str) -> None:
    lines = complaint(tmp_path, GOOD + "[[dhcp6.subnets.reservations]]\n" + reservation + "\n")
    assert any(one.startswith(line.split(" = ", maxsplit=1)[0]) for one in lines), lines


def test_our_own_zone_must_let_the_updater_write_ipv6_addresses(tmp_path: Path) -> None:
    policy = 'policy = ["grant updater.tenure. zonesub A DHCID PTR"]'
    text = GOOD.replace('name = "example.test."', f'name = "example.test."\n{policy}')
    (line,) = complaint(tmp_path, text)
    assert "grants updater.tenure. no AAAA records" in line


def test_addresses_of_this_host_and_of_named_relays_are_nobodys_own(tmp_path: Path) -> None:
    named = 'relay = { ip-addresses = ["2001:db8:1::101", "2001:db8:1::7"] }'
    reservation = f'[[dhcp6.subnets.reservations]]\n{DUID}\nip-addresses = ["2001:db8:1::7"]\n'
    configuration = read(tmp_path, f"{GOOD}{named}\nmax-registrations-per-client = 4\n{reservation}")
    (one,) = subnets6(configuration, b"", [ip("2001:db8:1::1")])
    assert one.devices == {ip("2001:db8:1::101"), ip("2001:db8:1::1")}
    assert one.most_registrations == 4


def test_a_client_can_have_at_least_one_registration(tmp_path: Path) -> None:
    (line,) = complaint(tmp_path, GOOD + "max-registrations-per-client = 0\n")
    assert line.startswith(f"{SUBNET}.max-registrations-per-client = 0: is too small; ")
