"""`[dhcp6]`: shared networks, classes, and levels within them; what they mean, what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from dhcpv6 import ip

from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.subnets6 import client_classes6, subnets6
from tenure.leasing.level import Level
from tenure.leasing.v6.subnet import Reservation

MINIMAL = """
[store]
url = "sqlite:tenure.db"

[dns]
listen = ["127.0.0.1:5300"]

[[dns.zones]]
name = "example.test."

[[dns.zones]]
name = "8.b.d.0.1.0.0.2.ip6.arpa."

[dhcp6]
interfaces = ["eth0", "eth1"]
option-data = {{ dns-servers = "2001:db8::1", sntp-servers = "2001:db8::2" }}
{server}

[[dhcp6.client-classes]]
name = "cameras"
test = "option[16].exists"
valid-lifetime = 900
preferred-lifetime = 300
ddns-generated-prefix = "camera"
option-data = {{ dns-servers = "2001:db8::3" }}
{a_class}

[[dhcp6.shared-networks]]
name = "yard"
interface = "eth0"
interface-id = "'ge-0/0/1'"
valid-lifetime = 1800
client-class = "ALL"
require-client-classes = ["cameras"]
relay = {{ ip-addresses = ["2001:db8:9::1"] }}
option-data = {{ domain-search = "yard.example.test", sntp-servers = "2001:db8::4" }}
{network}

[[dhcp6.shared-networks.subnets]]
subnet = "2001:db8:1::/64"
pools = [
    "2001:db8:1::10-2001:db8:1::1f",
    {{ pool = "2001:db8:1::100-2001:db8:1::1ff", client-class = "cameras", valid-lifetime = 600 }},
]
pd-pools = [
    {{ prefix = "2001:db8:f0::", prefix-len = 44, delegated-len = 56, client-class = "cameras", valid-lifetime = 700 }},
]
client-class = "KNOWN"
{first}

[[dhcp6.shared-networks.subnets]]
subnet = "2001:db8:2::/64"
valid-lifetime = 3600
option-data = {{ sntp-servers = "2001:db8::5" }}
{second}
"""
DUID = 'duid = "00:03:00:01:02:00:00:00:00:07"'
KEY = b"\2" + bytes.fromhex("00030001020000000007")
FIRST = "dhcp6.shared-networks[0].subnets[0]"


def written(tmp_path: Path, **more: str) -> Path:
    path = tmp_path / "tenure.toml"
    places = {"server": "", "a_class": "", "network": "", "first": "", "second": ""}
    path.write_text(MINIMAL.format(**{**places, **more}))
    return path


def test_what_a_shared_network_says_counts_in_each_subnet_that_does_not_say_otherwise(tmp_path: Path) -> None:
    first, second = subnets6(load(written(tmp_path)))
    assert (first.network, second.network) == ("yard", "yard")
    assert (first.interface, second.interface, second.interface_id) == ("eth0", "eth0", b"ge-0/0/1")
    assert (first.valid_lifetime, second.valid_lifetime) == (1800, 3600)
    assert (first.preferred_lifetime, second.preferred_lifetime) == (1125, 2250)
    assert first.relays == second.relays == (ip("2001:db8:9::1"),)
    assert (first.guards, second.guards) == (("ALL", "KNOWN"), ("ALL",))
    assert first.required_classes == second.required_classes == ("cameras",)
    search = b"\4yard\7example\4test\0"
    assert (first.options, second.options) == (
        {24: search, 31: ip("2001:db8::4")},
        {24: search, 31: ip("2001:db8::5")},
    )
    assert first.inherited_options == {23: ip("2001:db8::1"), 31: ip("2001:db8::2")}


def test_pools_and_classes_are_levels(tmp_path: Path) -> None:
    configuration = load(written(tmp_path))
    first = subnets6(configuration)[0]
    plain, cameras = first.pools
    assert (plain.client_class, plain.level) == (None, Level())
    assert (cameras.client_class, cameras.level) == ("cameras", Level(valid_lifetime=600))
    (prefixes,) = first.prefix_pools
    assert (prefixes.client_class, prefixes.level) == ("cameras", Level(valid_lifetime=700))
    assert configuration.dhcp6 is not None
    (one,) = client_classes6(configuration.dhcp6)
    assert one.level == Level(
        options={23: ip("2001:db8::3")},
        naming={"generated_prefix": "camera"},
        valid_lifetime=900,
        preferred_lifetime=300,
    )


def test_reservations_of_the_whole_server_are_there_for_each_subnet(tmp_path: Path) -> None:
    text = f"""
identifier-expression = "relay6[-1].option[18].hex"
reservations = [
    {{ {DUID}, ip-addresses = ["2001:db8:2::7"], prefixes = ["2001:db8:77::/56"], client-classes = ["cameras"] }},
    {{ flex-id = "'port 7'", hostname = "door", ddns-ttl = 60 }},
]"""
    kept = {
        KEY: Reservation((ip("2001:db8:2::7"),), ((ip("2001:db8:77::"), 56),), client_classes=("cameras",)),
        b"\4port 7": Reservation(host_name="door", level=Level(naming={"ttl": 60})),
    }
    for one in subnets6(load(written(tmp_path, server=text))):
        assert one.shared_reservations == kept


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"second": 'interface = "eth1"'}, "dhcp6.shared-networks[0].subnets[1].interface = "),
        ({"second": "interface-id = \"'x'\""}, "dhcp6.shared-networks[0].subnets[1].interface-id = "),
        ({"second": 'client-class = "camera"'}, "define it under [[dhcp6.client-classes]]; did you mean cameras?"),
        ({"a_class": "max-valid-lifetime = 600"}, "dhcp6.client-classes[0].max-valid-lifetime = 600: is less than"),
        ({"first": f'reservations = [{{ {DUID}, client-classes = ["x"] }}]'}, "is no class that is defined"),
        ({"first": f"reservations = [{{ {DUID}, preferred-lifetime = 9, valid-lifetime = 8 }}]"}, "is more than valid"),
        ({"first": 'reservations = [{ flex-id = "\'a\'", hostname = "a" }]'}, "is compared with nothing"),
        ({"server": f'reservations = [{{ {DUID}, ip-addresses = ["2001:db8:5::7"] }}]'}, "is in no subnet"),
        ({"server": f'reservations = [{{ {DUID}, ip-addresses = ["2001:db8:f0::7"] }}]'}, "a prefix that is delegated"),
        ({"server": 'identifier-expression = "option[60]"'}, "docs/operate/dhcpv6.md has them"),
        (
            {"second": 'pools = ["2001:db8:2::/64"]\nrelay = { ip-addresses = ["2001:db8:9::x"] }'},
            "is not an IPv6 address",
        ),
        (
            {
                "server": f'reservations = [{{ {DUID}, ip-addresses = ["2001:db8:1::7"] }}]',
                "first": 'reservations = [{ hw-address = "02:00:5e:10:00:07", ip-addresses = ["2001:db8:1::7"] }]',
            },
            "which is reserved in the subnet 2001:db8:1::/64 too; reserve it once",
        ),
        (
            {"second": 'pools = [{ pool = "2001:db8:2::/64", option-data = { dns-servers = "10.1.0.1" } }]'},
            "dhcp6.shared-networks[0].subnets[1].pools[0].option-data.dns-servers = ",
        ),
        (
            {"second": 'pd-pools = [{ prefix = "2001:db8:ee::", prefix-len = 48, delegated-len = 56, ddns-ttl = 9 }]'},
            "known",
        ),
    ],
)
def test_what_is_wrong_is_said_with_a_remedy(tmp_path: Path, more: dict[str, str], line: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load(written(tmp_path, **more))
    assert line in str(raised.value)
