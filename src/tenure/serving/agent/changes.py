"""What tells the agent that its host has changed: the kernel, of addresses; a look now and then, of the rest."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from pathlib import Path

from tenure.registering.rtnetlink import RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR, RTMGRP_LINK
from tenure.serving.agent.inventory import RESOLV_CONF, read_host_name
from tenure.serving.errors import ServiceError

_OCTETS = 1 << 16


class AddressChanges:
    """Readable when an address or a link has changed. What changed is not read of it: the host is looked at anew."""

    def __init__(self) -> None:
        """`ServiceError`."""
        try:
            self._socket = socket.socket(
                socket.AF_NETLINK,
                socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
                socket.NETLINK_ROUTE,
            )
            self._socket.bind((0, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
        except OSError as error:
            remedy = "let this process open netlink sockets (RestrictAddressFamilies=AF_NETLINK)"
            raise ServiceError("changes of this host's addresses", str(error.strerror), remedy) from error

    def fileno(self) -> int:
        """What to poll."""
        return self._socket.fileno()

    def drain(self) -> None:
        """Take what was told. Where it was more than fits, that says as much: something has changed."""
        while True:
            try:
                self._socket.recv(_OCTETS)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


class HostWatch:
    """Compares the host's name, its resolver's file and its clocks with how they were at the look before."""

    def __init__(
        self,
        resolv_conf: Path = RESOLV_CONF,
        asleep: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic(),
    ) -> None:
        self._resolv_conf = resolv_conf
        self._asleep = asleep
        self._seen = self._read()

    def look(self) -> list[str]:
        """What has changed since the look before, in words of the log; mostly nothing."""
        before, self._seen = self._seen, self._read()
        changed = [] if before[0] == self._seen[0] else ["host-name-changed"]
        changed += [] if before[1] == self._seen[1] else ["resolver-changed"]
        return changed + (["resumed"] if self._seen[2] - before[2] > 1.0 else [])

    def _read(self) -> tuple[str, tuple[int, int] | None, float]:
        try:
            stat = self._resolv_conf.stat()
        except OSError:
            found = None
        else:
            found = (stat.st_ino, stat.st_mtime_ns)
        return read_host_name(), found, self._asleep()
