"""The agent tells tenure's DHCPv6 server of addresses that it did not lease (RFC 9686)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from agent_lan import DUID, TENURE
from lan6 import settled
from network import Host, Process, eventually, network
from tenure_command import tenure_at
from tenure_toml import section, write_toml

SERVER = "fd77::1"
STATIC, DYNAMIC = "fd77::77", "fd77::88"
SUBNET = """
[[dhcp6.subnets]]
subnet = "fd77::/64"
interface = "eth0"
{pools}
valid-lifetime = 3600
option-data = {{ dns-servers = ["fd77::53"], domain-search = ["wire.test"] }}
allow-address-registration = {allowed}
[ddns]
ddns-send-updates = false
"""


class Pair:
    """The server and the host."""

    def __init__(self, server: Host, host: Host) -> None:
        self.server, self.host = server, host

    def serve(self, *, allowed: bool, pools: str = 'pools = ["fd77::1:0-fd77::1:ff"]') -> None:
        dhcp = section("dhcp6", interfaces=["eth0"], listen=[f"[{SERVER}]:547"])
        path = write_toml(self.server.folder, dhcp + SUBNET.format(pools=pools, allowed="true" if allowed else "false"))
        process = self.server.start(*TENURE, "dhcp", "-c", path, private=False)
        eventually(lambda: ":547 " in self.server.run("ss", "-lun"), "it listens", 40, process.printed)

    def agent(self) -> Process:
        path = self.host.folder / "agent.toml"
        path.touch(mode=0o600)
        keys = {"duid": DUID, "state": str(self.host.folder / "agent.db"), "host_name": "pc.wire.test"}
        more = {"dhcp": ["eth0"], "dhcp_families": ["ipv6"], "dhcp_resolv_conf": "/etc/resolv.conf"}
        path.write_text(section("agent", **keys, **more))
        return self.host.start(*TENURE, "agent", "-c", path)

    def resolver(self) -> list[str]:
        """What is in the host's resolv.conf."""
        return (self.host.folder / "resolv.conf").read_text().splitlines()[1:]

    def leases(self) -> dict[str, dict[str, str]]:
        shown = tenure_at(self.server, "leases", "-o", "json", "-c", self.server.folder / "tenure.toml")
        return {row["address"]: row for row in json.loads(shown) if row["state"] == "bound"}


@pytest.fixture
def pair() -> Iterator[Pair]:
    with network() as net:
        net.segment("lan")
        server, host = net.host("server"), net.host("pc")
        for one in (server, host):
            net.plug(one, "lan")
            eventually(lambda one=one: settled(one, "fe80"), "it has its link-local address")
        server.run("ip", "addr", "add", f"{SERVER}/64", "dev", "eth0", "nodad")
        host.run("ip", "addr", "add", f"{STATIC}/64", "dev", "eth0", "nodad")
        yield Pair(server, host)


def test_a_server_that_wants_it_is_told_of_each_address_and_of_its_end(pair: Pair) -> None:
    pair.serve(allowed=True)
    process = pair.agent()
    eventually(lambda: STATIC in pair.leases(), "the static address is there", 40, process.printed)
    lifetimes = ["valid_lft", "600", "preferred_lft", "300"]
    pair.host.run("ip", "addr", "add", f"{DYNAMIC}/64", "dev", "eth0", "nodad", *lifetimes)
    eventually(lambda: DYNAMIC in pair.leases(), "the other one too", 40, process.printed)
    eventually(lambda: process.printed().count("event=address-told") == 2, "both answers came", 20, process.printed)
    eventually(lambda: len(settled(pair.host, "fd77")) == 3, "it has leased an address, too", 40, process.printed)
    (leased,) = {*settled(pair.host, "fd77")} - {STATIC, DYNAMIC}
    rows = pair.leases()
    assert {*rows} == {STATIC, DYNAMIC, leased}
    assert f"event=address-told on=eth0 address={leased}" not in process.printed()
    assert process.stop() == 0
    eventually(lambda: pair.leases() == {}, "nothing is left", 20, process.printed)


def test_a_server_that_does_not_say_that_it_wants_it_is_not_told(pair: Pair) -> None:
    pair.serve(allowed=False)
    process = pair.agent()
    eventually(lambda: len(settled(pair.host, "fd77")) == 2, "it has leased an address", 40, process.printed)
    assert STATIC not in pair.leases()
    assert process.stop() == 0
    eventually(lambda: pair.leases() == {}, "the lease was given back", 20, process.printed)
    assert "address-told" not in process.printed()


def test_where_no_address_is_leased_the_rest_is_asked_for(pair: Pair) -> None:
    pair.serve(allowed=True, pools="")
    process = pair.agent()
    eventually(lambda: STATIC in pair.leases(), "the static address is there", 40, process.printed)
    eventually(lambda: pair.resolver() == ["search wire.test", "nameserver fd77::53"], "told", 40, process.printed)
    eventually(lambda: "event=no-lease on=eth0 family=ipv6" in process.printed(), "said", 40, process.printed)
    assert settled(pair.host, "fd77") == [STATIC]
    assert process.stop() == 0
    eventually(lambda: pair.leases() == {}, "nothing is left", 20, process.printed)
