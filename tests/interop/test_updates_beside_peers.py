"""One update for each rule of RFC 2136 section 3, to us, BIND and Knot: the same becomes of it, or it is known why not.

What is justified here in short stands in docs/conformance/rfc2136.md.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest
from dns_exchange import KEY as OUR_KEY
from dns_exchange import Authority
from dnspeer import KEY, DnsPeer
from knotd import knotd
from named import named
from update_battery import CASES, Outcome, record_words, start_message

from tenure.dnswire.name import Name, from_text, to_text
from tenure.signing.tsig import sign_request

ZONES = {case: f"c{number}.test." for number, case in enumerate(CASES)}

# What the peer does where it is not what we do: RCODE, how far the serial moves, whether its zone is then as ours.
DIFFERENCES: dict[tuple[str, str], tuple[str, int, bool]] = {
    # A record that is listed twice is one record of a set (section 1.1.1).
    ("bind", "3.2 equals, listed twice"): ("NXRRSET", 0, False),
    # Knot has the order of the RFC: prerequisites before the prescan.
    ("knot", "3.4.1 outside, failing prerequisite"): ("NXDOMAIN", 0, True),
    # Knot leaves out parts of the prescan, and has no rule for MAILB.
    ("knot", "3.4.1 TTL of a deleted RRset"): ("NOERROR", 1, False),
    ("knot", "3.4.1 no data of a deleted record"): ("NOERROR", 0, True),
    ("knot", "3.4.1 mailb added"): ("NOERROR", 1, False),
    ("knot", "3.4.1 mailb deleted"): ("NOERROR", 0, True),
    # The name of an SVCB record is never compressed (RFC 9460 section 2.2).
    ("bind", "3.4.1 a compressed name in SVCB"): ("NOERROR", 1, False),
    # Knot keeps the TTL of a record that is there.
    ("knot", "3.4.2.2 add what is there, another TTL"): ("NOERROR", 0, False),
    # A DS record belongs to the zone above (RFC 4035 section 2.4); BIND ignores it too.
    ("knot", "3.4.2.2 DS at the apex"): ("NOERROR", 1, False),
}
NOT_FOR_KNOT = {
    "3.4.2.2 DNAME replaced",  # Knot 3.2 ends with an assertion when one message adds two DNAME records
    "3.4.1 a compressed name in SVCB",  # it keeps the pointer, and what it then transfers cannot be read
}


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsPeer]:
    folder: Path = tmp_path_factory.mktemp("named")
    with named(folder, list(ZONES.values())) as peer:
        yield peer


@pytest.fixture(scope="module")
def knot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsPeer]:
    folder: Path = tmp_path_factory.mktemp("knotd")
    with knotd(folder, list(ZONES.values())) as peer:
        yield peer


def send(peer: DnsPeer, octets: bytes) -> str:
    signed, _mac = sign_request(octets, KEY, time.time())
    with socket.create_connection(peer.server, timeout=10) as stream:
        stream.sendall(len(signed).to_bytes(2, "big") + signed)
        size = int.from_bytes(_read(stream, 2), "big")
        return dns.rcode.to_text(dns.rcode.Rcode(_read(stream, size)[3] & 15))


def _read(stream: socket.socket, size: int) -> bytes:
    octets = b""
    while len(octets) < size:
        piece = stream.recv(size - len(octets))
        assert piece
        octets += piece
    return octets


def content(peer: DnsPeer, apex: Name) -> tuple[int, frozenset[tuple[str, str, int]]]:
    serial, records = 0, set()
    for message in dns.query.xfr("127.0.0.1", to_text(apex), port=peer.port, relativize=False, lifetime=30):
        for rrset in message.answer:
            for rdata in rrset:
                if rrset.rdtype == 6:
                    serial = rdata.serial
                else:
                    owner = from_text(rrset.name.to_text()).lower()
                    records.add(record_words(owner, apex, rrset.rdtype, rdata.to_wire(), rrset.ttl))
    return serial, frozenset(records)


def of_peer(peer: DnsPeer, case: str) -> Outcome:
    apex = from_text(ZONES[case])
    assert send(peer, start_message(apex)) == "NOERROR"
    before, _records = content(peer, apex)
    rcode = send(peer, CASES[case].message(apex))
    after, records = content(peer, apex)
    return Outcome(rcode, (after - before) & 0xFFFFFFFF, records)


def of_ours(case: str) -> Outcome:
    apex = from_text(ZONES[case])
    text = f"$TTL 300\n{ZONES[case]} SOA ns.invalid. root.invalid. 1 3600 600 86400 60\n@ NS ns.invalid.\n"
    ours = Authority(text, origin=ZONES[case])
    assert ours.rcode(start_message(apex), key=OUR_KEY) == "NOERROR"
    before = ours.zone.serial
    rcode = ours.rcode(CASES[case].message(apex), key=OUR_KEY)
    records = frozenset(
        record_words(owner, apex, rtype, rdata, ttl)
        for owner, node in ours.zone.nodes.items()
        for rtype, (ttl, rdatas) in node.items()
        for rdata in rdatas
    )
    return Outcome(rcode, (ours.zone.serial - before) & 0xFFFFFFFF, records)


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name in ("bind", "knot") for case in CASES if name != "knot" or case not in NOT_FOR_KNOT],
)
def test_the_same_becomes_of_it(request: pytest.FixtureRequest, name: str, case: str) -> None:
    ours, theirs = of_ours(case), of_peer(request.getfixturevalue(name), case)
    known = DIFFERENCES.get((name, case))
    seen = theirs.rcode, theirs.moved, theirs.records == ours.records
    assert seen == (known or (ours.rcode, ours.moved, True)), (ours, theirs)
