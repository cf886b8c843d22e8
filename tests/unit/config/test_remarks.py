"""What loads and is remarked on."""

from __future__ import annotations

from pathlib import Path

from tenure.config.load import load
from tenure.config.problem import key_path
from tenure.config.remarks import remarks

GOOD = """
[dns]
listen = ["127.0.0.1:5300"]

[[dns.zones]]
name = "example.test."

[[dns.zones]]
name = "1.10.in-addr.arpa."

[dhcp4]
listen = ["127.0.0.1:6767"]

[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = ["10.1.0.50-10.1.255.250"]
"""

DHCP6 = """
[dhcp6]
listen = ["[::1]:5547"]

[[dhcp6.subnets]]
subnet = "2001:db8:1::/64"
reservations = [{ hw-address = "02:00:5e:10:00:07", hostname = "isatap" }]
"""
RESERVED = 'reservations = [{ hw-address = "02:00:5e:10:00:07", hostname = "HOST" }]'
POOL = "10.1.0.50-10.1.255.250"


def said(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    found = remarks(load(path))
    return [f"{key_path(one.key)}: {one.wrong}; {one.right}" for one in found]


def test_nothing_is_remarked_on_in_the_good_file(tmp_path: Path) -> None:
    assert said(tmp_path, GOOD) == []
    assert said(tmp_path, GOOD + RESERVED.replace("HOST", "reception")) == []


def test_a_reserved_name_that_a_reservation_gives(tmp_path: Path) -> None:
    four, six = said(tmp_path, GOOD + RESERVED.replace("HOST", "WPAD.example.test.") + DHCP6)
    assert four == (
        "dhcp4.subnets[0].reservations[0].hostname: gives this host the name wpad, which no client can claim"
        " (ddns-reserved-labels); write another name if that is not meant: hosts of the whole domain follow it"
    )
    assert six.startswith("dhcp6.subnets[0].reservations[0].hostname: gives this host the name isatap")


def test_a_label_that_is_not_reserved_here(tmp_path: Path) -> None:
    text = GOOD + RESERVED.replace("HOST", "wpad") + '\n[ddns]\nddns-reserved-labels = ["isatap"]\n'
    assert said(tmp_path, text) == []


def test_a_router_in_a_pool(tmp_path: Path) -> None:
    routers = 'option-data = { routers = "10.1.0.1, 10.1.0.60" }\n'
    pool = "dhcp4.subnets[0].pools[0].pool: leases the address of the router 10.1.0.60;"
    assert said(tmp_path, GOOD + routers) == [f"{pool} leave 10.1.0.60 out of the pool, or reserve it for the router"]
    everywhere = GOOD.replace("[dhcp4]", '[dhcp4]\noption-data = { 3 = "10.1.0.60" }')
    assert len(said(tmp_path, everywhere)) == 1


def test_a_router_elsewhere_or_with_a_reservation(tmp_path: Path) -> None:
    routers = 'option-data = { routers = ["10.1.0.60"] }\n'
    nearer = GOOD.replace(f'"{POOL}"', f'{{ pool = "{POOL}", option-data = {{ routers = "10.1.0.1" }} }}')
    assert said(tmp_path, nearer + routers) == []
    reserved = 'reservations = [{ hw-address = "02:00:5e:10:00:07", ip-address = "10.1.0.60" }]\n'
    assert said(tmp_path, GOOD + routers + reserved) == []
