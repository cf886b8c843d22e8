"""The bounds of TCP connections: how many, how long idle, how much unsent."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import dns.message
import dns.rcode
import pytest
from dns_exchange import KEY
from dns_service import Running, running

from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.tcp import Deframer, frame
from tenure.dnswire.update import build_update, delete_name
from tenure.serving import dns_tcp
from tenure.signing.tsig import sign_request

QUERY = frame(dns.message.make_query("host.example.test.", "A", id=1).to_wire())


def connect(service: Running) -> socket.socket:
    tcp = socket.create_connection((service.host, service.port))
    tcp.settimeout(10)
    return tcp


def answered(tcp: socket.socket) -> bool:
    tcp.sendall(QUERY)
    return bool(Deframer().feed(tcp.recv(4096)))


def test_a_silent_connection_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_tcp, "IDLE_SECONDS", 0.2)
    with running(tmp_path) as service, connect(service) as tcp:
        assert answered(tcp)
        assert tcp.recv(1) == b""


def drip(tcp: socket.socket) -> None:
    for octet in QUERY + QUERY[:-1]:
        tcp.sendall(bytes([octet]))
        time.sleep(0.05)


def test_dripping_octets_do_not_keep_a_connection_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_tcp, "IDLE_SECONDS", 0.5)
    with running(tmp_path) as service, connect(service) as tcp, pytest.raises(OSError, match=r"reset|pipe"):
        drip(tcp)


def test_the_one_that_was_silent_for_longest_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_tcp, "MOST_CONNECTIONS", 3)
    with running(tmp_path) as service:
        connections = []
        for _ in range(4):
            connections.append(connect(service))
            assert answered(connections[-1])
        assert connections[0].recv(1) == b""
        assert all(answered(tcp) for tcp in connections[1:])
        for tcp in connections:
            tcp.close()


def test_who_does_not_read_is_not_served(tmp_path: Path) -> None:
    """Without a bound its replies would fill the memory; others are served meanwhile, and it gets all in the end."""
    text = "@ 300 NS ns\nhost 300 A 192.0.2.1\n" + "".join(f"host 300 TXT {'y' * 240}{i:03}\n" for i in range(200))
    big = frame(dns.message.make_query("host.example.test.", "TXT", id=1).to_wire())
    count = 1000
    with running(tmp_path, text) as service, connect(service) as deaf, connect(service) as other:
        deaf.sendall(big * count)
        assert answered(other)
        time.sleep(0.2)
        assert service.report.counts["messages"] < count / 2
        deframer, taken = Deframer(), 0
        while taken < count:
            taken += len(deframer.feed(deaf.recv(1 << 20)))


def test_a_requestor_that_goes_away_in_a_transfer(tmp_path: Path) -> None:
    text = "@ 300 NS ns\n" + "".join(f"h{i} 300 TXT {'x' * 250}\n" for i in range(20000)) + "host 300 A 192.0.2.1\n"
    with running(tmp_path, text) as service:
        for _ in range(5):
            with connect(service) as tcp:
                tcp.sendall(frame(dns.message.make_query("example.test.", "AXFR", id=1).to_wire()))
                assert tcp.recv(100)
        with connect(service) as tcp:
            assert answered(tcp)


def test_no_answer_is_older_than_its_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process writes the zone, and only then the question is complete; all while the service turns to read."""
    read = dns_tcp.Connection.read
    meanwhile = []

    def read_late(connection: dns_tcp.Connection, now: float) -> None:
        while meanwhile:
            meanwhile.pop()()
        read(connection, now)

    monkeypatch.setattr(dns_tcp.Connection, "read", read_late)
    removal = build_update(7, from_text("example.test."), [], [delete_name(from_text("host.example.test."))])
    with running(tmp_path) as service, running(tmp_path) as other, connect(service) as tcp:
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert answered(tcp)

        def remove_and_finish_asking() -> None:
            octets, _mac = sign_request(removal, KEY, time.time())
            assert parse_message(other.send(octets)).rcode == 0
            tcp.sendall(QUERY[1:])

        meanwhile.append(remove_and_finish_asking)
        tcp.sendall(QUERY[:1])
        (reply,) = Deframer().feed(tcp.recv(4096))
    assert dns.message.from_wire(reply).rcode() == dns.rcode.NXDOMAIN
