"""Programs of the kernel's packet filter (classic BPF), which choose among datagrams before anybody is woken."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Sequence
from struct import Struct
from typing import TypeAlias

# Linux's numbers, which the socket module lacks.
SO_ATTACH_FILTER = 26  # which datagrams a socket takes
SO_ATTACH_REUSEPORT_CBPF = 51  # which socket of a group that shares a port takes a datagram

Instruction: TypeAlias = tuple[int, int, int, int]  # code, jump if true, jump if false, operand (linux/filter.h)

_INSTRUCTION = Struct("@HBBI")
_PROGRAM = Struct("@HP")  # number of instructions, address of the first


def attach(one: socket.socket, option: int, instructions: Sequence[Instruction]) -> None:
    """Gives the program to a socket for one of the two purposes; `OSError`."""
    octets = b"".join(_INSTRUCTION.pack(*each) for each in instructions)
    buffer = ctypes.create_string_buffer(octets, len(octets))  # lives until the kernel has taken its copy
    one.setsockopt(socket.SOL_SOCKET, option, _PROGRAM.pack(len(instructions), ctypes.addressof(buffer)))
