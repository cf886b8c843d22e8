"""An agent waits for the word of a DHCP client whose hook comes after the address, and not for long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from host_inventory import address, interface, inventory, settings

from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.registration import Direction
from tenure.registering.interface import HostAddress
from tenure.registering.promise import Heard, Moment, learn, read_answer
from tenure.registering.survey import Survey, survey
from tenure.registering.wanted import Wishes
from tenure.serving.agent.notes import Notes
from tenure.serving.agent.registrar import Registrar
from tenure.serving.agent.service import WORD_SECONDS, AgentService
from tenure.serving.agent.terms import Terms
from tenure.serving.report import Report

LEASED, SECOND, LEASED6 = address("10.1.0.7/16", flags=0), address("10.1.0.8/16", flags=0), address("fd00::7/128", 2, 0)
STATIC, MADE = address("10.1.0.9/16"), address("fd00::1:2:3:4/64", flags=0)


class Watched(Registrar):
    """It is only told of the wishes."""

    def __init__(self) -> None:
        self.looks: list[bool] = []

    async def run(self, wishes: Wishes, name_servers: object, *, look: bool, hurry: bool) -> None:
        self.looks.append(look)


class Waiting:
    """An agent on a host that has these addresses."""

    def __init__(self, folder: Path, *addresses: HostAddress, hook: bool = True, **terms: object) -> None:
        self.now, self.addresses, self.memory = 1000.0, addresses, AgentMemory(folder / "agent.db")
        agreed, report = Terms(b"duid", **terms), Report("agent")  # type: ignore[arg-type]
        notes = Notes(self.memory, agreed, report, lambda: self.now)
        self.service = AgentService(
            agreed, lambda _: self.host(), notes, report, lambda: self.now, tells_late=lambda: hook
        )
        self.registrar = Watched()
        self.leases: dict[int, bytes] = {}

    def host(self) -> Survey:
        return survey(inventory(interface(2, "eth0"), *self.addresses), settings(), (), (), self.leases)

    def acts(self, *, look: bool = False) -> list[bool]:
        """One pass: whether it acted, and then whether it looked at everything."""
        self.registrar.looks.clear()
        asyncio.run(self.service._pass(self.registrar, look=look))
        return list(self.registrar.looks)

    def hear(self, address: bytes) -> None:
        heard = Heard(address, "eth0", Moment.BOUND, read_answer(1, "", address), None)
        promise = learn(None, heard, self.now)
        assert promise is not None
        self.memory.put_promise(promise)


def test_a_leased_address_waits_until_it_is_told_of(tmp_path: Path) -> None:
    agent = Waiting(tmp_path, LEASED)
    assert agent.acts(look=True) == []
    assert agent.acts() == []
    agent.hear(LEASED.address)
    assert agent.acts() == [True]  # what was put off
    assert agent.acts() == [False]


def test_it_does_not_wait_for_ever_and_not_twice(tmp_path: Path) -> None:
    agent = Waiting(tmp_path, LEASED6)
    assert agent.acts() == []
    assert agent.service._next_at() == pytest.approx(WORD_SECONDS)
    agent.now += WORD_SECONDS
    assert agent.acts() == [False]
    agent.now += 1
    assert agent.acts() == [False]
    agent.addresses = (LEASED6, SECOND)
    assert agent.acts() == []
    agent.addresses = ()
    assert agent.acts() == [False]
    agent.addresses = (LEASED6,)  # leased anew
    assert agent.acts() == []


@pytest.mark.parametrize("addresses", [(STATIC,), (MADE,), (address("10.1.0.7/16", flags=0x40),)])
def test_what_no_client_would_tell_of_is_not_waited_for(tmp_path: Path, addresses: tuple[HostAddress, ...]) -> None:
    assert Waiting(tmp_path, *addresses).acts(look=True) == [True]


def test_without_such_a_hook_there_is_no_word_to_wait_for(tmp_path: Path) -> None:
    assert Waiting(tmp_path, LEASED, hook=False).acts() == [False]


def test_a_connection_whose_server_does_not_count_is_not_waited_for(tmp_path: Path) -> None:
    assert Waiting(tmp_path, LEASED, unheeded=frozenset({"eth0"})).acts() == [False]


def test_what_networkd_has_leased_is_not_waited_for(tmp_path: Path) -> None:
    agent = Waiting(tmp_path, LEASED)
    agent.leases = {2: LEASED.address}
    assert agent.acts() == [False]


def test_who_looks_once_waits_for_nobody(tmp_path: Path) -> None:
    agent = Waiting(tmp_path, LEASED, name_servers=(("127.0.0.1", 1),))  # where nobody answers
    agent.service.run_once()
    (name,) = [one for one in agent.memory.names() if one.direction is Direction.FORWARD]
    assert name.reason == "no-primary"  # it was looked for
