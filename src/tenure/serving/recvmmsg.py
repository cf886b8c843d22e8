"""recvmmsg(2): datagrams of one socket, many in one call. Python's sockets have no such call; the C library does it.

    mmsghdr   msghdr, octets received                                                 one for each datagram
    msghdr    where the sender's address goes, an iovec, where control messages go, flags
    iovec     where the octets go

Each has its rooms, which are laid out once; the kernel fills them.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from struct import Struct

AT_ONCE = 64  # datagrams
ADDRESS_ROOM = 28  # octets: struct sockaddr_in6, the largest one here


class _IoVec(ctypes.Structure):
    """struct iovec, readv(2)."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _MsgHdr(ctypes.Structure):
    """struct msghdr, recvmsg(2)."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("number_of_vectors", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _MMsgHdr(ctypes.Structure):
    """struct mmsghdr, recvmmsg(2)."""

    _fields_ = (("header", _MsgHdr), ("length", ctypes.c_uint))


_recvmmsg = ctypes.CDLL(None, use_errno=True).recvmmsg
_recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)

HEADER = ctypes.sizeof(_MMsgHdr)
_BEHIND = HEADER - _MMsgHdr.length.offset - ctypes.sizeof(ctypes.c_uint)
RECEIVED = Struct(f"@{_MMsgHdr.length.offset}xI{_BEHIND}x")  # of a header: the octets received


class Rooms:
    """Where `AT_ONCE` datagrams go: octets of `largest` each, headers of `HEADER`, and places of `beside`.

    A place is `sockaddr(28) control(ancillary)` as the kernel gives them, zero where it gives less.
    """

    def __init__(self, largest: int, ancillary: int) -> None:
        self.largest = largest
        self.beside = ADDRESS_ROOM + ancillary
        # pages that nothing was ever written to take no memory, so there can be room for the largest datagrams
        self.octets = mmap.mmap(-1, AT_ONCE * largest)
        places = bytearray(AT_ONCE * self.beside)
        headers = (_MMsgHdr * AT_ONCE)()
        vectors = (_IoVec * AT_ONCE)()
        first_octet, first_place = _start_of(self.octets), _start_of(places)
        for index in range(AT_ONCE):
            vectors[index] = _IoVec(first_octet + index * largest, largest)
            place = first_place + index * self.beside
            vector = ctypes.addressof(vectors) + index * ctypes.sizeof(_IoVec)
            message = _MsgHdr(place, ADDRESS_ROOM, vector, 1, place + ADDRESS_ROOM, ancillary, 0)
            headers[index] = _MMsgHdr(message, 0)
        self._vectors = vectors  # kept as long as the kernel may look there
        self.places, self.headers = memoryview(places), memoryview(headers).cast("B")
        self._no_places, self._fresh = bytes(places), bytes(self.headers)
        self._start = ctypes.addressof(headers)

    def fill(self, descriptor: int, wanted: int) -> int:
        """How many datagrams of a socket are in the first rooms now, at most `wanted` and `AT_ONCE`. `OSError`."""
        # over the sizes of the rooms the kernel writes how much of them it has used
        self.headers[: wanted * HEADER] = self._fresh[: wanted * HEADER]
        self.places[: wanted * self.beside] = self._no_places[: wanted * self.beside]
        number: int = _recvmmsg(descriptor, self._start, wanted, 0, None)
        if number < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return number


def _start_of(room: mmap.mmap | bytearray) -> int:
    """Where a room begins. From here on it cannot be given back while somebody has it."""
    return ctypes.addressof(ctypes.c_char.from_buffer(room))
