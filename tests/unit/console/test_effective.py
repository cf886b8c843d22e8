from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from tenure.config.load import load
from tenure.config.subnets import subnets
from tenure.console.cli.checking import check_config
from tenure.console.cli.options import Format
from tenure.console.effective import parameter_lines

CONFIG = """
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
[[dns.zones]]
name = "1.10.in-addr.arpa."
[[dns.zones]]
name = "8.b.d.0.1.0.0.2.ip6.arpa."
[ddns]
profile = "windows"
ddns-generated-prefix = "pc"
[dhcp4]
interfaces = ["eth0"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
pools = ["10.1.0.50-10.1.0.99"]
[[dhcp4.subnets]]
subnet = "10.1.1.0/24"
ddns-update-model = "server"
ddns-override-no-update = false
pools = [{ pool = "10.1.1.50-10.1.1.99", ddns-generated-prefix = "pool", ddns-ttl = 60 }]
[[dhcp4.subnets.reservations]]
hw-address = "02:00:5e:10:00:07"
hostname = "printer"
ddns-ttl = 30
ddns-ttl-min = 10
[[dhcp4.shared-networks]]
name = "floor"
ddns-ttl = 120
ddns-generated-prefix = "floor"
[[dhcp4.shared-networks.subnets]]
subnet = "10.1.2.0/24"
ddns-generated-prefix = "two"
[[dhcp4.reservations]]
duid = "00:03:00:01:02:00:5e:10:00:09"
hostname = "laptop"
ddns-ttl = 45
[[dhcp4.client-classes]]
name = "phones"
test = "option[60].text == 'phone'"
ddns-generated-prefix = "phone"
ddns-ttl = 90
[dhcp6]
interfaces = ["eth0"]
[[dhcp6.client-classes]]
name = "cameras"
test = "option[16].exists"
ddns-generated-prefix = "camera"
ddns-ttl = 90
[[dhcp6.reservations]]
duid = "00:03:00:01:02:00:5e:10:00:09"
ddns-ttl = 45
[[dhcp6.shared-networks]]
name = "yard"
ddns-ttl = 120
ddns-replace-client-name = "always"
[[dhcp6.shared-networks.subnets]]
subnet = "2001:db8:1::/64"
ddns-generated-prefix = "yard"
pools = [{ pool = "2001:db8:1::100-2001:db8:1::1ff", ddns-generated-prefix = "gate", ddns-ttl = 60 }]
[[dhcp6.shared-networks.subnets.reservations]]
hw-address = "02:00:5e:10:00:07"
ip-addresses = ["2001:db8:1::7"]
hostname = "door"
ddns-ttl = 30
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(CONFIG)
    return path


def found(config: Path, target: str) -> dict[str, tuple[str, str]]:
    return {line.key: (line.value, line.source) for line in parameter_lines(load(config), target)}


def test_each_value_with_the_one_who_says_so(config: Path) -> None:
    lines = found(config, "10.1.1.0/24")
    assert lines["ddns-override-client-update"] == ("true", "subnet 10.1.1.0/24")
    assert lines["ddns-override-no-update"] == ("false", "subnet 10.1.1.0/24")
    assert lines["ddns-generated-prefix"] == ("pc", "[ddns]")
    assert lines["ddns-replace-client-name"] == ("never", "profile windows")
    assert lines["ddns-qualifying-suffix"] == ("example.test.", "the only forward zone")
    assert lines["ddns-ttl-min"] == ("600", "default")
    assert lines["ddns-ttl-max"] == ("", "default")
    assert found(config, "10.1.0.0/24")["ddns-override-client-update"] == ("false", "default")


MODE = "ddns-conflict-resolution-mode"


def test_how_names_are_proved_is_the_zones_to_say_unless_a_level_does(config: Path) -> None:
    text = CONFIG.replace('name = "floor"', f'name = "floor"\n{MODE} = "no-check-with-dhcid"')
    config.write_text(text)
    assert found(config, "10.1.2.0/24")[MODE] == ("no-check-with-dhcid", "shared network floor")
    assert found(config, "10.1.0.0/24")[MODE] == ("check-with-dhcid", "the forward zones, or [ddns]")
    said = f'[[ddns.forward]]\nzone = "example.test."\n{MODE} = "check-exists-with-dhcid"\n'
    config.write_text(text.replace("[ddns]\n", f'[ddns]\n{MODE} = "no-check-without-dhcid"\n') + said)
    assert found(config, "10.1.2.0/24")[MODE] == ("no-check-with-dhcid", "shared network floor")
    assert found(config, "10.1.0.0/24")[MODE] == ("check-exists-with-dhcid", "the forward zones, or [ddns]")
    modes = {one.subnet_id: one.naming.conflict_resolution_mode for one in subnets(load(config))}
    assert sorted(map(str, modes.values())) == ["None", "None", "no-check-with-dhcid"]


@pytest.mark.parametrize(
    ("target", "prefix", "ttl"),
    [
        ("10.1.1.0/24/10.1.1.77", ("pool", "pool 10.1.1.50-10.1.1.99"), ("60", "pool 10.1.1.50-10.1.1.99")),
        ("10.1.1.0/24/phones/10.1.1.77", ("phone", "class phones"), ("90", "class phones")),
        ("10.1.1.0/24/10.1.1.77/phones", ("phone", "class phones"), ("90", "class phones")),
        ("10.1.1.0/24/phones/printer", ("phone", "class phones"), ("30", "reservation printer")),
        ("10.1.2.0/24", ("two", "subnet 10.1.2.0/24"), ("120", "shared network floor")),
        ("10.1.2.0/24/laptop", ("two", "subnet 10.1.2.0/24"), ("45", "reservation laptop")),
        ("10.1.1.0/24/02:00:5e:10:00:07", ("pc", "[ddns]"), ("30", "reservation 02:00:5e:10:00:07")),
    ],
)
def test_pools_classes_and_reservations(
    config: Path, target: str, prefix: tuple[str, str], ttl: tuple[str, str]
) -> None:
    lines = found(config, target)
    assert (lines["ddns-generated-prefix"], lines["ddns-ttl"]) == (prefix, ttl)


GATE = "pool 2001:db8:1::100-2001:db8:1::1ff"


@pytest.mark.parametrize(
    ("part", "prefix", "ttl"),
    [
        ("", ("yard", "subnet 2001:db8:1::/64"), ("120", "shared network yard")),
        ("/2001:db8:1::155", ("gate", GATE), ("60", GATE)),
        ("/cameras/2001:db8:1::155", ("camera", "class cameras"), ("90", "class cameras")),
        ("/2001:db8:1::7", ("yard", "subnet 2001:db8:1::/64"), ("30", "reservation 2001:db8:1::7")),
        ("/cameras/door", ("camera", "class cameras"), ("30", "reservation door")),
        (
            "/00:03:00:01:02:00:5e:10:00:09",
            ("yard", "subnet 2001:db8:1::/64"),
            ("45", "reservation 00:03:00:01:02:00:5e:10:00:09"),
        ),
    ],
)
def test_the_same_of_dhcpv6(config: Path, part: str, prefix: tuple[str, str], ttl: tuple[str, str]) -> None:
    lines = found(config, f"2001:db8:1::/64{part}")
    assert (lines["ddns-generated-prefix"], lines["ddns-ttl"]) == (prefix, ttl)
    assert lines["ddns-replace-client-name"] == ("always", "shared network yard")
    assert lines["ddns-override-client-update"] == ("false", "default")


def test_a_class_of_the_other_family_is_not_there(config: Path) -> None:
    with pytest.raises(ValueError, match=r"'phones' is no address of a pool .* and no class \(cameras\)"):
        parameter_lines(load(config), "2001:db8:1::/64/phones")


@pytest.mark.parametrize("part", ["10.1.1.100", "scanner", "02:00:5e:10:00:08"])
def test_a_part_that_is_not_there(config: Path, part: str) -> None:
    with pytest.raises(ValueError, match=f"'{part}' is no address of a pool .* and no class \\(phones\\)"):
        parameter_lines(load(config), f"10.1.1.0/24/{part}")


def test_a_subnet_that_is_not_there(config: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"'10.9.0.0/24' is no subnet .* subnets: 10.1.0.0/24, 10.1.1.0/24, 10.1.2.0/24, 2001:db8:1::/64",
    ):
        parameter_lines(load(config), "10.9.0.0/24")


def test_the_command(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_config(config, "10.1.1.0/24", Format.JSON)
    rows = json.loads(capsys.readouterr().out)
    assert {"key": "ddns-ttl", "value": "900", "source": "profile windows"} in rows
    with pytest.raises(typer.Exit) as failed:
        check_config(config, "10.1.1.0", Format.TABLE)
    assert failed.value.exit_code == 2
    assert "is no subnet" in capsys.readouterr().err


WITH_CLASSES = """
[dhcp4]
interfaces = ["eth0"]
[[dhcp4.client-classes]]
name = "phones"
test = "option[60].text == 'phone'"
ddns-generated-prefix = "phone"
[[dhcp4.client-classes]]
name = "guests"
ddns-ttl = 91
ddns-replace-client-name = "never"
[[dhcp4.client-classes]]
name = "staff"
ddns-ttl = 92
ddns-replace-client-name = "always"
[[dhcp4.client-classes]]
name = "desks"
test = "member('staff')"
ddns-ttl = 93
ddns-generated-prefix = "desk"
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
ddns-qualifying-suffix = "example.test."
pools = [{ pool = "10.1.1.50-10.1.1.99", ddns-ttl = 60, ddns-ttl-min = 20, ddns-generated-prefix = "pool" }]
[[dhcp4.subnets.reservations]]
hw-address = "02:00:5e:10:00:0a"
ip-address = "10.1.1.60"
client-classes = ["staff", "guests"]
[[dhcp4.subnets.reservations]]
hw-address = "02:00:5e:10:00:0b"
client-classes = ["guests"]
ddns-replace-client-name = "when-present"
[dhcp6]
interfaces = ["eth0"]
[[dhcp6.client-classes]]
name = "doors"
ddns-replace-client-name = "always"
[[dhcp6.subnets]]
subnet = "2001:db8:1::/64"
ddns-qualifying-suffix = "example.test."
pools = ["2001:db8:1::100-2001:db8:1::1ff"]
reservations = [{ duid = "00:03:00:01:02:00:5e:10:00:09", client-classes = ["doors"] }]
[dns]
listen = ["127.0.0.1:5300"]
zones = [{ name = "example.test." }, { name = "1.10.in-addr.arpa." }, { name = "8.b.d.0.1.0.0.2.ip6.arpa." }]
"""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "10.1.0.0/16/02:00:5e:10:00:0a",
            {
                "ddns-replace-client-name": ("always", "class staff"),  # as the reservation names them, not the table
                "ddns-ttl": ("92", "class staff"),
                "ddns-ttl-min": ("20", "pool 10.1.1.50-10.1.1.99"),
                "ddns-generated-prefix": ("pool", "pool 10.1.1.50-10.1.1.99"),
            },
        ),
        ("10.1.0.0/16/10.1.1.60", {"ddns-ttl": ("92", "class staff")}),
        (
            "10.1.0.0/16/02:00:5e:10:00:0b",
            {
                "ddns-replace-client-name": ("when-present", "reservation 02:00:5e:10:00:0b"),
                "ddns-ttl": ("91", "class guests"),
            },
        ),
        (
            "10.1.0.0/16/02:00:5e:10:00:0a/desks/phones",
            {
                "ddns-ttl": ("92", "class staff"),  # a test that asks for a reservation's class is tried after these
                "ddns-generated-prefix": ("phone", "class phones"),
            },
        ),
        ("10.1.0.0/16/desks/phones", {"ddns-generated-prefix": ("phone", "class phones")}),
        ("2001:db8:1::/64/00:03:00:01:02:00:5e:10:00:09", {"ddns-replace-client-name": ("always", "class doors")}),
    ],
)
def test_with_a_reservation_come_its_classes_and_its_pool(
    tmp_path: Path, target: str, expected: dict[str, tuple[str, str]]
) -> None:
    path = tmp_path / "tenure.toml"
    path.write_text(WITH_CLASSES)
    lines = found(path, target)
    assert {key: lines[key] for key in expected} == expected
