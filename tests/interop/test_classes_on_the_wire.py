"""Real clients in classes: by what they say of themselves, and by the circuit that a real relay names."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from clients import dhclient, udhcpc
from lan import Lan, lan

PLACES = """
[[dhcp4.client-classes]]
name = "phones"
test = "substring(option[60].hex, 0, 5) == 'phone'"
valid-lifetime = 300
ddns-generated-prefix = "phone"

[[dhcp4.client-classes]]
name = "far"
test = "relay4[1].hex == 'eth1'"

[[dhcp4.subnets]]
subnet = "10.77.0.0/24"
interface = "eth0"
pools = [{{{{ pool = "10.77.0.10-10.77.0.19", client-class = "phones" }}}}, "10.77.0.100-10.77.0.150"]
option-data = {{{{ routers = ["10.77.0.1"] }}}}
ddns-qualifying-suffix = "lan.test."

[[dhcp4.shared-networks]]
name = "far"
valid-lifetime = {lifetime}
client-class = "far"
ddns-qualifying-suffix = "lan.test."

[[dhcp4.shared-networks.subnets]]
subnet = "10.77.9.0/24"
pools = ["10.77.9.100-10.77.9.100"]
option-data = {{{{ routers = ["10.77.9.1"] }}}}

[[dhcp4.shared-networks.subnets]]
subnet = "10.77.10.0/24"
pools = ["10.77.10.100-10.77.10.110"]
option-data = {{{{ routers = ["10.77.10.1"] }}}}
"""


@pytest.fixture
def made() -> Iterator[Lan]:
    with lan("tenure", subnets=PLACES.replace("{{{{", "{{").replace("}}}}", "}}")) as one:
        yield one


def lease_of(made: Lan, address: str) -> dict[str, object]:
    (found,) = json.loads(made.tenure("leases", "query", "--address", address, "-o", "json"))
    return dict(found)


def test_a_phone_and_another_client(made: Lan) -> None:
    phone, other = made.client("phone"), made.client("other")
    udhcpc(phone, "-V", "phone v2")
    udhcpc(other)
    assert made.leased(phone) == "10.77.0.10"
    assert made.leased(other) == "10.77.0.100"
    lease = lease_of(made, "10.77.0.10")
    assert lease["name"] == "phone-10-77-0-10.lan.test."
    assert isinstance(lease["seconds_left"], int)
    assert lease["seconds_left"] <= 300


def test_clients_behind_a_relay_that_names_their_circuit(made: Lan) -> None:
    far = made.relay("far", 9)
    first, second = made.net.host("first"), made.net.host("second")
    for host in (first, second):
        made.net.plug(host, far)
        dhclient(host)
        made.leased(host)
    assert sorted([made.leased(first), made.leased(second)]) == ["10.77.10.100", "10.77.9.100"]
    found = json.loads(made.tenure("leases", "query", "--circuit-id", "'eth1'", "-o", "json"))
    assert [(one["address"], one["circuit"]) for one in found] == [
        ("10.77.9.100", "'eth1'"),
        ("10.77.10.100", "'eth1'"),
    ]
