"""Which addresses of a host are registered: a row for each rule, and its exceptions."""

from __future__ import annotations

import pytest
from host_inventory import address, interface, inventory, settings

from tenure.registering.interface import IFF_LOOPBACK, IFF_POINTOPOINT, IFF_UP, HostAddress, Interface
from tenure.registering.selection import CHOICE_WORDS, Choice, judge
from tenure.registering.settings import Connection, Included, Settings

ETH0 = interface(2, "eth0")
PERMANENT = 0x80


def choice(what: HostAddress, *beside: Interface | HostAddress, said: Settings | None = None) -> Choice:
    """What becomes of the first address; `beside` has its interface, or that is `eth0`."""
    has_own = any(isinstance(one, Interface) and one.number == what.interface for one in beside)
    host = inventory(what, *beside, *(() if has_own else (ETH0,)))
    return next(one.choice for one in judge(host, said or settings()) if one.address == what)


def test_every_choice_has_words() -> None:
    assert set(CHOICE_WORDS) == set(Choice)


@pytest.mark.parametrize("text", ["192.0.2.1/24", "10.1.0.7/16", "2001:db8::1/64", "fd00::1/64", "203.0.113.9/32"])
def test_ordinary_addresses_of_both_families_are_kept(text: str) -> None:
    assert choice(address(text)) is Choice.KEPT


@pytest.mark.parametrize(
    ("text", "flags", "verdict"),
    [
        ("169.254.1.1/16", PERMANENT, Choice.LINK_LOCAL),
        ("fe80::1/64", PERMANENT, Choice.LINK_LOCAL),
        ("127.0.0.2/8", PERMANENT, Choice.LOOPBACK),
        ("224.0.0.1/24", PERMANENT, Choice.NOT_UNICAST),
        ("2001:db8::1/64", 0x40, Choice.TENTATIVE),
        ("2001:db8::1/64", 0x48, Choice.DUPLICATE),
        ("2001:db8::1/64", 0x01, Choice.TEMPORARY),
        ("2001:db8::1/64", 0x20, Choice.DEPRECATED),
        ("2001:db8::1/64", 0x44, Choice.KEPT),  # optimistic: it is in use already (RFC 4429)
        ("192.0.2.1/24", 0x01, Choice.KEPT),  # the second address of a network: the same flag, another meaning
    ],
)
def test_an_address_is_left_out_by_what_it_is(text: str, flags: int, verdict: Choice) -> None:
    assert choice(address(text, flags=flags)) is verdict


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (interface(2, "lo", IFF_UP | IFF_LOOPBACK, 0), Choice.LOOPBACK),
        (interface(2, "eth0", IFF_UP, 2), Choice.LINK_DOWN),
        (interface(2, "eth0", IFF_UP, 3), Choice.LINK_DOWN),
        (interface(2, "eth0", 0, 0), Choice.LINK_DOWN),
        (interface(2, "eth0", IFF_UP, 0), Choice.KEPT),  # a driver that knows no state
        (interface(2, "ppp0", IFF_UP | IFF_POINTOPOINT, 0), Choice.POINT_TO_POINT),
        (interface(2, "wg0", IFF_UP, 0, "wireguard"), Choice.POINT_TO_POINT),
        (interface(2, "tap0", IFF_UP, 6, "tun"), Choice.POINT_TO_POINT),
        (interface(2, "br0", IFF_UP, 6, "bridge"), Choice.VIRTUAL_BRIDGE),
        (interface(2, "eth0", IFF_UP, 6, "veth"), Choice.KEPT),  # how a container is connected
        (interface(2, "bond0", IFF_UP, 6, "bond"), Choice.KEPT),
        (interface(2, "eth0.5", IFF_UP, 6, "vlan"), Choice.KEPT),
        (ETH0._replace(hardware=bytes.fromhex("00005e000107")), Choice.FLOATING),
    ],
)
def test_an_address_is_left_out_by_where_it_is(one: Interface, verdict: Choice) -> None:
    assert choice(address("10.1.0.7/16"), one) is verdict


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("veth", Choice.VIRTUAL_BRIDGE), ("tun", Choice.VIRTUAL_BRIDGE), ("", Choice.KEPT), ("bond", Choice.KEPT)],
)
def test_a_bridge_with_a_port_that_leads_outside_is_the_host_s_own_connection(kind: str, verdict: Choice) -> None:
    bridge, guest = interface(2, "br0", kind="bridge"), interface(8, "vnet0", kind="veth", master=2)
    assert choice(address("10.1.0.7/16"), bridge, guest, interface(9, "port", kind=kind, master=2)) is verdict


@pytest.mark.parametrize(
    ("text", "flags", "other", "verdict"),
    [
        ("10.1.0.9/32", PERMANENT, "10.1.0.7/16", Choice.FLOATING),
        ("2001:db8::9/128", PERMANENT, "2001:db8::7/64", Choice.FLOATING),
        ("10.1.0.9/32", PERMANENT, "10.2.0.7/16", Choice.KEPT),  # another network: nothing says that it moves
        ("10.1.0.9/32", PERMANENT, "10.1.0.8/32", Choice.KEPT),
        ("10.1.0.9/32", PERMANENT, "2001:db8::7/64", Choice.KEPT),
        ("2001:db8::9/128", 0, "2001:db8::7/64", Choice.KEPT),  # a lease of DHCPv6
        ("10.1.0.9/16", PERMANENT, "10.1.0.7/16", Choice.KEPT),
    ],
)
def test_a_single_address_beside_its_network_is_floating(text: str, flags: int, other: str, verdict: Choice) -> None:
    assert choice(address(text, flags=flags), address(other)) is verdict


def test_what_keepalived_put_there_is_floating_in_any_form() -> None:
    assert choice(address("10.1.0.9/16", proto=18)) is Choice.FLOATING


def test_a_connection_can_be_left_out() -> None:
    said = settings(connections={"eth0": Connection(register=False)})
    assert choice(address("10.1.0.7/16"), said=said) is Choice.CONNECTION_LEFT_OUT


@pytest.mark.parametrize(
    ("included", "what", "one"),
    [
        (Included.TEMPORARY, address("2001:db8::1/64", flags=1), ETH0),
        (Included.DEPRECATED, address("2001:db8::1/64", flags=0x20), ETH0),
        (Included.POINT_TO_POINT, address("10.8.0.1/24"), interface(2, "wg0", kind="wireguard")),
        (Included.VIRTUAL_BRIDGE, address("10.8.0.1/24"), interface(2, "br0", kind="bridge")),
        (Included.FLOATING, address("10.8.0.1/24", proto=18), ETH0),
        (Included.LINK_DOWN, address("10.8.0.1/24"), interface(2, "eth0", state=2)),
    ],
)
def test_what_is_left_out_by_default_can_be_included(included: Included, what: HostAddress, one: Interface) -> None:
    assert choice(what, one) is not Choice.KEPT
    assert choice(what, one, said=settings(include=frozenset({included}))) is Choice.KEPT


def test_what_nobody_reaches_is_included_by_no_word() -> None:
    everything = settings(include=frozenset(Included))
    assert choice(address("fe80::1/64"), said=everything) is Choice.LINK_LOCAL
    assert choice(address("127.0.0.1/8"), said=everything) is Choice.LOOPBACK


def test_addresses_come_in_the_order_of_their_interfaces() -> None:
    host = inventory(address("fd00::1/64"), address("10.1.0.7/16"), address("10.9.0.1/16", 1), interface(1, "a"), ETH0)
    found = [(one.interface.name, len(one.address.address)) for one in judge(host, settings())]
    assert found == [("a", 4), ("eth0", 4), ("eth0", 16)]


def test_an_address_whose_interface_is_not_known_yet_waits_for_the_next_look() -> None:
    assert judge(inventory(address("10.1.0.7/16", 5), ETH0), settings()) == []
