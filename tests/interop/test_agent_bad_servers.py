"""An agent among servers that lie, forge, go round in circles, are slow or fail: what it says, how often it asks."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rrset
import dns.tsig
import pytest
from dnspeer import KEY
from host_inventory import address, interface, inventory, settings
from lying_server import Lie, LyingServer, Reply, lying_server
from tenure_command import tenure
from tenure_toml import section, write_toml

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.tcp import frame
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import Direction, State
from tenure.naming.reverse import reverse_name
from tenure.registering.entry import Entry, Kept, Place
from tenure.registering.identity import machine_duid
from tenure.registering.survey import survey
from tenure.registering.wanted import Wishes, next_due
from tenure.serving.agent.asking import Servers
from tenure.serving.agent.exchange import Exchange
from tenure.serving.agent.notes import Notes
from tenure.serving.agent.registrar import Registrar
from tenure.serving.agent.service import AgentService
from tenure.serving.agent.terms import Level, Terms
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.wakeup import WakeReceiver

ZONE, OTHER, REVERSE = "example.test.", "other.test.", "1.10.in-addr.arpa."
PRIMARY = "ns.example.test."
PC, BOX = from_text("pc.example.test."), from_text("box.other.test.")
A, PTR, DHCID = int(RRType.A), int(RRType.PTR), int(RRType.DHCID)
FOUR = bytes((10, 1, 0, 7))
DUID = machine_duid("5a" * 16)
NOW = 1_800_000_000.0
SERVFAIL = dns.rcode.SERVFAIL


def forward(name: Name = PC) -> Entry:
    return Entry(name, Direction.FORWARD, name, ((A, FOUR),))


POINTER = Entry(reverse_name(FOUR), Direction.REVERSE, PC, ((PTR, PC),))


class Agent:
    """An agent of a host that asks these name servers; its clock stands still unless it is moved."""

    def __init__(self, folder: Path, *asked: LyingServer, signed: bool = False) -> None:
        self.log, self.now = io.StringIO(), NOW
        self.memory = AgentMemory(folder / "agent.db")
        self.tried: set[Place] = set()  # servers, in the last pass
        self._places: list[Place] = [server.place for server in asked]
        level = Level.ONLY_SECURE if signed else Level.ONLY_UNSECURE
        self.terms = Terms(DUID, level=level, key=KEY if signed else None, name_servers=tuple(self._places))
        self.notes = Notes(self.memory, self.terms, Report("agent", stream=self.log), lambda: self.now)

    def run(self, *entries: Entry, look: bool = True) -> dict[Name, Kept]:
        """One pass, and what is in the memory after it."""

        def clock() -> float:
            return time.time() if self.terms.key else self.now  # the server's clock is the real one

        async def work() -> None:
            servers = Servers(clock)
            exchange = Exchange(servers, self.terms, None, clock)
            registrar = Registrar(self.terms, self.notes, servers, exchange, lambda: self.now)
            async with asyncio.timeout(60):
                await registrar.run(Wishes(entries), self._places, look=look)
            self.tried = set(servers._links)
            servers.close()

        asyncio.run(work())
        return {one.owner: one for one in self.memory.names()}


@pytest.fixture
def server() -> Iterator[LyingServer]:
    """The name server of the host, which is also the primary of all its zones."""
    with lying_server() as made:
        made.zones = dict.fromkeys((ZONE, REVERSE), PRIMARY)
        made.hosts[PRIMARY] = [made.address]
        made.name_servers = [PRIMARY]
        yield made


@pytest.fixture
def another() -> Iterator[LyingServer]:
    with lying_server() as made:
        yield made


def says(kept: Kept, log: str, reason: Reason, *words: str) -> None:
    """It is not registered; the memory and the log tell why."""
    assert kept.state is not State.REGISTERED
    assert kept.reason == reason.value
    for word in words:
        assert word in kept.detail
    assert WORDS[reason] in log


def changing(opcode: dns.opcode.Opcode, change: Callable[[Reply, bytes], bytes | Reply]) -> Lie:
    """A lie about all messages of one kind: the honest reply, read, is changed."""

    def lie(_: bytes, request: Reply, honest: bytes) -> Iterable[bytes]:
        if request.opcode() != opcode:
            return [frame(honest)]
        changed = change(request, honest)
        return [frame(changed if isinstance(changed, bytes) else changed.to_wire())]

    return lie


def test_a_soa_record_of_a_zone_that_is_not_above_the_name_leads_nowhere(
    tmp_path: Path, server: LyingServer, another: LyingServer
) -> None:
    another.zones["evil.test."] = "ns.evil.test."
    server.hosts["ns.evil.test."] = [another.address]

    def other_zone(request: Reply, _: bytes) -> Reply:
        reply = dns.message.make_response(request)
        reply.answer.append(dns.rrset.from_text("evil.test.", 60, "IN", "SOA", "ns.evil.test. root. 1 2 3 4 5"))
        return reply

    server.lie = changing(dns.opcode.QUERY, other_zone)
    agent = Agent(tmp_path, server)
    kept = agent.run(forward())[PC]
    says(kept, agent.log.getvalue(), Reason.NO_PRIMARY, "no SOA record of a zone above the name", server.address)
    assert server.asked == [f"QUERY {name} SOA" for name in ("pc.example.test.", "example.test.", "test.")]
    assert another.asked == []


def test_a_primary_that_does_not_have_the_zone_is_told_of(
    tmp_path: Path, server: LyingServer, another: LyingServer
) -> None:
    server.hosts[PRIMARY] = [another.address]
    agent = Agent(tmp_path, server)
    kept = agent.run(forward())[PC]
    says(kept, agent.log.getvalue(), Reason.SERVER_NOT_AUTHORITATIVE, "NOTAUTH", another.address)
    # Asked as the zone's name server, too: it does not name anybody.
    assert another.asked == ["UPDATE example.test. SOA", "QUERY example.test. SOA"]


def test_the_status_says_what_is_wrong(tmp_path: Path, server: LyingServer, another: LyingServer) -> None:
    server.hosts[PRIMARY] = [another.address]
    agent = Agent(tmp_path, server)
    agent.run(forward(), POINTER)
    agent.memory.close()
    path = write_toml(tmp_path, section("agent", state=str(tmp_path / "agent.db")))
    rows = json.loads(tenure("agent", "status", "-c", path, "-o", "json").stdout)
    wrong = "the server is not authoritative for the zone"
    assert {row["name"]: row["reason"] for row in rows} == {
        "pc.example.test.": f"{wrong}: NOTAUTH to compare, {another.address} port 53",
        "7.0.1.10.in-addr.arpa.": "the update is on its way: for pc.example.test.",
    }


def with_another_id(_: Reply, honest: bytes) -> bytes:
    return bytes((honest[0] ^ 0xFF, honest[1])) + honest[2:]


def about_another_name(request: Reply, _: bytes) -> Reply:
    reply = dns.message.make_response(dns.message.make_query("other.example.test.", "SOA"))
    reply.id = request.id
    reply.authority.append(dns.rrset.from_text(ZONE, 60, "IN", "SOA", "ns.evil.test. root. 1 2 3 4 5"))
    return reply


def about_another_zone(request: Reply, honest: bytes) -> bytes:
    reply = dns.message.from_wire(honest)
    reply.question = dns.message.make_query("other.test.", "SOA").question
    return reply.to_wire()


def test_an_answer_to_another_question_is_none(tmp_path: Path, server: LyingServer) -> None:
    server.lie = changing(dns.opcode.QUERY, about_another_name)
    agent = Agent(tmp_path, server)
    kept = agent.run(forward())[PC]
    says(kept, agent.log.getvalue(), Reason.NO_PRIMARY, "the answer is to another question")
    assert len(server.asked) == 1


def test_a_confirmation_of_an_update_of_another_zone_is_none(tmp_path: Path, server: LyingServer) -> None:
    server.lie = changing(dns.opcode.UPDATE, about_another_zone)
    agent = Agent(tmp_path, server)
    agent.run(forward())
    kept = agent.run(forward())[PC]
    says(kept, agent.log.getvalue(), Reason.SERVER_FAILED, "the reply is about another zone")
    assert kept.confirmed == ()


def test_an_answer_with_another_id_before_the_right_one_is_ignored(tmp_path: Path, server: LyingServer) -> None:
    def lie(_: bytes, request: Reply, honest: bytes) -> Iterable[bytes]:
        refused = dns.message.make_response(request)
        refused.set_rcode(dns.rcode.REFUSED)
        return [frame(with_another_id(request, refused.to_wire())), frame(honest)]

    server.lie = lie
    found = Agent(tmp_path, server).run(forward(), POINTER)
    assert {one.state for one in found.values()} == {State.REGISTERED}
    assert server.written.at(PC)[A] == {FOUR}


def test_what_a_server_confirms_and_does_not_write_is_said_at_the_next_look_and_not_written_without_end(
    tmp_path: Path, server: LyingServer
) -> None:
    def forgetful(request: Reply, honest: bytes) -> bytes:
        server.written.records.clear()
        return honest

    server.lie = changing(dns.opcode.UPDATE, forgetful)
    agent = Agent(tmp_path, server)
    for look in range(3):
        server.asked.clear()
        kept = agent.run(forward())[PC]
        assert agent.log.getvalue().count("event=written-again") == look
        assert kept.due_at > agent.now + 3600  # no sooner than what is right
        assert len(server.asked) <= 6
        server.asked.clear()
        agent.run(forward(), look=False)
        assert server.asked == []
        agent.now = kept.due_at


def unsigned(rcode: dns.rcode.Rcode) -> Callable[[Reply, bytes], bytes]:
    def change(request: Reply, _: bytes) -> bytes:
        reply = dns.message.make_response(request)
        reply.tsig = None
        reply.set_rcode(rcode)
        return reply.to_wire()

    return change


def signed_by_another(request: Reply, honest: bytes) -> bytes:
    reply = dns.message.make_response(request)
    reply.use_tsig({dns.name.from_text("dhcp."): dns.tsig.Key("dhcp.", bytes(32), "hmac-sha256")})
    return reply.to_wire()


def altered(_: Reply, honest: bytes) -> bytes:
    """Another RCODE under the same signature."""
    return honest[:3] + bytes(((honest[3] & 0xF0) | (0 if honest[3] & 0x0F else dns.rcode.YXDOMAIN),)) + honest[4:]


class Replayed:
    """A good reply of before, with the ID of the new request."""

    def __init__(self) -> None:
        self.first: bytes = b""

    def __call__(self, request: Reply, honest: bytes) -> bytes:
        self.first = self.first or honest
        return request.id.to_bytes(2, "big") + self.first[2:]


@pytest.mark.parametrize(
    ("forge", "reason", "word"),
    [
        (signed_by_another, Reason.REPLY_UNVERIFIED, ""),
        (altered, Reason.REPLY_UNVERIFIED, ""),
        (Replayed(), Reason.REPLY_UNVERIFIED, ""),
        (unsigned(dns.rcode.NOERROR), Reason.REPLY_UNVERIFIED, "unsigned NOERROR"),
        (unsigned(dns.rcode.REFUSED), Reason.KEY_REJECTED, "unsigned REFUSED"),
        (unsigned(dns.rcode.YXDOMAIN), Reason.REPLY_UNVERIFIED, "unsigned YXDOMAIN"),
    ],
    ids=["other-key", "altered", "replayed", "noerror", "refused", "yxdomain"],
)
def test_no_forged_reply_counts_and_the_real_one_after_it_does(
    tmp_path: Path,
    server: LyingServer,
    forge: Callable[[Reply, bytes], bytes],
    reason: Reason,
    word: str,
) -> None:
    agent = Agent(tmp_path, server, signed=True)
    server.lie = changing(dns.opcode.UPDATE, forge)
    kept = agent.run(forward())[PC]
    says(kept, agent.log.getvalue(), reason, word)
    assert (kept.state, kept.confirmed, kept.attempts) == (State.PENDING, (), 1)

    def before_the_real(_: bytes, request: Reply, honest: bytes) -> Iterable[bytes]:
        """The forger is no faster any more: what comes second is nobody's."""
        update = request.opcode() == dns.opcode.UPDATE
        return [frame(honest), frame(forge(request, honest))] if update else [frame(honest)]

    server.lie = before_the_real
    kept = agent.run(forward())[PC]
    assert (kept.state, kept.confirmed, kept.attempts) == (State.REGISTERED, ((A, FOUR),), 0)
    assert server.written.at(PC)[A] == {FOUR}


def test_two_primaries_that_name_each_other_are_each_tried_once(
    tmp_path: Path, server: LyingServer, another: LyingServer
) -> None:
    server.zones, another.zones = {ZONE: "b.test."}, {ZONE: "a.test."}
    server.name_servers = another.name_servers = ["a.test.", "b.test."]
    server.hosts = {"a.test.": [server.address], "b.test.": [another.address]}
    another.hosts = dict(server.hosts)
    for one in (server, another):
        one.lie = changing(dns.opcode.UPDATE, unsigned(dns.rcode.NOTAUTH))
    agent = Agent(tmp_path, server)
    kept = agent.run(forward())[PC]
    says(kept, agent.log.getvalue(), Reason.SERVER_NOT_AUTHORITATIVE, "NOTAUTH")
    asked = [*server.asked, *another.asked]
    assert sum(one.startswith("UPDATE") for one in asked) == 2
    assert len(asked) <= 16


def test_a_zone_with_very_many_servers_is_not_asked_for_ever(tmp_path: Path, server: LyingServer) -> None:
    """At none of the addresses does anybody listen."""
    names = [f"ns{n}.test." for n in range(100)]
    net = server.address.rsplit(".", 2)[0]
    server.name_servers = names
    server.hosts = {
        name: [f"{net}.{251 + n % 4}.{m + 1}" for m in range(100 * (n % 2), 100 * (n % 2) + 100)]
        for n, name in enumerate(names)
    }
    server.hosts[PRIMARY] = server.hosts[names[0]]
    agent = Agent(tmp_path, server)
    kept = agent.run(forward())[PC]
    says(kept, agent.log.getvalue(), Reason.SERVER_UNREACHABLE, "Connection refused")
    assert len(agent.tried) <= 1 + 8 + 32  # the name server, the primary's addresses and others
    assert len(server.asked) <= 2 + 2 * 14


def test_aliases_that_go_round_at_a_reverse_name_end(tmp_path: Path, server: LyingServer) -> None:
    one, other = "7.0.1.10.in-addr.arpa.", "8.0.1.10.in-addr.arpa."
    server.aliases = {one: other, other: one}
    agent = Agent(tmp_path, server)
    found = agent.run(forward(), POINTER)
    assert found[PC].state is State.REGISTERED
    says(found[POINTER.owner], agent.log.getvalue(), Reason.NO_PRIMARY, "do not end")
    assert sum(one in text or other in text for text in server.asked) == 8


def test_an_alias_of_itself_at_the_host_s_name_hides_no_zone(tmp_path: Path, server: LyingServer) -> None:
    """The name is asked for as an alias once, then the zone above it."""
    server.aliases = {"pc.example.test.": "pc.example.test."}
    assert Agent(tmp_path, server).run(forward())[PC].state is State.REGISTERED
    assert [text for text in server.asked if text.startswith("QUERY") and "SOA" in text] == [
        "QUERY pc.example.test. SOA",
        "QUERY example.test. SOA",
    ]


def test_a_slow_server_holds_up_no_other_zone(tmp_path: Path, server: LyingServer, another: LyingServer) -> None:
    server.zones[OTHER] = "ns.other.test."
    server.hosts["ns.other.test."] = [another.address]
    another.zones[OTHER] = "ns.other.test."
    others_done: list[bool] = []

    def slowly(_: bytes, request: Reply, honest: bytes) -> Iterator[bytes]:
        if request.opcode() == dns.opcode.UPDATE and not others_done:
            time.sleep(3)
            others_done.append(A in another.written.at(BOX))
        yield frame(honest)

    server.lie = slowly
    found = Agent(tmp_path, server).run(forward(), forward(BOX))
    assert others_done == [True]
    assert {one.state for one in found.values()} == {State.REGISTERED}


def test_a_server_that_trickles_octets_is_given_up(tmp_path: Path, server: LyingServer, another: LyingServer) -> None:
    server.zones[OTHER] = "ns.other.test."
    server.hosts["ns.other.test."] = [another.address]
    another.zones[OTHER] = "ns.other.test."
    ended = threading.Event()
    trickled: list[bytes] = []

    def trickling(_: bytes, request: Reply, honest: bytes) -> Iterator[bytes]:
        if request.opcode() == dns.opcode.QUERY:
            yield frame(honest)
            return
        yield bytes((0xFF, 0xFF))  # the length: a message that would take a day
        while not ended.wait(1):
            trickled.append(b"\0")
            yield trickled[-1]

    server.lie = trickling
    agent = Agent(tmp_path, server)
    found = agent.run(forward(), forward(BOX))
    ended.set()
    assert len(trickled) < 25  # none of them has made it wait longer
    says(found[PC], agent.log.getvalue(), Reason.SERVER_UNREACHABLE, "no answer within 10 s")
    assert found[BOX].state is State.REGISTERED


def test_a_pointer_is_written_into_an_empty_reverse_zone(tmp_path: Path, server: LyingServer) -> None:
    found = Agent(tmp_path, server).run(forward(), POINTER)
    assert found[POINTER.owner].state is State.REGISTERED
    assert server.written.at(POINTER.owner)[PTR] == {PC}


def test_a_reverse_zone_that_nobody_has_is_told_of(tmp_path: Path, server: LyingServer) -> None:
    def nothing(request: Reply, honest: bytes) -> bytes | Reply:
        if not request.question[0].name.to_text().endswith("arpa."):
            return honest
        reply = dns.message.make_response(request)
        reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    server.lie = changing(dns.opcode.QUERY, nothing)
    agent = Agent(tmp_path, server)
    found = agent.run(forward(), POINTER)
    assert found[PC].state is State.REGISTERED
    says(found[POINTER.owner], agent.log.getvalue(), Reason.NO_PRIMARY, "no SOA record of a zone above the name")
    assert sum("arpa." in text for text in server.asked) == 6  # the name, and those above it
    assert set(server.written.records) == {PC}


@pytest.mark.parametrize("opcode", [dns.opcode.UPDATE, dns.opcode.QUERY], ids=["updates", "questions"])
def test_a_server_that_fails_for_an_hour_is_asked_seldom(
    tmp_path: Path, server: LyingServer, opcode: dns.opcode.Opcode
) -> None:
    server.lie = changing(opcode, unsigned(SERVFAIL))
    agent = Agent(tmp_path, server)
    waits: list[float] = []
    while agent.now < NOW + 3600:
        kept = agent.run(forward(), look=False)[PC]
        reason = Reason.SERVER_FAILED if opcode == dns.opcode.UPDATE else Reason.NO_PRIMARY
        says(kept, agent.log.getvalue(), reason, "SERVFAIL")
        due = next_due(agent.memory.names())
        assert due is not None
        waits.append(due - agent.now)
        agent.now = due
    assert all(2.0**n / 2 <= wait <= 2.0**n for n, wait in enumerate(waits[:8]))
    assert all(150 <= wait <= 300 for wait in waits[9:])
    assert len(set(waits)) == len(waits)  # by chance, so that hosts that failed together do not stay together
    assert len(waits) <= 35
    assert len(server.asked) <= 10 * len(waits)
    server.lie = lambda _o, _r, honest: [frame(honest)]
    assert agent.run(forward(), look=False)[PC].state is State.REGISTERED


def test_the_service_of_a_failing_server_is_no_busy_loop(tmp_path: Path, server: LyingServer) -> None:
    """As `tenure agent` runs it, by the real clock."""
    server.lie = changing(dns.opcode.UPDATE, unsigned(SERVFAIL))
    agent = Agent(tmp_path, server)
    report = Report("agent", stream=agent.log)
    notes = Notes(agent.memory, agent.terms, report, time.time)
    found = survey(inventory(interface(2, "eth0"), address("10.1.0.7/16")), settings(), (), ())
    service = AgentService(agent.terms, lambda _: found, notes, report, time.time)
    stop, orders = Stop(), WakeReceiver(tmp_path / "agent.wake")
    timer = threading.Timer(10, stop.set)
    timer.start()
    service.run(stop, orders)
    timer.join()
    orders.close()
    stop.close()
    tries = sum(text.startswith("QUERY pc.example.test. SOA") for text in server.asked)
    assert 3 <= tries <= 8  # after 1, 2, 4 and 8 seconds, each less up to a half, and once at the end
    kept = {one.owner: one for one in agent.memory.names()}[PC]
    assert kept.reason == "server-failed"
