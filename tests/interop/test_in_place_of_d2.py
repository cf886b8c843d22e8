"""Kea's DHCP servers with tenure where D2 was: names of real clients come into BIND, expire, and are removed."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from clients import dhclient_host_name
from clients6 import dhclient6, dhcpcd6
from kept_estate import REQUESTS, KeptEstate, kept_estate
from lan import KEY, SECRET, SERVER, ZONE
from network import eventually
from peers import program

LIFETIME = 24  # seconds; shorter ones are renewed all the time


@pytest.fixture(scope="module")
def estate() -> Iterator[KeptEstate]:
    with kept_estate() as made:
        made.start_kea(4)
        made.start_kea(6)
        made.start_tenure(REQUESTS)
        yield made


@pytest.mark.parametrize("family", [4, 6])
def test_a_name_comes_and_goes_with_its_lease(estate: KeptEstate, family: int) -> None:
    host = estate.client(f"pc{family}")
    client = dhclient_host_name(host, host.name) if family == 4 else dhclient6(host, host.name)
    address = estate.leased(host, family)
    estate.named(host.name, address)
    client.release()
    estate.gone(host.name, address)
    told = estate.tenure("history", f"{host.name}.lan.test.")
    assert "name-requested" in told
    assert "name-taken-back" in told


def test_both_families_of_one_machine_share_a_name_and_its_proof(estate: KeptEstate) -> None:
    host = estate.client("both")
    client = dhcpcd6(host, "both", "ia_na 1")
    four, six = estate.leased(host, 4), estate.leased(host, 6)
    estate.named("both", four, six)
    client.release()
    estate.gone("both", four, six)


def test_names_go_with_the_lease_though_kea_never_asks_for_it() -> None:
    with kept_estate(LIFETIME) as made:
        made.start_kea(4)
        made.start_tenure(REQUESTS + "valid-lifetime = 60\n")
        host = made.client("left")
        client = dhclient_host_name(host, "left")
        address = made.leased(host, 4)
        made.named("left", address)
        client.vanish()
        made.kea["kea-dhcp4"].stop(signal.SIGKILL)
        made.gone("left", address, seconds=100)
        assert "heard-lease-ended" in made.tenure("history", "left.lan.test.")


def test_what_d2_wrote_is_taken_over_and_taken_away() -> None:
    with kept_estate() as made:
        d2 = made.start_d2()
        made.start_kea(4)
        host = made.client("before")
        client = dhclient_host_name(host, "before")
        address = made.leased(host, 4)
        made.named("before", address)
        d2.stop()
        made.start_tenure_as_d2()
        client.release()
        made.gone("before", address)


@pytest.mark.parametrize("checks", [True, False])
def test_each_request_says_how_the_right_to_its_name_is_proved(checks: bool) -> None:
    """Kea 2.2's boolean; the zone here is as unyielding as ever."""
    with kept_estate() as made:
        made.start_kea(4, checks=checks)
        made.start_tenure(REQUESTS)
        update = f"server {SERVER}\nzone {ZONE}\nupdate add taken.{ZONE} 300 A 10.77.9.9\nsend\n"
        words = made.server.folder / "person.txt"
        words.write_text(update)
        made.server.run(program("nsupdate"), "-y", f"hmac-sha256:{KEY}:{SECRET}", words)
        host = made.client("taken")
        client = dhclient_host_name(host, "taken")
        address = made.leased(host, 4)
        if checks:
            eventually(lambda: "name-static" in made.tenure("names", "-o", "json"), "it is refused", 40, made.log)
            assert made.at("taken") == {"A": ["10.77.9.9"], "DHCID": []}
        else:
            made.named("taken", address)
            client.release()
            made.gone("taken", address)
