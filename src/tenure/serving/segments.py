"""Many datagrams of one size to one place in one call, which costs far less than a call for each.

The kernel or the device cuts them apart, behind the routing (udp(7), UDP_SEGMENT).
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from struct import Struct
from typing import Any, Final, TypeAlias

_UDP_SEGMENT: Final = 103
_SEGMENT_SIZE: Final = Struct("@H")
_MOST_SEGMENTS: Final = 64  # in one call, and of them all
_MOST_OCTETS: Final = 65_507
# Octets of one: with its headers it fits the least MTU of IPv6, and what must be fragmented is not cut.
_LARGEST: Final = 1232
_NOT_SEGMENTED: Final = {errno.EIO, errno.EINVAL, errno.EMSGSIZE}

Ancillary: TypeAlias = tuple[tuple[int, int, bytes], ...]  # level, kind and data of control messages


class AlikeSender:
    """Sends from one socket; datagram by datagram where nobody cuts."""

    def __init__(self, bound: socket.socket) -> None:
        self._socket = bound
        self._is_cut = _cuts_segments(bound)

    def send(self, datagrams: Sequence[bytes], place: tuple[Any, ...], ancillary: Ancillary = ()) -> None:
        """Datagrams of one size. `OSError` as any send: what was not sent yet is not sent then."""
        if len(datagrams) == 1 or not self._is_cut or len(datagrams[0]) > _LARGEST:
            self._send_each(datagrams, place, ancillary)
        else:
            self._send_segments(datagrams, place, ancillary)

    def _send_each(self, datagrams: Sequence[bytes], place: tuple[Any, ...], ancillary: Ancillary) -> None:
        for octets in datagrams:
            if ancillary:
                self._socket.sendmsg([octets], ancillary, 0, place)
            else:
                self._socket.sendto(octets, place)

    def _send_segments(self, datagrams: Sequence[bytes], place: tuple[Any, ...], ancillary: Ancillary) -> None:
        size = len(datagrams[0])
        segmented = [*ancillary, (socket.IPPROTO_UDP, _UDP_SEGMENT, _SEGMENT_SIZE.pack(size))]
        most = min(_MOST_SEGMENTS, _MOST_OCTETS // size)
        for start in range(0, len(datagrams), most):
            try:
                self._socket.sendmsg(datagrams[start : start + most], segmented, 0, place)
            except OSError as error:
                if error.errno not in _NOT_SEGMENTED:
                    raise
                self._is_cut = False  # the device, or its MTU, is not fit for it
                self._send_each(datagrams[start:], place, ancillary)
                return


def _cuts_segments(bound: socket.socket) -> bool:
    """Whether the kernel knows how (Linux 4.18)."""
    try:
        bound.getsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT)
    except OSError:
        return False
    return True
