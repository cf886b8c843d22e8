"""Any octets to any socket: no service falls, and no reply comes that was not asked for."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import dns.message
import dns.tsigkeyring
import dns.update
import pytest
from crowd import Crowd, message
from estate import SECRET, ZONE, Estate, estate
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

FEW = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with estate(tmp_path_factory.mktemp("octets"), "sqlite:tenure.db") as services:
        yield services
        for name, popen in services.running.items():
            assert popen.poll() is None, f"{name} fell\n{services.log(name)}"
            assert "Traceback" not in services.log(name)


def real_messages() -> list[bytes]:
    """What clients really send to a DNS server."""
    ring = dns.tsigkeyring.from_text({"test.": SECRET})
    update = dns.update.UpdateMessage(ZONE, keyring=ring, keyname="test.")
    update.absent("mutant")
    update.add("mutant", 300, "A", "10.9.1.1")
    query = dns.message.make_query(ZONE, "SOA", use_edns=0)
    return [update.to_wire(), query.to_wire(), dns.message.make_query(f"x.{ZONE}", "ANY").to_wire()]


def mutated(originals: list[bytes]) -> st.SearchStrategy[bytes]:
    """A real message with some octets changed, cut, doubled or added."""

    @st.composite
    def change(draw: st.DrawFn) -> bytes:
        octets = bytearray(draw(st.sampled_from(originals)))
        for _ in range(draw(st.integers(0, 6))):
            octets[draw(st.integers(0, len(octets) - 1))] = draw(st.integers(0, 255))
        cut = draw(st.integers(1, len(octets)))
        return bytes(octets[:cut]) + draw(st.binary(max_size=20))

    return change()


def replies(port: int, octets: bytes) -> list[bytes]:
    """All that comes back until a sentinel's reply; the sentinel is sent behind the octets, with another number."""
    found = []
    number = 0xFFFE if octets[:2] == b"\xff\xff" else 0xFFFF
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        sock.settimeout(5)
        sock.send(octets)
        sock.send(dns.message.make_query(ZONE, "SOA", id=number).to_wire())
        while True:
            reply = sock.recv(65535)
            if int.from_bytes(reply[:2], "big") == number:
                return found
            found.append(reply)


@example(octets=b"\xff\xff")  # looks like the sentinel
@FEW
@given(octets=st.one_of(st.binary(max_size=300), mutated(real_messages())))
def test_dns_over_udp(made: Estate, octets: bytes) -> None:
    for reply in replies(made.dns_port, octets):
        assert len(octets) >= 12, "a reply to less than a header"
        assert not octets[2] & 0x80, "a reply to a response"
        assert reply[:2] == octets[:2]
        assert reply[2] & 0x80


@FEW
@given(octets=st.one_of(st.binary(max_size=300), mutated(real_messages())))
def test_dns_over_tcp(made: Estate, octets: bytes) -> None:
    with (
        socket.create_connection(("127.0.0.1", made.dns_port), timeout=5) as sock,
        contextlib.suppress(ConnectionError),
    ):
        sock.sendall(len(octets).to_bytes(2, "big") + octets)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while part := sock.recv(65535):
            answer += part
        if answer:
            assert answer[2:4] == octets[:2]
            assert answer[4] & 0x80
    assert made.ask(ZONE, "SOA")


@FEW
@given(octets=st.one_of(st.binary(max_size=600), mutated([message(7, kind) for kind in (1, 3, 4, 7, 8)])))
def test_dhcp(made: Estate, octets: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", made.dhcp_port))
        sock.settimeout(0.003)
        sock.send(octets)
        with contextlib.suppress(TimeoutError):
            reply = sock.recv(2048)
            assert octets[:1] == b"\1", "a reply to what is no request"
            assert reply[:1] == b"\2"
            assert reply[4:8] == octets[4:8]


def test_a_lease_is_still_to_be_had(made: Estate) -> None:
    crowd = Crowd(made.dhcp_port)
    crowd.join([4711], 10)
    crowd.close()
    assert crowd.promised
