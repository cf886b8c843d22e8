"""What loads and is remarked on."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from tenure.config.load import load
from tenure.config.problem import key_path
from tenure.config.remarks import remarks
from tenure.config.subnets import subnets
from tenure.config.subnets6 import subnets6

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


def test_a_name_that_two_reservations_give(tmp_path: Path) -> None:
    wired, radio = (
        f'{{ hw-address = "02:00:5e:10:00:0{number}", ip-address = "10.1.0.{number}", hostname = "{name}" }}'
        for number, name in ((7, "laptop"), (8, "LAPTOP"))
    )
    (only,) = said(tmp_path, GOOD + f"reservations = [{wired}, {radio}]")
    assert only == (
        "dhcp4.subnets[0].reservations[1].hostname: is given by reservations[0] too, and in DNS it is the one's that"
        " has it first; give each a name of its own, unless both are one device and say the same DUID, or only one is"
        " there"
    )
    six = '[{ duid = "00:04:07", hostname = "isp" }, { duid = "00:04:08", hostname = "isp" }]'
    text = GOOD + DHCP6.replace("reservations = [", "# [") + f"reservations = {six}\n"
    assert [line.partition(":")[0] for line in said(tmp_path, text)] == ["dhcp6.subnets[0].reservations[1].hostname"]
    apart = GOOD + f"reservations = [{wired}]" + DHCP6.replace("isatap", "laptop")
    assert said(tmp_path, apart) == [], "one device of both families"


@pytest.mark.parametrize("hostname", ["ns", "NS", "ns.example.test", "ns.example.test."])
def test_the_name_of_the_name_server_for_a_host(tmp_path: Path, hostname: str) -> None:
    reserved = RESERVED.replace("HOST", hostname)
    words = "is the name of this name server, ns.example.test., where a lease's records are refused"
    (line,) = said(tmp_path, GOOD + reserved)
    assert line.startswith(f"dhcp4.subnets[0].reservations[0].hostname: {words}; ")
    (line,) = said(tmp_path, GOOD.replace("[[dhcp4.subnets]]", f"{reserved}\n[[dhcp4.subnets]]"))
    assert line.startswith("dhcp4.reservations[0].hostname: ")
    elsewhere = GOOD.replace("[dns]\n", '[dns]\nserver-name = "ns.example.org."\n')
    assert said(tmp_path, elsewhere + reserved) == []


def test_a_router_in_a_pool(tmp_path: Path) -> None:
    routers = 'option-data = { routers = "10.1.0.1, 10.1.0.60" }\n'
    pool = "dhcp4.subnets[0].pools[0].pool: has the address of the router 10.1.0.60 in it, which is leased to nobody;"
    assert said(tmp_path, GOOD + routers) == [f"{pool} leave it out of the pool, or reserve it for the device"]
    everywhere = GOOD.replace("[dhcp4]", '[dhcp4]\noption-data = { 3 = "10.1.0.60" }')
    assert len(said(tmp_path, everywhere)) == 1


def test_a_router_elsewhere_or_with_a_reservation(tmp_path: Path) -> None:
    routers = 'option-data = { routers = ["10.1.0.60"] }\n'
    nearer = GOOD.replace(f'"{POOL}"', f'{{ pool = "{POOL}", option-data = {{ routers = "10.1.0.1" }} }}')
    assert said(tmp_path, nearer + routers) == []
    reserved = 'reservations = [{ hw-address = "02:00:5e:10:00:07", ip-address = "10.1.0.60" }]\n'
    assert said(tmp_path, GOOD + routers + reserved) == []
    assert pools(tmp_path, GOOD + routers + reserved) == [POOL]


def pools(tmp_path: Path, text: str, *ours: str) -> list[str]:
    """What the first subnet of each family leases, after everything that is left out of its pools."""
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    configuration, held = load(path), [ip_address(one).packed for one in ours]
    found = [pool for one in subnets(configuration, b"", held)[:1] for pool in one.pools]
    found += [pool for one6 in subnets6(configuration, b"", held)[:1] for pool in one6.pools]
    return [f"{ip_address(pool.first)}-{ip_address(pool.last)}" for pool in found]


def test_what_is_remarked_on_is_not_leased(tmp_path: Path) -> None:
    routers = 'option-data = { routers = "10.1.0.50, 10.1.0.60, 10.1.255.250" }\n'
    assert pools(tmp_path, GOOD + routers) == ["10.1.0.51-10.1.0.59", "10.1.0.61-10.1.255.249"]
    assert pools(tmp_path, GOOD + 'relay = { ip-addresses = ["10.1.0.51"] }\n') == [
        "10.1.0.50-10.1.0.50",
        "10.1.0.52-10.1.255.250",
    ]
    assert pools(tmp_path, GOOD + 'server-identifier = "10.1.0.50"\n') == ["10.1.0.51-10.1.255.250"]
    of_class = '[[dhcp4.client-classes]]\nname = "x"\noption-data = { routers = "10.1.0.50" }\n'
    assert pools(tmp_path, GOOD + of_class) == ["10.1.0.51-10.1.255.250"]


def test_an_address_of_this_host_is_not_leased(tmp_path: Path) -> None:
    six = DHCP6.replace("reservations", 'pools = ["2001:db8:1::10-2001:db8:1::12"]\nreservations').replace(
        "isatap", "x"
    )
    relay = six.replace("\nreservations", '\nrelay = { ip-addresses = ["2001:db8:1::12"] }\nreservations')
    ours = ("10.1.0.50", "2001:db8:1::11", "192.0.2.1")
    good = GOOD.replace("[dhcp4]", '[[dns.zones]]\nname = "0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."\n\n[dhcp4]')
    assert pools(tmp_path, good + six, *ours) == [
        "10.1.0.51-10.1.255.250",
        "2001:db8:1::10-2001:db8:1::10",
        "2001:db8:1::12-2001:db8:1::12",
    ]
    assert pools(tmp_path, good + relay, *ours)[1:] == ["2001:db8:1::10-2001:db8:1::10"]
    found = [key_path(one.key) + ": " + one.wrong for one in remarks(load(tmp_path / "tenure.toml"), [b"\x0a\1\0\x33"])]
    assert found == [
        "dhcp4.subnets[0].pools[0].pool: has the address of this host 10.1.0.51 in it, which is leased to nobody",
        "dhcp6.subnets[0].pools[0].pool: has the address of the relay 2001:db8:1::12 in it, which is leased to nobody",
    ]


def test_a_pool_of_nothing_but_a_router(tmp_path: Path) -> None:
    text = GOOD.replace(POOL, "10.1.0.50-10.1.0.50") + 'option-data = { routers = "10.1.0.50" }\n'
    assert pools(tmp_path, text) == []


AGING = 'policy = ["grant updater.tenure. zonesub ANY", "grant hosts. zonesub A"]\naging = true\n'
KEY = '[[keys]]\nname = "hosts."\nsecret = "bm90IGEgc2VjcmV0LCBhbiBleGFtcGxl"\n'


def aging(
    tmp_path: Path, zone: str = "", *, scavenging: str = "", lifetime: int = 3600, dhcp: bool = True
) -> list[str]:
    text = GOOD.replace('name = "example.test."\n', f'name = "example.test."\n{AGING}{zone}')
    text = text.replace("[[dns.zones]]", f"[dns.scavenging]\n{scavenging}\n[[dns.zones]]", 1)
    text = text.replace(
        "[[dhcp4.subnets]]", f"valid-lifetime = {lifetime}\nmax-valid-lifetime = {lifetime}\n[[dhcp4.subnets]]"
    )
    if not dhcp:
        text = text[: text.index("[dhcp4]")]
    path = tmp_path / "tenure.toml"
    path.touch(mode=0o600)
    return said(tmp_path, KEY + text)


def test_aging_that_outlives_leases_is_remarked_on_with_the_arithmetic(tmp_path: Path) -> None:
    (remark,) = aging(tmp_path)
    assert remark == (
        "dns.zones[0].aging: an address goes to somebody else 1 h after its host has gone,"
        " and what that host wrote stays;"
        " worst-case life of a dead record: 21 d (7 d no-refresh + 7 d refresh + 7 d to the next pass);"
        " shorten the intervals if that is too long"
    )
    (remark,) = aging(tmp_path, "refresh-interval = 345600\n", scavenging="interval = 86400")
    assert "worst-case life of a dead record: 12 d (7 d no-refresh + 4 d refresh + 1 d to the next pass)" in remark


def test_leases_that_outlive_aging_are_remarked_on(tmp_path: Path) -> None:
    (remark,) = aging(tmp_path, lifetime=30 * 86400)
    assert "makes records stale after 14 d, and a lease of up to 30 d protects them" in remark
    assert "worst-case life of a dead record: 37 d (30 d lease + 7 d to the next pass)" in remark


def test_a_refresh_interval_without_a_second_try_is_remarked_on(tmp_path: Path) -> None:
    assert aging(tmp_path, dhcp=False) == []
    (remark,) = aging(tmp_path, "refresh-interval = 129600\n", dhcp=False)
    assert "once a day one chance in a refresh interval; make refresh-interval at least 3 d" in remark


def test_aging_without_scavenging_is_remarked_on(tmp_path: Path) -> None:
    (remark,) = aging(tmp_path, scavenging='mode = "off"', dhcp=False)
    assert 'nothing looks for those that are stale; write mode = "report" or "on" in [dns.scavenging]' in remark


def test_aging_where_only_leases_write_is_remarked_on(tmp_path: Path) -> None:
    path = tmp_path / "tenure.toml"
    path.touch(mode=0o600)
    aged = GOOD.replace('name = "example.test."\n', 'name = "example.test."\naging = true\n')
    (remark,) = said(tmp_path, aged)
    assert "makes nothing age: all that the policy lets in is signed with updater.tenure." in remark
    (remark, *_) = said(
        tmp_path, KEY + aged.replace("aging = true", 'policy = ["grant hosts. zonesub ANY"]\naging = true')
    )
    assert "signed with hosts., and that is the key of leases" in remark


def test_ipv6_only_for_less_than_clients_do(tmp_path: Path) -> None:
    text = GOOD.replace("[dhcp4]", "[dhcp4]\noption-data = { v6-only-preferred = 299 }")
    text = text.replace(f'"{POOL}"', f'{{ pool = "{POOL}", option-data = {{ 108 = "0x00000000" }} }}')
    text += 'option-data = { v6-only-preferred = "60" }\n'
    text += 'reservations = [{ hw-address = "02:00:5e:10:00:07", option-data = { v6-only-preferred = "1" } }]\n'
    text += '[[dhcp4.client-classes]]\nname = "x"\noption-data = { v6-only-preferred = "2" }\n'
    text += '[[dhcp4.shared-networks]]\nname = "y"\noption-data = { v6-only-preferred = "3" }\n'
    text += 'subnets = [{ subnet = "10.2.0.0/24" }]\n'
    found = said(tmp_path, text)
    assert found[0] == (
        "dhcp4.option-data.v6-only-preferred: says 299 s, and clients go without IPv4 for at least 300 s"
        " (RFC 8925 section 3.4); write 300 or more"
    )
    assert [one.partition(":")[0] for one in found[1:]] == [
        "dhcp4.client-classes[0].option-data.v6-only-preferred",
        "dhcp4.shared-networks[0].option-data.v6-only-preferred",
        "dhcp4.subnets[0].pools[0].option-data.108",
        "dhcp4.subnets[0].option-data.v6-only-preferred",
        "dhcp4.subnets[0].reservations[0].option-data.v6-only-preferred",
    ]
    assert said(tmp_path, GOOD.replace("[dhcp4]", "[dhcp4]\noption-data = { v6-only-preferred = 300 }")) == []


REVERSE = """
[ddns]
[[ddns.forward]]
zone = "example.test."
[[ddns.reverse]]
zone = "1.10.in-addr.arpa."
[[ddns.reverse]]
zone = "ZONE"
servers = ["127.0.0.1:5301"]
"""


@pytest.mark.parametrize(
    ("zone", "remark"),
    [
        (
            "0-25.2.0.192.in-addr.arpa.",
            "is read as the addresses 192.0.2.0 to 192.0.2.25; write 0/25.2.0.192.in-addr.arpa. if the prefix is meant",
        ),
        ("0-27.2.0.192.in-addr.arpa.", "is read as the addresses 192.0.2.0 to 192.0.2.27;"),
        ("64-27.2.0.192.in-addr.arpa.", "is not understood as addresses, so no lease has its pointer there; name it"),
        ("65/26.2.0.192.in-addr.arpa.", "is not understood"),
        ("lab.2.0.192.in-addr.arpa.", "is not understood"),
        ("64/26.0.192.in-addr.arpa.", "is not understood"),
    ],
)
def test_a_reverse_zone_of_less_than_an_octet_that_may_not_be_meant_so(tmp_path: Path, zone: str, remark: str) -> None:
    (found,) = said(tmp_path, GOOD + REVERSE.replace("ZONE", zone))
    assert found.startswith(f"ddns.reverse[1].zone: {remark}")


@pytest.mark.parametrize("part", ["", "0/25.", "64/26.", "64-127.", "0-31.", "1-30.", "10-20.", "7."])
def test_a_reverse_zone_that_can_be_read_in_one_way(tmp_path: Path, part: str) -> None:
    assert said(tmp_path, GOOD + REVERSE.replace("ZONE", f"{part}2.0.192.in-addr.arpa.")) == []


def test_a_zone_of_our_own_that_is_read_so(tmp_path: Path) -> None:
    zone = '[[dns.zones]]\nname = "0-25.2.0.192.in-addr.arpa."\n'
    served = GOOD.partition("[dhcp4]")[0] + zone
    assert said(tmp_path, served) == [], "no lease is named"
    (found,) = said(tmp_path, served + GOOD[GOOD.index("[dhcp4]") :])
    assert found.startswith("dns.zones[2].name: is read as the addresses 192.0.2.0 to 192.0.2.25;")
