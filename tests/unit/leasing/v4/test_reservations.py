"""Reservations: by what a client is known, wherever it is, with or without an address, and when somebody has it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp4_network import Network, ip, subnet
from dhcpv4 import tlv

from tenure.dnswire.name import from_text
from tenure.leasing.expression.parser import parse_value
from tenure.leasing.expression.v4 import V4
from tenure.leasing.level import Level
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.subnet import Reservation, Subnet
from tenure.leasing.v4.verdict import Verdict

MAC = bytes((2, 0, 0, 0, 0, 1))
HARDWARE = b"\0\1" + MAC
CLIENT_ID = b"\xff\0\0\0\1\0\3\0\1" + MAC  # IAID 1, DUID-LL
KEYS = {
    "hw-address": HARDWARE,
    "client-id": b"\1" + CLIENT_ID,
    "duid": b"\2" + CLIENT_ID[5:],
    "circuit-id": b"\3port 7",
    "flex-id": b"\4switch/port 7",
}
RELAY = (82, tlv(1, b"port 7") + tlv(2, b"switch"))
SEVEN = Reservation(ip("10.1.0.7"), None)


def reserving(key: bytes, reservation: Reservation = SEVEN, **given: object) -> Subnet:
    addresses = {} if reservation.address is None else {reservation.address: key}
    return subnet(reservations={key: reservation}, reserved_addresses=addresses, **given)  # type: ignore[arg-type]


def network_of(*subnets: Subnet) -> Network:
    network = Network(*subnets)
    network.subnets = SubnetTable(subnets, (), parse_value("relay4[2].hex + '/' + relay4[1].hex", V4))
    return network


@pytest.mark.parametrize("kind", KEYS)
def test_a_client_is_known_by(kind: str) -> None:
    network = network_of(reserving(KEYS[kind]))
    client = network.client(1, client_id=CLIENT_ID).saying(RELAY)
    assert client.join().yiaddr == "10.1.0.7"
    assert client.renew("10.1.0.7").verdict is Verdict.ACKNOWLEDGED
    stranger = network.client(2, client_id=b"\0other").saying((82, tlv(1, b"port 8") + tlv(2, b"switch")))
    assert stranger.join().yiaddr == "10.1.0.100"


@pytest.mark.parametrize("first", range(len(KEYS) - 1))
def test_which_identity_counts(first: int) -> None:
    """Client identifier, DUID, hardware address, circuit, expression."""
    order = ["client-id", "duid", "hw-address", "circuit-id", "flex-id"][first:]
    reservations = {KEYS[kind]: Reservation(None, kind) for kind in order}
    network = network_of(subnet(reservations=reservations))
    mine = network.client(1, client_id=CLIENT_ID).saying(RELAY).join()
    assert network.view.rows[ip(mine.yiaddr)].fqdn == from_text(f"{order[0]}.example.test.")


def test_a_name_alone_keeps_the_pool() -> None:
    network = network_of(reserving(HARDWARE, Reservation(None, "printer")))
    mine = network.client(1).join()
    assert (mine.yiaddr, mine.options[12]) == ("10.1.0.100", b"printer.example.test")


def test_options_and_boot_fields_alone() -> None:
    level = Level(options={6: ip("10.1.0.99")}, next_server=ip("10.1.0.4"), boot_file_name=b"a.bin")
    answer = network_of(reserving(HARDWARE, Reservation(None, None, level))).client(1).join()
    assert (answer.options[6], answer.octets[20:24], answer.octets[108:113]) == (
        ip("10.1.0.99"),
        ip("10.1.0.4"),
        b"a.bin",
    )


def everywhere(reservations: dict[bytes, Reservation]) -> Network:
    """A reservation of the server, on two networks."""
    addresses = {one.address: key for key, one in reservations.items() if one.address is not None}
    upper = subnet(shared_reservations=reservations)
    lower = subnet("10.2.0.0/24", "10.2.0.100-10.2.0.101", shared_reservations=reservations)
    return Network(
        replace(upper, reserved_addresses={one: key for one, key in addresses.items() if one[1] == 1}),
        replace(lower, reserved_addresses={one: key for one, key in addresses.items() if one[1] == 2}),
    )


def test_a_reservation_of_the_server_counts_everywhere_and_its_address_where_it_is() -> None:
    network = everywhere({HARDWARE: Reservation(ip("10.1.0.7"), "laptop")})
    here = network.client(1).join()
    there = network.client(1).at("10.2.0.254").join()
    assert (here.yiaddr, there.yiaddr) == ("10.1.0.7", "10.2.0.100")
    assert there.options[12] == b"laptop.example.test"
    assert network.client(1).at("10.2.0.254").renew("10.2.0.100").verdict is Verdict.ACKNOWLEDGED
    assert network.client(2).join((50, ip("10.1.0.7"))).yiaddr == "10.1.0.100"


def test_a_reservation_of_the_subnet_goes_before_one_of_the_server() -> None:
    network = network_of(
        subnet(
            reservations={HARDWARE: Reservation(None, "here")},
            shared_reservations={KEYS["client-id"]: Reservation(None, "everywhere")},
        )
    )
    mine = network.client(1, client_id=CLIENT_ID).join()
    assert network.view.rows[ip(mine.yiaddr)].fqdn == from_text("here.example.test.")


def test_who_gets_an_address_in_another_subnet_of_its_link_gives_up_the_one_before() -> None:
    """Else an address that was reserved for another would be kept by who can no longer renew it."""
    places = [subnet(network="wire"), subnet("10.2.0.0/24", "10.2.0.100-10.2.0.101", network="wire")]
    network = Network(*places)
    holder, owner = network.client(2), network.client(1)
    assert holder.join().yiaddr == "10.1.0.100"
    hundred = Reservation(ip("10.1.0.100"), None)
    network.subnets = SubnetTable([replace(reserving(HARDWARE, hundred), network="wire"), places[1]])
    assert holder.renew("10.1.0.100").verdict is Verdict.REFUSED_RESERVED
    assert holder.join((50, ip("10.2.0.101"))).yiaddr == "10.2.0.101"
    assert [row.address for row in network.view.leases_of(b"\0\1" + holder.mac)] == [ip("10.2.0.101")]
    assert [one.kind for one in network.view.events][-2:] == ["lease-superseded", "lease-bound"]
    assert owner.join().yiaddr == "10.1.0.100"


def test_an_address_that_somebody_has_is_reserved_for_another() -> None:
    """As Kea does: the holder keeps it until it asks again, then is refused; the other waits on a pool address."""
    network = network_of(subnet())
    holder, owner = network.client(2), network.client(1)
    assert holder.join().yiaddr == "10.1.0.100"
    hundred = Reservation(ip("10.1.0.100"), None)
    network.subnets = SubnetTable([reserving(HARDWARE, hundred)])
    assert owner.join().yiaddr == "10.1.0.101"
    assert owner.renew("10.1.0.101").verdict is Verdict.ACKNOWLEDGED
    refused = holder.renew("10.1.0.100")
    assert refused.verdict is Verdict.REFUSED_RESERVED
    assert refused.options[56] == b"the address is reserved for another client"
    assert holder.join().yiaddr == "10.1.0.102"  # which gives up its row of the reserved one
    assert owner.renew("10.1.0.101").verdict is Verdict.REFUSED_RESERVED_ELSEWHERE
    assert owner.join().yiaddr == "10.1.0.100"
