"""What an agent sends to a server, signed or not, in which order, and which answers it believes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from answering_server import Answer, modelled, server
from dnspeer import KEY
from update_model import ModelZone

from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.message import Message
from tenure.dnswire.name import Name, from_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.registering.entry import Conflict, Entry, Place
from tenure.registering.identity import machine_duid, marker
from tenure.registering.steps import Outcome, Step, Task
from tenure.serving.agent.asking import Servers
from tenure.serving.agent.carrying import carry
from tenure.serving.agent.exchange import Exchange
from tenure.serving.agent.terms import Level, Terms
from tenure.updating.task import Ending

ZONE, PC, BOX = (from_text(f"{label}example.test.") for label in ("", "pc.", "box."))
A, TXT, DHCID = int(RRType.A), int(RRType.TXT), int(RRType.DHCID)
FOUR = bytes((10, 1, 0, 7))
DUID = machine_duid("5a" * 16)
SECURE, FIRST, UNSECURE = Level.ONLY_SECURE, Level.UNSECURE_FIRST, Level.ONLY_UNSECURE


def task(name: Name = PC) -> Task:
    entry = Entry(name, Direction.FORWARD, name, ((A, FOUR),))
    return Task(entry, name, Conflict.PROTECT, Step.COMPARE, 900, marker(DUID, name))


def answers(level: Level, answer: Answer, count: int = 1) -> list[int | Ending]:
    """What comes of so many messages to a server that answers so."""

    async def ask(place: Place) -> list[int | Ending]:
        servers = Servers(time.time)
        exchange = Exchange(servers, Terms(DUID, level=level, key=KEY), None, time.time)
        found = [await exchange.update(place, ZONE, [task()]) for _ in range(count)]
        servers.close()
        return found

    with server(answer) as place:
        return asyncio.run(ask(place))


class Listening:
    """A server that notes which messages were signed, and refuses those that are not if it is told to."""

    def __init__(self, unsigned: int, signed: int = Rcode.NOERROR) -> None:
        self.signed: list[bool] = []
        self._rcodes = {False: unsigned, True: signed}

    def __call__(self, _: bytes, message: Message) -> int:
        self.signed.append(message.tsig is not None)
        return self._rcodes[self.signed[-1]]


def test_where_only_secure_is_wanted_nothing_goes_unsigned_and_no_unsigned_answer_counts() -> None:
    listening = Listening(Rcode.NOERROR)
    (answer,) = answers(SECURE, listening)
    assert isinstance(answer, Ending)
    assert answer.reason is Reason.REPLY_UNVERIFIED
    assert all(listening.signed)


@pytest.mark.parametrize(
    ("rcode", "reason"),
    [
        (Rcode.REFUSED, Reason.KEY_REJECTED),
        (Rcode.SERVFAIL, Reason.SERVER_FAILED),
        (Rcode.YXDOMAIN, Reason.REPLY_UNVERIFIED),
    ],
)
def test_an_unsigned_error_decides_nothing(rcode: int, reason: Reason) -> None:
    (answer,) = answers(SECURE, Listening(rcode, rcode))
    assert isinstance(answer, Ending)
    assert answer.reason is reason


def test_an_unsigned_update_that_is_refused_is_sent_signed_and_from_then_on_all_are() -> None:
    listening = Listening(Rcode.REFUSED)
    found = answers(FIRST, listening, 2)
    assert listening.signed == [False, True, True]
    assert all(isinstance(answer, Ending) for answer in found)


@pytest.mark.parametrize("rcode", [Rcode.NOERROR, Rcode.SERVFAIL, Rcode.NOTAUTH, Rcode.YXDOMAIN])
def test_an_unsigned_update_that_is_answered_otherwise_is_not_sent_again(rcode: int) -> None:
    listening = Listening(rcode)
    assert answers(FIRST, listening) == [rcode]
    assert listening.signed == [False]


def test_where_only_unsecure_is_wanted_a_refusal_is_the_answer() -> None:
    listening = Listening(Rcode.REFUSED)
    assert answers(UNSECURE, listening) == [Rcode.REFUSED]
    assert listening.signed == [False]


def test_who_cannot_be_reached_is_told_of() -> None:
    with server(lambda _o, _m: 0) as place:
        pass

    async def ask() -> int | Ending:
        servers = Servers(time.time)
        return await Exchange(servers, Terms(DUID), None, time.time).update(place, ZONE, [task()])

    answer = asyncio.run(ask())
    assert isinstance(answer, Ending)
    assert answer.reason is Reason.SERVER_UNREACHABLE
    assert answer.cause


def carried(zone: ModelZone, *tasks: Task) -> tuple[dict[Name, Outcome], list[Sequence[Name]]]:
    """What became of each, and which names were told to be written, in which order."""
    intended: list[Sequence[Name]] = []

    async def run(place: Place) -> dict[Name, Outcome]:
        servers = Servers(time.time)
        exchange = Exchange(servers, Terms(DUID), None, time.time)

        def intend(sent: Sequence[Task]) -> None:
            assert all(DHCID not in zone.at(one.at) for one in sent if one.step is Step.CLAIM), "before, not after"
            intended.append([one.at for one in sent])

        found = await carry(exchange, place, ZONE, tasks, intend)
        servers.close()
        return {one.at: outcome for one, outcome in found}

    with server(modelled(zone)) as place:
        return asyncio.run(run(place)), intended


def test_names_of_a_zone_share_their_messages() -> None:
    zone = ModelZone()
    found, intended = carried(zone, task(), task(BOX))
    assert {outcome.state for outcome in found.values()} == {State.REGISTERED}
    assert intended == [[PC, BOX]]
    assert zone.messages == 1 + 2 + 1  # both compared, each alone, both claimed
    zone.messages = 0
    _, intended = carried(zone, task(), task(BOX))
    assert (zone.messages, intended) == (1, [])


def test_a_host_with_very_many_names_sends_several_messages() -> None:
    zone = ModelZone()
    tasks = [task(from_text(f"pc{number}.example.test.")) for number in range(150)]
    _, _ = carried(zone, *tasks)
    zone.messages = 0
    found, intended = carried(zone, *tasks)
    assert len(found) == 150
    assert {outcome.state for outcome in found.values()} == {State.REGISTERED}
    assert (zone.messages, intended) == (2, [])


def test_a_name_that_stands_in_the_way_of_another_is_alone_with_its_outcome() -> None:
    zone = ModelZone()
    zone.put(BOX, TXT, b"\1x")
    found, _ = carried(zone, task(), task(BOX))
    assert (found[PC].reason, found[BOX].reason) == (Reason.CONFIRMED, Reason.NAME_STATIC)
    assert zone.at(BOX) == {TXT: {b"\1x"}}


def test_a_name_that_comes_and_goes_without_end_is_left_for_later() -> None:
    def flighty(_: bytes, message: Message) -> int:
        return Rcode.YXDOMAIN if message.answers[0].rclass == 254 else Rcode.NXDOMAIN

    async def run(place: Place) -> Outcome:
        servers = Servers(time.time)
        exchange = Exchange(servers, Terms(DUID), None, time.time)
        ((_, outcome),) = await carry(exchange, place, ZONE, [task()], lambda _: None)
        servers.close()
        return outcome

    with server(flighty) as place:
        outcome = asyncio.run(run(place))
    assert (outcome.state, outcome.detail) == (State.PENDING, "the name came and went")
