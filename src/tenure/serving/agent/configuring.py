"""Telling the kernel what a lease says: the address and the routes of an interface, by rtnetlink."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from ipaddress import ip_address
from itertools import count
from pathlib import Path

from tenure.dnswire.name import to_text
from tenure.obtaining.lease import ENDLESS, Learned, Lease, Route
from tenure.octets import Malformed
from tenure.registering.rtnetlink import RTM_NEWADDR
from tenure.registering.rtnetlink_changes import (
    RTM_DELADDR,
    RTM_DELROUTE,
    RTM_NEWROUTE,
    build_address,
    build_link_up,
    build_route,
    read_verdict,
)
from tenure.serving.errors import ServiceError

METRIC = 1024  # and the interface's number: routes of others stay as they are
_LONGEST = 0x7FFFFFFF  # seconds; more would be an address without an end, which is another kind to the kernel
_WAIT_SECONDS = 5.0
_OCTETS = 1 << 16
_GONE = frozenset({errno.ENOENT, errno.ESRCH, errno.EADDRNOTAVAIL, errno.ENODEV})
_MARK = "# Written by `tenure agent` from what DHCP servers told.\n"

_sequences = count(1)


def switch_on(interface: int) -> None:
    """Bring an interface up; `ServiceError`."""
    _tell(lambda sequence: build_link_up(sequence, interface), "bringing an interface up")


def configure(interface: int, lease: Lease, now: float) -> None:
    """Give the interface the lease's address, which ends by itself when nobody prolongs it; `ServiceError`."""
    valid = _LONGEST if lease.seconds == ENDLESS else max(1, min(_LONGEST, int(lease.until_at - now)))
    preferred = min(valid, max(0, int(lease.bound_at + lease.preferred_seconds - now)))
    place = (interface, lease.address, lease.prefix_length)
    what = f"giving this host the address {ip_address(lease.address)}"
    _tell(lambda sequence: build_address(RTM_NEWADDR, sequence, *place, preferred, valid), what)
    for route in lease.routes:
        _tell(_route(RTM_NEWROUTE, interface, lease, route), "adding a route")


def unconfigure(interface: int, lease: Lease) -> None:
    """Take both away; what is not there any more is no failure. `ServiceError`."""
    for route in lease.routes:
        _tell(_route(RTM_DELROUTE, interface, lease, route), "removing a route", _GONE)
    place = (interface, lease.address, lease.prefix_length)
    what = f"taking the address {ip_address(lease.address)} from this host"
    _tell(lambda sequence: build_address(RTM_DELADDR, sequence, *place), what, _GONE)


def write_resolv_conf(path: Path, told: Learned) -> None:
    """The name servers and domains that were told, for the resolver; `ServiceError`."""
    search = f"search {' '.join(to_text(one).rstrip('.') for one in told.domains)}\n" if told.domains else ""
    text = _MARK + search + "".join(f"nameserver {ip_address(one)}\n" for one in told.name_servers)
    beside = path.with_name(f".{path.name}.tenure")
    try:
        if path.is_file() and path.read_text() == text:
            return
        beside.write_text(text)
        beside.chmod(0o644)
        try:
            beside.rename(path)
        except OSError as error:
            if error.errno != errno.EBUSY:  # something is mounted there, as in containers
                raise
            path.write_text(text)
            beside.unlink()
    except OSError as error:
        remedy = "let this process write there, or leave dhcp-resolv-conf out"
        raise ServiceError(f"writing {path}", str(error.strerror), remedy) from error


def _route(kind: int, interface: int, lease: Lease, route: Route) -> Callable[[int], bytes]:
    bits = 8 * len(lease.address) - lease.prefix_length
    far = (int.from_bytes(route.gateway, "big") ^ int.from_bytes(lease.address, "big")) >> bits
    destination = _network(route.destination, route.length), route.length
    return lambda sequence: build_route(
        kind, sequence, interface, destination, route.gateway, METRIC + interface, is_direct=far != 0
    )


def _network(address: bytes, length: int) -> bytes:
    """Without the bits behind the prefix, which the kernel refuses."""
    hidden = 8 * len(address) - length
    return (int.from_bytes(address, "big") >> hidden << hidden).to_bytes(len(address), "big")


def _tell(build: Callable[[int], bytes], what: str, no_failure: frozenset[int] = frozenset()) -> None:
    sequence = next(_sequences)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as netlink:
            netlink.settimeout(_WAIT_SECONDS)
            netlink.bind((0, 0))
            netlink.send(build(sequence))
            verdict: int | None = None
            while verdict is None:
                verdict = read_verdict(netlink.recv(_OCTETS), sequence)
    except (OSError, Malformed) as error:
        raise ServiceError(what, str(error), "let this process open netlink sockets") from error
    if verdict and verdict not in no_failure:
        raise ServiceError(what, os.strerror(verdict), "run as root, or with CAP_NET_ADMIN")
