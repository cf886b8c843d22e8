"""Reading this host: interfaces and addresses from the kernel by rtnetlink, its name, what its resolver is told."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import count
from pathlib import Path

from tenure.registering.interface import HostAddress, Interface, Inventory, KernelRefused
from tenure.registering.networkd import leased_address
from tenure.registering.resolv_conf import ResolvConf, parse_resolv_conf
from tenure.registering.rtnetlink import RTM_GETADDR, RTM_GETLINK, build_dump, parse_part
from tenure.serving.errors import ServiceError

RESOLV_CONF = Path("/etc/resolv.conf")
MACHINE_ID = Path("/etc/machine-id")
HOST_KEYS = Path("/etc/ssh")
NETWORKD_LEASES = Path("/run/systemd/netif/leases")
MOST_OCTETS = 1 << 18  # of one datagram of an answer; the kernel sends 32 KiB at most
WAIT_SECONDS = 5.0
MOST_TRIES = 10  # while the host changes under our eyes

_sequences = count(1)


def read_inventory() -> Inventory:
    """All interfaces and addresses of this host's network namespace; `ServiceError`."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as netlink:
            netlink.settimeout(WAIT_SECONDS)
            netlink.bind((0, 0))
            interfaces, _ = _dump(netlink, RTM_GETLINK)
            _, addresses = _dump(netlink, RTM_GETADDR)
    except (OSError, ValueError) as error:
        cause = os.strerror(error.errno) if isinstance(error, KernelRefused) else str(error)
        remedy = "let this process open netlink sockets (RestrictAddressFamilies=AF_NETLINK)"
        raise ServiceError("the addresses of this host", cause, remedy) from error
    return Inventory(tuple(interfaces), tuple(addresses))


def _dump(netlink: socket.socket, kind: int) -> tuple[list[Interface], list[HostAddress]]:
    """One whole answer. One that the kernel calls torn, because something changed meanwhile, is asked for again."""
    for _ in range(MOST_TRIES):
        sequence = next(_sequences)
        netlink.send(build_dump(kind, sequence))
        interfaces: list[Interface] = []
        addresses: list[HostAddress] = []
        is_torn = False
        while True:
            octets, _, _, sender = netlink.recvmsg(MOST_OCTETS)
            if sender[0] != 0:  # not the kernel
                continue
            part = parse_part(octets, sequence)
            interfaces += part.interfaces
            addresses += part.addresses
            is_torn |= part.is_torn
            if part.is_last:
                break
        if not is_torn:
            return interfaces, addresses
    raise OSError("the interfaces of this host change without end")


def read_resolv_conf(path: Path = RESOLV_CONF) -> ResolvConf:
    """The resolver's configuration; one that is not there says nothing, as resolvers have it."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ResolvConf()
    return parse_resolv_conf(text)


def read_machine_id(path: Path = MACHINE_ID) -> str:
    """What is the same on this machine for as long as it is installed, machine-id(5); empty where there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def read_host_keys(folder: Path = HOST_KEYS) -> list[str]:
    """The files with the public keys of this host's sshd, as far as they can be read."""
    found = []
    for path in sorted(folder.glob("ssh_host_*_key.pub")):
        with suppress(OSError):
            found.append(path.read_text(encoding="ascii", errors="replace"))
    return found


def read_networkd_leases(folder: Path = NETWORKD_LEASES) -> dict[int, bytes]:
    """The IPv4 addresses that systemd-networkd has leased, by the number of the interface."""
    found = {}
    for path in folder.glob("[0-9]*"):
        with suppress(OSError, ValueError):
            address = leased_address(path.read_text(encoding="ascii", errors="replace"))
            if address is not None:
                found[int(path.name)] = address
    return found


def read_host_name() -> str:
    """What the system calls this host."""
    return socket.gethostname()
