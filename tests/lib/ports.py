"""Ports of loopback for servers of tests and benchmarks."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port that is free for UDP and TCP on 127.0.0.1 now."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
