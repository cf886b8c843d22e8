"""`[[dhcp4.shared-networks]]`, relays, reservations of the whole server: what they mean, what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.subnets import subnets

MINIMAL = """
[store]
url = "sqlite:tenure.db"

[dns]
listen = ["127.0.0.1:5300"]

[[dns.zones]]
name = "example.test."

[[dns.zones]]
name = "10.in-addr.arpa."

[dhcp4]
interfaces = ["eth0", "eth1"]
option-data = { routers = "10.0.0.1", domain-name-servers = "10.0.0.2" }
"""
NETWORK = """
[[dhcp4.shared-networks]]
name = "floor"
interface = "eth0"
valid-lifetime = 900
ddns-generated-prefix = "floor"
client-class = "ALL"
option-data = {{ routers = "10.9.0.1", domain-name = "floor.example.test" }}
{more}

[[dhcp4.shared-networks.subnets]]
subnet = "10.1.0.0/24"
pools = ["10.1.0.50-10.1.0.99"]
client-class = "KNOWN"
{first}

[[dhcp4.shared-networks.subnets]]
subnet = "10.2.0.0/24"
valid-lifetime = 1800
option-data = {{ routers = "10.2.0.1" }}
{second}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(MINIMAL + text)
    return path


def network(more: str = "", first: str = "", second: str = "") -> str:
    return NETWORK.format(more=more, first=first, second=second)


def test_what_a_shared_network_says_counts_in_its_subnets(tmp_path: Path) -> None:
    first, second = subnets(load(written(tmp_path, network('relay = { ip-addresses = ["10.200.0.1"] }'))))
    assert (first.network, first.interface, first.relays) == ("floor", "eth0", (bytes((10, 200, 0, 1)),))
    assert (second.network, second.interface, second.relays) == ("floor", "eth0", (bytes((10, 200, 0, 1)),))
    assert (first.valid_lifetime, second.valid_lifetime) == (900, 1800)
    assert (first.guards, second.guards) == (("ALL", "KNOWN"), ("ALL",))
    assert (first.options[3], second.options[3]) == (bytes((10, 9, 0, 1)), bytes((10, 2, 0, 1)))
    assert first.options[15] == second.options[15] == b"floor.example.test"
    assert first.inherited_options == {3: bytes((10, 0, 0, 1)), 6: bytes((10, 0, 0, 2))}
    assert first.naming.generated_prefix == second.naming.generated_prefix == "floor"


def test_a_reservation_of_the_server_is_known_in_each_subnet(tmp_path: Path) -> None:
    text = '\n[[dhcp4.reservations]]\nhw-address = "02:00:00:00:00:01"\nip-address = "10.2.0.7"\n'
    first, second = subnets(load(written(tmp_path, network() + text)))
    assert first.shared_reservations is second.shared_reservations
    assert (len(first.reserved_addresses), len(second.reserved_addresses)) == (0, 1)


ALONE = '[[dhcp4.subnets]]\nsubnet = "10.3.0.0/24"\n'
AT = "dhcp4.shared-networks[0].subnets"
WRONG = {
    "nothing": ("", "dhcp4.subnets: is missing; write [[dhcp4.subnets]] or [[dhcp4.shared-networks]]"),
    "overlap": (
        ALONE.replace("10.3", "10.2") + network(),
        f'{AT}[1].subnet = "10.2.0.0/24": is 10.2.0.0/24 of dhcp4.subnets[0]; '
        "write networks that have no address in common",
    ),
    "name-twice": (
        network() + '[[dhcp4.shared-networks]]\nname = "floor"\nsubnets = [{ subnet = "10.3.0.0/24" }]',
        'dhcp4.shared-networks[1].name = "floor": is the name of shared-networks[0] too; '
        "give each shared network its own name",
    ),
    "another-wire": (
        network(first='interface = "eth1"'),
        f'{AT}[0].interface = "eth1": is not the interface of the shared network; '
        "set it for the shared network, whose subnets are on one wire",
    ),
    "unheard": (
        NETWORK.replace("eth0", "eth7").format(more="", first="", second=""),
        'dhcp4.shared-networks[0].interface = "eth7": is not one of dhcp4.interfaces; '
        "add it there, so that it is listened on",
    ),
    "relay-twice": (
        ALONE
        + 'relay = { ip-addresses = ["10.200.0.1"] }\n'
        + network('relay = { ip-addresses = ["10.200.0.2", "10.200.0.1"] }'),
        'dhcp4.shared-networks[0].relay.ip-addresses[1] = "10.200.0.1": is dhcp4.subnets[0].relay.ip-addresses[0] too; '
        "name a relay once; its clients are on one network",
    ),
    "lifetime-of-the-network": (
        network("min-valid-lifetime = 1200"),
        "dhcp4.shared-networks[0].min-valid-lifetime = 1200: is more than valid-lifetime (900); write at most 900",
    ),
    "reserved-nowhere": (
        ALONE + '[[dhcp4.reservations]]\nhw-address = "02:00:00:00:00:01"\nip-address = "10.9.0.7"',
        'dhcp4.reservations[0].ip-address = "10.9.0.7": is in no subnet; write an address of one of the subnets',
    ),
    "reserved-twice": (
        ALONE
        + 'reservations = [{ hw-address = "02:00:00:00:00:02", ip-address = "10.3.0.7" }]\n'
        + '[[dhcp4.reservations]]\nhw-address = "02:00:00:00:00:01"\nip-address = "10.3.0.7"',
        'dhcp4.reservations[0].ip-address = "10.3.0.7": is reserved in the subnet 10.3.0.0/24 too; reserve it once',
    ),
    "flex-id-of-nothing": (
        ALONE + '[[dhcp4.reservations]]\nflex-id = "\'a\'"\nhostname = "a"',
        "dhcp4.reservations[0].flex-id = \"'a'\": is compared with nothing; set identifier-expression under [dhcp4]",
    ),
    "class-of-the-network": (
        NETWORK.replace('"ALL"', '"phones"').format(more="", first="", second=""),
        'dhcp4.shared-networks[0].client-class = "phones": is no class that is defined; '
        "define it under [[dhcp4.client-classes]]",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_names_key_value_and_remedy(tmp_path: Path, name: str) -> None:
    text, line = WRONG[name]
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as raised:
        load(path)
    assert line in [one.removeprefix(f"{path}: ") for one in str(raised.value).splitlines()]


def test_an_expression_that_is_none_is_shown(tmp_path: Path) -> None:
    path = written(tmp_path, 'identifier-expression = "relay4[1]"\n' + ALONE)
    with pytest.raises(ConfigurationError, match=r"column 10, behind relay4\[1\]: '.' is expected here"):
        load(path)
