"""What a configuration means for the cores: defaults, precedence, and how DNS and routing wire themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.authority.settings import ZonePlace
from tenure.config.configuration import Configuration
from tenure.config.domains import (
    domain_plans,
    needed_updater_keys,
    own_places,
    reverse_range,
    routes,
    uncovered_address,
)
from tenure.config.load import load
from tenure.config.subnets import subnets
from tenure.config.zones import UPDATER_KEY, server_name, start_records, zone_settings
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.leasing.pool import Pool
from tenure.naming.policy import ReplaceClientName
from tenure.naming.registration import Direction
from tenure.naming.ttl import record_ttl
from tenure.signing.key import ALGORITHMS, Key
from tenure.updating.routing import ConflictMode

MINIMAL = """
[dns]
listen = ["0.0.0.0:5300"]
[[dns.zones]]
name = "example.test."
[[dns.zones]]
name = "1.10.in-addr.arpa."
[dhcp4]
listen = ["127.0.0.1"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = ["10.1.0.50-10.1.255.250", "10.1.0.8/29"]
"""
EXAMPLE = from_text("example.test.")
REVERSE = from_text("1.10.in-addr.arpa.")


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path)


def test_with_only_subnets_and_zones_routing_wires_itself(tmp_path: Path) -> None:
    configuration = read(tmp_path, MINIMAL)
    assert needed_updater_keys(configuration) == {UPDATER_KEY}
    key = Key(UPDATER_KEY, ALGORITHMS["hmac-sha256"].name, b"s" * 32)
    found = routes(configuration, {UPDATER_KEY: key})
    (forward,), (reverse,) = found.forward, found.reverse
    assert (forward.zone, forward.servers, forward.key) == (EXAMPLE, (("127.0.0.1", 5300),), key)
    assert (reverse.zone, reverse.servers, reverse.key) == (REVERSE, (("127.0.0.1", 5300),), key)
    for zone in zone_settings(configuration):
        (rule,) = zone.policy
        assert rule.text == "grant updater.tenure. zonesub ANY"


def test_zones_of_ours_are_looked_into_before_a_name_is_promised(tmp_path: Path) -> None:
    place = ZonePlace("", EXAMPLE)
    assert own_places(read(tmp_path, MINIMAL)) == {EXAMPLE: place}
    assert subnets(read(tmp_path, MINIMAL))[0].naming.own_zones == {EXAMPLE}
    key = '\nkey = "updater.tenure."\n'
    ours = f'{MINIMAL}[[ddns.forward]]\nzone = "example.test."{key}'
    assert own_places(read(tmp_path, f'{ours}servers = ["127.0.0.1:5300"]')) == {EXAMPLE: place}
    assert own_places(read(tmp_path, f'{ours}servers = ["192.0.2.1"]')) == {}
    assert own_places(read(tmp_path, f'{ours}ddns-conflict-resolution-mode = "no-check-with-dhcid"')) == {}


def test_the_only_forward_zone_is_the_suffix(tmp_path: Path) -> None:
    (subnet,) = subnets(read(tmp_path, MINIMAL))
    assert subnet.naming.qualifying_suffix == EXAMPLE
    assert subnet.naming.forward_zones == {EXAMPLE}


def test_apexes_and_our_own_name_are_reserved(tmp_path: Path) -> None:
    (subnet,) = subnets(read(tmp_path, MINIMAL))
    assert subnet.naming.reserved_names == {EXAMPLE, REVERSE, from_text("ns.example.test.")}


def test_pools_are_ranges_or_networks(tmp_path: Path) -> None:
    (subnet,) = subnets(read(tmp_path, MINIMAL))
    assert subnet.pools == (
        Pool(bytes([10, 1, 0, 50]), bytes([10, 1, 255, 250])),
        Pool(bytes([10, 1, 0, 8]), bytes([10, 1, 0, 15])),
    )
    assert (subnet.prefix, subnet.prefix_length) == (0x0A010000, 16)


def test_a_zone_without_a_file_starts_with_soa_and_ns(tmp_path: Path) -> None:
    dns = read(tmp_path, MINIMAL).dns
    assert dns is not None
    server = from_text("ns.example.test.")
    assert server_name(dns) == server
    soa, ns = start_records(dns, dns.zones[0])
    assert (soa.rtype, ns.rtype, ns.rdata) == (RRType.SOA, RRType.NS, server)
    assert soa.rdata == server + from_text("hostmaster.example.test.") + bytes.fromhex(
        "00000001 00000e10 00000258 00127500 0000003c"
    )


def test_a_specific_listen_address_becomes_the_name_servers_own(tmp_path: Path) -> None:
    text = MINIMAL.replace('["0.0.0.0:5300"]', '["10.1.0.1:5300", "[fd00::1]:5300", "[::]:5301", "10.1.0.1:5302"]')
    dns = read(tmp_path, text).dns
    assert dns is not None
    addresses = [record for record in start_records(dns, dns.zones[0]) if record.name == from_text("ns.example.test.")]
    assert [(record.rtype, record.rdata) for record in addresses] == [
        (RRType.A, bytes([10, 1, 0, 1])),
        (RRType.AAAA, bytes.fromhex("fd000000000000000000000000000001")),
    ]
    assert [record.rtype for record in start_records(dns, dns.zones[1])] == [RRType.SOA, RRType.NS]


def test_ddns_keys_of_a_subnet_stand_over_the_global_ones(tmp_path: Path) -> None:
    text = MINIMAL + (
        'ddns-replace-client-name = "never"\nddns-ttl-min = 30\nvalid-lifetime = 90\n'
        '[ddns]\nddns-replace-client-name = "always"\nddns-ttl-min = 900\nddns-override-client-update = true\n'
    )
    (subnet,) = subnets(read(tmp_path, text))
    assert subnet.naming.replace_client_name is ReplaceClientName.NEVER
    assert subnet.naming.ttl_min == 30
    assert subnet.naming.override_client_update
    assert not subnet.naming.override_no_update


def test_false_in_a_subnet_stands_over_true(tmp_path: Path) -> None:
    text = MINIMAL + "ddns-send-updates = false\n[ddns]\nddns-send-updates = true\n"
    (subnet,) = subnets(read(tmp_path, text))
    assert not subnet.naming.send_updates


@pytest.mark.parametrize(
    ("of_subnet", "of_all", "switches"),
    [
        ('ddns-update-model = "server"', "", (True, True, True)),
        ('ddns-update-model = "none"', "ddns-send-updates = true", (False, False, False)),
        ('ddns-update-model = "client"', 'ddns-update-model = "server"', (True, False, False)),
        ("", 'ddns-update-model = "server"\nddns-override-no-update = false', (True, True, False)),
        ('ddns-update-model = "server"', "ddns-override-no-update = false", (True, True, True)),
        ("ddns-override-no-update = true", 'ddns-update-model = "client"', (True, False, True)),
    ],
)
def test_a_model_stands_for_switches_on_its_own_level(
    tmp_path: Path, of_subnet: str, of_all: str, switches: tuple[bool, bool, bool]
) -> None:
    (subnet,) = subnets(read(tmp_path, f"{MINIMAL}{of_subnet}\n[ddns]\n{of_all}\n"))
    policy = subnet.naming
    assert (policy.send_updates, policy.override_client_update, policy.override_no_update) == switches


def test_a_profile_gives_defaults_and_nothing_more(tmp_path: Path) -> None:
    text = MINIMAL + 'ddns-ttl = 300\n[ddns]\nprofile = "windows"\nddns-update-unasked = true\n'
    (subnet,) = subnets(read(tmp_path, text))
    assert subnet.naming.replace_client_name is ReplaceClientName.NEVER
    assert (subnet.naming.ttl, subnet.naming.update_unasked) == (300, True)


def test_a_ceiling_below_the_usual_floor_is_a_ceiling(tmp_path: Path) -> None:
    (subnet,) = subnets(read(tmp_path, MINIMAL + "ddns-ttl-max = 120\n"))
    assert record_ttl(3600, subnet.naming) == 120


def test_lifetimes_have_defaults_that_fit_together(tmp_path: Path) -> None:
    (subnet,) = subnets(read(tmp_path, MINIMAL + "valid-lifetime = 20\n"))
    assert (subnet.min_valid_lifetime, subnet.valid_lifetime, subnet.max_valid_lifetime) == (20, 20, 86400)
    (subnet,) = subnets(read(tmp_path, MINIMAL + "valid-lifetime = 604800\n"))
    assert (subnet.min_valid_lifetime, subnet.valid_lifetime, subnet.max_valid_lifetime) == (60, 604800, 604800)


def test_options_of_a_subnet_stand_over_the_global_ones(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        'listen = ["127.0.0.1"]',
        'listen = ["127.0.0.1"]\noption-data = { routers = "10.1.0.1", domain-name = "example.test" }',
    )
    (subnet,) = subnets(read(tmp_path, text + 'option-data = { routers = "10.1.0.2" }\n'))
    assert subnet.inherited_options | subnet.options == {3: bytes([10, 1, 0, 2]), 15: b"example.test"}


def test_zones_know_which_addresses_are_reserved(tmp_path: Path) -> None:
    reservations = (
        'reservations = [{ hw-address = "02:00:00:00:00:01", ip-address = "10.1.0.5" },'
        ' { hw-address = "02:00:00:00:00:02", hostname = "printer" }]\n'
    )
    for zone in zone_settings(read(tmp_path, MINIMAL + reservations)):
        assert zone.reserved is not None
        assert zone.reserved.addresses == {bytes([10, 1, 0, 5])}
        assert zone.reserved.names == {from_text("5.0.1.10.in-addr.arpa.")}
    assert {zone.reserved for zone in zone_settings(read(tmp_path, MINIMAL))} == {None}


def test_reservations_are_keyed_as_leases_are(tmp_path: Path) -> None:
    text = MINIMAL + (
        'reservations = [{ hw-address = "02:00:00:00:00:01", ip-address = "10.1.0.5" },'
        ' { client-id = "01:02:03", hostname = "printer" }]\n'
    )
    (subnet,) = subnets(read(tmp_path, text))
    hardware, client_id = b"\0\1\2\0\0\0\0\1", b"\1\1\2\3"
    assert subnet.reserved_addresses == {bytes([10, 1, 0, 5]): hardware}
    assert subnet.reservations[client_id].host_name == "printer"
    assert subnet.reservations[hardware].address == bytes([10, 1, 0, 5])


def test_subnet_numbers_do_not_depend_on_the_order(tmp_path: Path) -> None:
    other = '[[dhcp4.subnets]]\nsubnet = "10.1.0.0/17"\n[[dhcp4.subnets]]\nsubnet = "10.1.128.0/17"\n'
    head = MINIMAL.partition("[[dhcp4.subnets]]")[0]
    ids = {subnet.prefix: subnet.subnet_id for subnet in subnets(read(tmp_path, head + other))}
    turned = other.replace(".0.0/17", ".X").replace(".128.0/17", ".0.0/17").replace(".X", ".128.0/17")
    assert ids == {subnet.prefix: subnet.subnet_id for subnet in subnets(read(tmp_path, head + turned))}
    assert len(set(ids.values())) == 2
    assert max(ids.values()) < 2**31


def test_written_domains_stand_over_the_zones_of_that_direction_only(tmp_path: Path) -> None:
    text = MINIMAL + (
        '[[ddns.forward]]\nzone = "example.test."\nservers = ["192.0.2.1", "192.0.2.2:5353"]\n'
        'ddns-conflict-resolution-mode = "no-check-with-dhcid"\n'
    )
    configuration = read(tmp_path, text)
    (forward,) = domain_plans(configuration, Direction.FORWARD)
    assert forward.servers == (("192.0.2.1", 53), ("192.0.2.2", 5353))
    assert forward.mode is ConflictMode.NO_CHECK_WITH_DHCID
    (reverse,) = domain_plans(configuration, Direction.REVERSE)
    assert reverse.servers == (("127.0.0.1", 5300),)


def test_a_foreign_domain_without_a_key_is_not_signed(tmp_path: Path) -> None:
    text = """
[dhcp4]
listen = ["127.0.0.1"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
[[ddns.forward]]
zone = "example.test."
servers = ["192.0.2.1"]
"""
    configuration = read(tmp_path, text)
    assert not needed_updater_keys(configuration)
    assert routes(configuration, {}).forward[0].key is None


def test_a_written_policy_chooses_the_key(tmp_path: Path) -> None:
    text = '[[keys]]\nname = "dhcp."\nsecret = "AAAAAAAAAAAAAAAAAAAAAA=="\n' + MINIMAL.replace(
        '.test."\n', '.test."\npolicy = ["grant dhcp. zonesub ANY"]\n'
    )
    (forward,) = domain_plans(read(tmp_path, text), Direction.FORWARD)
    assert forward.key == from_text("dhcp.")


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("in-addr.arpa.", "0.0.0.0", "255.255.255.255"),
        ("10.in-addr.arpa.", "10.0.0.0", "10.255.255.255"),
        ("2.1.10.in-addr.arpa.", "10.1.2.0", "10.1.2.255"),
        ("3.2.1.10.in-addr.arpa.", "10.1.2.3", "10.1.2.3"),
    ],
)
def test_a_reverse_zone_covers_a_range(zone: str, first: str, last: str) -> None:
    def number(text: str) -> int:
        return int.from_bytes(bytes(int(part) for part in text.split(".")), "big")

    assert reverse_range(from_text(zone)) == (number(first), number(last))


@pytest.mark.parametrize("zone", ["example.test.", "x.10.in-addr.arpa.", "300.in-addr.arpa.", "d.f.ip6.arpa.", "arpa."])
def test_other_zones_cover_no_address(zone: str) -> None:
    assert reverse_range(from_text(zone)) is None


def test_coverage_finds_the_first_gap() -> None:
    zones = [from_text(f"{third}.1.10.in-addr.arpa.") for third in (0, 1, 3)]
    start = 0x0A010000
    assert uncovered_address(start, start + 511, zones) is None
    assert uncovered_address(start, start + 1023, zones) == start + 512
    assert uncovered_address(start - 1, start, zones) == start - 1
