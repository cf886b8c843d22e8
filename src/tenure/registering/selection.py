"""Which addresses of a host are registered, and why the others are not: for each the first rule that fits.

Loopback, link-local, tentative and duplicate addresses are never registered: nobody else can reach the host by them, or
it does not have them yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from ipaddress import ip_address
from typing import Final, NamedTuple

from tenure.registering.interface import (
    IFA_F_DADFAILED,
    IFA_F_DEPRECATED,
    IFA_F_OPTIMISTIC,
    IFA_F_PERMANENT,
    IFA_F_TEMPORARY,
    IFA_F_TENTATIVE,
    IFF_LOOPBACK,
    IFF_POINTOPOINT,
    IFF_UP,
    HostAddress,
    Interface,
    Inventory,
)
from tenure.registering.settings import Connection, Included, Settings


class Choice(StrEnum):
    """Why an address is registered or is not."""

    KEPT = "kept"
    CONNECTION_LEFT_OUT = "connection-left-out"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    NOT_UNICAST = "not-unicast"
    TENTATIVE = "tentative"
    DUPLICATE = "duplicate"
    LINK_DOWN = "link-down"
    POINT_TO_POINT = "point-to-point"
    VIRTUAL_BRIDGE = "virtual-bridge"
    FLOATING = "floating"
    TEMPORARY = "temporary"
    DEPRECATED = "deprecated"


CHOICE_WORDS: Final[dict[Choice, str]] = {
    Choice.KEPT: "it is registered",
    Choice.CONNECTION_LEFT_OUT: "the configuration leaves this connection out (register = false)",
    Choice.LOOPBACK: "a loopback address leads to whoever asks",
    Choice.LINK_LOCAL: "a link-local address means nothing beyond its link",
    Choice.NOT_UNICAST: "it is no address of one host",
    Choice.TENTATIVE: "the host does not have the address yet: it still looks whether another one has it (RFC 4862)",
    Choice.DUPLICATE: "another host has the address (duplicate address detection)",
    Choice.LINK_DOWN: "the connection is down, so nobody reaches the host there",
    Choice.POINT_TO_POINT: "it is the address of a VPN, a tunnel or another point-to-point connection",
    Choice.VIRTUAL_BRIDGE: "it is the address of a bridge that leads to nothing but guests of this host",
    Choice.FLOATING: "it moves between hosts: a virtual router's, or a cluster's (VRRP)",
    Choice.TEMPORARY: "it is a temporary address, made to be forgotten (RFC 8981)",
    Choice.DEPRECATED: "it is deprecated: no new connection should use it (RFC 4862)",
}

_TUNNELS: Final = frozenset(
    {
        *("tun", "wireguard", "ppp", "ipip", "gre", "sit", "vti", "vti6", "ip6tnl", "ip6gre", "xfrm", "ovpn"),
        *("l2tp", "fou", "amt"),
    }
)
# Ports behind which nobody else is.
_TO_GUESTS: Final = frozenset({"veth", "tun", "dummy", "ifb", "nlmon", "vxlan", "geneve"})
_DOWN: Final = frozenset({1, 2, 3})  # operational states: not present, down, the layer below is down (RFC 2863)
_VRRP_HARDWARE: Final = (bytes.fromhex("00005e0001"), bytes.fromhex("00005e0002"))  # RFC 9568 section 7.3
_VRRP_PROTO: Final = 18  # RTPROT_KEEPALIVED

# What the configuration can have registered all the same.
_INCLUDED: Final = {Choice(one.value): one for one in Included}


class Judged(NamedTuple):
    """An address and what becomes of it."""

    interface: Interface
    address: HostAddress
    choice: Choice

    @property
    def is_kept(self) -> bool:
        """Whether it is registered."""
        return self.choice is Choice.KEPT


def judge(inventory: Inventory, settings: Settings) -> list[Judged]:
    """Every address of the host, in the order of interfaces and addresses, with what becomes of it."""
    by_number = {interface.number: interface for interface in inventory.interfaces}
    ports: dict[int, list[Interface]] = {}
    for interface in inventory.interfaces:
        if interface.master:
            ports.setdefault(interface.master, []).append(interface)
    beside: dict[int, list[HostAddress]] = {}
    for address in inventory.addresses:
        beside.setdefault(address.interface, []).append(address)
    found = [
        Judged(
            by_number[address.interface],
            address,
            _choice(by_number[address.interface], ports.get(address.interface, ()), address, beside, settings),
        )
        for address in inventory.addresses
        if address.interface in by_number  # else it came between the two answers
    ]
    return sorted(found, key=lambda one: (one.interface.number, len(one.address.address), one.address.address))


def _choice(
    interface: Interface,
    ports: Sequence[Interface],
    address: HostAddress,
    beside: dict[int, list[HostAddress]],
    settings: Settings,
) -> Choice:
    if not settings.connections.get(interface.name, Connection()).register:
        return Choice.CONNECTION_LEFT_OUT
    never = _never(interface, address)
    if never is not None:
        return never
    checks = (
        (Choice.POINT_TO_POINT, bool(interface.flags & IFF_POINTOPOINT) or interface.kind in _TUNNELS),
        (Choice.VIRTUAL_BRIDGE, interface.kind == "bridge" and all(port.kind in _TO_GUESTS for port in ports)),
        (Choice.FLOATING, _is_floating(interface, address, beside[address.interface])),
        (Choice.LINK_DOWN, not interface.flags & IFF_UP or interface.state in _DOWN),
        (Choice.TEMPORARY, len(address.address) == 16 and bool(address.flags & IFA_F_TEMPORARY)),
        (Choice.DEPRECATED, bool(address.flags & IFA_F_DEPRECATED)),
    )
    for choice, applies in checks:
        if applies and _INCLUDED[choice] not in settings.include:
            return choice
    return Choice.KEPT


def _never(interface: Interface, address: HostAddress) -> Choice | None:
    value = ip_address(address.address)
    if interface.flags & IFF_LOOPBACK or value.is_loopback:
        return Choice.LOOPBACK
    if value.is_link_local:
        return Choice.LINK_LOCAL
    if value.is_multicast or value.is_unspecified:
        return Choice.NOT_UNICAST
    if address.flags & IFA_F_DADFAILED:
        return Choice.DUPLICATE
    if address.flags & IFA_F_TENTATIVE and not address.flags & IFA_F_OPTIMISTIC:
        return Choice.TENTATIVE
    return None


def _is_floating(interface: Interface, address: HostAddress, beside: Sequence[HostAddress]) -> bool:
    """Whether an address is one that moves between hosts.

    Told by who put it there, where the kernel knows (keepalived); by an interface with the hardware address of a
    virtual router (RFC 9568); else by its form: a single address (/32, /128) without a lifetime, beside one of the same
    interface whose network it is in. A DHCP client's single address has a lifetime, and one that is alone is how some
    clouds number hosts.
    """
    if address.proto == _VRRP_PROTO or interface.hardware.startswith(_VRRP_HARDWARE):
        return True
    bits = 8 * len(address.address)
    if address.prefix_length != bits or not address.flags & IFA_F_PERMANENT:
        return False
    return any(
        len(other.address) == len(address.address)
        and other.prefix_length < bits
        and _network(other.address, other.prefix_length) == _network(address.address, other.prefix_length)
        for other in beside
    )


def _network(address: bytes, prefix_length: int) -> int:
    return int.from_bytes(address, "big") >> (8 * len(address) - prefix_length)
