"""`kill -9` of each service at each commit point, under load, on both engines: no acknowledged thing is lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import pytest
from crowd import Crowd
from estate import SECRET, ZONE, Estate, estate
from mortal import POINTS
from network import eventually

MORTAL = str(Path(__file__).parents[1] / "lib" / "mortal.py")
DEVICES = 150


@pytest.fixture
def crowd_of() -> Iterator[list[Crowd]]:
    crowds: list[Crowd] = []
    yield crowds
    for crowd in crowds:
        crowd.close()


def doomed(made: Estate, service: str, point: str, nth: int) -> None:
    """Start a service that will be killed."""
    made.start(service, MORTAL, point, str(nth))


def fell(made: Estate, service: str) -> None:
    """The service was killed as it was meant to be; and another one takes its place."""
    popen = made.running[service]
    eventually(lambda: popen.poll() is not None, f"{service} is killed", 30, lambda: made.log(service))
    assert popen.returncode == -9, made.log(service)
    made.start(service)
    made.ready()


def held(made: Estate) -> dict[str, str]:
    """Each leased address with the hardware address that holds it, as the ledger says."""
    rows = made.show("leases")
    addresses = [row["address"] for row in rows]
    assert len(addresses) == len(set(addresses)), "an address has two leases"
    return {row["address"]: row["hardware"] for row in rows}


def keeps_its_word(made: Estate, crowd: Crowd) -> None:
    """Every acknowledged lease is there, no address was promised twice, and every name comes."""
    assert len(set(crowd.promised.values())) == len(crowd.promised), "an address was promised to two devices"
    rows = held(made)
    for number, address in crowd.promised.items():
        assert rows[address].lower().endswith(number.to_bytes(4, "big").hex(":")), f"{address} is not device {number}'s"
    for number, address in crowd.promised.items():
        name = f"dev{number}.{ZONE}"
        eventually(lambda n=name, a=address: made.named(n, a), f"{name} is {address}", 30, lambda: made.log("updater"))


@pytest.mark.parametrize("point", POINTS)
def test_the_lease_service(tmp_path: Path, new_url: str, point: str, crowd_of: list[Crowd]) -> None:
    with estate(tmp_path, new_url, without=("dhcp",)) as made:
        doomed(made, "dhcp", point, 10)
        made.ready()
        crowd = Crowd(made.dhcp_port)
        crowd_of.append(crowd)
        crowd.join(range(DEVICES), 3, window=5)
        fell(made, "dhcp")
        crowd.join([n for n in range(DEVICES) if n not in crowd.promised], 20)
        assert len(crowd.promised) == DEVICES
        for number in itertools.islice(crowd.promised, 20):
            assert crowd.renew(number) == crowd.promised[number], "a renewal was answered with something else"
        keeps_its_word(made, crowd)


@pytest.mark.parametrize("point", POINTS)
def test_the_updater(tmp_path: Path, new_url: str, point: str, crowd_of: list[Crowd]) -> None:
    with estate(tmp_path, new_url, without=("updater",)) as made:
        crowd = Crowd(made.dhcp_port)
        crowd_of.append(crowd)
        doomed(made, "updater", point, 3)
        made.ready()
        crowd.join(range(DEVICES), 20, window=5)
        fell(made, "updater")
        keeps_its_word(made, crowd)


@pytest.mark.parametrize("point", POINTS)
def test_the_dns_service(tmp_path: Path, new_url: str, point: str, crowd_of: list[Crowd]) -> None:
    """Killed while the updater and another client write: no update that was acknowledged is missing."""
    with estate(tmp_path, new_url, without=("dns",)) as made:
        doomed(made, "dns", point, 40)
        made.ready()
        crowd = Crowd(made.dhcp_port)
        crowd_of.append(crowd)
        acknowledged = []
        for number in range(400):
            if number < 60:
                crowd.join([number], 5, window=1)
            if not update(made, number):
                break
            acknowledged.append(number)
        fell(made, "dns")
        assert acknowledged, "the service was to be killed under load, not before it"
        for number in acknowledged:
            assert made.ask(f"own{number}.{ZONE}", "TXT") == [f'"{number}"']
        keeps_its_word(made, crowd)


@pytest.mark.parametrize("point", POINTS)
def test_the_janitor(tmp_path: Path, new_url: str, point: str, crowd_of: list[Crowd]) -> None:
    with estate(tmp_path, new_url, lifetime=4, without=("janitor",)) as made:
        crowd = Crowd(made.dhcp_port)
        crowd_of.append(crowd)
        crowd.join(range(30), 20)
        doomed(made, "janitor", point, 1)
        fell(made, "janitor")

        def gone() -> bool:
            asked = ((f"dev{number}.{ZONE}", rdtype) for number in crowd.promised for rdtype in ("A", "DHCID"))
            return not any(made.ask(*question) for question in asked) and not made.show("names")

        eventually(gone, "no name is left", 40, lambda: made.log("janitor") + made.log("updater"))
        assert held(made) == {}


def update(made: Estate, number: int) -> bool:
    """One signed update by a client of our own; whether it was acknowledged."""
    message = dns.update.UpdateMessage(ZONE, keyring=dns.tsigkeyring.from_text({"test.": SECRET}), keyname="test.")
    message.add(f"own{number}", 300, "TXT", f'"{number}"')
    try:
        reply = dns.query.udp(message, "127.0.0.1", port=made.dns_port, timeout=2)
    except (dns.exception.Timeout, OSError):
        return False
    return reply.rcode() == dns.rcode.NOERROR
