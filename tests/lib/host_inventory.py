"""A host's interfaces and addresses as values, and as the kernel's messages say them."""

from __future__ import annotations

import struct
from ipaddress import ip_interface

from tenure.registering.interface import IFA_F_PERMANENT, IFF_UP, HostAddress, Interface, Inventory
from tenure.registering.settings import Settings

UP = 6
SEQUENCE = 7


def interface(number: int, name: str, flags: int = IFF_UP, state: int = UP, kind: str = "", **more: int) -> Interface:
    return Interface(number, name, flags, state, kind, bytes.fromhex("020000000001"), more.get("master", 0))


def address(text: str, on: int = 2, flags: int = IFA_F_PERMANENT, proto: int = 0) -> HostAddress:
    value = ip_interface(text)
    return HostAddress(on, value.ip.packed, value.network.prefixlen, flags, proto)


def inventory(*values: Interface | HostAddress) -> Inventory:
    return Inventory(
        tuple(value for value in values if isinstance(value, Interface)),
        tuple(value for value in values if isinstance(value, HostAddress)),
    )


def settings(host_name: str = "pc.example.test", **more: object) -> Settings:
    return Settings(host_name, **more)  # type: ignore[arg-type]


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(kind: int, body: bytes, flags: int = 2, sequence: int = SEQUENCE) -> bytes:
    whole = struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body
    return whole + bytes(-len(whole) % 4)


def link_message(number: int, flags: int, *attributes: bytes) -> bytes:
    return message(16, struct.pack("=BxHiII", 0, 1, number, flags, 0) + b"".join(attributes))


def address_message(family: int, bits: int, flags: int, number: int, *attributes: bytes) -> bytes:
    return message(20, struct.pack("=BBBBI", family, bits, flags, 0, number) + b"".join(attributes))


DONE = message(3, bytes(4))
