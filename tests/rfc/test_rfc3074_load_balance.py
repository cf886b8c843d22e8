"""RFC 3074: the hash, who is a client's server by it, and how long a client is left to that one."""

from __future__ import annotations

from collections import Counter

import pytest
from dhcp4_network import Network as Network4
from dhcp4_network import ip, unicast
from dhcp6_network import LINK
from dhcp6_network import Network as Network6
from dhcpv6 import NA, ia

from tenure.leasing.share import _MIXING, Share, bucket, waited_seconds
from tenure.leasing.v4.verdict import Verdict
from tenure.leasing.v6.verdict import Verdict as Verdict6

NODES = (1, 2)


def test_the_table_is_a_permutation() -> None:
    assert sorted(_MIXING) == list(range(256))
    assert _MIXING[:8] == bytes((251, 175, 119, 215, 81, 14, 79, 191))
    assert _MIXING[-7:] == bytes((80, 170, 68, 6, 169, 234, 151))


@pytest.mark.parametrize(
    ("identity", "expected"),
    [(b"", 0), (b"\1", 251), (b"\0", 175), (b"\2\2", 80)],  # followed by hand through the table, from the last octet on
)
def test_the_hash(identity: bytes, expected: int) -> None:
    assert bucket(b"\1" + identity) == expected


def test_a_hardware_address_counts_without_its_type_and_a_client_identifier_whole() -> None:
    mac = bytes.fromhex("020000000a01")
    assert bucket(b"\0\1" + mac) == bucket(b"\0\6" + mac) == bucket(b"\1" + mac) == bucket(b"\2" + mac)
    assert bucket(b"\1\1" + mac) != bucket(b"\0\1" + mac)


@pytest.mark.parametrize("nodes", [2, 3, 5])
def test_each_client_has_one_node_and_the_nodes_have_as_many(nodes: int) -> None:
    shares = [Share(nodes, node, 3) for node in range(1, nodes + 1)]
    clients = [b"\0\1\2\0\0\0" + number.to_bytes(2, "big") for number in range(10_000)]
    served = [[share.node for share in shares if not share.leaves(client, 0)] for client in clients]
    assert {len(one) for one in served} == {1}
    assert min(Counter(one[0] for one in served).values()) > 10_000 / nodes * 0.8


def test_seconds_whose_octets_are_in_the_wrong_order() -> None:
    assert [waited_seconds(secs) for secs in (0, 3, 255, 256, 0x0300, 0x0301)] == [0, 3, 255, 1, 3, 0x0301]


def nodes4() -> list[Network4]:
    """Two nodes with one ledger."""
    first = Network4()
    second = Network4(view=first.view)
    for node, network in zip(NODES, (first, second), strict=True):
        network.subnets.share = Share(2, node, 3)
    return [first, second]


def test_a_dhcpv4_client_is_left_to_its_node_until_it_waits() -> None:
    nodes = nodes4()
    for number in range(1, 10):
        clients = [network.client(number) for network in nodes]
        verdicts = sorted(str(client.discover().verdict) for client in clients)
        assert verdicts == [Verdict.OFFERED, Verdict.OTHER_NODE]
        assert sorted(str(client.discover(secs=2).verdict) for client in clients) == verdicts
        for secs in (3, 0x0300):
            assert {client.discover(secs=secs).verdict for client in clients} == {Verdict.OFFERED}


def test_a_dhcpv4_client_that_has_begun_is_answered_by_every_node() -> None:
    one, other = nodes4()
    for number in range(1, 8):
        mine, theirs = one.client(number, server="10.1.0.1"), other.client(number, server="10.1.0.2")
        address = mine.discover(secs=9).yiaddr
        assert theirs.select(address, server="10.1.0.1").verdict is Verdict.OTHER_SERVER
        assert mine.select(address).yiaddr == address
        for client in (mine, theirs):
            assert client.reboot(address).verdict is Verdict.ACKNOWLEDGED
            assert client.rebind(address).verdict is Verdict.ACKNOWLEDGED
            assert client.renew(address).verdict is Verdict.ACKNOWLEDGED
            assert client.inform(address, arrival=unicast(address)).verdict is Verdict.INFORMED
        assert one.view.rows[ip(address)].client == b"\0\1" + mine.mac


def test_a_dhcpv6_client_is_left_to_its_node_until_it_waits_and_then_every_node_knows_it() -> None:
    first = Network6()
    second = Network6(view=first.view)
    for node, network in zip(NODES, (first, second), strict=True):
        network.subnets.share = Share(2, node, 3)
    wish = ia(NA, 1)
    for number in range(1, 9):
        clients = [network.client(number).at(LINK + "1") for network in (first, second)]
        verdicts = sorted(str(client.solicit(wish, (8, b"\0\0")).verdict) for client in clients)
        assert verdicts == [Verdict6.ADVERTISED, Verdict6.OTHER_NODE]
        assert sorted(str(client.solicit(wish, (8, b"\1\x2b")).verdict) for client in clients) == verdicts
        assert {client.solicit(wish, (8, b"\1\x2c")).verdict for client in clients} == {Verdict6.ADVERTISED}
        lease = clients[0].request(wish).lease
        own = ia(NA, 1, lease)
        assert [client.request(own).lease for client in clients] == [lease, lease]
        assert [client.renew(own).lease for client in clients] == [lease, lease]
        assert [client.rebind(own).lease for client in clients] == [lease, lease]
