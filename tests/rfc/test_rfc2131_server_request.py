"""RFC 2131 section 4.3.2: DHCPREQUEST by the state of the client, and when it is refused."""

from __future__ import annotations

import pytest
from dhcp4_network import ACK, NAK, Network, ip, on_wire, subnet, unicast

from tenure.leasing.lease import LeaseState
from tenure.leasing.v4.subnet import Reservation
from tenure.leasing.v4.verdict import Verdict


def test_selecting_commits_what_was_offered() -> None:
    network = Network()
    answer = network.client().join()
    row = network.view.rows[ip(answer.yiaddr)]
    assert (row.state, row.started_at, row.ends_at) == (LeaseState.BOUND, network.now, network.now + 3600)
    assert row.client == b"\0\1\2\0\0\0\0\1"
    event = network.view.events[-1]
    assert (event.kind, event.cause, event.correlation) == ("lease-bound", "REQUEST SELECTING", row.correlation)


def test_selecting_works_without_a_remembered_offer() -> None:
    assert Network().client().select("10.1.0.108").type == ACK


def test_another_server_was_selected_so_our_offer_is_free_again() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.100"))
    network.client(1).discover()
    assert network.client(1).select("10.1.0.100", server="10.1.0.2").verdict is Verdict.OTHER_SERVER
    assert network.view.rows == {}
    network.now += 6
    assert network.client(2).join().yiaddr == "10.1.0.100"


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        ("10.2.0.100", Verdict.REFUSED_WRONG_NETWORK),
        ("10.1.0.9", Verdict.REFUSED_OUTSIDE_POOLS),
        ("10.1.0.100", Verdict.REFUSED_TAKEN),
        ("10.1.0.101", Verdict.REFUSED_QUARANTINE),
        ("10.1.0.102", Verdict.REFUSED_TAKEN),  # offered to another client
        ("10.1.0.109", Verdict.REFUSED_RESERVED),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_reason(address: str, verdict: Verdict) -> None:
    key = b"\0\1\2\0\0\0\0\x09"
    network = Network(
        subnet(reservations={key: Reservation(ip("10.1.0.109"), None)}, reserved_addresses={ip("10.1.0.109"): key})
    )
    network.client(1).join()
    network.client(2).decline(network.client(2).join().yiaddr)
    network.client(3).discover()
    answer = network.client(4).select(address)
    assert (answer.type, answer.verdict) == (NAK, verdict)
    assert network.view.events[-1].kind == "request-refused"
    assert network.view.events[-1].cause == "REQUEST SELECTING"
    assert network.view.leases_of(b"\0\1\2\0\0\0\0\4") == []


def test_init_reboot_with_the_right_address_is_acknowledged() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    assert network.client().reboot(mine).type == ACK
    assert network.view.events[-1].cause == "REQUEST INIT-REBOOT"


def test_init_reboot_after_the_end_is_acknowledged_while_the_address_is_free() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    network.now += 100_000
    assert network.client().reboot(mine).type == ACK
    assert network.view.rows[ip(mine)].started_at == network.now


def test_init_reboot_on_the_wrong_network_is_refused() -> None:
    network = Network(subnet(), subnet("10.2.0.0/24", pools="10.2.0.100-10.2.0.109"))
    mine = network.client().join().yiaddr
    assert network.client(giaddr="10.2.0.254").reboot(mine).verdict is Verdict.REFUSED_WRONG_NETWORK


def test_init_reboot_with_another_address_than_the_clients_is_refused() -> None:
    network = Network()
    network.client().join()
    assert network.client().reboot("10.1.0.105").verdict is Verdict.REFUSED_OTHER_ADDRESS
    other = network.client(2).join().yiaddr
    assert network.client().reboot(other).verdict is Verdict.REFUSED_TAKEN


@pytest.mark.parametrize(
    ("authoritative", "verdict"), [(True, Verdict.REFUSED_UNKNOWN), (False, Verdict.UNKNOWN_CLIENT)]
)
def test_an_unknown_client_is_refused_by_the_only_authority(authoritative: bool, verdict: Verdict) -> None:
    network = Network(subnet(authoritative=authoritative))
    assert network.client().reboot("10.1.0.105").verdict is verdict
    assert network.client().renew("10.1.0.105").verdict is verdict
    assert network.view.rows == {}


def test_a_server_without_authority_is_silent_about_a_wrong_network() -> None:
    network = Network(subnet(authoritative=False))
    assert network.client().reboot("10.2.0.5").verdict is Verdict.UNKNOWN_CLIENT


def test_an_unknown_rebinding_client_is_left_to_the_server_that_knows_it() -> None:
    answer = Network().client().rebind("10.1.0.105")
    assert (answer.type, answer.verdict) == (None, Verdict.UNKNOWN_CLIENT)


def test_renewing_extends_the_lease_and_keeps_its_beginning() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    network.now += 1800
    answer = network.client().renew(mine)
    assert (answer.type, answer.yiaddr, answer.ciaddr) == (ACK, mine, mine)
    row = network.view.rows[ip(mine)]
    assert (row.started_at, row.ends_at) == (network.now - 1800, network.now + 3600)
    assert (network.view.events[-1].kind, network.view.events[-1].cause) == ("lease-renewed", "REQUEST RENEWING")


def test_rebinding_extends_the_lease_too() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    network.now += 3300
    assert network.client().rebind(mine).type == ACK
    assert network.view.events[-1].cause == "REQUEST REBINDING"


def test_a_broadcast_on_the_wire_is_rebinding_and_a_unicast_renewing() -> None:
    network = Network(subnet(interface="eth0"))
    mine = network.client().join(arrival=on_wire()).yiaddr
    assert network.client().send(3, ciaddr=ip(mine), arrival=on_wire()).type == ACK
    assert network.view.events[-1].cause == "REQUEST REBINDING"
    assert network.client().send(3, ciaddr=ip(mine), arrival=unicast(mine)).type == ACK
    assert network.view.events[-1].cause == "REQUEST RENEWING"


def test_renewing_after_the_end_is_acknowledged_while_the_address_is_free() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    network.now += 3601
    assert network.client().renew(mine).type == ACK
    assert network.view.events[-1].kind == "lease-bound"


def test_renewing_an_address_that_went_to_another_client_is_refused() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.100"))
    mine = network.client(1).join().yiaddr
    network.now += 3601
    assert network.client(2).join().yiaddr == mine
    assert network.client(1).renew(mine).verdict is Verdict.REFUSED_TAKEN
    assert network.client(1).rebind(mine).verdict is Verdict.REFUSED_TAKEN


def test_rebinding_on_the_wrong_network_is_refused() -> None:
    network = Network(subnet(), subnet("10.2.0.0/24", pools="10.2.0.100-10.2.0.109"))
    mine = network.client().join().yiaddr
    assert network.client(giaddr="10.2.0.254").rebind(mine).verdict is Verdict.REFUSED_WRONG_NETWORK


def test_a_client_with_a_reservation_is_known_without_a_record() -> None:
    key = b"\0\1\2\0\0\0\0\1"
    network = Network(
        subnet(reservations={key: Reservation(ip("10.1.0.9"), None)}, reserved_addresses={ip("10.1.0.9"): key})
    )
    assert network.client().reboot("10.1.0.9").type == ACK


def test_renewing_an_address_that_is_reserved_for_another_client_since_is_refused() -> None:
    network = Network()
    mine = network.client().join().yiaddr
    key = b"\0\1\2\0\0\0\0\x09"
    reserved = subnet(reservations={key: Reservation(ip(mine), None)}, reserved_addresses={ip(mine): key})
    assert Network(reserved, view=network.view).client().renew(mine).verdict is Verdict.REFUSED_RESERVED


def test_a_request_without_an_address_is_dropped() -> None:
    network = Network()
    assert network.client().send(3).verdict is Verdict.NO_ADDRESS_NAMED
    assert network.client().send(3, (54, ip("10.1.0.1"))).verdict is Verdict.NO_ADDRESS_NAMED
    assert network.client().send(3, (50, b"\n\1\0")).verdict is Verdict.NO_ADDRESS_NAMED


def test_a_lease_that_never_ends() -> None:
    forever = 0xFFFFFFFF
    network = Network(subnet(max_valid_lifetime=forever))
    mine = network.client().join((51, forever.to_bytes(4, "big")))
    assert mine.lease_time == forever
    assert not {58, 59} & set(mine.options)
    network.now += 10**9
    assert network.client(2).select(mine.yiaddr).verdict is Verdict.REFUSED_TAKEN
