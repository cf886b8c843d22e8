"""RFC 8415 section 16: which messages a server must not answer, and what it tells those sent to its own address."""

from __future__ import annotations

import pytest
from dhcp6_network import LINK, SERVER, Network, from_relay, on_wire, subnet
from dhcpv6 import (
    ADVERTISE,
    CONFIRM,
    DECLINE,
    DUID,
    INFORMATION,
    NA,
    REBIND,
    RECONFIGURE,
    RELAY_REPL,
    RELEASE,
    RENEW,
    REPLY,
    REQUEST,
    SOLICIT,
    ia,
    message,
    relayed,
)

from tenure.leasing.v6.arrival import Arrival
from tenure.leasing.v6.verdict import Verdict

CLIENT, OURS, OTHERS = (1, DUID), (2, SERVER.duid), (2, b"another server")
ASKING = ia(NA, 1, LINK + "100")


def sent(kind: int, *options: tuple[int, bytes], arrival: Arrival | None = None) -> Verdict:
    network = Network(subnet(interface="eth0"))
    answer = network.send(message(kind, *options), arrival or on_wire())
    assert bool(answer.octets) is answer.verdict.startswith(("refused", "adv", "leas", "ren", "rel", "conf", "inf"))
    return answer.verdict


@pytest.mark.parametrize("kind", [ADVERTISE, REPLY, RECONFIGURE, RELAY_REPL, 0, 14, 37, 255])
def test_messages_that_are_not_for_servers(kind: int) -> None:
    assert sent(kind, CLIENT, ASKING) is Verdict.UNKNOWN_MESSAGE_TYPE


@pytest.mark.parametrize("kind", [SOLICIT, REQUEST, CONFIRM, RENEW, REBIND, RELEASE, DECLINE])
def test_who_does_not_say_who_he_is(kind: int) -> None:
    server = () if kind in {SOLICIT, CONFIRM, REBIND} else (OURS,)
    assert sent(kind, *server, ASKING) is Verdict.NO_IDENTITY
    assert sent(kind, (1, b"\0\1"), *server, ASKING) is Verdict.NO_IDENTITY
    assert sent(kind, (1, bytes(131)), *server, ASKING) is Verdict.NO_IDENTITY
    assert sent(kind, (1, bytes(130)), *server, ASKING) not in {Verdict.NO_IDENTITY, Verdict.OTHER_SERVER}


@pytest.mark.parametrize("kind", [SOLICIT, CONFIRM, REBIND])
def test_a_server_may_not_be_named(kind: int) -> None:
    assert sent(kind, CLIENT, OURS, ASKING) is Verdict.SERVER_NAMED


@pytest.mark.parametrize("kind", [REQUEST, RENEW, RELEASE, DECLINE])
def test_the_server_must_be_us(kind: int) -> None:
    assert sent(kind, CLIENT, ASKING) is Verdict.OTHER_SERVER
    assert sent(kind, CLIENT, OTHERS, ASKING) is Verdict.OTHER_SERVER


def test_an_information_request() -> None:
    assert sent(INFORMATION) is Verdict.INFORMED
    assert sent(INFORMATION, CLIENT, OURS) is Verdict.INFORMED
    assert sent(INFORMATION, CLIENT, OTHERS) is Verdict.OTHER_SERVER
    assert sent(INFORMATION, CLIENT, ASKING) is Verdict.ASSOCIATIONS_NAMED


UNICAST = Arrival(on_wire().source, 546, False, "eth0")


@pytest.mark.parametrize("kind", [SOLICIT, CONFIRM, REBIND])
def test_what_must_not_be_sent_to_one_server_is_dropped(kind: int) -> None:
    assert sent(kind, CLIENT, ASKING, arrival=UNICAST) is Verdict.UNICAST


@pytest.mark.parametrize("kind", [REQUEST, RENEW, RELEASE, DECLINE, INFORMATION])
def test_who_sends_to_one_server_unasked_is_told_not_to(kind: int) -> None:
    options = (CLIENT, OURS) if kind == INFORMATION else (CLIENT, OURS, ASKING)
    network = Network(subnet(interface="eth0"))
    answer = network.send(message(kind, *options), UNICAST)
    assert answer.verdict is Verdict.REFUSED_UNICAST
    assert answer.said.status == 5
    assert answer.said.options.keys() == {1, 2, 13}
    assert answer.said.ias == ()
    assert network.view.rows == {}


def test_what_a_relay_sends_to_our_address_is_heard() -> None:
    network = Network()
    octets = relayed(message(SOLICIT, CLIENT, ia(NA, 1)), LINK + "1")
    assert network.send(octets, from_relay()).verdict is Verdict.ADVERTISED


def test_a_place_that_is_not_configured() -> None:
    octets = relayed(message(SOLICIT, CLIENT, ia(NA, 1)), "2001:db8:77::1")
    assert Network().send(octets, from_relay()).verdict is Verdict.NO_SUBNET
    assert Network().send(message(SOLICIT, CLIENT, ia(NA, 1)), on_wire()).verdict is Verdict.NO_SUBNET
