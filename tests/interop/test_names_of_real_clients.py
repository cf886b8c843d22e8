"""What real clients say of their names, and what comes of it where the policy is not the usual one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from clients import Told, dhclient, dhclient_fqdn, dhcpcd, udhcpc
from lan import ZONE, Lan, lan
from network import eventually

LIFETIME = 24  # seconds; clients renew at half of it

CONFIG = """
[ddns]
ddns-conflict-action = "suffix"
ddns-name-template = "{{prefix}}-{{hash}}"
ddns-generated-prefix = "dev"
ddns-client-update-wait = 2

[[dhcp4.client-classes]]
name = "kept"
test = "option[60].text == 'kept'"
ddns-update-model = "server"

[[dhcp4.subnets]]
subnet = "10.77.0.0/24"
interface = "eth0"
pools = ["10.77.0.100-10.77.0.150"]
valid-lifetime = {lifetime}
min-valid-lifetime = {lifetime}
max-valid-lifetime = {lifetime}
option-data = {{ routers = ["10.77.0.1"], domain-name-servers = ["10.77.0.1"] }}
ddns-qualifying-suffix = "lan.test."
"""


@pytest.fixture(scope="module")
def wire() -> Iterator[Lan]:
    with lan("tenure", LIFETIME, CONFIG) as made:
        yield made


def names(wire: Lan, *words: str) -> dict[str, dict[str, str]]:
    """The rows of `tenure names` by address."""
    return {row["address"]: row for row in json.loads(wire.tenure("names", "-o", "json", *words))}


def test_the_second_of_two_hears_its_number_and_keeps_it(wire: Lan) -> None:
    first, second = wire.client("first"), wire.client("second")
    one = dhclient_fqdn(first, "shared")
    holder = wire.leased(first)
    eventually(lambda: wire.names("shared", holder), "the first machine has the name")
    told = Told(second)
    two = dhclient(second, 'host-name "shared"', more="request host-name;", script=told.script)
    address = wire.leased(second)
    eventually(lambda: wire.names("shared-2", address), "the second has it with a number", log=wire.services.printed)
    assert told.variables()["new_host_name"] == f"shared-2.{ZONE}".removesuffix(".")
    assert wire.names("shared", holder)
    one.release()
    eventually(lambda: wire.nothing("shared", holder), "the first machine is gone")

    def renewed() -> bool:
        events = json.loads(wire.tenure("history", "--address", address, "-o", "json"))
        return any(event["event"] == "lease-renewed" for event in events)

    eventually(renewed, "the lease is renewed", LIFETIME)
    assert wire.names("shared-2", address), "though the name is free"
    two.release()


def test_a_name_in_utf_8(wire: Lan) -> None:
    host = wire.client("umlaut")
    client = udhcpc(host, "-x", "hostname:büro")
    address = wire.leased(host)
    eventually(lambda: wire.names("xn--bro-hoa", address), "the A-label is in DNS", log=wire.services.printed)
    leases = {row["address"]: row for row in json.loads(wire.tenure("leases", "-o", "json"))}
    assert leases[address]["heard"] == r"b\195\188ro"
    client.release()


def test_a_machine_without_a_name_gets_one_that_gives_nothing_away(wire: Lan) -> None:
    host = wire.client("nameless")
    client = dhclient(host)
    address = wire.leased(host)
    eventually(lambda: address in names(wire), "it is registered")
    label = names(wire)[address]["name"].partition(".")[0]
    assert label.startswith("dev-")
    assert len(label) == len("dev-") + 8
    eventually(lambda: wire.names(label, address), "it is in DNS")
    client.release()


def test_who_promised_to_write_its_record_and_does_not_is_told_of(wire: Lan) -> None:
    host = wire.client("silent")
    client = dhcpcd(host, "silent", "ptr")
    address = wire.leased(host)
    row: dict[str, str] = {}

    def missed() -> bool:
        """Until its next renewal, at which it promises again."""
        row.update(names(wire, "--state", "missing").get(address, {}))
        return bool(row)

    eventually(missed, "the record is missed", log=wire.services.printed)
    assert (row["forward"], row["reverse"], row["reason_code"]) == ("missing", "registered", "client-silent")
    assert "client-silent" in wire.tenure("explain", address)
    assert "client-silent" in wire.tenure("history", "--kind", "client-silent")
    client.release()


def test_who_would_write_its_record_is_told_not_to_where_the_server_does(wire: Lan) -> None:
    host = wire.client("kept")
    client = dhcpcd(host, "kept", "ptr", "vendorclassid kept")
    address = wire.leased(host)
    eventually(lambda: wire.names("kept", address), "the server wrote both records", log=wire.services.printed)
    shown = wire.tenure("check-config", "--explain", "10.77.0.0/24/kept", "-o", "json")
    assert {
        "key": "ddns-override-client-update",
        "value": "true",
        "source": "class kept",
    } in json.loads(shown)
    client.release()
