"""RFC 9686: addresses that clients made themselves, noted, named, and taken away again."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest
from dhcp6_network import LINK, SERVER, START, Answer, Network, fqdn, from_relay, on_wire, reserved, subnet
from dhcpv6 import ADDR_REG_INFORM, ADDR_REG_REPLY, DUID, NA, XID, ia, ip, message, oro, relayed

from tenure.leasing.lease import FOREVER, LeaseKind, LeaseState
from tenure.leasing.v6.arrival import Arrival, Destination
from tenure.leasing.v6.subnet import Allocator
from tenure.leasing.v6.verdict import WORDS, Verdict
from tenure.naming.reason import Reason

OWN = "2001:db8:1:0:b:ff:fe00:1"
SECOND = "2001:db8:1:0:b:ff:fe00:2"
WIDE = f"{LINK}-{LINK}ffff:ffff"
MONTH = 30 * 86400


def address(text: str, valid: int = 7200, preferred: int = 3600) -> tuple[int, bytes]:
    return 5, ip(text) + struct.pack("!II", preferred, valid)


def told(
    net: Network, text: str, *more: tuple[int, bytes], duid: bytes = DUID, source: str = "", **life: int
) -> Answer:
    octets = message(ADDR_REG_INFORM, (1, duid), address(text, **life), *more)
    return net.send(relayed(octets, LINK + "1", source or text), from_relay())


def test_4_2_1_the_address_is_noted_and_the_client_hears_so() -> None:
    net = Network()
    answer = told(net, OWN, fqdn("pc1"))
    assert (answer.kind, answer.said.xid, answer.verdict) == (ADDR_REG_REPLY, XID, Verdict.REGISTERED)
    assert answer.said.options == {5: address(OWN)[1]}
    row = net.row(OWN)
    assert (row.client, row.kind, row.state) == (b"\2" + DUID, LeaseKind.SELF_MADE, LeaseState.BOUND)
    assert (row.ends_at, row.preferred_lifetime) == (START + 7200, 3600)
    assert net.names() == {"pc1": {OWN}}
    assert net.view.events[-1].kind == "lease-bound"


def test_4_3_on_a_wire_the_reply_goes_to_the_address() -> None:
    net = Network(subnet(interface="eth0"))
    octets = message(ADDR_REG_INFORM, (1, DUID), address(OWN))
    answer = net.send(octets, on_wire(OWN))
    assert answer.destination == Destination(ip(OWN), 546)
    assert net.send(octets, on_wire("fe80::1")).verdict is Verdict.ADDRESS_NOT_REGISTERED


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (OWN, SECOND),  # not the sender's
        ("2001:db8:2::5", "2001:db8:2::5"),  # not of this link
        ("fe80::5", "fe80::5"),
    ],
)
def test_4_2_1_what_cannot_be_is_not_noted(text: str, source: str) -> None:
    net = Network()
    assert told(net, text, source=source).verdict is Verdict.ADDRESS_NOT_REGISTERED
    assert net.view.rows == {}


def test_4_2_1_messages_that_are_invalid() -> None:
    net = Network()
    assert told(net, OWN, (2, SERVER.duid)).verdict is Verdict.SERVER_NAMED
    assert told(net, OWN, oro(23)).verdict is Verdict.ASSOCIATIONS_NAMED
    without = relayed(message(ADDR_REG_INFORM, (1, DUID)), LINK + "1", OWN)
    assert net.send(without, from_relay()).verdict is Verdict.ADDRESS_NOT_REGISTERED
    nobody = relayed(message(ADDR_REG_INFORM, address(OWN)), LINK + "1", OWN)
    assert net.send(nobody, from_relay()).verdict is Verdict.NO_IDENTITY
    assert net.view.rows == {}


def test_4_2_1_an_address_that_was_leased_is_no_self_made_one() -> None:
    net = Network()
    leased = net.client().join()
    row = net.row(leased)
    assert told(net, leased).verdict is Verdict.ADDRESS_NOT_REGISTERED
    assert net.row(leased) == row


def test_4_2_1_an_address_that_is_noted_is_leased_to_nobody() -> None:
    net = Network(subnet(pools=WIDE))
    pointed_to = net.client(2).solicit().lease
    net.now += 61
    assert told(net, pointed_to).verdict is Verdict.REGISTERED
    assert net.client(2).solicit().lease != pointed_to
    net.now += 7201
    assert net.client(2).solicit().lease == pointed_to


class TestNotAppropriate:
    """Section 4.2.1: such a message is dropped, and the fact is logged."""

    def refused(self, net: Network, text: str, verdict: Verdict, **how: Any) -> None:
        rows = dict(net.view.rows)
        answer = told(net, text, **how)
        assert (answer.verdict, answer.octets) == (verdict, b"")
        assert net.view.rows == rows
        event = net.view.events[-1]
        assert (event.kind, event.address, event.client) == ("request-refused", ip(text), b"\2" + DUID)
        assert event.detail == WORDS[verdict]

    def test_what_is_reserved_for_another_client(self) -> None:
        net = Network(subnet(reservations={b"\2owner": reserved(OWN, name="pc7")}))
        self.refused(net, OWN, Verdict.ADDRESS_RESERVED)

    def test_the_owner_of_a_reservation_can_tell_of_it_and_lease_it_later(self) -> None:
        net = Network(subnet(reservations={b"\2" + DUID: reserved(LINK + "105", name="pc7")}))
        assert told(net, LINK + "105").verdict is Verdict.REGISTERED
        assert net.names() == {"pc7": {LINK + "105"}}
        assert replace(net.client(), duid=DUID).join() == LINK + "105"
        assert net.row(LINK + "105").kind == LeaseKind.ADDRESS
        assert net.names() == {"pc7": {LINK + "105"}}
        assert told(net, LINK + "105").verdict is Verdict.ADDRESS_NOT_REGISTERED

    def test_the_address_of_all_routers(self) -> None:
        self.refused(Network(), LINK, Verdict.ADDRESS_OF_NETWORK)
        host_route = Network(subnet(prefix=f"{LINK}2/127", pools="", prefixes=""))
        octets = message(ADDR_REG_INFORM, (1, DUID), address(LINK + "2"))
        answer = host_route.send(relayed(octets, LINK + "3", LINK + "2"), from_relay())
        assert answer.verdict is Verdict.REGISTERED

    def test_what_the_configuration_knows_as_this_hosts_or_a_relays(self) -> None:
        self.refused(Network(subnet(devices=frozenset({ip(OWN)}))), OWN, Verdict.ADDRESS_OF_NETWORK)

    def test_the_servers_addresses_on_the_wire(self) -> None:
        net = Network(subnet(interface="eth0"))
        octets = message(ADDR_REG_INFORM, (1, DUID), address(OWN))
        answer = net.send(octets, on_wire(OWN, "eth0", OWN))
        assert (answer.verdict, net.view.rows) == (Verdict.ADDRESS_OF_NETWORK, {})

    def test_the_address_to_which_a_relay_sent(self) -> None:
        net = Network()
        octets = relayed(message(ADDR_REG_INFORM, (1, DUID), address(OWN)), LINK + "1", OWN)
        answer = net.send(octets, Arrival(ip("2001:db8::99"), 547, multicast=False, destination=ip(OWN)))
        assert answer.verdict is Verdict.ADDRESS_OF_NETWORK

    def test_the_relays_on_the_way(self) -> None:
        net = Network()
        self.refused(net, LINK + "1", Verdict.ADDRESS_OF_NETWORK)
        octets = relayed(message(ADDR_REG_INFORM, (1, DUID), address(OWN)), LINK + "1", OWN)
        for relay, outer in ((OWN, SECOND), (SECOND, OWN)):
            answer = net.send(relayed(octets, "2001:db8::1", relay), from_relay(outer))
            assert answer.verdict is Verdict.ADDRESS_OF_NETWORK
        assert net.view.rows == {}

    def test_a_pool_that_a_client_could_fill(self) -> None:
        for net in (Network(), Network(subnet(allocator=Allocator.ITERATIVE))):
            self.refused(net, LINK + "105", Verdict.ADDRESS_OF_POOL)
            for number in range(10):
                net.now += 60
                self.refused(net, f"{LINK}{0x100 + number:x}", Verdict.ADDRESS_OF_POOL, valid=0xFFFFFFFF)
            assert net.client(2).join() in {f"{LINK}{0x100 + number:x}" for number in range(10)}

    def test_a_pool_of_prefixes(self) -> None:
        net = Network(subnet(prefixes=f"{LINK}4000:0:0:0/80>96"))
        self.refused(net, LINK + "4000:0:7:1", Verdict.ADDRESS_OF_POOL)

    def test_what_stands_offered(self) -> None:
        net = Network(subnet(pools=WIDE))
        offered = net.client(2).solicit().lease
        self.refused(net, offered, Verdict.ADDRESS_OF_POOL)
        assert net.client(2).request().lease == offered

    def test_what_was_noted_before_can_be_ended_and_not_prolonged(self) -> None:
        net = Network()
        told(net, OWN)
        later = Network(subnet(devices=frozenset({ip(OWN)})), view=net.view)
        self.refused(later, OWN, Verdict.ADDRESS_OF_NETWORK)
        assert told(later, OWN, valid=0).verdict is Verdict.REGISTERED
        assert net.row(OWN).state == LeaseState.RELEASED
        self.refused(Network(subnet(devices=frozenset({ip(OWN)})), view=net.view), OWN, Verdict.ADDRESS_OF_NETWORK)

    def test_the_history_is_told_of_each_reason_once_a_minute(self) -> None:
        net = Network()
        for _ in range(3):
            told(net, LINK + "105")
        assert [event.kind for event in net.view.events] == ["request-refused"]
        told(net, LINK)  # another reason
        told(net, LINK + "105", duid=b"\0\3\0\1other.")
        assert len(net.view.events) == 3
        net.now += 60
        told(net, LINK + "105")
        assert len(net.view.events) == 4


class TestLimit:
    """Section 6: a client that tells of very many."""

    def addresses(self, number: int) -> list[str]:
        return [f"{LINK}b:0:0:{one:x}" for one in range(1, number + 1)]

    def test_a_client_has_so_many_on_a_link(self) -> None:
        net = Network()
        verdicts = [told(net, text, valid=7200 + number).verdict for number, text in enumerate(self.addresses(33))]
        assert verdicts == [Verdict.REGISTERED] * 32 + [Verdict.TOO_MANY_ADDRESSES]
        assert net.view.events[-1].kind == "request-refused"
        first, last = self.addresses(33)[0], self.addresses(33)[-1]
        assert told(net, first).verdict is Verdict.REGISTERED  # it is not one more
        assert told(net, last, duid=b"\0\3\0\1other.").verdict is Verdict.REGISTERED
        assert told(net, LINK + "c").verdict is Verdict.TOO_MANY_ADDRESSES
        assert told(net, LINK + "c", valid=0).verdict is Verdict.RELEASED
        told(net, first, valid=0)
        assert told(net, LINK + "c").verdict is Verdict.REGISTERED
        net.now += 7300
        assert told(net, LINK + "d").verdict is Verdict.REGISTERED

    def test_subnets_of_one_link_count_together_and_those_of_others_do_not(self) -> None:
        few = {"most_registrations": 2, "network": "floor"}
        net = Network(
            subnet(**few), subnet("2001:db8:2::/64", "", **few), subnet("2001:db8:3::/64", "", most_registrations=2)
        )
        one, two, three = OWN, "2001:db8:2::b", LINK + "c"
        assert [told(net, text).verdict for text in (one, two)] == [Verdict.REGISTERED] * 2
        assert told(net, three).verdict is Verdict.TOO_MANY_ADDRESSES
        octets = message(ADDR_REG_INFORM, (1, DUID), address("2001:db8:3::b"))
        assert net.send(relayed(octets, "2001:db8:3::1", "2001:db8:3::b"), from_relay()).verdict is Verdict.REGISTERED

    def test_leases_do_not_count(self) -> None:
        net = Network(subnet(most_registrations=1))
        replace(net.client(), duid=DUID).join()
        assert told(net, OWN).verdict is Verdict.REGISTERED


@pytest.mark.parametrize(
    ("said", "longest", "kept"),
    [
        (0xFFFFFFFF, 3600, MONTH),
        (MONTH + 1, 3600, MONTH),
        (MONTH, 3600, MONTH),  # what clients say whose router says nothing else: they are heard again in time
        (0xFFFFFFFF, 2 * MONTH, 2 * MONTH),
        (3 * MONTH, 0xFFFFFFFF, 3 * MONTH),
    ],
)
def test_4_2_1_and_4_3_the_lifetime_is_the_clients_up_to_a_bound_and_the_reply_says_what_it_said(
    said: int, longest: int, kept: int
) -> None:
    net = Network(subnet(max_valid_lifetime=longest))
    answer = told(net, OWN, fqdn("pc1"), valid=said, preferred=said)
    assert answer.said.options == {5: address(OWN, said, said)[1]}
    row = net.row(OWN)
    assert (row.ends_at, row.valid_lifetime, row.preferred_lifetime) == (START + kept, kept, kept)


def test_where_leases_have_no_end_self_made_addresses_can_be_without_one() -> None:
    net = Network(subnet(max_valid_lifetime=0xFFFFFFFF))
    told(net, OWN, valid=0xFFFFFFFF)
    assert net.row(OWN).ends_at == FOREVER


def test_4_2_1_of_two_clients_the_later_one_is_believed_and_the_history_says_so() -> None:
    net = Network()
    told(net, OWN, fqdn("first"))
    told(net, OWN, fqdn("second"), duid=b"\0\3\0\1other.")
    assert net.row(OWN).client == b"\2\0\3\0\1other."
    assert net.names() == {"second": {OWN}}
    assert [event.kind for event in net.view.events] == ["lease-bound", "lease-superseded", "lease-bound"]


def test_4_6_a_refresh_prolongs_it_and_zero_ends_it() -> None:
    net = Network()
    told(net, OWN, fqdn("pc1"))
    told(net, SECOND, fqdn("pc1"))
    assert net.names() == {"pc1": {OWN, SECOND}}
    net.now += 100
    told(net, OWN, fqdn("pc1"), valid=1000)
    assert (net.row(OWN).started_at, net.row(OWN).ends_at) == (START, START + 1100)
    assert net.view.events[-1].kind == "lease-renewed"
    gone = told(net, OWN, fqdn("pc1"), valid=0, preferred=0)
    assert (gone.kind, gone.verdict) == (ADDR_REG_REPLY, Verdict.REGISTERED)
    assert net.row(OWN).state == LeaseState.RELEASED
    assert net.names() == {"pc1": {SECOND}}
    again = told(net, OWN, fqdn("pc1"), valid=0)
    assert (again.kind, again.verdict) == (ADDR_REG_REPLY, Verdict.RELEASED)


def test_nobody_ends_the_registration_of_another_client() -> None:
    net = Network()
    told(net, OWN, fqdn("pc1"))
    told(net, OWN, duid=b"\0\3\0\1other.", valid=0)
    assert net.names() == {"pc1": {OWN}}


def test_without_a_name_of_its_own_it_has_that_of_the_clients_lease() -> None:
    net = Network()
    client = net.client().saying(fqdn("pc1"))
    leased = client.request(ia(NA, 1)).lease
    told(net, OWN, duid=client.duid)
    assert net.names() == {"pc1": {leased, OWN}}
    assert (net.row(OWN).reason, net.row(OWN).heard_name) == (Reason.CLIENT_FQDN, "pc1")


def test_a_name_that_was_generated_for_another_address_is_called_generated() -> None:
    net = Network()
    told(net, OWN)
    told(net, SECOND)
    net.now += 100
    told(net, SECOND)
    (addresses,) = net.names().values()
    assert addresses == {OWN, SECOND}
    assert {(row.reason, row.heard_name) for row in net.view.rows.values()} == {(Reason.GENERATED, "")}


def test_a_reason_why_a_record_is_not_ours_says_nothing_of_where_the_name_came_from() -> None:
    net = Network()
    client = net.client().saying(fqdn("pc1", flags=0))
    leased = client.request(ia(NA, 1)).lease
    assert net.row(leased).reason == Reason.CLIENT_UPDATES
    told(net, OWN, duid=client.duid)
    assert net.row(OWN).reason == Reason.CLIENT_FQDN


def test_4_4_that_it_is_supported_is_told_to_who_asks() -> None:
    assert Network().client().inform(oro(148)).said.options[148] == b""
    assert Network().client().request(ia(NA, 1), oro(148)).said.options[148] == b""
    assert 148 not in Network().client().inform(oro(23)).said.options
    off = Network(subnet(registers_self_made=False))
    assert 148 not in off.client().inform(oro(148)).said.options
    assert told(off, OWN).verdict is Verdict.ADDRESS_NOT_REGISTERED
