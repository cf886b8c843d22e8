"""Datagrams that have come to a socket, many in one call (`recvmmsg`), which costs far less than a call for each."""

from __future__ import annotations

import socket
from collections.abc import Container

from tenure.serving.recvmmsg import AT_ONCE, HEADER, RECEIVED, Rooms


class DatagramReader:
    """Reads from a socket that does not block.

    `largest`: octets of a datagram; what is longer is cut. `ancillary`: octets of control messages, as
    `socket.CMSG_SPACE` has them. `passing`: numbers of errors that say nothing against this socket, such as that an
    earlier reply met no host.
    """

    def __init__(self, bound: socket.socket, largest: int, ancillary: int, passing: Container[int]) -> None:
        self._socket = bound
        self._passing = passing
        self._rooms = Rooms(largest, ancillary)

    def read(self, limit: int) -> list[tuple[bytes, bytes]]:
        """Up to `limit` datagrams that are there already: their octets, and beside them whom they are from and to.

        The latter are as the kernel gives them, `sockaddr(28) control(ancillary)`, zero where it gives less. `OSError`.
        """
        found: list[tuple[bytes, bytes]] = []
        rooms = self._rooms
        octets, largest, beside = rooms.octets, rooms.largest, rooms.beside
        while len(found) < limit:
            wanted = min(AT_ONCE, limit - len(found))
            try:
                number = rooms.fill(self._socket.fileno(), wanted)
            except BlockingIOError:
                break
            except OSError as error:
                if found or error.errno in self._passing:  # what came before it is not lost by it
                    break
                raise
            places = bytes(rooms.places[: number * beside])
            start = place = 0
            for (size,) in RECEIVED.iter_unpack(rooms.headers[: number * HEADER]):
                found.append((octets[start : start + size], places[place : place + beside]))
                start += largest
                place += beside
            if number < wanted:
                break
        return found
