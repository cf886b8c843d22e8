"""`[[dhcp4.client-classes]]`, what speaks of them, and what is wrong with either."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.subnets import client_classes, subnets
from tenure.leasing.level import Level

MINIMAL = """
[store]
url = "sqlite:tenure.db"

[dns]
listen = ["127.0.0.1:5300"]

[[dns.zones]]
name = "example.test."

[[dns.zones]]
name = "1.10.in-addr.arpa."

{classes}

[dhcp4]
listen = ["127.0.0.1:6767"]

[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
{subnet}
"""
CLASS = '[[dhcp4.client-classes]]\nname = "phones"\n'
PHONES = CLASS + "test = \"option[60].text == 'phone'\"\n"


def written(tmp_path: Path, classes: str = PHONES, subnet: str = "") -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(MINIMAL.format(classes=classes, subnet=subnet))
    return path


def test_a_pool_is_text_or_a_table(tmp_path: Path) -> None:
    pools = (
        'pools = ["10.1.0.50-10.1.0.99", { pool = "10.1.1.0-10.1.1.99", client-class = "phones",'
        ' option-data = { routers = "10.1.0.1" }, valid-lifetime = 600, ddns-generated-prefix = "line" }]'
    )
    (subnet,) = subnets(load(written(tmp_path, subnet=pools)))
    plain, phones = subnet.pools
    assert (plain.client_class, plain.level) == (None, Level())
    assert phones.client_class == "phones"
    assert phones.level == Level(
        options={3: bytes((10, 1, 0, 1))}, naming={"generated_prefix": "line"}, valid_lifetime=600
    )


def test_a_class_is_a_test_and_what_its_members_get(tmp_path: Path) -> None:
    more = 'only-if-required = true\nboot-file-name = "phone.cfg"\nnext-server = "10.1.0.4"\nserver-hostname = "boot"\n'
    dhcp4 = load(written(tmp_path, PHONES + more)).dhcp4
    assert dhcp4 is not None
    (one,) = client_classes(dhcp4)
    assert one.test is not None
    assert (one.name, one.test.text, one.only_if_required) == ("phones", "option[60].text == 'phone'", True)
    assert one.level == Level(next_server=bytes((10, 1, 0, 4)), server_name=b"boot", boot_file_name=b"phone.cfg")


def test_a_reservation_by_circuit_with_classes(tmp_path: Path) -> None:
    reservation = 'reservations = [{ circuit-id = "\'port 7\'", client-classes = ["phones"] }]'
    (subnet,) = subnets(load(written(tmp_path, subnet=reservation)))
    assert subnet.reservations[b"\3port 7"].client_classes == ("phones",)


WRONG = {
    "test": (
        CLASS + 'test = "option[60].hex == and known"',
        "",
        'dhcp4.client-classes[0].test = "option[60].hex == and known": column 19, behind option[60].hex ==: a '
        "value or a "
        "condition is expected here, not and; write a test as for Kea; docs/operate/dhcp.md has them all",
    ),
    "asks-forward": (
        CLASS + 'test = "member(\'telephones\')"\n[[dhcp4.client-classes]]\nname = "telephones"',
        "",
        "dhcp4.client-classes[0].test = \"member('telephones')\": asks for the class telephones, which is not "
        "defined above; "
        "define that class above this one",
    ),
    "asks-near": (
        PHONES + '[[dhcp4.client-classes]]\nname = "b"\ntest = "member(\'phone\')"',
        "",
        "dhcp4.client-classes[1].test = \"member('phone')\": asks for the class phone, which is not defined above; "
        "define that class above this one; did you mean phones?",
    ),
    "twice": (
        PHONES + PHONES,
        "",
        'dhcp4.client-classes[1].name = "phones": is the name of client-classes[0] too; give each class a name '
        "of its own",
    ),
    "built-in": (
        '[[dhcp4.client-classes]]\nname = "KNOWN"',
        "",
        'dhcp4.client-classes[0].name = "KNOWN": is a class that is there by itself; give it another name',
    ),
    "required-untested": (
        CLASS + "only-if-required = true",
        "",
        "dhcp4.client-classes[0].only-if-required = true: is about a class without a test; set test, or leave this out",
    ),
    "undefined-guard": (
        "",
        'client-class = "phones"',
        'dhcp4.subnets[0].client-class = "phones": is no class that is defined; define it under '
        "[[dhcp4.client-classes]]",
    ),
    "undefined-in-pool": (
        PHONES,
        'pools = [{ pool = "10.1.0.50-10.1.0.99", client-class = "fones" }]',
        'dhcp4.subnets[0].pools[0].client-class = "fones": is no class that is defined; '
        "define it under [[dhcp4.client-classes]]; did you mean phones?",
    ),
    "guard-too-late": (
        PHONES + "only-if-required = true",
        'client-class = "phones"',
        'dhcp4.subnets[0].client-class = "phones": is a class with only-if-required, which is tested when an address '
        "is chosen already; leave only-if-required out there",
    ),
    "undefined-required": (
        "",
        'require-client-classes = ["a"]',
        'dhcp4.subnets[0].require-client-classes[0] = "a": is no class that is defined; '
        "define it under [[dhcp4.client-classes]]",
    ),
    "undefined-reserved": (
        "",
        'reservations = [{ hw-address = "02:00:00:00:00:01", client-classes = ["a"] }]',
        'dhcp4.subnets[0].reservations[0].client-classes[0] = "a": is no class that is defined; '
        "define it under [[dhcp4.client-classes]]",
    ),
    "bounds-alone": (
        CLASS + "max-valid-lifetime = 600",
        "",
        "dhcp4.client-classes[0].max-valid-lifetime = 600: stands without valid-lifetime; set that too, or "
        "leave this out",
    ),
    "bounds-crossed": (
        PHONES,
        'pools = [{ pool = "10.1.0.50-10.1.0.99", valid-lifetime = 600, min-valid-lifetime = 900 }]',
        "dhcp4.subnets[0].pools[0].min-valid-lifetime = 900: is more than valid-lifetime (600); write at most 600",
    ),
    "option": (
        CLASS + 'option-data = { routers = "10.1.0" }',
        "",
        'dhcp4.client-classes[0].option-data.routers = "10.1.0": option routers: an IPv4 address is needed, '
        "not '10.1.0'; "
        'write Kea\'s names and values, such as routers = ["10.1.0.1"]',
    ),
    "pool-as-text": (
        "",
        'pools = ["10.1.0.99-10.1.0.50"]',
        'dhcp4.subnets[0].pools[0] = "10.1.0.99-10.1.0.50": ends (10.1.0.50) before it begins (10.1.0.99); '
        'write a range, such as "10.1.0.50-10.1.0.250", or a network, such as "10.1.8.0/24"',
    ),
    "circuit": (
        "",
        'reservations = [{ circuit-id = "", hostname = "a" }]',
        'dhcp4.subnets[0].reservations[0].circuit-id = "": at least one octet is needed; '
        "write the octets, or text as \"'port 7'\"",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_names_key_value_and_remedy(tmp_path: Path, name: str) -> None:
    classes, subnet, line = WRONG[name]
    path = written(tmp_path, classes, subnet)
    with pytest.raises(ConfigurationError) as raised:
        load(path)
    assert str(raised.value).splitlines() == [f"{path}: {line}"]
