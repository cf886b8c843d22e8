"""`tenure leases query`: the answers of a lease query, and how the command asks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from dhcpv4 import tlv
from dhcpv6 import ip
from ledger_rows import NOW, address, client, lease
from tenure_command import tenure

from tenure.config.load import load
from tenure.console.lease_orders import leased_from_text
from tenure.console.lease_query import Query, QueryLine, query
from tenure.console.words import time_text
from tenure.dhcpwire.v6.message import Relay
from tenure.dnswire.name import from_text
from tenure.leasing.lease import FOREVER, Changes, LeaseKind, LeaseState
from tenure.leasing.whereabouts import build_whereabouts
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases

CONFIG = """
[store]
url = "sqlite:tenure.db"

[dhcp4]
listen = ["127.0.0.1:6767"]

[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = ["10.1.0.1-10.1.0.200"]
ddns-send-updates = false
"""
PORT_7 = tlv(1, b"port 7") + tlv(2, b"\1\2")
LEASES = (
    lease(1, 1, relay=PORT_7),
    lease(2, 1, subnet_id=2),  # the same client, elsewhere
    lease(3, 3, relay=tlv(1, b"port 8")),
    lease(4, 4, state=LeaseState.RELEASED, ends_at=NOW - 5, relay=PORT_7),
    lease(5, 5, ends_at=FOREVER, valid_lifetime=2**32 - 1),
    lease(6, 6, ends_at=NOW - 1),  # over, and the janitor has not come yet
    lease(7, None, state=LeaseState.DECLINED, ends_at=NOW + 100),
    lease(8, None, state=LeaseState.DECLINED, ends_at=NOW - 1),  # its quarantine is over
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(CONFIG)
    ledger = open_leases(f"sqlite:{tmp_path}/tenure.db")
    ledger.transact(lambda view: view.apply(Changes(leases=LEASES)), NOW)
    ledger.close()
    return path


@pytest.fixture
def ledger(config: Path) -> LeaseLedger:
    return open_leases(f"sqlite:{config.parent}/tenure.db")


def answers(config: Path, ledger: LeaseLedger, **asked: bytes) -> list[QueryLine]:
    return list(query(load(config), ledger, Query(**asked), NOW + 60))


def test_an_active_lease(config: Path, ledger: LeaseLedger) -> None:
    (line,) = answers(config, ledger, address=address(1))
    assert line == QueryLine(
        address="10.1.0.1",
        state="active",
        lease="bound",
        client="00:00:00:00:00:01",
        hardware="00:00:00:00:00:01",
        name="host1.example.test.",
        circuit="'port 7'",
        remote="01:02",
        since=time_text(NOW),
        last_transaction=time_text(NOW),
        ends=time_text(NOW + 3600),
        seconds_left=3540,
        associated=["10.1.0.2"],
    )


def test_a_lease_has_no_more_left_than_was_given(config: Path, ledger: LeaseLedger) -> None:
    """Its end is kept in whole seconds, rounded up, so a moment after it was given a part of a second more is left."""
    (line,) = query(load(config), ledger, Query(address=address(1)), NOW - 0.4)
    assert line.seconds_left == 3600


@pytest.mark.parametrize(
    ("number", "state", "lease_state", "seconds_left", "last"),
    [
        (4, "unassigned", "released", None, ""),
        (5, "active", "bound", None, ""),
        (6, "unassigned", "bound", None, time_text(NOW - 3601)),
        (7, "declined", "declined", None, ""),
        (8, "unassigned", "declined", None, ""),
        (100, "unassigned", "", None, ""),  # in a pool, never leased
        (250, "unknown", "", None, ""),  # in no pool
    ],
)
def test_an_address_in_each_state(
    config: Path, ledger: LeaseLedger, number: int, state: str, lease_state: str, seconds_left: int | None, last: str
) -> None:
    (line,) = answers(config, ledger, address=address(number))
    assert (line.state, line.lease, line.seconds_left, line.last_transaction) == (
        state,
        lease_state,
        seconds_left,
        last,
    )


DHCPV6 = """
[dhcp6]
listen = ["[::1]:6767"]

[[dhcp6.subnets]]
subnet = "2001:db8:1::/64"
pools = ["2001:db8:1::100-2001:db8:1::1ff"]
pd-pools = [{ prefix = "2001:db8:8000::", prefix-len = 40, delegated-len = 56 }]
ddns-send-updates = false

[[dhcp6.subnets.reservations]]
duid = "00:03:00:01:02:00:5e:10:00:07"
ip-addresses = ["2001:db8:1::7"]
prefixes = ["2001:db8:9::/60"]
"""
PREFIX = lease(20, 20, kind=LeaseKind.PREFIX, fqdn=None, dhcid=None)._replace(
    address=ip("2001:db8:8000::"), prefix_length=56
)


@pytest.mark.parametrize(
    ("asked", "address", "state"),
    [
        ("2001:db8:8000::/56", "2001:db8:8000::/56", "active"),
        ("2001:db8:8000::", "2001:db8:8000::/56", "active"),
        ("2001:db8:8000:7::9", "2001:db8:8000::/56", "active"),
        ("2001:db8:8000:7::/64", "2001:db8:8000::/56", "active"),
        ("2001:db8:8000::/48", "2001:db8:8000::/48", "unknown"),  # more than is leased
        ("2001:db8:8000:100::/56", "2001:db8:8000:100::/56", "unassigned"),
        ("2001:db8:8000:100::/60", "2001:db8:8000:100::/60", "unknown"),
        ("2001:db8:9::/60", "2001:db8:9::/60", "unassigned"),  # reserved
        ("2001:db8:9::/56", "2001:db8:9::/56", "unknown"),
        ("2001:db8:1::100", "2001:db8:1::100", "unassigned"),
        ("2001:db8:1::7", "2001:db8:1::7", "unassigned"),
        ("2001:db8:1::8", "2001:db8:1::8", "unknown"),
    ],
)
def test_prefixes_and_addresses_of_dhcpv6(
    config: Path, ledger: LeaseLedger, asked: str, address: str, state: str
) -> None:
    with config.open("a") as file:
        file.write(DHCPV6)
    ledger.transact(lambda view: view.apply(Changes(leases=(PREFIX,))), NOW)
    (line,) = query(load(config), ledger, Query(*leased_from_text(asked)), NOW + 60)
    assert (line.address, line.state) == (address, state)


def test_nothing_was_in_the_future(config: Path, ledger: LeaseLedger) -> None:
    """The row has its times in whole seconds, rounded up."""
    (line,) = query(load(config), ledger, Query(address(1)), NOW - 0.4)
    assert (line.since, line.last_transaction) == (time_text(NOW - 1), time_text(NOW - 1))


def found(config: Path, ledger: LeaseLedger, **asked: bytes) -> list[str]:
    return [line.address for line in answers(config, ledger, **asked)]


def test_by_who_and_where(config: Path, ledger: LeaseLedger) -> None:
    assert found(config, ledger, hardware=b"\1" + client(1)[2:]) == ["10.1.0.1", "10.1.0.2"]
    assert found(config, ledger, client=client(3)) == ["10.1.0.3"]
    assert found(config, ledger, circuit=b"port 7") == ["10.1.0.1", "10.1.0.4"]
    assert found(config, ledger, circuit=b"port") == []
    assert found(config, ledger, remote=b"\1\2") == ["10.1.0.1", "10.1.0.4"]


DUID = bytes.fromhex("0003000102005e100007")
OF_DHCPV4 = lease(30, 30, fqdn=from_text("dual.example.test."))._replace(client=b"\1\xff\0\0\0\1" + DUID)
OF_DHCPV6 = lease(31, 31, fqdn=from_text("dual.lab.test."))._replace(
    address=ip("2001:db8:1::100"),
    client=b"\2" + DUID,
    relay=build_whereabouts(
        Relay(0, ip("2001:db8:1::1"), ip("fe80::7"), {18: b"port 7", 37: b"\0\0\0\x09switch-3"}), ip("fe80::7"), None
    ),
)
ON_WIRE = lease(32, 32)._replace(address=ip("2001:db8:1::101"), relay=build_whereabouts(None, ip("fe80::8"), "port 7"))


def test_a_device_is_found_in_both_families(config: Path, ledger: LeaseLedger) -> None:
    ledger.transact(lambda view: view.apply(Changes(leases=(OF_DHCPV4, OF_DHCPV6, ON_WIRE))), NOW)
    six = "2001:db8:1::100"
    assert found(config, ledger, duid=DUID) == ["10.1.0.30", six]
    assert found(config, ledger, duid=DUID[:-1]) == []
    assert found(config, ledger, name=from_text("dual")) == ["10.1.0.30", six]
    assert found(config, ledger, name=from_text("dual.lab.test")) == [six]
    for other in ("dua", "lab.test", "dual.lab"):
        assert found(config, ledger, name=from_text(other)) == []
    assert found(config, ledger, circuit=b"port 7") == ["10.1.0.1", "10.1.0.4", six]
    for remote in (b"switch-3", b"\0\0\0\x09switch-3"):
        assert found(config, ledger, remote=remote) == [six]
    (line,) = answers(config, ledger, address=ip(six))
    assert (line.circuit, line.remote) == ("'port 7'", b"\0\0\0\x09switch-3".hex(":"))


def run(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return tenure("leases", "query", "-c", config, *words)


def test_the_command(config: Path) -> None:
    asked = run(config, "--circuit-id", "'port 7'", "-o", "json")
    assert [one["address"] for one in json.loads(asked.stdout)] == ["10.1.0.1", "10.1.0.4"]
    assert "10.1.0.3 " in run(config, "--mac", "00:00:00:00:00:03").stdout
    assert "10.1.0.3 " in run(config, "--name", "HOST3").stdout
    ledger = open_leases(f"sqlite:{config.parent}/tenure.db")
    ledger.transact(lambda view: view.apply(Changes(leases=(OF_DHCPV6,))), NOW)
    ledger.close()
    (line,) = json.loads(run(config, "--duid", DUID.hex(":"), "-o", "json").stdout)
    assert line["client"] == f"duid {DUID.hex(':')}"
    nobody = run(config, "--client-id", "01:02:03")
    assert nobody.returncode == 1
    for words in ([], ["--address", "10.1.0.1", "--mac", "00:00:00:00:00:03"], ["--address", "10.1.0"]):
        wrong = run(config, *words)
        assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
