"""RFC 4704: the FQDN option of DHCPv6, every flag and policy of the vectors, and every address under the name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp4_network import NAMING
from dhcp6_network import LINK, Network, fqdn, reserved, subnet
from dhcpv4 import vectors
from dhcpv6 import DECLINE, NA, PD, RELEASE, ia, oro

from tenure.dnswire.name import from_text
from tenure.naming.policy import NamingPolicy, ReplaceClientName
from tenure.naming.reason import Reason

ASKS = oro(39)
COM = from_text("example.com.")


def policy_of(vector: dict[str, object]) -> NamingPolicy:
    return NamingPolicy(
        send_updates=bool(vector["enable_updates"]),
        override_no_update=bool(vector["override_no_update"]),
        override_client_update=bool(vector["override_client_update"]),
        qualifying_suffix=COM,
        forward_zones=frozenset({COM}),
    )


@pytest.mark.parametrize("vector", vectors("fqdn39")["reply_matrix"], ids=lambda v: f"{v['policy']} {v['client'][:2]}")
def test_6_the_reply_says_what_is_done(vector: dict[str, object]) -> None:
    """The vectors hold the reply; what is registered must be that too."""
    net = Network(subnet(naming=policy_of(vector)))
    client = net.client().saying((39, bytes.fromhex(str(vector["client"]))))
    for answer in (client.request(ia(NA, 1), ASKS), client.renew(ia(NA, 1), ASKS), client.rebind(ia(NA, 1), ASKS)):
        assert answer.said.options[39].hex() == vector["reply"]
        row = net.row(answer.lease)
        assert (row.forward, row.reverse) == (vector["server_forward"], vector["server_reverse"])


def test_6_who_does_not_ask_for_the_option_is_registered_and_not_answered() -> None:
    net = Network()
    answer = net.client().saying(fqdn("pc1")).request(ia(NA, 1), oro(23))
    assert 39 not in answer.said.options
    assert net.names() == {"pc1": {answer.lease}}
    silent = net.client(2).request(ia(NA, 1), ASKS)
    assert 39 not in silent.said.options


def test_6_an_advertise_says_it_and_registers_nothing() -> None:
    net = Network()
    answer = net.client().saying(fqdn("pc1")).solicit(ia(NA, 1), ASKS)
    assert answer.said.options[39] == b"\1\3pc1\7example\4test\0"
    assert net.view.wanted == {}


def test_4_an_option_that_is_malformed_counts_as_not_sent() -> None:
    net = Network()
    answer = net.client().saying((39, b"\1\x05abc")).request(ia(NA, 1), ASKS)
    assert answer.leases
    assert 39 not in answer.said.options
    assert net.row(answer.lease).reason == Reason.GENERATED
    (said,) = [event for event in net.view.events if event.kind == "option-malformed"]
    assert said.detail == "option 39 is 0105616263: a label runs past the end at octet 1"


def test_every_address_of_a_binding_has_the_name() -> None:
    net = Network(subnet(prefixes="2001:db8:ff::/48>56"))
    client = net.client().saying(fqdn("pc1"))
    answer = client.request(ia(NA, 1), ia(NA, 2), ia(PD, 3), ia(NA, 4))
    addresses = {one for one in answer.leases if "/" not in one}
    assert len(addresses) == 3
    assert net.names() == {"pc1": addresses}
    assert len({want.dhcid for want in net.view.wanted.values()}) == 1
    assert all(want.reverse for want in net.view.wanted.values())
    assert net.row("2001:db8:ff::/56").reason == Reason.PREFIX


def test_a_generated_name_is_one_for_all_addresses_and_stays() -> None:
    net = Network()
    client = net.client()
    answer = client.request(ia(NA, 1), ia(NA, 2))
    first = min(answer.leases)
    name = "host-" + first.replace(":", "-")
    assert net.names() == {name: set(answer.leases)}
    net.now += 10
    # the order of the associations, and one more with a lower address, change nothing
    client.release(ia(NA, 1, LINK + "105"))
    again = client.renew(ia(NA, 3), ia(NA, 2), ia(NA, 1))
    assert net.names() == {name: set(again.leases)}


def test_7_the_ttl_is_below_the_shortest_lease() -> None:
    net = Network(subnet(min_valid_lifetime=60, max_valid_lifetime=7200))
    client = net.client().saying(fqdn("pc1"))
    client.request(ia(NA, 1, LINK + "100", valid=90), ia(NA, 2, LINK + "101", valid=7200))
    assert {want.ttl for want in net.view.wanted.values()} == {30}


def test_a_generated_name_stays_though_a_message_speaks_of_another_association() -> None:
    net = Network()
    client = net.client()
    first = client.join(1)
    net.now += 10
    second = client.request(ia(NA, 2, LINK + "0100"), ia(NA, 2)).lease
    assert net.names() == {"host-" + first.replace(":", "-"): {first, second}}
    client.renew(ia(NA, 2))
    assert len(net.names()) == 1


def test_a_new_name_takes_the_old_one_away_from_all_addresses() -> None:
    net = Network()
    client = net.client().saying(fqdn("old"))
    answer = client.request(ia(NA, 1), ia(NA, 2))
    client.saying(fqdn("new")).renew(ia(NA, 1), ia(NA, 2))
    assert net.names() == {"new": set(answer.leases)}
    assert net.view.events[-1].detail == "the name before was old.example.test."


@pytest.mark.parametrize("kind", [RELEASE, DECLINE])
def test_5_an_address_that_goes_takes_its_records_and_no_others(kind: int) -> None:
    net = Network()
    client = net.client().saying(fqdn("pc1"))
    one, other = client.join(1), client.join(2)
    client.send(kind, ia(NA, 1, one), server=True)
    assert net.names() == {"pc1": {other}}


def test_a_reservation_gives_the_name() -> None:
    key = b"\0\1" + bytes.fromhex("020000000a09")
    net = Network(subnet(reservations={key: reserved(name="printer")}))
    client = net.client().saying(fqdn("something"))
    answer = replace(client, relay_says=((79, b"\0\1" + bytes.fromhex("020000000a09")),)).request(ia(NA, 1), ASKS)
    assert net.names() == {"printer": {answer.lease}}
    assert answer.said.options[39] == b"\1\7printer\7example\4test\0"


def test_names_can_be_left_out() -> None:
    policy = NamingPolicy(
        qualifying_suffix=NAMING.qualifying_suffix,
        forward_zones=NAMING.forward_zones,
        replace_client_name=ReplaceClientName.NEVER,
    )
    net = Network(subnet(naming=policy))
    answer = net.client().request()
    assert net.view.wanted == {}
    assert net.row(answer.lease).reason == Reason.NO_NAME
