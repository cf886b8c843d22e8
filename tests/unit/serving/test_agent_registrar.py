"""Passes over a host's names, with a memory on disk and a zone that takes updates: crashes, lost memories, silence."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from answering_server import Answer as Answering
from answering_server import server
from update_model import ModelZone

from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.edns import UPDATE_LEASE, Edns
from tenure.dnswire.message import AA, QR, Message, build_message
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rdata import build_soa_rdata
from tenure.dnswire.rr import RR, Question
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Conflict, Entry, Kept, Place
from tenure.registering.identity import machine_duid, marker
from tenure.registering.promise import Answer, Promise
from tenure.registering.wanted import Wishes
from tenure.serving.agent.asking import Servers
from tenure.serving.agent.exchange import Exchange
from tenure.serving.agent.notes import JITTER, REFUSED_SECONDS, Notes
from tenure.serving.agent.registrar import Registrar
from tenure.serving.agent.terms import Terms
from tenure.serving.report import Report

ZONE, PC, BOX = (from_text(f"{label}example.test.") for label in ("", "pc.", "box."))
A, PTR, DHCID, SOA = int(RRType.A), int(RRType.PTR), int(RRType.DHCID), int(RRType.SOA)
FOUR, FOUR2, FOUR3 = bytes((10, 1, 0, 7)), bytes((10, 1, 0, 8)), bytes((10, 1, 0, 9))
SSHFP, KEY = int(RRType.SSHFP), b"\4\2" + bytes(32)
DUID = machine_duid("5a" * 16)
NOW = 1_800_000_000.0


def forward(name: Name, *addresses: bytes) -> Entry:
    return Entry(name, Direction.FORWARD, name, tuple((A, address) for address in addresses))


def pointer(name: Name, address: bytes) -> Entry:
    return Entry(reverse_name(address), Direction.REVERSE, name, ((PTR, name),))


class OneZone(Servers):
    """Name servers for which every name is in one zone, and which say what stands in it."""

    def __init__(self, clock: Callable[[], float], zone: ModelZone) -> None:
        super().__init__(clock)
        self._zone = zone

    async def query(self, place: Place, name: bytes, rtype: int, *, recursive: bool) -> bytes:
        if rtype != SOA:
            ttl = self._zone.ttls.get((name, rtype), 3600)
            answers = [RR(name, rtype, 1, ttl, rdata) for rdata in self._zone.at(name).get(rtype, ())]
            return build_message(1, QR | AA, [Question(name, rtype, 1)], answers)
        soa = RR(ZONE if name.endswith(ZONE) else b"\4arpa\0", SOA, 1, 60, build_soa_rdata(ZONE, ZONE, 1, 2, 3, 4, 5))
        return build_message(1, QR | AA, [Question(name, rtype, 1)], authorities=[soa])


class Agent:
    """An agent whose host is told to it, over one memory; each pass is a new process."""

    def __init__(self, folder: Path, zone: ModelZone, conflict: Conflict = Conflict.PROTECT) -> None:
        self.path, self.zone, self.conflict = folder / "agent.db", zone, conflict
        self.answer: Answering = lambda octets, _: zone.update(octets)
        self.now, self.ttl, self.lease = NOW, 900, 0
        self.log = io.StringIO()

    def run(
        self, *entries: Entry, withdraw: bool = False, look: bool = True, left: Sequence[Entry] = ()
    ) -> dict[Name, Kept]:
        memory = AgentMemory(self.path)

        async def work(place: Place) -> None:
            terms = Terms(
                DUID, ttl=self.ttl, lease=self.lease, conflict=self.conflict, servers=(place,), top_level_zones=True
            )
            notes = Notes(memory, terms, Report("agent", stream=self.log), lambda: self.now)
            servers = OneZone(time.time, self.zone)
            registrar = Registrar(terms, notes, servers, Exchange(servers, terms, None, time.time), lambda: self.now)
            if entries or left or not withdraw:
                await registrar.run(Wishes(entries, left), [place], look=look)
            if withdraw:
                await registrar.withdraw_all()
            servers.close()

        with server(self.answer) as place:
            self._move_to(memory, place)
            asyncio.run(work(place))
        found = {one.owner: one for one in memory.names()}
        memory.close()
        return found

    def _move_to(self, memory: AgentMemory, place: Place) -> None:
        """The server has another port in each process."""
        memory.put([one._replace(server=place[0], port=place[1]) for one in memory.names() if one.server])


@pytest.fixture
def zone() -> ModelZone:
    return ModelZone()


@pytest.fixture
def agent(tmp_path: Path, zone: ModelZone) -> Agent:
    return Agent(tmp_path, zone)


def granting(zone: ModelZone, seconds: int) -> Answering:
    """Each update that asks for a lease is granted this one."""

    def answer(octets: bytes, message: Message) -> bytes:
        asked = message.edns is not None and any(code == UPDATE_LEASE for code, _ in message.edns.options)
        edns = Edns(1232, options=((UPDATE_LEASE, seconds.to_bytes(4, "big")),)) if asked else None
        return build_message(message.id, 0xA800 | zone.update(octets), message.questions, edns=edns)

    return answer


def lost(zone: ModelZone, *, carried_out: bool) -> Callable[[bytes, Message], int]:
    """What is to be written is carried out or not, and the answer is lost."""

    def answer(octets: bytes, message: Message) -> int:
        if not message.authorities:
            return zone.update(octets)
        if carried_out:
            zone.update(octets)
        raise ConnectionResetError

    return answer


@pytest.mark.parametrize("conflict", Conflict)
@pytest.mark.parametrize("carried_out", [True, False])
def test_what_was_sent_before_a_crash_is_known_after_it_and_taken_away(
    agent: Agent, conflict: Conflict, carried_out: bool
) -> None:
    agent.conflict, agent.answer = conflict, lost(agent.zone, carried_out=carried_out)
    kept = agent.run(forward(PC, FOUR))[PC]
    assert (kept.state, kept.confirmed, kept.written) == (State.PENDING, (), ((A, FOUR),))
    assert bool(agent.zone.at(PC)) is carried_out
    agent.answer = lambda octets, _: agent.zone.update(octets)
    found = agent.run(forward(BOX, FOUR))
    assert agent.zone.at(PC) == {}
    assert agent.zone.at(BOX)[A] == {FOUR}
    assert {name: one.state for name, one in found.items()} == {BOX: State.REGISTERED}


def test_an_address_that_was_sent_before_a_crash_goes_too(agent: Agent) -> None:
    agent.run(forward(PC, FOUR))
    agent.answer = lost(agent.zone, carried_out=True)
    kept = agent.run(forward(PC, FOUR, FOUR2))[PC]
    assert (kept.confirmed, kept.written) == (((A, FOUR),), ((A, FOUR), (A, FOUR2)))
    agent.answer = lambda octets, _: agent.zone.update(octets)
    assert agent.run(withdraw=True) == {}
    assert agent.zone.records == {}


def test_what_may_stand_there_is_all_that_was_sent_until_an_answer_says_what_does(agent: Agent) -> None:
    agent.run(forward(PC, FOUR))
    agent.answer = lost(agent.zone, carried_out=False)
    assert agent.run(forward(PC, FOUR2))[PC].written == ((A, FOUR), (A, FOUR2))
    agent.answer = lambda octets, _: agent.zone.update(octets)
    assert agent.run(withdraw=True) == {}
    assert agent.zone.records == {}


def test_a_memory_that_is_lost_loses_no_name_that_is_marked(agent: Agent) -> None:
    agent.run(forward(PC, FOUR), pointer(PC, FOUR))
    agent.path.unlink()
    for log in agent.path.parent.glob("agent.db-*"):
        log.unlink()
    agent.zone.messages = 0
    agent.run(forward(PC, FOUR), pointer(PC, FOUR))
    assert agent.zone.messages == 2  # compared, and nothing written
    assert agent.run(withdraw=True) == {}
    assert agent.zone.records == {}


@pytest.mark.parametrize("conflict", [Conflict.STOP, Conflict.REPLACE])
def test_without_a_mark_what_stood_there_before_stays_when_the_host_goes(agent: Agent, conflict: Conflict) -> None:
    agent.conflict = conflict
    agent.zone.put(PC, A, FOUR)
    kept = agent.run(forward(PC, FOUR))[PC]
    assert (kept.state, kept.confirmed, kept.written) == (State.REGISTERED, ((A, FOUR),), ())
    agent.run(withdraw=True)
    assert agent.zone.at(PC) == {A: {FOUR}}


def test_a_pointer_follows_the_host_s_name_in_one_step(agent: Agent) -> None:
    seen: list[Sequence[bytes]] = []

    def watch(octets: bytes, _: Message) -> int:
        rcode = agent.zone.update(octets)
        seen.append(sorted(agent.zone.at(reverse_name(FOUR)).get(PTR, ())))
        return rcode

    agent.run(forward(PC, FOUR), pointer(PC, FOUR))
    agent.answer = watch
    agent.run(forward(BOX, FOUR), pointer(BOX, FOUR))
    assert {tuple(one) for one in seen} == {(PC,), (BOX,)}  # never none, never both
    assert agent.zone.at(PC) == {}
    assert set(agent.zone.at(reverse_name(FOUR))) == {PTR, DHCID}


def test_a_refused_name_has_no_pointer_and_is_tried_again_later(agent: Agent) -> None:
    agent.answer = lambda _o, message: Rcode.REFUSED if message.authorities else Rcode.NXRRSET
    found = agent.run(forward(PC, FOUR), pointer(PC, FOUR))
    assert [(one.state, one.reason) for one in found.values()] == [
        (State.REFUSED, "server-refused"),
        (State.REFUSED, "forward-refused"),
    ]
    assert NOW + REFUSED_SECONDS * (1 - JITTER) <= found[PC].due_at <= NOW + REFUSED_SECONDS
    assert agent.zone.records == {}


def test_what_fails_is_tried_again_later_and_later_and_not_before(agent: Agent) -> None:
    agent.answer = lambda _o, _m: Rcode.SERVFAIL
    waits = []
    for attempt in range(1, 12):
        kept = agent.run(forward(PC, FOUR), look=False)[PC]
        assert (kept.state, kept.reason, kept.attempts) == (State.PENDING, "server-failed", attempt)
        assert agent.run(forward(PC, FOUR), look=False)[PC] == kept
        waits.append(kept.due_at - agent.now)
        agent.now = kept.due_at
    assert all(2.0**n / 2 <= wait <= 2.0**n for n, wait in enumerate(waits[:8]))
    assert waits[-1] <= 300.0
    assert agent.log.getvalue().count("event=") <= 1 + sum(waits) / 60  # not a line for each try


def test_all_that_is_right_is_looked_at_when_its_time_has_come(agent: Agent) -> None:
    kept = agent.run(forward(PC, FOUR))[PC]
    assert NOW + 86400 * (1 - JITTER) <= kept.due_at <= NOW + 86400
    agent.zone.records.clear()  # somebody has deleted it
    agent.run(forward(PC, FOUR), look=False)
    assert agent.zone.at(PC) == {}
    agent.now = kept.due_at
    agent.run(forward(PC, FOUR), look=False)
    assert agent.zone.at(PC)[A] == {FOUR}


@pytest.mark.parametrize("conflict", Conflict)
def test_another_ttl_in_the_configuration_reaches_what_stands_already(agent: Agent, conflict: Conflict) -> None:
    agent.conflict = conflict
    entries = (forward(PC, FOUR), pointer(PC, FOUR))
    before = agent.run(*entries)
    agent.ttl = 60
    found = agent.run(*entries)
    assert {one.state for one in found.values()} == {State.REGISTERED}
    assert [one.written for one in found.values()] == [one.written for one in before.values()]
    assert set(agent.zone.ttls.values()) == {60}
    agent.zone.messages = 0
    agent.run(*entries)
    assert agent.zone.messages == 2  # compared, and nothing written


def test_the_ttl_of_what_others_wrote_stays(agent: Agent) -> None:
    agent.zone.put(reverse_name(FOUR), PTR, PC)
    agent.run(forward(PC, FOUR), pointer(PC, FOUR))
    agent.run(forward(PC, FOUR), pointer(PC, FOUR))
    assert (reverse_name(FOUR), PTR) not in agent.zone.ttls
    agent.conflict = Conflict.STOP
    agent.zone.put(BOX, A, FOUR)
    agent.run(forward(BOX, FOUR))
    assert (BOX, A) not in agent.zone.ttls


def test_a_refused_change_of_the_ttl_leaves_the_name_registered(agent: Agent) -> None:
    agent.run(forward(PC, FOUR))
    agent.ttl = 60
    agent.answer = lambda octets, message: Rcode.REFUSED if message.authorities else agent.zone.update(octets)
    assert agent.run(forward(PC, FOUR))[PC].state is State.REGISTERED
    assert agent.zone.ttls[PC, A] == 900


def test_where_names_are_not_marked_any_more_the_marks_go_and_what_is_ours_is_still_taken_away(agent: Agent) -> None:
    agent.zone.put(reverse_name(FOUR2), PTR, PC)  # a person's
    entries = (forward(PC, FOUR, FOUR2), pointer(PC, FOUR), pointer(PC, FOUR2))
    agent.run(*entries)
    agent.conflict = Conflict.STOP
    found = agent.run(*entries)
    assert {one.state for one in found.values()} == {State.REGISTERED}
    assert {one.conflict for one in found.values()} == {Conflict.STOP}
    assert not any(DHCID in rrsets for rrsets in agent.zone.records.values())
    agent.run(withdraw=True)
    assert agent.zone.records == {reverse_name(FOUR2): {PTR: {PC}}}


def test_a_mark_that_could_not_be_taken_away_is_taken_away_later(agent: Agent) -> None:
    agent.run(forward(PC, FOUR))
    agent.conflict = Conflict.REPLACE
    agent.answer = lambda octets, message: Rcode.SERVFAIL if message.authorities else agent.zone.update(octets)
    kept = agent.run(forward(PC, FOUR))[PC]
    assert (kept.state, kept.conflict) == (State.PENDING, Conflict.PROTECT)
    agent.answer = lambda octets, _: agent.zone.update(octets)
    assert agent.run(forward(PC, FOUR))[PC].conflict is Conflict.REPLACE
    assert agent.zone.at(PC) == {A: {FOUR}}


@pytest.mark.parametrize("conflict", Conflict)
def test_a_lease_that_is_granted_is_renewed_before_its_end_in_one_message(agent: Agent, conflict: Conflict) -> None:
    agent.conflict, agent.lease, agent.answer = conflict, 7200, granting(agent.zone, 1000)
    entries = (forward(PC, FOUR), pointer(PC, FOUR))
    for _ in range(3):
        agent.zone.messages = 0
        found = agent.run(*entries, look=False)
        assert all(800 <= one.due_at - agent.now <= 850 for one in found.values())
        agent.now = max(one.due_at for one in found.values())
    assert agent.zone.messages == 2  # one for each zone


def test_who_grants_no_lease_is_told_of_once_and_asked_no_more_often(agent: Agent) -> None:
    agent.lease = 7200
    agent.run(forward(PC, FOUR))
    assert agent.run(forward(PC, FOUR))[PC].due_at >= NOW + 86400 * (1 - JITTER)
    assert "grants no lease" in agent.log.getvalue()


def test_a_lease_longer_than_a_refresh_is_renewed_with_it(agent: Agent) -> None:
    agent.lease, agent.answer = 7200, granting(agent.zone, 10 * 86400)
    assert NOW + 86400 * 0.8 <= agent.run(forward(PC, FOUR))[PC].due_at <= NOW + 86400 * 0.85


def test_what_others_wrote_is_given_no_end(agent: Agent) -> None:
    agent.conflict, agent.lease, agent.answer = Conflict.STOP, 7200, granting(agent.zone, 1000)
    agent.zone.put(PC, A, FOUR)
    assert agent.run(forward(PC, FOUR))[PC].due_at > NOW + 1000
    assert agent.zone.ttls == {}


@pytest.mark.parametrize("conflict", Conflict)
def test_without_a_lease_any_more_what_has_one_is_written_anew_once(agent: Agent, conflict: Conflict) -> None:
    agent.conflict, agent.lease, agent.answer = conflict, 7200, granting(agent.zone, 1000)
    entries = (forward(PC, FOUR), pointer(PC, FOUR))
    agent.run(*entries)
    asked: list[bool] = []
    cleared: set[Name] = set()

    def watch(octets: bytes, message: Message) -> int:
        asked.append(message.edns is not None)
        cleared.update(rr.name for rr in message.authorities if rr.rclass == 255)
        return agent.zone.update(octets)

    agent.lease, agent.answer = 0, watch
    found = agent.run(*entries)
    assert {one.state for one in found.values()} == {State.REGISTERED}
    assert cleared == {PC, reverse_name(FOUR)}
    assert not any(asked)
    cleared.clear()
    agent.run(*entries)
    assert cleared == set()


def test_what_a_server_takes_over_stays_and_goes_when_the_host_has_another_address(agent: Agent) -> None:
    """The server can have written the same records anew, under the same mark, so the promise is no reason to delete."""
    agent.run(forward(PC, FOUR), pointer(PC, FOUR))
    found = agent.run(left=[forward(PC, FOUR), pointer(PC, FOUR)])
    assert {(one.state, one.reason) for one in found.values()} == {(State.NONE, "left-to-dhcp")}
    assert agent.zone.at(PC)[A] == {FOUR}
    assert agent.zone.at(reverse_name(FOUR))[PTR] == {PC}
    agent.run(left=[forward(PC, FOUR), pointer(PC, FOUR)], withdraw=True)
    assert agent.zone.at(PC)[A] == {FOUR}
    found = agent.run(left=[forward(PC, FOUR2), pointer(PC, FOUR2)])
    assert agent.zone.records == {}
    assert {owner: one.written for owner, one in found.items()} == {PC: (), reverse_name(FOUR2): ()}


def test_an_agent_that_ends_before_its_first_look_takes_away_nothing_that_was_left_to_a_server(agent: Agent) -> None:
    agent.run(forward(PC, FOUR))
    agent.run(left=[forward(PC, FOUR)])
    agent.run(withdraw=True)
    assert agent.zone.at(PC)[A] == {FOUR}


def test_what_a_server_writes_beside_ours_is_neither_compared_away_nor_cleared(agent: Agent) -> None:
    six = ((28, bytes(15) + b"\7"),)
    mine = Entry(PC, Direction.FORWARD, PC, six, beside=((A, FOUR),))
    agent.zone.put(PC, A, FOUR)
    agent.zone.put(PC, DHCID, marker(DUID, PC))
    agent.run(mine)
    assert agent.zone.at(PC)[A] == {FOUR}
    assert agent.zone.at(PC)[28] == {six[0][1]}
    agent.zone.at(PC)[A] = {FOUR2}  # the server is its own judge of that type
    agent.zone.messages = 0
    assert agent.run(mine)[PC].state is State.REGISTERED
    assert agent.zone.messages == 1  # compared
    agent.run(mine, withdraw=True, left=[forward(PC, FOUR)])
    assert agent.zone.at(PC) == {A: {FOUR2}, DHCID: {marker(DUID, PC)}}


def test_an_address_of_ours_comes_and_goes_in_an_rrset_that_a_server_writes_too(agent: Agent) -> None:
    beside = ((A, FOUR),)
    agent.zone.put(PC, A, FOUR)
    agent.zone.put(PC, DHCID, marker(DUID, PC))
    other = bytes((10, 1, 0, 9))
    agent.run(forward(PC, FOUR2)._replace(beside=beside))
    assert agent.zone.at(PC)[A] == {FOUR, FOUR2}
    agent.run(forward(PC, other)._replace(beside=beside))
    assert agent.zone.at(PC)[A] == {FOUR, other}
    agent.zone.messages = 0
    agent.run(forward(PC, other)._replace(beside=beside))
    assert agent.zone.messages == 1
    agent.run(left=[forward(PC, FOUR)])
    assert agent.zone.at(PC)[A] == {FOUR}


def test_the_ttl_of_an_rrset_that_a_server_writes_too_is_whatever_was_written_last(agent: Agent) -> None:
    """Else both would write it anew after each other; each look is one of another process, which has forgotten."""
    six = bytes(15) + b"\7"
    agent.zone.put(PC, A, FOUR)
    agent.zone.put(PC, DHCID, marker(DUID, PC))
    shared = Entry(PC, Direction.FORWARD, PC, ((A, FOUR2), (28, six)), beside=((A, FOUR),))
    agent.run(shared)
    for ttl in (1200, 600):
        agent.zone.ttls[PC, A] = ttl  # by the DHCP server, for its lease
        agent.zone.messages = 0
        assert agent.run(shared)[PC].state is State.REGISTERED
        assert agent.zone.messages == 1  # compared
        assert agent.zone.ttls[PC, A] == ttl
    agent.zone.ttls[PC, 28] = 60  # which is all ours
    assert agent.run(shared)[PC].confirmed == shared.records
    assert (agent.zone.ttls[PC, A], agent.zone.ttls[PC, 28]) == (600, 900)
    assert agent.zone.at(PC)[A] == {FOUR, FOUR2}
    assert agent.run(shared, look=False)[PC].written == shared.records


def test_what_cannot_be_taken_away_beside_a_server_s_record_is_remembered(agent: Agent) -> None:
    agent.run(forward(PC, FOUR, FOUR2))
    agent.answer = lambda _o, _m: Rcode.SERVFAIL
    kept = agent.run(left=[forward(PC, FOUR)])[PC]
    assert (kept.state, kept.written) == (State.REMOVING, ((A, FOUR), (A, FOUR2)))
    agent.answer = lambda octets, _: agent.zone.update(octets)
    agent.now = kept.due_at
    kept = agent.run(left=[forward(PC, FOUR)], look=False)[PC]
    assert agent.zone.at(PC)[A] == {FOUR}
    assert (kept.state, kept.reason, kept.written) == (State.NONE, "left-to-dhcp", ((A, FOUR),))


def test_a_server_that_goes_silent_is_said_once_and_that_it_speaks_again_too(tmp_path: Path) -> None:
    memory, log = AgentMemory(tmp_path / "agent.db"), io.StringIO()
    notes = Notes(memory, Terms(DUID, unheeded=frozenset({"eth9"})), Report("agent", stream=log), lambda: NOW)
    writes_both = Promise(FOUR, "eth0", Answer(s=True, n=False, name=PC), False, NOW, NOW + 60)
    memory.put_promise(writes_both._replace(is_silent=True))
    memory.put_promise(writes_both._replace(address=FOUR2, until_at=NOW))
    memory.put_promise(writes_both._replace(address=bytes(4), interface="eth9", is_silent=True))
    memory.put_promise(Promise(bytes(16), "eth0", Answer(s=False, n=True, name=PC), True, NOW, None))
    for _ in range(2):
        assert set(notes.promises()) == {FOUR, bytes(16)}  # not of an ended lease, nor of what does not count
    assert log.getvalue().count("event=") == 1
    assert 'event="dhcp-silent 10.1.0.7"' in log.getvalue()
    assert "option 81, in which it had promised to write both records; this host writes them itself" in log.getvalue()
    memory.put_promise(writes_both)
    assert notes.promises()[FOUR] == writes_both
    assert "event=recovered" in log.getvalue()
    memory.close()


def test_a_name_that_a_server_writes_too_asks_for_no_lease_and_what_had_one_is_written_anew(agent: Agent) -> None:
    """A marker with an end would leave the server's record without one."""
    agent.lease, granted = 7200, granting(agent.zone, 1000)
    leased: set[Name] = set()
    dropped: set[tuple[int, bytes]] = set()

    def watch(octets: bytes, message: Message) -> bytes:
        if message.edns is not None:
            leased.update(rr.name for rr in message.authorities)
        dropped.update((rr.rtype, rr.rdata) for rr in message.authorities if rr.rclass == 254)
        return granted(octets, message)

    agent.answer = watch
    agent.run(forward(PC, FOUR), forward(BOX, FOUR))
    assert leased == {PC, BOX}
    leased.clear()
    shared = forward(PC, FOUR)._replace(beside=((A, FOUR2),))
    agent.zone.put(PC, A, FOUR2)
    found = agent.run(shared, forward(BOX, FOUR))
    assert leased == {BOX}
    assert dropped == {(A, FOUR), (DHCID, marker(DUID, PC))}
    assert (found[PC].state, found[BOX].state) == (State.REGISTERED, State.REGISTERED)
    assert found[PC].due_at > NOW + 1000 > found[BOX].due_at
    dropped.clear()
    agent.zone.messages = 0
    agent.run(shared, forward(BOX, FOUR))
    assert agent.zone.messages == 2  # one compared, the other renewed
    assert dropped == set()
    assert "grants no lease" not in agent.log.getvalue()


def test_the_mark_that_is_a_server_s_too_stays_where_names_are_not_marked_any_more(agent: Agent) -> None:
    agent.run(forward(PC, FOUR))
    agent.conflict = Conflict.STOP
    agent.zone.put(PC, A, FOUR2)
    found = agent.run(forward(PC, FOUR)._replace(beside=((A, FOUR2),)))
    assert found[PC].written == ((A, FOUR),)
    assert agent.zone.at(PC) == {A: {FOUR, FOUR2}, DHCID: {marker(DUID, PC)}}


def test_a_mark_with_an_end_has_none_any_more_where_the_name_is_left_to_a_server(agent: Agent) -> None:
    """The server has the records it promised written anew by then, without an end; the mark it finds there already."""
    agent.lease, granted = 7200, granting(agent.zone, 1000)
    written: list[tuple[Name, int, int, bool]] = []

    def watch(octets: bytes, message: Message) -> bytes:
        written.extend((rr.name, rr.rtype, rr.rclass, message.edns is not None) for rr in message.authorities)
        return granted(octets, message)

    agent.answer = watch
    names = (forward(PC, FOUR), pointer(PC, FOUR))
    agent.run(*names)
    assert all(has_lease for *_, has_lease in written)
    written.clear()
    for _ in range(2):  # once
        agent.run(left=names)
    owners = (PC, reverse_name(FOUR))
    assert written == [(owner, DHCID, rclass, False) for owner in owners for rclass in (254, 1)]
    assert agent.zone.at(PC) == {A: {FOUR}, DHCID: {marker(DUID, PC)}}


@pytest.mark.parametrize(("theirs", "told"), [(FOUR2, {SSHFP: {KEY}}), (FOUR3, {})])
def test_a_public_server_is_told_fingerprints_only_of_a_host_with_a_public_address_whoever_writes_it(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, theirs: bytes, told: dict[int, set[bytes]]
) -> None:
    def is_private(address: str | bytes) -> bool:
        return address in {FOUR, FOUR3}

    monkeypatch.setattr("tenure.serving.agent.registrar.is_private", is_private)
    agent.conflict = Conflict.REPLACE
    entry = Entry(PC, Direction.FORWARD, PC, ((A, FOUR), (SSHFP, KEY)), beside=((A, theirs),))
    assert (agent.run(entry)[PC].state is State.REGISTERED) is bool(told)
    assert agent.zone.at(PC) == told
