"""Which lease a client gets: reserved, remembered, by hash, in order, the longest ended; and what nobody gets."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address
from itertools import product

import pytest
from dhcp6_network import LINK, SERVER, Network, on_wire, prefix_pool, reserved, subnet
from dhcpv6 import NA, PD, ia, ip

from tenure.dhcpwire.v6.association import first_of
from tenure.leasing.lease import LeaseKind, LeaseState
from tenure.leasing.level import Level
from tenure.leasing.v6.link import SubnetTable
from tenure.leasing.v6.prepared import Range
from tenure.leasing.v6.search import hashed_address
from tenure.leasing.v6.subnet import Allocator

WIDE = f"{LINK}-{LINK}ffff:ffff:ffff:ffff"
KEY = b"\2" + bytes.fromhex("00030001020000000001")


def test_in_a_wide_pool_a_hash_points_to_the_address_and_points_there_again() -> None:
    net = Network(subnet(pools=WIDE))
    first, second = net.client(1).join(), net.client(2).join()
    assert first != second
    assert first_of(ip(first), 64) == ip(LINK)
    forgetful = Network(subnet(pools=WIDE))  # a new ledger, or another server
    assert forgetful.client(1).join() == first
    assert forgetful.client(1).join(2) not in {first, second}


def test_the_hash_is_of_the_secret_the_client_the_association_and_the_pool() -> None:
    (wide,) = SubnetTable([subnet(pools=WIDE)]).everything[0].ranges(LeaseKind.ADDRESS)
    shifted = Range(ip(LINK + "1"), wide.last, wide.step, wide.length, wide.number, is_hashed=True)
    cases = product((b"a", b"b"), (b"x", b"y"), (wide, shifted))
    seen = {hashed_address(secret, holder, one) for secret, holder, one in cases}
    assert len(seen) == 8
    assert all(wide.first <= address <= wide.last for address in seen)
    assert wide.is_hashed
    (narrow,) = SubnetTable([subnet()]).everything[0].ranges(LeaseKind.ADDRESS)
    assert not narrow.is_hashed


def test_where_the_hash_points_to_somebody_it_points_elsewhere_and_at_last_the_pool_is_searched() -> None:
    net = Network(subnet(pools=f"{LINK}-{LINK}ffff"))
    (prepared,) = net.subnets.link_of((), on_wire("fe80::1", "eth0", LINK + "1"))
    (only,) = prepared.ranges(LeaseKind.ADDRESS)
    holder = net.client(1).key + b"\0\0\0\0\1"
    places = [hashed_address(SERVER.secret, holder, only, attempt) for attempt in range(4)]
    somebody = net.row(net.client(99).join())
    for number, address in enumerate(places):
        assert net.client(1).solicit().lease == str(IPv6Address(address))
        net.now += 61
        net.view.rows[address] = somebody._replace(address=address, iaid=100 + number)
    assert ip(net.client(1).join()) not in {*places, somebody.address}


def test_where_it_is_wished_the_addresses_of_a_wide_pool_go_in_their_order() -> None:
    net = Network(subnet(pools=WIDE, allocator=Allocator.ITERATIVE))
    assert [net.client(number).join() for number in (1, 2, 3)] == [f"{LINK}1", f"{LINK}2", f"{LINK}3"]
    assert net.client(2).join() == f"{LINK}2"


def test_the_address_of_all_routers_is_nobodys() -> None:
    net = Network(subnet(pools=f"{LINK}-{LINK}1"))
    assert net.client(1).join() == LINK + "1"
    assert net.client(2).request(ia(NA, 1, LINK)).statuses == [2]


def test_a_wide_pool_that_is_full_is_as_quick_as_an_empty_one() -> None:
    """Each look costs the ledger the same, and there are few."""
    net = Network(subnet(pools=WIDE))
    looks = 0
    lease_at = net.view.lease_at

    def counted(address: bytes):  # type: ignore[no-untyped-def]
        nonlocal looks
        looks += 1
        return lease_at(address)

    net.view.lease_at = counted  # type: ignore[method-assign]
    net.client(1).solicit()
    empty, looks = looks, 0
    for number in range(2, 60):
        net.client(number).join()
    looks = 0
    net.client(1000).solicit()
    assert looks == empty


def test_a_client_gets_again_what_it_had() -> None:
    net = Network(subnet(prefixes="2001:db8:ff::/48>56"))
    client = net.client(1)
    address, prefix = client.join(), client.delegate()
    client.release(ia(NA, 1, address), ia(PD, 1, prefix))
    net.client(2).join()
    net.client(2).delegate()
    assert (client.join(), client.delegate()) == (address, prefix)


def test_what_a_client_asks_for_it_gets_if_it_can() -> None:
    net = Network(subnet(prefixes="2001:db8:ff::/48>56"))
    client = net.client(1)
    assert client.solicit(ia(NA, 1, LINK + "105")).lease == LINK + "105"
    assert client.solicit(ia(PD, 1, "2001:db8:ff:500::/56")).lease == "2001:db8:ff:500::/56"
    assert client.solicit(ia(NA, 2, LINK + "999")).lease == LINK + "100"  # in no pool
    for wrong in ("2001:db8:ff:510::/60", "2001:db8:fe::/56", "2001:db8:ff::/48", "::/56"):
        assert client.solicit(ia(PD, 2, wrong)).lease == "2001:db8:ff::/56"
    assert net.client(2).solicit(ia(NA, 1, LINK + "105")).lease != LINK + "105"  # offered to the other one


def test_pools_are_used_up_in_order_and_then_the_longest_ended_is_used_again() -> None:
    net = Network(subnet(pools=f"{LINK}100-{LINK}101 {LINK}200-{LINK}200"))
    assert [net.client(number).join() for number in (1, 2, 3)] == [LINK + "100", LINK + "101", LINK + "200"]
    assert net.client(4).solicit().statuses == [2]
    net.now += 10
    net.client(2).release(ia(NA, 1, LINK + "101"))
    net.now += 10
    net.client(1).release(ia(NA, 1, LINK + "100"))
    net.now += 10
    assert net.client(4).join() == LINK + "101"
    assert net.view.events[-1].kind == "lease-bound"
    assert net.client(5).join() == LINK + "100"


def test_a_lease_that_ran_out_unnoticed_is_ended_by_who_gets_it() -> None:
    net = Network(subnet(pools=f"{LINK}100-{LINK}100"))
    net.client(1).saying((39, b"\1\3pc1")).join()
    net.now += 3601
    net.client(2).saying((39, b"\1\3pc2")).join()
    assert net.names() == {"pc2": {LINK + "100"}}
    assert [event.kind for event in net.view.events] == ["lease-bound", "lease-expired", "lease-bound"]


def test_prefixes_are_delegated_in_order_and_used_again() -> None:
    net = Network(subnet(prefix_pools=(prefix_pool("2001:db8:ff::/54", 56),)))
    pieces = [f"2001:db8:ff:{n}00::/56" for n in range(4)]
    pieces[0] = "2001:db8:ff::/56"
    assert [net.client(n).delegate() for n in range(4)] == pieces
    assert net.client(9).solicit(ia(PD, 1)).statuses == [6]
    net.client(2).release(ia(PD, 1, pieces[2]))
    assert net.client(9).delegate() == pieces[2]


@pytest.mark.parametrize(("before", "after"), [(56, 60), (60, 56), (48, 64)])
def test_a_prefix_is_never_delegated_again_in_another_length(before: int, after: int) -> None:
    net = Network(subnet(prefix_pools=(prefix_pool("2001:db8:ff::/48", before),)))
    held = net.client(1).delegate()
    changed = Network(subnet(prefix_pools=(prefix_pool("2001:db8:ff::/48", after),)), view=net.view)
    answer = changed.client(2).solicit(ia(PD, 1))
    if before == 48:
        assert answer.statuses == [6]
        return
    got = changed.client(2).request(ia(PD, 1, answer.lease)).lease
    first, last = ip(held.partition("/")[0]), net.row(held).last_address
    assert not first <= ip(got.partition("/")[0]) <= last
    assert not ip(got.partition("/")[0]) <= first <= changed.row(got).last_address
    # the one that has it keeps it until it renews, and then is given one of the new length
    renewed = changed.client(1).renew(ia(PD, 1, held))
    assert renewed.leases[held] == (0, 0)
    assert renewed.lease.endswith(f"/{after}")


def test_ended_prefixes_of_another_length_give_way() -> None:
    net = Network(subnet(prefix_pools=(prefix_pool("2001:db8:ff::/56", 64),)))
    for number in range(8):
        prefix = net.client(number).delegate()
        net.client(number).release(ia(PD, 1, prefix))
    changed = Network(subnet(prefix_pools=(prefix_pool("2001:db8:ff::/56", 60),)), view=net.view)
    got = [changed.client(number).delegate() for number in range(20, 36)]
    assert len(set(got)) == 16
    bound = [row for row in changed.view.rows.values() if row.state == LeaseState.BOUND]
    assert len(bound) == len(changed.view.rows) == 16


class TestReservations:
    """Addresses, prefixes and names that are kept for one client."""

    def net(self, *leases: str, **given: object) -> Network:
        return Network(subnet(reservations={KEY: reserved(*leases)}, prefixes="2001:db8:ff::/48>56", **given))

    def test_each_association_gets_one_of_them_and_then_one_from_the_pools(self) -> None:
        net = self.net(LINK + "7", LINK + "103")
        answer = net.client(1).request(ia(NA, 1), ia(NA, 2), ia(NA, 3))
        assert [next(iter(one.leases)) for one in answer.said.ias] == [LINK + "7", LINK + "103", LINK + "100"]
        again = net.client(1).renew(ia(NA, 2), ia(NA, 1))
        assert [next(iter(one.leases)) for one in again.said.ias] == [LINK + "103", LINK + "7"]

    def test_nobody_else_gets_them(self) -> None:
        net = self.net(LINK + "103", "2001:db8:ff:300::/56", pools=f"{LINK}103-{LINK}103")
        assert net.client(2).request(ia(NA, 1, LINK + "103")).statuses == [2]
        assert net.client(2).request(ia(PD, 1, "2001:db8:ff:300::/56")).lease == "2001:db8:ff::/56"
        assert net.client(1).request(ia(NA, 1), ia(PD, 1)).leases.keys() == {LINK + "103", "2001:db8:ff:300::/56"}

    def test_a_prefix_outside_of_the_pools(self) -> None:
        net = self.net("2001:db8:77::/52")
        prefix = net.client(1).delegate()
        assert prefix == "2001:db8:77::/52"
        assert net.client(1).renew(ia(PD, 1, prefix)).leases == {prefix: (1800, 3600)}

    def test_one_from_the_pool_is_given_up_for_a_new_reservation(self) -> None:
        net = Network()
        before = net.client(1).join()
        changed = Network(subnet(reservations={KEY: reserved(LINK + "7")}), view=net.view)
        assert changed.client(1).renew(ia(NA, 1, before)).leases == {LINK + "7": (1800, 3600), before: (0, 0)}
        assert [row.address for row in changed.view.rows.values()] == [ip(LINK + "7")]

    def test_while_somebody_else_has_it_the_pool_helps(self) -> None:
        net = Network()
        held = net.client(2).join()
        changed = Network(subnet(reservations={KEY: reserved(held)}), view=net.view)
        assert changed.client(1).join() != held
        # the other one must give it up when it renews
        answer = changed.client(2).renew(ia(NA, 1, held))
        assert answer.leases[held] == (0, 0)
        assert changed.client(1).renew(ia(NA, 1)).lease == held

    def test_by_hardware_address_where_no_duid_is_reserved(self) -> None:
        hardware = b"\1\2\0\0\0\x0a\7"
        net = Network(subnet(reservations={b"\0" + hardware: reserved(LINK + "7"), KEY: reserved(LINK + "8")}))
        relay = ((79, b"\0" + hardware),)
        assert replace(net.client(2), relay_says=relay).request().lease == LINK + "7"
        assert replace(net.client(1), relay_says=relay).request().lease == LINK + "8"

    def test_one_address_in_each_subnet_of_a_link(self) -> None:
        second = "2001:db8:2::"
        net = Network(
            subnet(reservations={KEY: reserved(LINK + "7")}, interface_id=b"p"),
            subnet(f"{second}/64", "", reservations={KEY: reserved(second + "7")}, interface_id=b"p"),
        )
        client = net.client(1)
        answer = client.request(ia(NA, 1))
        assert answer.leases.keys() == {LINK + "7", second + "7"}
        assert client.renew(ia(NA, 1, *answer.leases)).leases == answer.leases
        client.release(ia(NA, 1, *answer.leases))
        assert {row.state for row in net.view.rows.values()} == {LeaseState.RELEASED}

    def test_options_of_its_own(self) -> None:
        net = Network(subnet(reservations={KEY: reserved(level=Level(options={23: ip("2001:db8::99")}))}))
        asks = (6, b"\0\x17")
        assert net.client(1).request(ia(NA, 1), asks).said.options[23] == ip("2001:db8::99")
        assert net.client(2).request(ia(NA, 1), asks).said.options[23] == ip("2001:db8::53")


def test_a_client_that_moves_takes_its_names_along_and_one_on_two_links_keeps_both() -> None:
    second = "2001:db8:2::"
    net = Network(subnet(), subnet(f"{second}/64", f"{second}100-{second}109"))
    client = net.client(1).saying((39, b"\1\3pc1"))
    here = client.join(1)
    there = client.at(second + "1")
    address = there.join(1)
    assert net.names() == {"pc1": {address}}
    assert net.row(here).state == LeaseState.BOUND
    # a renewal says nothing about where it is
    assert client.renew(ia(NA, 1, here)).lease == here
    assert net.names() == {"pc1": {address}}
    # another interface of the same machine: another association
    other = client.join(2)
    assert net.names() == {"pc1": {address, other}}


class TestSeveralInOneAssociation:
    """Where the reservation says so; `TestReservations` has the usual way, one for each."""

    HELD = reserved(f"{LINK}7", f"{LINK}8", "2001:db8:77::/56", name="host", several_per_association=True)

    def test_it_gets_them_all_and_each_has_the_name(self) -> None:
        net = Network(subnet(reservations={KEY: self.HELD}))
        client = net.client(1)
        answer = client.request(ia(NA, 1), ia(PD, 1))
        assert set(answer.leases) == {f"{LINK}7", f"{LINK}8", "2001:db8:77::/56"}
        assert net.names() == {"host": {f"{LINK}7", f"{LINK}8"}}
        assert set(client.renew(ia(NA, 1, f"{LINK}7", f"{LINK}8")).leases) == {f"{LINK}7", f"{LINK}8"}
        assert client.request(ia(NA, 2)).lease == f"{LINK}100"

    def test_one_that_somebody_has_is_added_when_it_is_free(self) -> None:
        net = Network()
        somebody = net.client(2)
        somebody.request(ia(NA, 1, f"{LINK}100"))
        both = reserved(f"{LINK}100", f"{LINK}8", several_per_association=True)
        net.subnets = SubnetTable([subnet(reservations={KEY: both})])
        client = net.client(1)
        assert set(client.request(ia(NA, 1)).leases) == {f"{LINK}8"}
        assert somebody.renew(ia(NA, 1, f"{LINK}100")).leases[f"{LINK}100"] == (0, 0)
        assert set(client.renew(ia(NA, 1, f"{LINK}8")).leases) == {f"{LINK}8", f"{LINK}100"}
        places = [net.row(f"{LINK}{last}").iaid for last in ("8", "100")]
        assert places == [1, (1 << 32) + 1]

    def test_they_keep_their_places_in_whatever_order_they_are_written(self) -> None:
        net = Network(subnet(reservations={KEY: self.HELD}))
        client = net.client(1)
        client.request(ia(NA, 1))
        before = {last: net.row(f"{LINK}{last}").iaid for last in ("7", "8")}
        net.subnets = SubnetTable([subnet(reservations={KEY: replace(self.HELD, addresses=self.HELD.addresses[::-1])})])
        client.renew(ia(NA, 1, f"{LINK}7", f"{LINK}8"))
        assert {last: net.row(f"{LINK}{last}").iaid for last in ("7", "8")} == before

    def test_one_that_is_declined_or_given_back_goes_alone(self) -> None:
        net = Network(subnet(reservations={KEY: self.HELD}))
        client = net.client(1)
        client.request(ia(NA, 1))
        client.decline(ia(NA, 1, f"{LINK}7"))
        assert net.names() == {"host": {f"{LINK}8"}}
        assert set(client.renew(ia(NA, 1, f"{LINK}8")).leases) == {f"{LINK}8"}
        client.release(ia(NA, 1, f"{LINK}8"))
        assert net.names() == {}

    def test_where_it_is_one_each_again_the_association_keeps_one(self) -> None:
        net = Network(subnet(reservations={KEY: self.HELD}))
        client = net.client(1)
        client.request(ia(NA, 1))
        net.subnets = SubnetTable([subnet(reservations={KEY: replace(self.HELD, several_per_association=False)})])
        answer = client.renew(ia(NA, 1, f"{LINK}7", f"{LINK}8"))
        assert answer.leases == {f"{LINK}7": (1800, 3600), f"{LINK}8": (0, 0)}
        assert net.names() == {"host": {f"{LINK}7"}}
