"""RFC 2131 sections 4.3.3 to 4.3.5: DHCPDECLINE, DHCPRELEASE, DHCPINFORM."""

from __future__ import annotations

from dhcp4_network import ACK, Network, ip, on_wire, subnet

from tenure.leasing.lease import LeaseState
from tenure.leasing.v4.verdict import Verdict
from tenure.naming.reason import Reason


def test_a_release_ends_the_lease_and_remembers_its_client() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    network.now += 60
    answer = network.client().release(mine)
    assert (answer.type, answer.verdict) == (None, Verdict.RELEASED)
    row = network.view.rows[ip(mine)]
    assert (row.state, row.ends_at, row.client) == (LeaseState.RELEASED, network.now, b"\0\1\2\0\0\0\0\1")
    assert (network.view.events[-1].kind, network.view.events[-1].cause) == ("lease-released", "RELEASE BOUND")


def test_a_release_takes_the_names_away() -> None:
    network = Network()
    mine = network.client().saying((12, b"pc")).join().yiaddr
    assert len(network.view.wanted) == 1
    network.client().release(mine)
    assert network.view.wanted == {}


def test_a_release_that_does_not_match_changes_nothing() -> None:
    network = Network()
    mine = network.client(1).join().yiaddr
    before = dict(network.view.rows)
    assert network.client(2).release(mine).verdict is Verdict.NO_SUCH_BINDING
    assert network.client(1).release("10.1.0.105").verdict is Verdict.NO_SUCH_BINDING
    assert network.client(1).release(mine, server="10.1.0.2").verdict is Verdict.OTHER_SERVER
    assert network.client(1).send(7, (54, ip("10.1.0.1"))).verdict is Verdict.NO_ADDRESS_NAMED
    assert network.view.rows == before
    network.client(1).release(mine)
    assert network.client(1).release(mine).verdict is Verdict.NO_SUCH_BINDING


def test_a_decline_puts_the_address_into_quarantine_and_takes_the_names_away() -> None:
    network = Network(subnet(decline_seconds=500))
    mine = network.client().saying((12, b"pc")).join().yiaddr
    answer = network.client().saying((56, b"arp\x1b[2J reply")).decline(mine)
    assert (answer.type, answer.verdict) == (None, Verdict.DECLINED)
    row = network.view.rows[ip(mine)]
    assert (row.state, row.client, row.ends_at) == (LeaseState.DECLINED, None, network.now + 500)
    assert row.reason == Reason.ADDRESS_DECLINED
    assert network.view.wanted == {}
    event = network.view.events[-1]
    assert (event.kind, event.client, event.detail) == ("lease-declined", b"\0\1\2\0\0\0\0\1", "arp?[2J reply")


def test_only_the_holder_can_decline_an_address() -> None:
    network = Network()
    mine = network.client(1).join().yiaddr
    before = dict(network.view.rows)
    assert network.client(2).decline(mine).verdict is Verdict.NO_SUCH_BINDING
    assert network.client(2).decline("10.1.0.108").verdict is Verdict.NO_SUCH_BINDING
    assert network.client(1).decline(mine, server="10.1.0.2").verdict is Verdict.OTHER_SERVER
    assert network.client(1).send(4, (54, ip("10.1.0.1"))).verdict is Verdict.NO_ADDRESS_NAMED
    assert network.view.rows == before


def test_inform_gives_parameters_and_no_lease() -> None:
    network = Network()
    answer = network.client().inform("10.1.0.9", (55, bytes((3, 6))))
    assert (answer.type, answer.verdict) == (ACK, Verdict.INFORMED)
    assert (answer.yiaddr, answer.ciaddr) == ("0.0.0.0", "10.1.0.9")
    assert set(answer.options) == {53, 54, 3, 6}
    assert answer.destination is not None
    assert (answer.destination.address, answer.destination.port) == (ip("10.1.0.9"), 68)
    assert network.view.rows == {}
    assert network.view.events == []


def test_an_inform_through_a_relay_is_answered_at_the_clients_address() -> None:
    network = Network()
    answer = network.client().send(8, ciaddr=ip("10.1.0.9"))
    assert answer.destination is not None
    assert answer.destination.address == ip("10.1.0.9")


def test_an_inform_without_an_address_is_answered_at_the_relay_or_on_the_wire() -> None:
    network = Network()
    relayed = network.client().send(8)
    assert relayed.destination is not None
    assert relayed.destination.address == ip("10.1.0.254")
    wired = network.client().send(8, arrival=on_wire())
    assert wired.destination is not None
    assert wired.destination.address == ip("255.255.255.255")
