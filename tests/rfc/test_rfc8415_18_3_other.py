"""RFC 8415 section 18.3: CONFIRM, RELEASE, DECLINE and INFORMATION-REQUEST."""

from __future__ import annotations

from dhcp6_network import LINK, START, Network, fqdn, subnet
from dhcpv6 import NA, PD, REPLY, TA, ia, ip, oro

from tenure.leasing.lease import LeaseState
from tenure.leasing.v6.verdict import Verdict

PREFIXES = "2001:db8:ff::/48>56"


def test_18_3_3_a_confirm_is_answered_by_the_link_alone() -> None:
    net = Network()
    client = net.client()
    right = client.confirm(ia(NA, 1, LINK + "5", LINK + "ffff"))
    assert (right.kind, right.said.status, right.said.ias) == (REPLY, 0, ())
    wrong = client.confirm(ia(NA, 1, LINK + "5"), ia(TA, 2, "2001:db8:2::5"))
    assert (wrong.said.status, wrong.verdict) == (4, Verdict.REFUSED_NOT_ON_LINK)
    assert client.confirm(ia(NA, 1)).verdict is Verdict.NOTHING_TO_CONFIRM
    assert client.confirm(ia(PD, 1, "2001:db8:ff::/56")).verdict is Verdict.NOTHING_TO_CONFIRM
    assert net.view.rows == {}


def test_18_3_7_a_release_ends_the_leases_that_are_named() -> None:
    net = Network(subnet(prefixes=PREFIXES))
    client = net.client().saying(fqdn("pc1"))
    first, second, prefix = client.join(1), client.join(2), client.delegate(3)
    assert net.names() == {"pc1": {first, second}}
    net.now += 10
    answer = client.release(ia(NA, 1, first), ia(PD, 3, prefix))
    assert (answer.kind, answer.said.status, answer.said.ias) == (REPLY, 0, ())
    assert [net.row(one).state for one in (first, second, prefix)] == [
        LeaseState.RELEASED,
        LeaseState.BOUND,
        LeaseState.RELEASED,
    ]
    assert net.row(first).ends_at == START + 10
    assert net.names() == {"pc1": {second}}
    assert client.solicit(ia(NA, 1)).lease == first  # remembered
    assert client.solicit(ia(PD, 3)).lease == prefix


def test_18_3_7_of_what_is_not_there_it_says_so() -> None:
    net = Network(subnet(prefixes=PREFIXES))
    client, other = net.client(1), net.client(2)
    address = client.join(1)
    answer = other.release(ia(NA, 1, address))
    assert (answer.said.status, answer.statuses, answer.verdict) == (0, [3], Verdict.REFUSED_NO_BINDING)
    assert client.release(ia(NA, 9, address)).statuses == [3]
    # an address that is not in the binding is passed over in silence
    assert client.release(ia(NA, 1, LINK + "109")).said.ias == ()
    assert client.release(ia(PD, 1, f"{address}/128")).statuses == [3]
    assert net.row(address).state == LeaseState.BOUND


def test_a_release_is_heard_from_any_link() -> None:
    net = Network()
    client = net.client()
    address = client.join()
    assert client.at("2001:db8:77::1").release(ia(NA, 1, address)).verdict is Verdict.RELEASED
    assert net.row(address).state == LeaseState.RELEASED


def test_18_3_8_a_declined_address_is_given_to_nobody_for_a_while() -> None:
    net = Network(subnet(pools=f"{LINK}100-{LINK}100", decline_seconds=300))
    client = net.client().saying(fqdn("pc1"))
    address = client.join()
    answer = client.decline(ia(NA, 1, address))
    assert (answer.said.status, answer.said.ias, answer.verdict) == (0, (), Verdict.DECLINED)
    row = net.row(address)
    assert (row.state, row.client, row.fqdn) == (LeaseState.DECLINED, None, None)
    assert net.view.wanted == {}
    assert net.view.events[-1].kind == "lease-declined"
    assert client.solicit().statuses == [2]
    net.now += 301
    assert net.client(2).solicit().lease == address


def test_18_3_8_only_a_binding_can_be_declined() -> None:
    net = Network(subnet(prefixes=PREFIXES))
    address, prefix = net.client(1).join(), net.client(1).delegate()
    assert net.client(2).decline(ia(NA, 1, address)).statuses == [3]
    assert net.client(1).decline(ia(PD, 1, prefix)).statuses == [3]
    assert [row.state for row in net.view.rows.values()] == [LeaseState.BOUND, LeaseState.BOUND]


def test_18_3_6_parameters_without_a_lease() -> None:
    net = Network()
    answer = net.client().inform(oro(23))
    assert answer.kind == REPLY
    assert answer.said.options.keys() == {1, 2, 23}
    assert answer.said.options[23] == ip("2001:db8::53")
    assert net.view.rows == {}
