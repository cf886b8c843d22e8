"""Real machines on a wire: they get leases, their names come, and go again. With tenure's own DNS and with BIND."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from clients import BOTH_DIRECTIONS, dhclient_fqdn, dhclient_host_name, dhcpcd, udhcpc
from lan import ZONE, Lan, lan
from network import eventually

LIFETIME = 24  # seconds; clients renew at half of it


@pytest.fixture(scope="module", params=["tenure", "bind"])
def wire(request: pytest.FixtureRequest) -> Iterator[Lan]:
    with lan(request.param, LIFETIME) as made:
        yield made


@pytest.mark.parametrize("kind", BOTH_DIRECTIONS)
def test_lease_names_renewal_and_release(wire: Lan, kind: str) -> None:
    name = f"r-{kind}".lower()
    host = wire.client(name)
    client = BOTH_DIRECTIONS[kind](host, name)
    address = wire.leased(host)
    eventually(lambda: wire.names(name, address), f"{name} is in DNS", log=wire.services.printed)
    client.release()
    eventually(lambda: wire.nothing(name, address), f"{name} is gone", log=wire.services.printed)


def test_a_machine_that_vanishes_loses_its_names_when_the_lease_ends(wire: Lan) -> None:
    host = wire.client("vanisher")
    client = dhclient_fqdn(host, "vanisher")
    address = wire.leased(host)
    eventually(lambda: wire.names("vanisher", address), "the name is in DNS")
    client.vanish()
    eventually(lambda: wire.nothing("vanisher", address), "the name is gone", LIFETIME * 2)


def test_a_renewing_machine_keeps_its_names(wire: Lan) -> None:
    host = wire.client("keeper")
    client = dhcpcd(host, "keeper", "both")
    address = wire.leased(host)
    eventually(lambda: wire.names("keeper", address), "the name is in DNS")

    def renewed() -> bool:
        events = json.loads(wire.tenure("history", "--address", address, "-o", "json"))
        return any(event["event"] == "lease-renewed" and "RENEWING" in event["cause"] for event in events)

    eventually(renewed, "the lease is renewed", LIFETIME)
    assert wire.names("keeper", address)
    client.release()


def test_ptr_only_leaves_the_forward_record_to_the_client(wire: Lan) -> None:
    host = wire.client("ptr")
    client = dhcpcd(host, "ptr-only", "ptr")
    address = wire.leased(host)
    eventually(lambda: wire.dig("-x", address) == [f"ptr-only.{ZONE}"], "the reverse record is there")
    assert wire.dig(f"ptr-only.{ZONE}", "A") == []
    client.release()
    eventually(lambda: wire.nothing("ptr-only", address), "the reverse record is gone")


def test_none_registers_nothing(wire: Lan) -> None:
    host = wire.client("none")
    client = dhcpcd(host, "no-name", "none")
    address = wire.leased(host)
    lease = next(row for row in json.loads(wire.tenure("leases", "-o", "json")) if row["address"] == address)
    assert lease["reason_code"] == "client-declines"
    assert wire.nothing("no-name", address)
    client.release()


def test_of_two_machines_that_claim_one_name_the_first_keeps_it(wire: Lan) -> None:
    first, second = wire.client("first"), wire.client("second")
    one = dhclient_host_name(first, "shared")
    holder = wire.leased(first)
    eventually(lambda: wire.names("shared", holder), "the first machine has the name")
    two = udhcpc(second, "-F", "shared")
    refused = wire.leased(second)
    assert refused != holder

    def reason() -> str | None:
        rows = json.loads(wire.tenure("names", "-o", "json"))
        return next((r["reason_code"] for r in rows if r["address"] == refused), None)

    eventually(lambda: reason() == "name-taken", "the second claim is refused with its reason")
    assert wire.names("shared", holder)
    assert wire.dig("-x", refused) == []
    assert "belongs to another client" in wire.tenure("explain", refused)
    two.release()
    one.release()
    eventually(lambda: wire.nothing("shared", holder), "the name is gone with the first machine")


def test_behind_a_relay(wire: Lan) -> None:
    far = wire.relay("far", 9)
    host = wire.net.host("far")
    wire.net.plug(host, far)
    client = dhclient_fqdn(host, "faraway")
    address = wire.leased(host)
    assert address.startswith("10.77.9.")
    eventually(lambda: wire.names("faraway", address), "the name is in DNS")
    client.release()
    eventually(lambda: wire.nothing("faraway", address), "the name is gone", LIFETIME * 2)
