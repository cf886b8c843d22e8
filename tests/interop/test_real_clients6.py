"""Real machines with both families on a wire: they get leases, their names come under one proof, and go again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from clients import dhclient_host_name, dhcpcd
from clients6 import dhclient6, dhcp6c, dhcpcd6, networkd
from lan6 import ZONE, Lan6, lan6, settled
from network import Host, eventually

LIFETIME = 32  # seconds; addresses are preferred for 20, and renewed after 10


@pytest.fixture(scope="module")
def wire() -> Iterator[Lan6]:
    with lan6(LIFETIME) as made:
        yield made


def leases(wire: Lan6) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(wire.tenure("leases", "-o", "json"))
    return found


def gone(wire: Lan6, name: str, *addresses: str) -> None:
    eventually(lambda: wire.registered(name), f"{name} is gone", LIFETIME * 2, wire.services.printed)
    assert all(wire.dig("-x", address) == [] for address in addresses)


def named(wire: Lan6, name: str, *addresses: str, seconds: float = 20) -> None:
    what = f"{name} has {addresses}"
    eventually(lambda: wire.registered(name, *addresses), what, seconds, lambda: wire.tenure("names"))


def test_dhclient_with_two_addresses_and_a_prefix(wire: Lan6) -> None:
    host = wire.client("d1")
    client = dhclient6(host, "d1", "-N", "-N", "-P")
    addresses = wire.leased(host, count=2)
    named(wire, "d1", *addresses)
    (prefix,) = (row for row in leases(wire) if "/" in row["address"])
    assert prefix["address"].endswith("/56")
    (link_local,) = settled(host, "fe80")
    assert prefix["route"] == f"via {link_local} dev eth0"
    assert prefix["address"] in wire.tenure("explain", prefix["address"])
    wire.server.run("ip", "-6", "route", "add", prefix["address"], *prefix["route"].split())
    client.release()
    gone(wire, "d1", *addresses)
    assert not any("/" in row["address"] for row in leases(wire))


def test_one_name_for_both_families_of_dhcpcd(wire: Lan6) -> None:
    host = wire.client("both")
    client = dhcpcd6(host, "both", "ia_na 1", "ia_na 2")
    six = wire.leased(host, count=2)
    (four,) = eventually(host.addresses, "an IPv4 address", 30)  # type: ignore[misc]
    named(wire, "both", four, *six)
    client.release()
    gone(wire, "both", four, *six)


@pytest.mark.parametrize("order", ["4 6", "6 4"])
def test_the_families_of_one_machine_come_and_go_in_any_order(wire: Lan6, order: str) -> None:
    """Neither evicts the other, and what one leaves behind is the other's alone."""
    name = "order" + order.replace(" ", "")
    host = wire.client(name)

    def start(family: str) -> Any:
        if family == "6":
            return dhcpcd6(host, name, families="-6")
        return dhcpcd(host, name, "both", "duid")

    def addresses(family: str) -> list[str]:
        return wire.leased(host) if family == "6" else list(eventually(host.addresses, "an address", 30))  # type: ignore[call-overload]

    first, second = order.split()
    one = start(first)
    held = addresses(first)
    named(wire, name, *held)
    one.vanish()  # its lease runs on
    other = start(second)
    more = addresses(second)
    named(wire, name, *held, *more)
    # the first one's lease runs out, the second one's is renewed meanwhile
    named(wire, name, *more, seconds=2 * LIFETIME)
    other.release()
    gone(wire, name, *held, *more)


@pytest.mark.parametrize("order", ["4 6", "6 4"])
def test_dhclient_is_one_device_though_it_does_not_say_so(wire: Lan6, order: str) -> None:
    """No RFC 4361: to DHCPv4 it is its hardware address, to DHCPv6 a DUID, and its link-local address tells."""
    name = "isc" + order.replace(" ", "")
    host = wire.client(name)
    clients, held = {}, []
    for family in order.split():
        if family == "6":
            clients[family] = dhclient6(host, name)
            held += wire.leased(host)
        else:
            clients[family] = dhclient_host_name(host, name)
            held += eventually(host.addresses, "an IPv4 address", 30)  # type: ignore[misc]
        named(wire, name, *held)
    assert "link-local address, to which it was answered" in wire.tenure("explain", held[0])
    first, second = order.split()
    clients[first].release()
    named(wire, name, held[1])
    clients[second].release()
    gone(wire, name, *held)


@pytest.mark.parametrize("identifier", ["duid", "mac"])
def test_systemd_networkd_is_one_device_whatever_its_client_identifier(wire: Lan6, identifier: str) -> None:
    """With `duid` it does RFC 4361; with `mac` its link-local address tells."""
    name = f"networkd-{identifier}"
    host = wire.client(name)
    client = networkd(host, name, identifier)
    six = wire.leased(host)
    four = eventually(host.addresses, "an IPv4 address", 30, client.process.printed)
    held = [*four, *six]  # type: ignore[misc]
    named(wire, name, *held)
    (lease,) = [row for row in leases(wire) if row["address"] == held[0]]
    assert lease["client"].startswith("id ff:" if identifier == "duid" else "id 01:")
    assert (lease["heard"], lease["reason_code"]) == (name, "host-name")
    (lease,) = [row for row in leases(wire) if row["address"] == held[1]]
    assert (lease["heard"], lease["reason_code"]) == (name, "client-fqdn")
    renewed = lease["ends"]
    eventually(lambda: any(row["ends"] > renewed for row in leases(wire) if row["address"] == held[1]), "renewal", 30)
    named(wire, name, *held)
    client.release()  # which says nothing to either server
    gone(wire, name, *held)


def test_wide_dhcp6c_sends_no_name_and_gets_a_generated_one(wire: Lan6) -> None:
    host = wire.client("wide")
    client = dhcp6c(host, prefix=True)
    (address,) = wire.leased(host)
    name = "host-" + address.replace(":", "-")
    named(wire, name, address)
    delegated = eventually(lambda: settled(host, "fd77:0:80", "lo"), "the prefix is in use", 20)
    assert delegated
    client.release()
    gone(wire, name, address)


def test_a_machine_that_vanishes_loses_its_names_when_the_lease_ends(wire: Lan6) -> None:
    host = wire.client("vanisher")
    client = dhclient6(host, "vanisher")
    addresses = wire.leased(host)
    named(wire, "vanisher", *addresses)
    client.vanish()
    gone(wire, "vanisher", *addresses)


def test_a_renewing_machine_keeps_its_address_and_name(wire: Lan6) -> None:
    host = wire.client("keeper")
    client = dhclient6(host, "keeper")
    addresses = wire.leased(host)
    named(wire, "keeper", *addresses)

    def renewed() -> bool:
        events = json.loads(wire.tenure("history", "--address", addresses[0], "-o", "json"))
        return any(event["event"] == "lease-renewed" and event["cause"] == "RENEW" for event in events)

    eventually(renewed, "the lease is renewed", LIFETIME)
    assert wire.registered("keeper", *addresses)
    client.release()
    gone(wire, "keeper", *addresses)


def test_of_two_machines_that_claim_one_name_the_first_keeps_it(wire: Lan6) -> None:
    first, second = wire.client("first"), wire.client("second")
    one = dhclient6(first, "shared")
    holder = wire.leased(first)
    named(wire, "shared", *holder)
    two = dhclient6(second, "shared")
    (refused,) = wire.leased(second)

    def reason() -> str | None:
        rows = json.loads(wire.tenure("names", "-o", "json"))
        return next((row["reason_code"] for row in rows if row["address"] == refused), None)

    eventually(lambda: reason() == "name-taken", "the second claim is refused with its reason")
    assert wire.registered("shared", *holder)
    two.release()
    one.release()
    gone(wire, "shared", *holder, refused)


def behind(wire: Lan6, name: str, number: int) -> Host:
    far = wire.relay(name, number)
    return wire.client(f"{name}-client", far)


def test_behind_a_relay(wire: Lan6) -> None:
    host = behind(wire, "far", 9)
    client = dhclient6(host, "faraway", "-N", "-P")
    addresses = wire.leased(host, "fd77:0:9")
    named(wire, "faraway", *addresses)
    (prefix,) = (row for row in leases(wire) if "/" in row["address"])
    (link_local,) = settled(host, "fe80")
    assert prefix["address"].startswith("fd77:0:99")
    assert prefix["route"] == f"behind fd77:0:9::1 via {link_local}"
    client.release()
    gone(wire, "faraway", *addresses)


def test_a_killed_service_comes_back_as_the_same_server(wire: Lan6) -> None:
    """The DUID is kept, so clients go on renewing with it; and nothing that was acknowledged is lost."""
    host = wire.client("survivor")
    client = dhclient6(host, "survivor")
    addresses = wire.leased(host)
    named(wire, "survivor", *addresses)
    pids = wire.server.run("sh", "-c", "pgrep -f 'tenure dhcp -c .* --worker 6'").split()
    for pid in pids:
        if pid.isdigit() and "--worker" in wire.server.run("cat", f"/proc/{pid}/cmdline", check=False):
            wire.server.run("kill", "-9", pid, check=False)
    eventually(lambda: wire.services.printed().count("service=dhcp-6 event=listening") >= 2, "the service is back", 30)
    duids = {line.split("duid=")[1] for line in wire.services.printed().splitlines() if "duid=" in line}
    assert len(duids) == 1
    time.sleep(LIFETIME / 3)
    assert wire.registered("survivor", *addresses)
    assert f"survivor.{ZONE}" in wire.tenure("leases")
    client.release()
    gone(wire, "survivor", *addresses)


SEVERAL = """
[[dhcp6.subnets.reservations]]
hw-address = "02:00:5e:77:00:01"
ip-addresses = ["fd77::7", "fd77::8"]
several-per-association = true
hostname = "several"
"""


@pytest.mark.parametrize("start", [dhclient6, dhcpcd6])
def test_a_client_with_one_association_has_all_that_is_reserved_for_it(start: Any) -> None:
    """It configures both addresses, renews both, and both have its name."""
    with lan6(LIFETIME, SEVERAL) as wire:
        host = wire.net.host("several")
        wire.net.plug(host, wire.segment)
        host.run("ip", "link", "set", "eth0", "down")
        host.run("ip", "link", "set", "eth0", "address", "02:00:5e:77:00:01", "up")
        eventually(lambda: settled(host, "fe80::5eff:fe77:1"), "its link-local address can be used", 15)
        client = start(host, "whatever") if start is dhclient6 else start(host, "whatever", families="-6")
        assert wire.leased(host, count=2) == ["fd77::7", "fd77::8"]
        named(wire, "several", "fd77::7", "fd77::8")
        rows = {row["address"]: row["ends"] for row in leases(wire)}

        def renewed() -> bool:
            return all(row["ends"] > rows[row["address"]] for row in leases(wire))

        eventually(renewed, "both are renewed", LIFETIME, wire.services.printed)
        client.release()
        gone(wire, "several", "fd77::7", "fd77::8")
