"""Where naming looks further than the client's words, in leases of both protocols: guests, claims, circuits."""

from __future__ import annotations

from dataclasses import replace

import dhcp4_network as four
import dhcp6_network as six
from dhcpv6 import NA, ia

from tenure.dnswire.name import from_text
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.subnet import Reservation
from tenure.naming.policy import ConflictAction, RandomizedMac
from tenure.naming.reason import Reason
from tenure.naming.template import NameTemplate

GUESTS = replace(
    four.NAMING,
    conflict_action=ConflictAction.SUFFIX,
    randomized_mac=RandomizedMac.GUEST,
    guest_suffix=from_text("guest.example.test."),
)
CIRCUIT = replace(four.NAMING, name_template=NameTemplate("port-{circuit}"))


def test_two_devices_of_one_name_over_dhcpv6_have_one_each_for_all_their_addresses() -> None:
    net = six.Network(six.subnet(naming=GUESTS))
    first, second = net.client(1).saying(six.fqdn("pc")), net.client(2).saying(six.fqdn("pc"))
    one = first.request(ia(NA, 1), ia(NA, 2))
    other = second.request(ia(NA, 1), ia(NA, 2))
    assert net.names() == {"pc": set(one.leases), "pc-2": set(other.leases)}
    second.renew(ia(NA, 1), ia(NA, 2))
    assert net.names() == {"pc": set(one.leases), "pc-2": set(other.leases)}


def test_a_guest_over_dhcpv6_has_a_short_lease() -> None:
    net = six.Network(six.subnet(naming=GUESTS, valid_lifetime=7200, max_valid_lifetime=7200))
    linklayer = bytes.fromhex("0001025e00000001")  # option 79 of the relay (RFC 6939)
    guest = replace(net.client(1), relay_says=((79, linklayer),)).saying(six.fqdn("phone"))
    answer = guest.request(ia(NA, 1))
    assert answer.leases[answer.lease] == (900, 900)
    assert net.row(answer.lease).fqdn == from_text("phone.guest.example.test.")
    assert net.row(answer.lease).reason == Reason.GUEST_DEVICE
    usual = replace(net.client(2), relay_says=((79, bytes.fromhex("0001005e00000002")),)).request(ia(NA, 1))
    assert usual.leases[usual.lease][1] == 7200


def test_who_has_a_reservation_is_no_guest() -> None:
    key = bytes((0, 1, 2, 0, 0, 0, 0, 1))
    net = four.Network(four.subnet(naming=GUESTS, reservations={key: Reservation(None, None)}))
    known, stranger = net.client(1).saying((12, b"desk")).join(), net.client(2).saying((12, b"phone")).join()
    assert (known.lease_time, known.options[12]) == (3600, b"desk.example.test")
    assert (stranger.lease_time, stranger.options[12]) == (900, b"phone.guest.example.test")


def test_who_is_a_guest_no_more_gets_the_name_that_it_wishes_for() -> None:
    """A reservation was made for it. Nobody else has the name, so nothing stands in for that."""
    naming = replace(GUESTS, conflict_action=ConflictAction.GUEST_ZONE)
    net = four.Network(four.subnet(naming=naming))
    guest = net.client(1).saying((12, b"desk"))
    answer = guest.join()
    assert answer.options[12] == b"desk.guest.example.test"
    key = bytes((0, 1, 2, 0, 0, 0, 0, 1))
    net.subnets = SubnetTable([four.subnet(naming=naming, reservations={key: Reservation(None, None)})])
    assert guest.renew(answer.yiaddr).options[12] == b"desk.example.test"
    assert net.view.lease_at(four.ip(answer.yiaddr)).reason == Reason.HOST_NAME
    assert net.client(2).saying((12, b"desk")).join().options[12] == b"desk.guest.example.test", "it is free"


def test_a_circuit_gives_its_name_to_whoever_is_there() -> None:
    net = four.Network(four.subnet(naming=CIRCUIT))
    answer = net.client(1).join((82, b"\1\6eth0/7"))
    assert answer.options[12] == b"port-eth0-7.example.test"
    assert net.client(2).join().options.get(12) is None
    net6 = six.Network(six.subnet(naming=CIRCUIT))
    client = replace(net6.client(1), relay_says=((18, b"eth0/9"),))
    assert net6.row(client.request(ia(NA, 1)).lease).fqdn == from_text("port-eth0-9.example.test.")
