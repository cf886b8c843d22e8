"""The connections of a host and their addresses, as the kernel knows them."""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.octets import Malformed

# Flags of an interface (netdevice(7)).
IFF_UP: Final = 0x1
IFF_LOOPBACK: Final = 0x8
IFF_POINTOPOINT: Final = 0x10

# Flags of an address (`linux/if_addr.h`).
IFA_F_TEMPORARY: Final = 0x01  # of an IPv6 address; of an IPv4 one, that another of the network came first
IFA_F_DADFAILED: Final = 0x08
IFA_F_DEPRECATED: Final = 0x20
IFA_F_TENTATIVE: Final = 0x40
IFA_F_OPTIMISTIC: Final = 0x04
IFA_F_PERMANENT: Final = 0x80  # it has no lifetime


class Interface(NamedTuple):
    """A connection."""

    number: int  # its index
    name: str
    flags: int  # IFF_*
    state: int = 0  # its operational state (RFC 2863): 2 is down, 6 is up, 0 is not known
    kind: str = ""  # `bridge`, `wireguard`, `veth`; empty for hardware
    hardware: bytes = b""
    master: int = 0  # the number of the bridge or bond that it is a port of
    carriers: int = 0  # how often its link came or went


class HostAddress(NamedTuple):
    """An address of this host."""

    interface: int  # the number of its interface
    address: bytes  # 4 or 16 octets
    prefix_length: int
    flags: int  # IFA_F_*
    proto: int = 0  # who put it there (IFA_PROTO, since Linux 5.18)
    preferred: int = 0xFFFFFFFF  # seconds from when the kernel was asked; all ones: it has no end
    valid: int = 0xFFFFFFFF


class Inventory(NamedTuple):
    """All of both at one moment."""

    interfaces: tuple[Interface, ...]
    addresses: tuple[HostAddress, ...]


class KernelRefused(Malformed):
    """The kernel answered with an error; `errno` says which."""

    def __init__(self, errno: int) -> None:
        super().__init__(f"the kernel refused the question (error {errno})", 0)
        self.errno = errno
