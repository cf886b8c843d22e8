"""The steps of an agent at BIND, Knot and PowerDNS: each says the same of the same update."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest
from dnspeer import KEY, DnsPeer
from knotd import knotd
from named import named
from powerdns import powerdns

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Conflict, Entry, Record
from tenure.registering.identity import machine_duid, marker
from tenure.registering.steps import Outcome, Step, Task
from tenure.serving.agent.asking import Servers
from tenure.serving.agent.carrying import carry
from tenure.serving.agent.exchange import Exchange
from tenure.serving.agent.terms import Level, Terms

FORWARD, REVERSE = "example.test.", "1.10.in-addr.arpa."
PC, POINTER = "pc.example.test.", "7.0.1.10.in-addr.arpa."
NAME = from_text(PC)
A, AAAA, PTR = int(RRType.A), int(RRType.AAAA), int(RRType.PTR)
FOUR, FOUR2, SIX = bytes((10, 1, 0, 7)), bytes((10, 1, 0, 8)), b"\xfd" + bytes(14) + b"\7"
DUID = machine_duid("5a" * 16)


@pytest.fixture(params=[named, knotd, powerdns], ids=["bind", "knot", "powerdns"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DnsPeer]:
    with request.param(tmp_path / "peer", [FORWARD, REVERSE]) as running:
        yield running


def sent(
    peer: DnsPeer, entry: Entry, conflict: Conflict, step: Step, former: tuple[Record, ...] = (), ttl: int = 900
) -> Outcome:
    """What became of it."""

    async def run() -> Outcome:
        servers = Servers(time.time)
        exchange = Exchange(servers, Terms(DUID, level=Level.ONLY_SECURE, key=KEY), None, time.time)
        task = Task(entry, entry.owner, conflict, step, ttl, marker(DUID, entry.name), former)
        zone = from_text(FORWARD if entry.direction is Direction.FORWARD else REVERSE)
        ((_, outcome),) = await carry(exchange, peer.server, zone, [task], lambda _: None)
        servers.close()
        return outcome

    return asyncio.run(run())


def host(*records: Record) -> Entry:
    return Entry(NAME, Direction.FORWARD, NAME, tuple(sorted(records)))


PTR_ENTRY = Entry(reverse_name(FOUR), Direction.REVERSE, NAME, ((PTR, NAME),))


def serial(peer: DnsPeer, zone: str) -> int:
    answer = dns.query.tcp(dns.message.make_query(zone, "SOA"), "127.0.0.1", port=peer.port, timeout=5)
    return int(answer.answer[0][0].serial)


def texts(peer: DnsPeer, name: str) -> set[str]:
    return {text for text in peer.at(name) if not text.startswith("DHCID")}


@pytest.mark.parametrize("conflict", Conflict)
def test_a_host_comes_is_compared_changes_and_goes(peer: DnsPeer, conflict: Conflict) -> None:
    first = host((A, FOUR), (AAAA, SIX))
    assert sent(peer, first, conflict, Step.COMPARE).reason is Reason.CONFIRMED
    assert sent(peer, PTR_ENTRY, conflict, Step.COMPARE).reason is Reason.CONFIRMED
    assert texts(peer, PC) == {"A 10.1.0.7", "AAAA fd00::7"}
    assert texts(peer, POINTER) == {f"PTR {PC}"}
    assert peer.ttl(PC, "A") == 900
    before = [serial(peer, zone) for zone in (FORWARD, REVERSE)]
    for entry in (first, PTR_ENTRY):
        outcome = sent(peer, entry, conflict, Step.COMPARE)
        assert outcome.detail == "NOERROR to compare"
    assert [serial(peer, zone) for zone in (FORWARD, REVERSE)] == before
    there = peer.at(PC), peer.at(POINTER)
    for entry, rtype in ((first, "AAAA"), (PTR_ENTRY, "PTR")):
        assert sent(peer, entry, conflict, Step.REWRITE, ttl=300).detail == "NOERROR to rewrite"
        assert peer.ttl(PC if entry is first else POINTER, rtype) == 300
    assert (peer.at(PC), peer.at(POINTER)) == there
    second = host((A, FOUR), (A, FOUR2))
    assert sent(peer, second, conflict, Step.COMPARE, first.records).reason is Reason.CONFIRMED
    assert texts(peer, PC) == {"A 10.1.0.7", "A 10.1.0.8"}
    peer.write(FORWARD, f"{PC} 300 TXT kept")
    for entry in (second, PTR_ENTRY):
        assert sent(peer, entry, conflict, Step.WITHDRAW).state is State.NONE
    assert peer.at(PC) == {'TXT "kept"'}
    assert peer.at(POINTER) == set()


@pytest.mark.parametrize("conflict", [Conflict.REPLACE, Conflict.STOP])
def test_a_host_that_marks_its_names_no_more_takes_its_marks_away(peer: DnsPeer, conflict: Conflict) -> None:
    wanted = host((A, FOUR))
    for entry in (wanted, PTR_ENTRY):
        assert sent(peer, entry, Conflict.PROTECT, Step.COMPARE).reason is Reason.CONFIRMED
        assert sent(peer, entry, conflict, Step.UNMARK).reason is Reason.CONFIRMED
    assert peer.at(PC) == {"A 10.1.0.7"}
    assert peer.at(POINTER) == {f"PTR {PC}"}


def test_what_a_person_made_is_told_from_what_is_free(peer: DnsPeer) -> None:
    peer.write(FORWARD, f"{PC} 300 A 10.1.9.9")
    peer.write(REVERSE, f"{POINTER} 300 PTR other.example.test.")
    wanted = host((A, FOUR))
    assert sent(peer, wanted, Conflict.PROTECT, Step.COMPARE).reason is Reason.NAME_STATIC
    assert sent(peer, wanted, Conflict.STOP, Step.COMPARE).reason is Reason.NAME_IN_USE
    assert sent(peer, PTR_ENTRY, Conflict.PROTECT, Step.COMPARE).reason is Reason.POINTER_TAKEN
    assert peer.at(PC) == {"A 10.1.9.9"}
    assert peer.at(POINTER) == {"PTR other.example.test."}
    assert sent(peer, wanted, Conflict.REPLACE, Step.COMPARE).reason is Reason.CONFIRMED
    assert peer.at(PC) == {"A 10.1.0.7"}
