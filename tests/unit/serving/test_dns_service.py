"""The DNS service over real sockets and a real store: what is durable when, what is cached, what is told."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.xfr
import dns.zone
import pytest
from dns_exchange import KEY, OTHER_KEY
from dns_service import running

from tenure.authority.server_settings import ServerSettings, TcpSettings
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.tcp import Deframer, frame
from tenure.dnswire.update import add, build_update, delete_name, delete_rrset
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.history import EventFilter
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dns.cache import MOST_STREAM_OCTETS
from tenure.serving.dns.service import DnsService
from tenure.serving.dns.updates import REFUSALS_PER_SECOND
from tenure.serving.errors import ServiceError
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request, verify_response

APEX = from_text("example.test.")


def update(*updates: RR, key: Key = KEY, message_id: int = 7) -> tuple[bytes, bytes]:
    return sign_request(build_update(message_id, APEX, [], updates), key, time.time())


def name(label: str) -> bytes:
    return from_text(f"{label}.example.test.")


def eventually(holds: Callable[[], bool]) -> None:
    """Counters are moved after the replies are sent."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_an_update_is_committed_answered_and_explained(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        octets, mac = update(add(name("new"), 1, 60, b"\x0a\1\2\3"), add(name("new"), 49, 60, b"\0\1\1"))
        reply = service.send(octets)
        message = parse_message(reply)
        assert message.rcode == 0
        assert verify_response(reply, message, KEY, mac, time.time()) is None
        assert str(service.ask("new.example.test.").answer[0][0]) == "10.1.2.3"
        ledger = service.ledger()
        (zone,) = ledger.zones()
        assert ledger.rrsets_at(zone.id, name("new")).keys() == {1, 49}
        ((_id, event),) = ledger.history.events(EventFilter(limit=1000))
        ledger.close()
    assert (event.kind, event.actor, event.cause) == (
        "update-applied",
        "dns key dhcp.",
        "grant dhcp. zonesub ANY static",
    )
    assert (event.name, event.address) == (name("new"), b"\x0a\1\2\3")
    assert event.detail.startswith("serial 2: +A +DHCID; from 127.0.0.1#")
    assert event.correlation


def test_a_refused_update_is_explained_too(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        octets, _mac = update(add(name("new"), 1, 60, b"\x0a\1\2\3"), key=OTHER_KEY)
        assert parse_message(service.send(octets)).rcode == 5
        ledger = service.ledger()
        ((_id, event),) = ledger.history.events(EventFilter(limit=1000))
        ledger.close()
    assert (event.kind, event.actor, event.cause) == ("update-refused", "dns key other.", "REFUSED")
    assert "no policy rule of example.test. speaks of key other." in event.detail
    assert event.name == name("new")


def test_refusals_cannot_fill_the_disk(tmp_path: Path) -> None:
    count = 4 * REFUSALS_PER_SECOND
    with running(tmp_path) as service, socket.create_connection((service.host, service.port)) as tcp:
        tcp.settimeout(10)
        tcp.sendall(b"".join(frame(update(delete_name(APEX), key=OTHER_KEY)[0]) for _ in range(count)))
        read_messages(tcp, count)
        ledger = service.ledger()
        events = ledger.history.events(EventFilter(limit=1000))
        ledger.close()
        eventually(lambda: service.report.counts["updates_refused"] == count)
    assert 1 <= len(events) <= 3 * REFUSALS_PER_SECOND


def read_messages(tcp: socket.socket, count: int) -> list[bytes]:
    deframer = Deframer()
    messages: list[bytes] = []
    while len(messages) < count:
        octets = tcp.recv(65536)
        assert octets, "the connection was closed"
        messages += deframer.feed(octets)
    return messages


@pytest.mark.parametrize("step", ["begin", "commit"])
def test_nothing_is_acknowledged_that_is_not_committed(tmp_path: Path, step: str) -> None:
    def break_it(service: DnsService, _ledger: ZoneLedger) -> None:
        def fail(*_arguments: object) -> None:
            raise LedgerUnavailable("/disk", "it is full")

        setattr(service._commits._ledger, step, fail)

    with running(tmp_path, prepare=break_it) as service:
        octets, mac = update(add(name("new"), 1, 60, b"\x0a\1\2\3"))
        reply = service.send(octets)
        message = parse_message(reply)
        assert message.rcode == 2
        assert verify_response(reply, message, KEY, mac, time.time()) is None
        assert service.ask("new.example.test.").rcode() == dns.rcode.NXDOMAIN
        assert service.ask("host.example.test.").answer
        assert "/disk: it is full" in service.log.getvalue()


def test_a_question_that_cannot_be_read_for_is_a_server_failure(tmp_path: Path) -> None:
    def break_it(_service: DnsService, ledger: ZoneLedger) -> None:
        def fail(*_arguments: object) -> None:
            raise LedgerUnavailable("/disk", "it is gone")

        ledger.rrsets_at = fail  # type: ignore[method-assign,assignment]  # the disk is gone

    with running(tmp_path, prepare=break_it) as service:
        assert service.ask("host.example.test.").rcode() == dns.rcode.SERVFAIL


@pytest.mark.parametrize(
    ("question", "rtype", "change"),
    [
        ("host", "A", add(name("host"), 1, 300, b"\x0a\0\0\1")),
        ("new", "A", add(name("new"), 1, 300, b"\x0a\0\0\1")),  # a denial becomes an answer
        ("host", "A", delete_rrset(name("host"), 1)),
        ("x.new", "A", add(from_text("y.x.new.example.test."), 1, 300, b"\x0a\0\0\1")),  # becomes empty non-terminal
        ("alias", "A", add(name("host"), 1, 300, b"\x0a\0\0\1")),  # the end of a chain
        ("x.wild", "TXT", add(from_text("*.wild.example.test."), 16, 300, b"\3two")),
        ("x.wild", "TXT", add(from_text("x.wild.example.test."), 1, 300, b"\x0a\0\0\1")),  # the wildcard gives way
        ("x.host", "A", add(from_text("*.host.example.test."), 1, 300, b"\x0a\0\0\1")),
        ("deep.sub.host", "A", add(from_text("sub.host.example.test."), 2, 300, from_text("ns.example.test."))),
        ("w.sub", "A", add(from_text("ns.sub.example.test."), 1, 300, b"\x0a\0\0\1")),  # glue
        ("@", "MX", add(name("mail"), 28, 300, bytes(16))),  # an additional address
        ("@", "SOA", add(name("elsewhere"), 1, 300, b"\x0a\0\0\1")),  # the serial
        ("nowhere", "A", add(name("elsewhere"), 1, 300, b"\x0a\0\0\1")),  # the serial in the denial
    ],
)
@pytest.mark.parametrize("tcp", [False, True])
def test_no_reply_outlives_what_it_says(tmp_path: Path, question: str, rtype: str, change: RR, tcp: bool) -> None:
    text = "@ 300 NS ns\n@ 300 MX 1 mail\nns 300 A 192.0.2.1\nmail 300 A 192.0.2.3\nhost 300 A 192.0.2.10\n"
    text += "alias 300 CNAME host\n*.wild 300 TXT one\nsub 300 NS ns.sub\n"
    asked = "example.test." if question == "@" else f"{question}.example.test."
    octets = dns.message.make_query(asked, rtype, id=1).to_wire()
    with running(tmp_path, text) as service:
        send = service.send_tcp if tcp else service.send
        before = send(octets)
        assert send(octets) == before
        eventually(lambda: service.report.counts["queries_from_cache"] == 1)
        assert parse_message(service.send(update(change)[0])).rcode == 0
        after = send(octets)
        assert after != before
        service.send(update(add(name("unrelated"), 1, 300, b"\x0a\0\0\1"))[0])
        again = parse_message(send(octets))
    expected = parse_message(after)
    assert again.answers == expected.answers or rtype == "SOA"


def test_what_is_ready_over_one_transport_is_not_for_the_other(tmp_path: Path) -> None:
    text = "@ 300 NS ns\nns 300 A 192.0.2.1\n" + "".join(f"many 300 A 10.0.0.{n}\n" for n in range(90))
    with running(tmp_path, text) as service:
        for rtype, tcp_answers, udp_answers in (("A", 90, 0), ("ANY", 90, 0)):
            octets = dns.message.make_query("many.example.test.", rtype, id=1).to_wire()
            for _ in range(2):
                assert len(parse_message(service.send(octets)).answers) == udp_answers
                assert len(parse_message(service.send_tcp(octets)).answers) == tcp_answers
        eventually(lambda: service.report.counts["queries_from_cache"] == 4)


def test_what_belongs_to_a_connection_is_not_kept(tmp_path: Path) -> None:
    """The idle time of a connection (RFC 7828) and a cookie are for who asked."""
    options = [dns.edns.GenericOption(11, b""), dns.edns.GenericOption(10, b"clientck")]
    octets = dns.message.make_query("host.example.test.", "A", id=1, use_edns=0, options=options).to_wire()
    settings = ServerSettings(tcp=TcpSettings(idle_seconds=7))
    with running(tmp_path, server=settings) as service:
        for _ in range(2):
            found = {o.otype: o.to_wire() for o in dns.message.from_wire(service.send_tcp(octets)).options}
            assert found[11] == (70).to_bytes(2, "big")
            assert len(found[10]) == 24
        plain = dns.message.make_query("host.example.test.", "A", id=1, use_edns=0).to_wire()
        for _ in range(2):
            assert not dns.message.from_wire(service.send_tcp(plain)).options
        eventually(lambda: service.report.counts["queries_from_cache"] == 1)


def test_a_large_reply_over_tcp_is_made_anew(tmp_path: Path) -> None:
    text = "@ 300 NS ns\n" + "".join(f"many 300 TXT {n:0200}\n" for n in range(30))
    octets = dns.message.make_query("many.example.test.", "TXT", id=1).to_wire()
    with running(tmp_path, text) as service:
        assert len(service.send_tcp(octets)) > MOST_STREAM_OCTETS
        assert len(parse_message(service.send_tcp(octets)).answers) == 30
        eventually(lambda: service.report.counts["messages"] == 2)
        assert not service.report.counts["queries_from_cache"]


def test_another_name_does_not_drop_a_reply(tmp_path: Path) -> None:
    octets = dns.message.make_query("host.example.test.", "A", id=1).to_wire()
    with running(tmp_path) as service:
        service.send(octets)
        service.send(update(add(name("new"), 1, 300, b"\x0a\0\0\1"))[0])
        service.send(octets)
        eventually(lambda: service.report.counts["queries_from_cache"] == 1)


def test_what_another_process_changes_is_forgotten_and_nothing_else(tmp_path: Path, new_url: str) -> None:
    ns, host = (dns.message.make_query(f"{one}.example.test.", "A", id=1).to_wire() for one in ("ns", "host"))
    with running(tmp_path, store=new_url) as service, running(tmp_path, store=new_url) as other:
        for octets in (ns, host, ns, host):
            service.send(octets)
        eventually(lambda: service.report.counts["queries_from_cache"] == 2)
        assert parse_message(other.send(update(delete_name(name("host")))[0])).rcode == 0
        assert dns.message.from_wire(service.send(host)).rcode() == dns.rcode.NXDOMAIN
        service.send(ns)
        eventually(lambda: service.report.counts["queries_from_cache"] == 3)


def test_another_soa_by_another_process_is_heard_of(tmp_path: Path, new_url: str) -> None:
    soa = dns.message.make_query("example.test.", "SOA", id=1).to_wire()
    with running(tmp_path, store=new_url) as service, running(tmp_path, store=new_url) as other:
        before = parse_message(service.send(soa)).answers[0].rdata
        changed = before[:-20] + (77).to_bytes(4, "big") + before[-16:]
        assert service.send(soa) == service.send(soa)
        assert parse_message(other.send(update(add(APEX, 6, 300, changed))[0])).rcode == 0
        assert parse_message(service.send(soa)).answers[0].rdata == changed


def test_updates_of_one_batch_see_one_another(tmp_path: Path) -> None:
    ones = [update(add(name(f"n{i % 50}"), 1, 60, bytes([10, 0, 0, i])), message_id=i)[0] for i in range(200)]
    with running(tmp_path) as service, socket.create_connection((service.host, service.port)) as tcp:
        tcp.settimeout(10)
        tcp.sendall(b"".join(map(frame, ones)))
        replies = [parse_message(octets) for octets in read_messages(tcp, 200)]
        assert [m.id for m in replies] == list(range(200))
        assert {m.rcode for m in replies} == {0}
        assert len(service.ask("n0.example.test.").answer[0]) == 4
        assert service.report.counts["update_batches"] < 100
        soa = service.ask("example.test.", "SOA").answer[0][0]
    assert soa.serial == 201


def test_messages_of_a_connection_may_come_in_any_pieces(tmp_path: Path) -> None:
    octets = b"".join(frame(dns.message.make_query("host.example.test.", "A", id=i).to_wire()) for i in range(3))
    with running(tmp_path) as service, socket.create_connection((service.host, service.port)) as tcp:
        tcp.settimeout(10)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(octets), 7):
            tcp.sendall(octets[at : at + 7])
            time.sleep(0.001)
        tcp.shutdown(socket.SHUT_WR)
        assert [parse_message(m).id for m in read_messages(tcp, 3)] == [0, 1, 2]
        assert tcp.recv(1) == b""


def test_an_update_as_large_as_a_message_can_be(tmp_path: Path) -> None:
    updates = [add(name(f"{i:04}"), 16, 60, b"\xc8" + b"x" * 200) for i in range(290)]
    octets, mac = update(*updates)
    assert len(octets) > 60000
    with running(tmp_path) as service, socket.create_connection((service.host, service.port)) as tcp:
        tcp.settimeout(10)
        tcp.sendall(frame(octets))
        (reply,) = read_messages(tcp, 1)
        assert parse_message(reply).rcode == 0
        assert verify_response(reply, parse_message(reply), KEY, mac, time.time()) is None
        assert service.ask("0289.example.test.", "TXT").answer


def test_a_transfer_is_of_one_moment_and_holds_up_nobody(tmp_path: Path) -> None:
    text = "@ 300 NS ns\nns 300 A 192.0.2.1\n" + "".join(f"h{i} 300 TXT {'x' * 250}\n" for i in range(20000))
    query = dns.message.make_query("example.test.", "AXFR", id=1).to_wire()
    with running(tmp_path, text) as service, socket.socket() as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        tcp.settimeout(30)
        tcp.connect((service.host, service.port))
        tcp.sendall(frame(query))
        first = tcp.recv(1000)  # the snapshot is taken
        assert parse_message(service.send(update(delete_name(name("h19999")))[0])).rcode == 0
        deframer, soas, owners = Deframer(), 0, set()
        octets = first
        while soas < 2:
            for message in deframer.feed(octets):
                for rr in parse_message(message).answers:
                    soas += rr.rtype == 6
                    owners.add(rr.name)
            octets = tcp.recv(1 << 20) if soas < 2 else b""
        assert name("h19999") in owners
        assert len(owners) == 20002
        assert service.ask("h19999.example.test.", "TXT").rcode() == dns.rcode.NXDOMAIN


def test_an_incremental_transfer_gives_the_same_zone(tmp_path: Path) -> None:
    """RFC 1995, with dnspython as the secondary, which checks every step."""
    text = "@ 300 NS ns\nhost 300 A 192.0.2.1\n" + "".join(f"h{i} 300 TXT {'x' * 250}\n" for i in range(300))
    with running(tmp_path, text) as service:
        secondary, fresh = dns.zone.Zone("example.test."), dns.zone.Zone("example.test.")
        dns.query.inbound_xfr(service.host, secondary, port=service.port, timeout=10, lifetime=20)
        assert len(secondary.nodes) == 302
        for change in (
            add(name("new"), 1, 60, b"\x0a\0\0\1"),
            add(name("new"), 1, 90, b"\x0a\0\0\2"),  # a step that changes a TTL
            delete_name(name("h7")),
            delete_rrset(name("host"), 1),
        ):
            service.send(update(change)[0])
        query, _serial = dns.xfr.make_query(secondary)
        with socket.create_connection((service.host, service.port)) as tcp:
            tcp.settimeout(10)
            tcp.sendall(frame(query.to_wire()))
            assert len(parse_message(read_messages(tcp, 1)[0]).answers) < 30
        dns.query.inbound_xfr(service.host, secondary, query, port=service.port, timeout=10, lifetime=20)
        dns.query.inbound_xfr(service.host, fresh, port=service.port, timeout=10, lifetime=20)
        assert secondary == fresh
        assert secondary.to_text() == fresh.to_text()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1"])
def test_listening_on_every_address(tmp_path: Path, host: str) -> None:
    """The reply must come from the address that was asked: a connected socket hears no other."""
    with running(tmp_path, host=host) as service:
        if host == "0.0.0.0":
            service.host = "127.3.2.1"
        for _ in range(2):
            octets = service.send(dns.message.make_query("host.example.test.", "A", id=5).to_wire())
            assert dns.message.from_wire(octets).answer
        eventually(lambda: service.report.counts["queries_from_cache"] == 1)
        assert parse_message(service.send(update(delete_name(name("host")))[0])).rcode == 0


def test_a_port_in_use_is_one_clear_error(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        def same_port(service: DnsService, _ledger: ZoneLedger) -> None:
            service._listen = [("127.0.0.1", port)]

        wanted = f"DNS over UDP on 127.0.0.1:{port}: Address already in use; stop"
        with pytest.raises(ServiceError, match=wanted), running(tmp_path, prepare=same_port):
            pass


def test_octets_that_are_no_message_are_survived(tmp_path: Path) -> None:
    with running(tmp_path) as service, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for octets in (b"", b"\0", b"\xff" * 40, bytes(11), b"\0\0\x80" + bytes(20)):
            udp.sendto(octets, (service.host, service.port))
        with socket.create_connection((service.host, service.port)) as tcp:
            tcp.sendall(b"\0\0" + frame(b"\xff" * 100) + b"\xff")
        assert service.ask("host.example.test.").answer


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_too_many_updates_of_one_key_are_refused_and_told(tmp_path: Path, kind: socket.SocketKind) -> None:
    """As many as no machine is slow enough to let through, and all of them are answered."""
    number = 40
    orders = [update(add(name(f"h{one}"), 1, 60, b"\x0a\1\2\3"), message_id=one)[0] for one in range(number)]
    with running(tmp_path, server=ServerSettings(max_updates_per_second=1)) as service:
        with socket.socket(socket.AF_INET, kind) as client:
            client.settimeout(10)
            client.connect((service.host, service.port))
            replies, deframer = [], Deframer()
            for order in orders:
                client.send(order if kind == socket.SOCK_DGRAM else frame(order))
            while len(replies) < number:
                found = client.recv(65535)
                replies += [found] if kind == socket.SOCK_DGRAM else deframer.feed(found)
        rcodes = [parse_message(reply).rcode for reply in replies]
        assert set(rcodes) == {0, 5}
        with closing(service.ledger()) as ledger:
            (*_, told) = ledger.history.events(EventFilter(kind="update-refused"))
        assert "more than 1 updates in a second by key dhcp." in told.event.detail
