"""RFC 8415 section 18.3: what a server does with SOLICIT, REQUEST, RENEW and REBIND, association by association."""

from __future__ import annotations

import pytest
from dhcp6_network import LINK, SERVER, START, Network, prefix_pool, subnet
from dhcpv6 import ADVERTISE, NA, PD, REPLY, TA, XID, ia, ip, oro

from tenure.leasing.lease import LeaseState
from tenure.leasing.v6.verdict import Verdict

PREFIXES = "2001:db8:ff::/48>56"
RAPID = (14, b"")


def network(**given: object) -> Network:
    return Network(subnet(prefixes=PREFIXES, **given))


def test_18_3_9_an_advertise_offers_what_would_be_given_and_writes_nothing() -> None:
    net = network()
    client = net.client()
    answer = client.solicit(ia(NA, 1), ia(PD, 2), oro(23, 24))
    said = answer.said
    assert (said.kind, said.xid, answer.verdict) == (ADVERTISE, XID, Verdict.ADVERTISED)
    assert (said.options[1], said.options[2]) == (client.duid, SERVER.duid)
    assert said.options[23] == ip("2001:db8::53")
    assert answer.leases == {LINK + "100": (1800, 3600), "2001:db8:ff::/56": (1800, 3600)}
    assert [(one.code, one.iaid, one.t1, one.t2) for one in said.ias] == [(NA, 1, 900, 1440), (PD, 2, 900, 1440)]
    assert net.view.rows == {}
    assert net.view.events == []


def test_an_offer_is_kept_for_its_client_for_a_while() -> None:
    net = network(pools=f"{LINK}100-{LINK}101")
    first = net.client(1).solicit().lease
    assert net.client(1).solicit().lease == first
    assert net.client(2).solicit().lease != first
    assert net.client(3).solicit().statuses == [2]
    net.now += 61
    assert net.client(3).solicit().lease == first


def test_18_3_9_the_preference_is_told_where_it_is_configured() -> None:
    assert network().client().solicit().said.options.get(7) is None
    net = network(options={7: b"\xff"})
    assert net.client().solicit(ia(NA, 1), oro(7)).said.options[7] == b"\xff"
    assert 7 not in net.client().request(ia(NA, 1), oro(7)).said.options


def test_18_3_9_an_association_without_a_lease_is_returned_with_its_status() -> None:
    net = Network(subnet(pools=""))
    answer = net.client().solicit(ia(NA, 1), ia(PD, 2), ia(TA, 3))
    assert [(one.code, one.iaid, one.status) for one in answer.said.ias] == [(NA, 1, 2), (PD, 2, 6), (TA, 3, 2)]
    assert answer.leases == {}
    assert answer.said.status is None
    assert answer.verdict is Verdict.REFUSED_NO_LEASE


def test_one_association_that_fails_does_not_harm_the_other() -> None:
    net = Network(subnet(pools="", prefixes=PREFIXES))
    answer = net.client().request(ia(NA, 1), ia(PD, 2))
    assert answer.statuses == [2, None]
    assert answer.lease == "2001:db8:ff::/56"
    assert answer.verdict is Verdict.LEASED


def test_18_3_1_rapid_commit_where_it_is_allowed() -> None:
    refused = network().client().solicit(ia(NA, 1), RAPID)
    assert refused.kind == ADVERTISE
    net = network(rapid_commit=True)
    assert net.client().solicit().kind == ADVERTISE
    answer = net.client().solicit(ia(NA, 1), RAPID)
    assert answer.kind == REPLY
    assert answer.said.options[14] == b""
    assert net.row(answer.lease).state == LeaseState.BOUND


def test_18_3_2_a_request_commits_what_was_advertised() -> None:
    net = network()
    client = net.client()
    offered = client.solicit(ia(NA, 1), ia(PD, 2))
    answer = client.request(ia(NA, 1), ia(PD, 2))
    assert answer.kind == REPLY
    assert answer.leases == offered.leases
    address, prefix = net.row(LINK + "100"), net.row("2001:db8:ff::/56")
    assert (address.client, address.iaid, address.prefix_length) == (client.key, 1, 0)
    assert (address.started_at, address.ends_at) == (START, START + 3600)
    assert (address.valid_lifetime, address.preferred_lifetime) == (3600, 1800)
    assert (prefix.client, prefix.iaid, prefix.prefix_length) == (client.key, 2, 56)
    assert [event.kind for event in net.view.events] == ["lease-bound", "lease-bound"]


def test_18_3_2_what_is_wrong_for_the_link_is_not_given() -> None:
    net = network()
    answer = net.client().request(ia(NA, 1, "2001:db8:2::5"), ia(NA, 2))
    assert answer.statuses == [4, None]
    assert list(answer.leases) == [LINK + "100"]
    only = net.client(2).request(ia(NA, 1, "2001:db8:2::5"))
    assert only.verdict is Verdict.REFUSED_NOT_ON_LINK
    # a prefix has no link; one that we do not give is no reason to give none
    assert net.client().request(ia(PD, 3, "2001:db8:77::/56")).statuses == [None]


def test_18_3_2_the_same_request_again_gets_the_same_leases() -> None:
    net = network()
    client = net.client()
    first = client.request(ia(NA, 1), ia(PD, 2))
    net.now += 100
    again = client.request(ia(NA, 1), ia(PD, 2))
    assert again.leases == first.leases
    assert net.row(LINK + "100").ends_at == START + 3700
    assert len(net.view.rows) == 2


def test_a_client_can_have_many_associations() -> None:
    net = network()
    client = net.client()
    answer = client.request(*(ia(NA, iaid) for iaid in range(5)), *(ia(PD, iaid) for iaid in range(3)))
    assert len(answer.leases) == 8
    assert {net.row(lease).iaid for lease in answer.leases} == {0, 1, 2, 3, 4}
    again = client.renew(*(ia(NA, iaid) for iaid in reversed(range(5))))
    assert [next(iter(one.leases)) for one in again.said.ias] == [
        next(iter(one.leases)) for one in reversed(answer.said.ias[:5])
    ]


def test_an_association_that_stands_twice_counts_once() -> None:
    net = network()
    answer = net.client().request(ia(NA, 1), ia(NA, 1))
    assert len(answer.said.ias) == len(net.view.rows) == 1


def test_an_address_is_not_given_to_another_association_of_the_same_client() -> None:
    net = network()
    client = net.client()
    address = client.join(1)
    assert client.request(ia(NA, 2, address)).lease != address
    assert net.row(address).iaid == 1


def test_18_3_4_a_renewal_prolongs_the_lease() -> None:
    net = network()
    client = net.client()
    address, prefix = client.join(1), client.delegate(2)
    net.now += 900
    answer = client.renew(ia(NA, 1, address), ia(PD, 2, prefix))
    assert answer.verdict is Verdict.RENEWED
    assert answer.leases == {address: (1800, 3600), prefix: (1800, 3600)}
    assert net.row(address).ends_at == net.row(prefix).ends_at == START + 900 + 3600
    assert net.row(address).started_at == START
    assert [event.kind for event in net.view.events[2:]] == ["lease-renewed", "lease-renewed"]


def test_18_3_4_a_renewal_of_what_is_not_known_gets_a_lease_if_there_is_one() -> None:
    net = network(pools=f"{LINK}100-{LINK}101")
    assert net.client(1).renew(ia(NA, 1, LINK + "101")).lease == LINK + "101"
    # the address that the second one believes to have is the first one's
    answer = net.client(2).renew(ia(NA, 1, LINK + "101"))
    assert answer.leases == {LINK + "100": (1800, 3600), LINK + "101": (0, 0)}
    assert net.client(3).renew(ia(NA, 1)).statuses == [3]


def test_18_3_4_addresses_of_another_link_are_taken_away() -> None:
    net = Network(subnet(), subnet("2001:db8:2::/64", "2001:db8:2::100-2001:db8:2::109"))
    address = net.client().join()
    moved = net.client().at("2001:db8:2::1")
    answer = moved.renew(ia(NA, 1, address))
    assert answer.leases == {"2001:db8:2::100": (1800, 3600), address: (0, 0)}


def test_18_3_4_what_has_gone_from_the_configuration_is_replaced() -> None:
    net = network()
    address = net.client().join()
    changed = Network(subnet(pools=f"{LINK}200-{LINK}209"), view=net.view)
    answer = changed.client().renew(ia(NA, 1, address))
    assert answer.leases == {LINK + "200": (1800, 3600), address: (0, 0)}
    assert ip(address) not in net.view.rows
    assert net.view.events[-1].kind == "lease-superseded"


def test_18_3_5_a_rebind_of_what_is_known() -> None:
    net = network()
    address = net.client().join()
    net.now += 3000
    assert net.client().rebind(ia(NA, 1, address)).leases == {address: (1800, 3600)}


def test_18_3_5_a_rebind_of_what_is_not_known_is_left_to_who_knows_it() -> None:
    answer = network().client().rebind(ia(NA, 1, LINK + "105"))
    assert (answer.statuses, answer.leases, answer.verdict) == ([3], {}, Verdict.REFUSED_NO_BINDING)
    wrong = network().client().rebind(ia(NA, 1, LINK + "105", "2001:db8:2::5"))
    assert wrong.leases == {"2001:db8:2::5": (0, 0)}
    sole = network(rapid_commit=True).client().rebind(ia(NA, 1, LINK + "105"))
    assert sole.lease == LINK + "105"


def test_21_4_all_associations_have_the_same_timers() -> None:
    # the prefix has the shorter life here, because of what the client wishes for the address
    net = network(min_valid_lifetime=60, max_valid_lifetime=7200)
    answer = net.client().request(ia(NA, 1, LINK + "100", valid=800), ia(PD, 2))
    assert answer.leases[LINK + "100"] == (500, 800)
    assert answer.leases["2001:db8:ff::/56"] == (1800, 3600)
    assert {(one.t1, one.t2) for one in answer.said.ias} == {(250, 400)}


@pytest.mark.parametrize(
    ("renew", "rebind", "timers"),
    [(None, None, (900, 1440)), (600, 1000, (600, 1000)), (2000, 3000, (900, 1440)), (1500, 1600, (1500, 1600))],
)
def test_21_4_timers_come_before_the_preferred_lifetime_ends(
    renew: int | None, rebind: int | None, timers: tuple[int, int]
) -> None:
    (said,) = network(renew_timer=renew, rebind_timer=rebind).client().request().said.ias
    assert (said.t1, said.t2) == timers


def test_7_7_a_lease_for_ever() -> None:
    forever = 0xFFFFFFFF
    net = network(
        preferred_lifetime=forever, valid_lifetime=forever, min_valid_lifetime=forever, max_valid_lifetime=forever
    )
    (said,) = net.client().request().said.ias
    assert (said.t1, said.t2, list(said.leases.values())) == (forever, forever, [(forever, forever)])
    net.now += 10**9
    assert net.client(2).request().lease != LINK + "100"


def test_a_lifetime_that_the_client_wishes_is_cut_to_the_limits() -> None:
    net = network(min_valid_lifetime=600, max_valid_lifetime=7200)
    client = net.client()
    wishes = {0: 3600, 1: 600, 5000: 5000, 10**6: 7200}
    for wish, valid in wishes.items():
        (times,) = client.request(ia(NA, 1, LINK + "100", valid=wish)).leases.values()
        assert times == (min(1800, valid) if valid >= 1800 else 375, valid)


def test_21_7_only_what_is_asked_for_is_told() -> None:
    net = network(options={23: b"dns", 24: b"search", 31: b"sntp", 32: b"time", 82: b"\0\0\1\0"})
    client = net.client()
    assert client.request().said.options.keys() == {1, 2}
    asked = client.request(ia(NA, 1), oro(82, 23, 99, 23)).said.options
    assert asked.keys() == {1, 2, 23, 82}
    # 21.23: how long information without a lease is good, where there is a lease, is not said
    assert 32 not in client.request(ia(NA, 1), oro(32)).said.options
    assert client.inform(oro(32, 24)).said.options.keys() == {1, 2, 24, 32}


def test_rfc6603_a_delegating_router_keeps_a_part_for_itself() -> None:
    pools = (prefix_pool("2001:db8:ff::/48", 56, ("2001:db8:ff:ff::", 64)),)
    net = Network(subnet(prefix_pools=pools))
    first = net.client(1).request(ia(PD, 1), oro(67))
    second = net.client(2).request(ia(PD, 1), oro(67))
    assert first.said.ias[0].inside == {"2001:db8:ff::/56": {67: b"\x40\xff"}}
    assert second.said.ias[0].inside == {"2001:db8:ff:100::/56": {67: b"\x40\xff"}}
    assert net.client(3).request(ia(PD, 1)).said.ias[0].inside == {"2001:db8:ff:200::/56": {}}
