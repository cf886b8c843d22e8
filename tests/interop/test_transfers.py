"""Transfers between us and BIND, Knot and NSD while updates flow: in the end all hold one content and one serial."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import dns.message
import dns.query
import dns.rdatatype
import pytest
from dns_estate import DnsEstate
from network import eventually
from ports import free_port
from transfer_peers import BASE, SOA, TransferPeer, change, transfer_peer, zone_at

FLOW_SECONDS = 4.0
KINDS = ["bind", "knot", "nsd"]
PRIMARY = """\
file = "zone"
policy = ["grant dhcp. zonesub ANY"]
static-records = "by-policy"
also-notify = [{also}]
"""
SECONDARY = """\
type = "secondary"
primaries = ["127.0.0.1 port {primary} key dhcp."]
allow-update-forwarding = ["127.0.0.0/8"]
"""


class Flow:
    """Updates, one after the other, while something else goes on; every one of them is answered NOERROR."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.count = 0
        self.refused: list[int] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            rcode = change(self.port, self.count)
            if rcode:
                self.refused.append(rcode)
            self.count += 1


def ours_as_primary(folder: Path, port: int, also: str) -> DnsEstate:
    folder.mkdir()
    (folder / "zone").write_text(SOA.format(serial=1) + BASE)
    return DnsEstate(folder, port, PRIMARY.format(also=also))


def same(*ports: int) -> bool:
    zones = [zone_at(port) for port in ports]
    return zones[0] is not None and all(zone == zones[0] for zone in zones)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def test_all_follow_us_while_updates_flow(tmp_path: Path, stack: ExitStack) -> None:
    port, ports = free_port(), {kind: free_port() for kind in KINDS}
    also = ", ".join(f'"127.0.0.1 port {one} key dhcp."' for one in ports.values())
    ours = ours_as_primary(tmp_path / "ours", port, also)
    stack.callback(ours.stop)
    for kind in KINDS:
        stack.enter_context(transfer_peer(kind, "secondary", tmp_path / kind, ports[kind], port))
        eventually(lambda at=ports[kind]: zone_at(at) is not None, f"{kind} has the zone")
    with Flow(port) as flow:
        time.sleep(FLOW_SECONDS)
    assert flow.refused == []
    assert flow.count > 50
    eventually(lambda: same(port, *ports.values()), "all hold the same zone", 20, lambda: ours.log)
    zone = zone_at(port)
    assert zone is not None
    assert zone.get_soa().serial > flow.count  # nothing was lost
    assert "does not" not in ours.log


@pytest.mark.parametrize("kind", KINDS)
def test_we_follow_a_primary_while_updates_flow(kind: str, tmp_path: Path, stack: ExitStack) -> None:
    port, theirs = free_port(), free_port()
    peer = stack.enter_context(transfer_peer(kind, "primary", tmp_path / kind, theirs, port))
    ours = DnsEstate(tmp_path / "ours", port, SECONDARY.format(primary=theirs))
    stack.callback(ours.stop)
    eventually(lambda: same(theirs, port), "we have the zone", log=lambda: ours.log)
    count = flowing(peer)
    eventually(lambda: same(theirs, port), "we hold the same zone", 20, lambda: ours.log)
    zone = zone_at(port)
    assert zone is not None
    assert zone.get_node(f"u{count - 1}") is not None
    if kind != "nsd":  # it is not set up to keep differences
        eventually(lambda: "how=differences" in ours.log, "differences have come", log=lambda: ours.log)
    assert "the whole zone is asked for" not in ours.log or kind == "nsd"


def flowing(peer: TransferPeer) -> int:
    """Changes at the primary for a while; how many."""
    until, count = time.monotonic() + FLOW_SECONDS, 0
    while time.monotonic() < until:
        peer.change(count)
        count += 1
        time.sleep(0.3 if peer.kind == "nsd" else 0.002)
    return count if count % 3 else count + peer_extra(peer, count)


def peer_extra(peer: TransferPeer, count: int) -> int:
    """One more, so that the last change is no deletion of the one before."""
    peer.change(count)
    return 1


@pytest.mark.parametrize("kind", ["bind", "knot"])
def test_a_secondary_that_is_killed_serves_the_last_committed_zone_and_catches_up(
    kind: str, tmp_path: Path, stack: ExitStack
) -> None:
    port, theirs = free_port(), free_port()
    peer = stack.enter_context(transfer_peer(kind, "primary", tmp_path / kind, theirs, port))
    ours = DnsEstate(tmp_path / "ours", port, SECONDARY.format(primary=theirs))
    stack.callback(ours.stop)
    eventually(lambda: same(theirs, port), "we have the zone", log=lambda: ours.log)
    with Flow(theirs) as flow:
        for _ in range(3):
            time.sleep(0.7)
            ours.kill()
            ours.start()
            started = zone_at(port)
            assert started is not None, ours.log
            assert len(started.nodes) > 300
    assert flow.refused == []
    eventually(lambda: same(theirs, port), "we have caught up", 20, lambda: ours.log)
    assert ours.log.count("how=whole") == 1, ours.log
    assert peer.pid


def test_updates_are_passed_on_with_their_signature(tmp_path: Path, stack: ExitStack) -> None:
    port, theirs = free_port(), free_port()
    stack.enter_context(transfer_peer("bind", "primary", tmp_path / "bind", theirs, port))
    ours = DnsEstate(tmp_path / "ours", port, SECONDARY.format(primary=theirs))
    stack.callback(ours.stop)
    eventually(lambda: same(theirs, port), "we have the zone", log=lambda: ours.log)
    assert change(port, 7) == 0  # dnspython verifies the primary's signature of the answer
    assert change(port, 8, tcp=True) == 0
    eventually(lambda: same(theirs, port), "the change has come back", log=lambda: ours.log)
    zone = zone_at(port)
    assert zone is not None
    assert zone.get_node("u8") is not None


def test_no_update_waits_for_a_transfer_and_none_gets_into_it(tmp_path: Path, stack: ExitStack) -> None:
    """A reader that stops in the middle of a transfer pins one moment of the zone; updates go on and are durable."""
    port = free_port()
    folder = tmp_path / "ours"
    folder.mkdir()
    lines = "".join(f"big{n} 300 TXT {'y' * 250}\n" for n in range(30_000))
    (folder / "zone").write_text(SOA.format(serial=1) + BASE + lines)
    ours = DnsEstate(folder, port, PRIMARY.format(also=""))
    stack.callback(ours.stop)
    reader = stack.enter_context(socket.socket())
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.settimeout(20)
    reader.connect(("127.0.0.1", port))
    query = dns.message.make_query("example.test.", "AXFR")
    dns.query.send_tcp(reader, query)
    first, _ = dns.query.receive_tcp(reader, one_rr_per_rrset=True)
    assert [change(port, number) for number in range(60)] == [0] * 60
    assert soa_serial(port) == 61
    records = list(first.answer)
    messages = 1
    while len(records) == 1 or records[-1].rdtype != dns.rdatatype.SOA:
        message, _ = dns.query.receive_tcp(reader, one_rr_per_rrset=True)
        records += message.answer
        messages += 1
    assert messages > 100
    assert records[0][0].serial == records[-1][0].serial == 1
    assert not [rrset for rrset in records if rrset.name.labels[0].startswith(b"u")]
    assert len(records) > 30_000


def soa_serial(port: int) -> int:
    answer = dns.query.udp(dns.message.make_query("example.test.", "SOA"), "127.0.0.1", port=port, timeout=10)
    return int(answer.answer[0][0].serial)
