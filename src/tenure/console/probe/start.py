"""Where a probe goes and what it begins, by the protocol. `ValueError` for what cannot be asked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator

from tenure.console.probe import dhcp4, dhcp6
from tenure.console.probe.asked import Asked, address4, wish4
from tenure.console.probe.asked6 import wish6
from tenure.console.probe.asking import Outcome, Told
from tenure.console.probe.wire import Route, Wire
from tenure.dhcpwire.v4.kinds import address
from tenure.dhcpwire.v6.kinds import address as address6

SERVER_PORTS = {4: 67, 6: 547}

Talk = Callable[[Wire], Generator[Told, None, Outcome]]


def route_to(version: int, server: str | None, interface: str | None, asked: Asked) -> Route:
    """The way to `ADDRESS[:PORT]`, of DHCPv6 `[ADDRESS]:PORT`, or to all servers on an interface.

    Whatever says a DHCPINFORM, its answer goes past relays to the client's address (RFC 2131 section 4.3.5).
    """
    if (server is None) == (interface is None):
        raise ValueError("a server to ask is needed: either --server ADDRESS, or --interface NAME for those on a wire")
    if server is None:
        return Route(version, None, interface)
    host, port = _split6(server) if version == 6 else _split4(server)
    (address6 if version == 6 else address)(host)
    if port is not None and not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
        raise ValueError(f"--server {server!r} has no port from 1 to 65535 behind its colon")
    relay = address4("--giaddr", asked.giaddr) if version == 4 else None
    client = address4("--inform", asked.inform) if version == 4 else None
    return Route(version, (host, SERVER_PORTS[version] if port is None else int(port)), None, relay, client)


def begin(route: Route, asked: Asked, hardware: bytes) -> Talk:
    """A client's talk, to be held on a wire of this route."""
    through_relay = route.server is not None
    if route.version == 6:
        wish = wish6(asked, hardware, secrets.token_bytes(3))
        return lambda wire: dhcp6.Client(wish, wire, through_relay=through_relay).talk()
    of_v4 = wish4(asked, hardware, secrets.randbits(32))
    if route.client is not None and of_v4.giaddr is None and of_v4.relay is None:
        through_relay = False  # it asks for itself, unless something is said that only a relay says
    one_server = route.server is not None
    return lambda wire: dhcp4.Client(of_v4, wire, through_relay=through_relay, one_server=one_server).talk()


def _split4(server: str) -> tuple[str, str | None]:
    host, colon, port = server.partition(":")
    return host, port if colon else None


def _split6(server: str) -> tuple[str, str | None]:
    if not server.startswith("["):
        return server, None
    host, _, rest = server[1:].partition("]")
    return host, rest.removeprefix(":") if rest else None
