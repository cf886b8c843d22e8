"""`kill -9` of the DHCPv6 service at each commit point, under load, on both engines: no acknowledged lease is lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from crowd6 import Crowd6, duid
from estate import ZONE, Estate, estate
from mortal import POINTS
from network import eventually
from ports import free_port
from postgres_cluster import PostgresCluster, postgres_cluster
from tenure_toml import served

MORTAL = str(Path(__file__).parents[1] / "lib" / "mortal.py")
DEVICES = 80


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with postgres_cluster() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite:tenure.db"
    cluster: PostgresCluster = request.getfixturevalue("cluster")
    return cluster.new_database()


def with_dhcp6(made: Estate, port: int) -> None:
    """The estate leases over DHCPv6 instead of DHCPv4, and its zones hold those names."""
    text = made.config.read_text()
    reverse = "8.b.d.0.1.0.0.2.ip6.arpa."
    before, dhcp4 = text[: text.index("[dhcp4]")], text[text.index("[dhcp4]") :]
    assert "[[ddns.forward]]" in before
    assert "[ddns" not in dhcp4
    server = f"127.0.0.1:{made.dns_port}"
    domain = f'[[ddns.reverse]]\nzone = "{reverse}"\nservers = ["{server}"]\nkey = "test."\n'
    zone = served(server, reverse, policy=["grant test. zonesub ANY"])
    made.config.write_text(f"""{before}
{domain}
{zone[zone.index("[[dns.zones]]") :]}
[dhcp6]
listen = ["[::1]:{port}"]

[[dhcp6.subnets]]
subnet = "2001:db8:9::/64"
pools = ["2001:db8:9:0:1::/80"]
pd-pools = [{{ prefix = "2001:db8:9000::", prefix-len = 36, delegated-len = 56 }}]
ddns-qualifying-suffix = "{ZONE}"
""")


@pytest.mark.parametrize("point", POINTS)
def test_the_lease_service(tmp_path: Path, store: str, point: str) -> None:
    port = free_port()
    with estate(tmp_path, store, without=("dns", "dhcp", "updater", "janitor")) as made:
        with_dhcp6(made, port)
        for service in ("dns", "updater", "janitor"):
            made.start(service)
            made.ready()
        made.start("dhcp", MORTAL, point, "6")
        made.ready()
        crowd = Crowd6(port)
        try:
            crowd.join(range(DEVICES), 3, window=5)
            popen = made.running["dhcp"]
            eventually(lambda: popen.poll() is not None, "the service is killed", 30, lambda: made.log("dhcp"))
            assert popen.returncode == -9, made.log("dhcp")
            made.start("dhcp")
            made.ready()
            crowd.join([n for n in range(DEVICES) if n not in crowd.promised], 30)
            assert len(crowd.promised) == DEVICES
            for number in itertools.islice(crowd.promised, 20):
                assert crowd.renew(number) == crowd.promised[number], "a renewal was answered with something else"
            keeps_its_word(made, crowd)
        finally:
            crowd.close()


def keeps_its_word(made: Estate, crowd: Crowd6) -> None:
    """Every acknowledged lease is there, none was promised twice, and every name comes."""
    promises = [lease for leases in crowd.promised.values() for lease in leases]
    assert len(promises) == len(set(promises)) == 2 * DEVICES
    rows = {row["address"]: row["client"] for row in made.show("leases")}
    for number, leases in crowd.promised.items():
        for lease in leases:
            assert rows[lease] == "duid " + duid(number).hex(":")
    for number, (address, _) in crowd.promised.items():
        name = f"six{number}.{ZONE}"
        eventually(lambda n=name, a=address: made.named(n, a), f"{name} is {address}", 30, lambda: made.log("updater"))
