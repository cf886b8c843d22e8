"""What makes an agent look: among other things what a DHCP client's hook has written, though its wake-up was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tenure.ledger.agent_memory import AgentMemory
from tenure.registering.promise import Promise
from tenure.serving.agent import service
from tenure.serving.agent.changes import AddressChanges, HostWatch
from tenure.serving.agent.service import _News
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.wakeup import WakeReceiver, WakeSender

WORD = Promise(bytes((10, 1, 0, 7)), "eth0", None, False, 1000.0, None)


class Host:
    """An agent's ear, and a hook that writes into its memory and mostly wakes it."""

    def __init__(self, folder: Path) -> None:
        self.state, self.wake = folder / "agent.db", folder / "wake"
        self.memory = AgentMemory(self.state)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[_News]:
        stop, orders = Stop(), WakeReceiver(self.wake)
        watch = HostWatch(self.state.with_name("resolv.conf"), lambda: 0.0)
        report = Report("agent")
        loop = asyncio.get_running_loop()
        news = _News(loop, stop, orders, AddressChanges(), watch, self.memory.foreign_changes, report)
        yield news
        news.close()
        orders.close()
        stop.close()

    def tell(self, *, wakes: bool) -> None:
        """What a hook does, by a connection of its own."""
        memory = AgentMemory(self.state)
        memory.put_promise(WORD)
        memory.close()
        if wakes:
            sender = WakeSender(self.wake)
            sender.wake()
            sender.close()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(service, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr(service, "SETTLE_SECONDS", 0.05)
    return Host(tmp_path)


def test_a_word_whose_wake_up_is_lost_is_found_all_the_same(host: Host) -> None:
    async def run() -> None:
        async with host.listening() as news:
            host.tell(wakes=False)
            assert await asyncio.wait_for(news.wait(None), 20)
            assert not await news.wait(0.2)  # it is found once

    asyncio.run(run())


def test_a_word_with_its_wake_up_counts_once(host: Host) -> None:
    async def run() -> None:
        async with host.listening() as news:
            host.tell(wakes=True)
            assert await asyncio.wait_for(news.wait(None), 20)
            assert not await news.wait(0.2)

    asyncio.run(run())


def test_what_the_agent_writes_itself_is_no_news(host: Host) -> None:
    async def run() -> None:
        async with host.listening() as news:
            host.memory.put_promise(WORD)
            assert not await news.wait(0.2)

    asyncio.run(run())
