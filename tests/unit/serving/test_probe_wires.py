"""The wires of a probe: what is refused is told in one line, and a relay's socket gives answers and their senders."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import pytest

from tenure.serving.dhcp.probe4 import LinkWire, RelayWire
from tenure.serving.dhcp.probe6 import link_wire, relay_wire
from tenure.serving.dhcp.probe_socket import refused


@pytest.mark.parametrize(
    ("open_one", "told"),
    [
        (lambda: link_wire("nowhere0"), "asking on interface nowhere0: there is no such interface; see `ip link`"),
        (lambda: link_wire("lo"), "asking on interface lo: it has no link-local address; "),
        (
            lambda: RelayWire(("127.0.0.1", 67), bytes((192, 0, 2, 1))),
            "asking 127.0.0.1 port 67 as a relay at 192.0.2.1: this ",
        ),
        (
            lambda: RelayWire(("127.0.0.1", 67), None, bytes((192, 0, 2, 1))),
            "asking 127.0.0.1 port 67 as a client at 192.0.2.1: this ",
        ),
        (lambda: LinkWire("nowhere0", bytes(6)), "listening on interface nowhere0: th"),
    ],
)
def test_what_cannot_be_opened_is_one_line(open_one: Callable[[], object], told: str) -> None:
    with pytest.raises(OSError, match="; ") as caught:
        open_one()
    assert str(caught.value).startswith(told)
    assert caught.value.errno is None, "how it is told from an error of the output"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["v4", "v6"])
def test_a_relay_hears_whoever_answers(family: socket.AddressFamily) -> None:
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind((host, 0))
        server.settimeout(10)
        port = server.getsockname()[1]
        wire = RelayWire((host, port), None) if family == socket.AF_INET else relay_wire((host, port))
        try:
            assert wire.address == socket.inet_pton(family, host)
            assert wire.send(b"question") == f"{host} port {port}"
            octets, asker = server.recvfrom(100)
            assert octets == b"question"
            server.sendto(b"answer", asker)
            assert wire.receive(10) == (b"answer", f"{host} port {port}")
            assert wire.receive(0.01) is None
            wire.take(b"")
            assert wire.send_to(b"again", b"") == f"{host} port {port}", "past the relay is through the relay"
            assert server.recv(100) == b"again"
        finally:
            wire.close()


def test_nobody_listens() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    wire = RelayWire(("127.0.0.1", port), None)
    try:
        wire.send(b"question")
        assert wire.receive(0.2) is None
    finally:
        wire.close()


def test_whose_address_is_missing_is_told_with_what_would_help() -> None:
    taken = OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    assert str(refused("x", taken)) == (
        "x: this machine has no such address; give an address of this machine as --giaddr"
    )
    assert str(refused("x", taken, {errno.EADDRNOTAVAIL: "ask elsewhere"})) == (
        "x: this machine has no such address; ask elsewhere"
    )


def test_a_client_with_an_address_asks_a_server_on_another_port_from_any_address() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        wire = RelayWire(server.getsockname(), None, bytes((192, 0, 2, 1)))
        try:
            wire.send(b"question")
            _, asker = server.recvfrom(100)
            server.sendto(b"answer", asker)
            heard = wire.receive(10)
            assert heard is not None
            assert heard.octets == b"answer"
        finally:
            wire.close()
