"""The bounds of TCP connections: how many, how long idle, how much unsent."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest
from dns_exchange import KEY
from dns_service import Running, running

from tenure.authority.server_settings import ServerSettings, TcpSettings
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.tcp import Deframer, frame
from tenure.dnswire.update import build_update, delete_name
from tenure.serving.dns import tcp as dns_tcp
from tenure.signing.tsig import sign_request

QUERY = frame(dns.message.make_query("host.example.test.", "A", id=1).to_wire())


def connect(service: Running) -> socket.socket:
    tcp = socket.create_connection((service.host, service.port))
    tcp.settimeout(10)
    return tcp


def answered(tcp: socket.socket) -> bool:
    tcp.sendall(QUERY)
    return bool(Deframer().feed(tcp.recv(4096)))


def bounds(**those: float) -> ServerSettings:
    return ServerSettings(tcp=TcpSettings(**those))  # type: ignore[arg-type]  # names are checked when it runs


def test_a_silent_connection_is_closed(tmp_path: Path) -> None:
    with running(tmp_path, server=bounds(idle_seconds=0.2)) as service, connect(service) as tcp:
        assert answered(tcp)
        assert tcp.recv(1) == b""


def test_another_address_does_not_make_room_for_one_that_has_too_many(tmp_path: Path) -> None:
    with running(tmp_path, host="0.0.0.0", server=bounds(clients_per_address=2)) as service:
        other = socket.create_connection((service.host, service.port), source_address=("127.0.0.2", 0))
        assert answered(other)
        several = [connect(service) for _ in range(3)]
        assert all(answered(tcp) for tcp in several[1:])
        assert several[0].recv(1) == b""
        assert answered(other)
        for tcp in (other, *several):
            tcp.close()


def test_messages_in_a_row_are_all_answered(tmp_path: Path) -> None:
    """RFC 7766 section 6.2.1.1: a requestor need not wait for one reply before it sends the next request."""
    queries = [dns.message.make_query("host.example.test.", "A", id=number) for number in range(300)]
    octets = b"".join(frame(query.to_wire()) for query in queries)
    with running(tmp_path) as service, connect(service) as tcp:
        deframer = Deframer()
        replies: list[bytes] = []
        for at in range(0, len(octets), 1000):  # wherever the segments end
            tcp.sendall(octets[at : at + 1000])
        while len(replies) < len(queries):
            replies += deframer.feed(tcp.recv(65536))
    assert {int.from_bytes(reply[:2], "big") for reply in replies} == set(range(300))
    assert all(reply[3] & 15 == 0 for reply in replies)


def test_what_is_asked_before_the_requestor_ends_is_answered(tmp_path: Path) -> None:
    """RFC 7766 section 6.2.3: the requestor may close its side and still wait for replies."""
    with running(tmp_path) as service, connect(service) as tcp:
        tcp.sendall(QUERY * 3)
        tcp.shutdown(socket.SHUT_WR)
        octets = b""
        while taken := tcp.recv(65536):
            octets += taken
    assert len(Deframer().feed(octets)) == 3


def test_how_long_it_may_be_silent_is_told(tmp_path: Path) -> None:
    """RFC 7828: to who asks, in tenths of a second, and over TCP only."""
    query = dns.message.make_query("host.example.test.", "A", use_edns=0, options=[dns.edns.GenericOption(11, b"")])
    with running(tmp_path, server=bounds(idle_seconds=12.5)) as service:
        over_tcp = dns.query.tcp(query, service.host, port=service.port, timeout=10)
        over_udp = dns.query.udp(query, service.host, port=service.port, timeout=10)
    assert [(int(option.otype), option.to_wire()) for option in over_tcp.options] == [(11, b"\0\x7d")]
    assert over_udp.options == ()


def drip(tcp: socket.socket) -> None:
    for octet in QUERY + QUERY[:-1]:
        tcp.sendall(bytes([octet]))
        time.sleep(0.05)


def test_dripping_octets_do_not_keep_a_connection_open(tmp_path: Path) -> None:
    with (
        running(tmp_path, server=bounds(idle_seconds=0.5)) as service,
        connect(service) as tcp,
        pytest.raises(OSError, match=r"reset|pipe"),
    ):
        drip(tcp)


def test_a_transfer_that_is_taken_drop_by_drop_is_broken_off(tmp_path: Path) -> None:
    """It reads one moment of the store: the changes since then cannot be written back as long as it goes on."""
    text = "@ 300 NS ns\n" + "".join(f"h{i} 300 TXT {'x' * 250}\n" for i in range(20000)) + "host 300 A 192.0.2.1\n"
    with running(tmp_path, text, server=bounds(transfer_seconds=1.5)) as service:
        with connect(service) as tcp:
            tcp.sendall(frame(dns.message.make_query("example.test.", "AXFR", id=1).to_wire()))
            taken = 0
            while octets := tcp.recv(4096):
                taken += len(octets)
                time.sleep(0.02)
        assert taken < 20000 * 250
        with connect(service) as tcp:  # one that is quick gets it whole, on a connection that lives longer
            for _ in range(2):
                tcp.sendall(frame(dns.message.make_query("example.test.", "AXFR", id=1).to_wire()))
                deframer, whole = Deframer(), 0
                while whole < 20001 + 1 + 1 + 1:
                    whole += sum(len(parse_message(m).answers) for m in deframer.feed(tcp.recv(1 << 20)))
                time.sleep(1.6)
            assert answered(tcp)


@pytest.mark.parametrize("bound", ["clients", "clients_per_address"])
def test_the_one_that_was_silent_for_longest_makes_room(tmp_path: Path, bound: str) -> None:
    with running(tmp_path, server=bounds(**{bound: 3})) as service:
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
