"""One connection to one server: out of order answers, silence, a server that is away, one probe for all who wait."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest

from tenure.dnswire.tcp import Deframer, frame
from tenure.serving.updater.link import HESITATION_SECONDS, Link, Unreachable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
NOW = 1_700_000_000.0


def message(number: int) -> bytes:
    return number.to_bytes(2, "big") + b"rest"


async def with_server(serve: Serve, work: Callable[[Link], Awaitable[None]], **seconds: float) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    link = Link(server.sockets[0].getsockname(), lambda: NOW, **seconds)
    try:
        await work(link)
    finally:
        link.close()
        server.close()
        await asyncio.sleep(0.05)  # for the closing to be seen at both ends


def test_answers_find_their_questions_in_any_order() -> None:
    async def backwards(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        deframer, asked = Deframer(), list[bytes]()
        while len(asked) < 3:
            asked += deframer.feed(await reader.read(4096))
        writer.write(b"".join(frame(one) for one in [message(9999), *reversed(asked)]))
        await reader.read()
        writer.close()

    async def work(link: Link) -> None:
        found = await asyncio.gather(*(link.ask(n, message(n)) for n in (1, 2, 3)))
        assert found == [message(1), message(2), message(3)]

    asyncio.run(with_server(backwards, work))


def test_silence_opens_the_breaker_for_all() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def work(link: Link) -> None:
        found = await asyncio.gather(*(link.ask(n, message(n)) for n in range(5)), return_exceptions=True)
        assert {str(one) for one in found} == {"no answer within 0.1 s"}
        assert not link.allows()
        assert link.breaker.failures == 1
        with pytest.raises(Unreachable, match=r"no answer within 0\.1 s"):
            await link.ask(9, message(9))

    asyncio.run(with_server(silent, work, silence_seconds=0.1))


def test_a_server_hesitates_while_it_owes_an_answer() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(2 + len(message(1)))
        await may_answer.wait()
        writer.write(frame(message(1)))
        await reader.read()
        writer.close()

    async def work(link: Link) -> None:
        assert link.hesitates_at == math.inf
        began = asyncio.get_running_loop().time()
        asked = asyncio.create_task(link.ask(1, message(1)))
        while link.hesitates_at == math.inf:
            await asyncio.sleep(0.01)
        assert began + HESITATION_SECONDS <= link.hesitates_at <= asyncio.get_running_loop().time() + HESITATION_SECONDS
        may_answer.set()
        assert await asked == message(1)
        assert link.hesitates_at == math.inf

    may_answer = asyncio.Event()
    asyncio.run(with_server(slow, work))


@pytest.mark.parametrize("piece", [b"\xff", frame(message(9999))], ids=["octets", "other-answers"])
def test_what_is_no_answer_ends_no_silence(piece: bytes) -> None:
    async def trickles(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(100):
            writer.write(piece)
            await asyncio.sleep(0.02)
        writer.close()

    async def work(link: Link) -> None:
        with pytest.raises(Unreachable, match=r"no answer within 0\.1 s"):
            await link.ask(1, message(1))

    asyncio.run(with_server(trickles, work, silence_seconds=0.1))


def test_a_server_that_hangs_up_is_asked_twice_and_then_left_alone() -> None:
    connections = []

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await reader.read(10)
        writer.close()

    async def work(link: Link) -> None:
        with pytest.raises(Unreachable, match="ends without an answer"):
            await link.ask(1, message(1))
        assert len(connections) == 2
        assert not link.allows()

    asyncio.run(with_server(hangs_up, work))


def test_a_server_that_is_away_costs_one_attempt_for_all_who_wait() -> None:
    async def work() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        at = server.sockets[0].getsockname()
        server.close()
        await server.wait_closed()
        now = [NOW]
        link = Link(at, lambda: now[0])
        found = await asyncio.gather(*(link.ask(n, message(n)) for n in range(50)), return_exceptions=True)
        assert all(isinstance(one, Unreachable) for one in found)
        assert {str(one) for one in found} == {"Connection refused"}
        assert link.breaker.failures == 1
        now[0] = link.breaker.asked_at
        assert link.allows()
        with pytest.raises(Unreachable):
            await link.ask(1, message(1))
        assert link.breaker.failures == 2

    asyncio.run(work())


def test_a_host_that_no_resolver_knows_is_told_of_in_the_resolvers_words() -> None:
    async def work() -> None:
        link = Link(("not an address", 53), lambda: NOW)
        with pytest.raises(Unreachable) as caught:
            await link.ask(1, message(1))
        assert "Unknown error" not in str(caught.value)
        assert "[Errno" not in str(caught.value)

    asyncio.run(work())


def test_ids_on_their_way_are_not_used_again() -> None:
    async def work() -> None:
        link = Link(("127.0.0.1", 1), lambda: NOW)
        first = link.new_id()
        link._owed[(first + 1) & 0xFFFF] = asyncio.get_running_loop().create_future()
        assert link.new_id() == (first + 2) & 0xFFFF

    asyncio.run(work())
