"""Zones below a configured one: asked for once, however many messages want to know, and believed for a while."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress

from claims import registration

from tenure.dnswire.name import Name, from_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction
from tenure.serving.report import Report
from tenure.serving.updater.cuts import AGAIN_SECONDS, BELIEVED_SECONDS, ZoneCuts
from tenure.updating.lane import Batch
from tenure.updating.task import Ending, Step, Task, Verdict
from tenure.updating.zone_cut import Cut

ZONE = from_text("example.test.")
DEPT, LAB = from_text("dept.example.test."), from_text("lab.example.test.")
SILENCE = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "no answer")


class Primary:
    """What a primary says of cuts, once it is let answer; and what it was asked."""

    def __init__(self, **says: Cut | Ending) -> None:
        self.now = 1000.0
        self.asked: list[Name] = []
        self.says: dict[Name, Cut | Ending] = {
            from_text(f"{label}.example.test."): said for label, said in says.items()
        }
        self.answers = asyncio.Event()
        self.report = io.StringIO()
        self.cuts = ZoneCuts(ZONE, self._ask, Report("test", stream=self.report), lambda: self.now)

    async def _ask(self, point: Name) -> Cut | Ending | None:
        self.asked.append(point)
        await self.answers.wait()
        return self.says.get(point)

    async def parts(self, *names: str) -> list[tuple[Cut | None, list[Name]]]:
        batch = Batch(Step.ADD, tuple(task(name) for name in names))
        return [(cut, [each.owner for each in part.tasks]) for cut, part in await self.cuts.divide(batch)]


def task(name: str) -> Task:
    return Task(registration(name), Direction.FORWARD, from_text(name), Step.ADD)


async def settled() -> None:
    """Until nothing can go on by itself."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_all_places_of_a_message_are_asked_for_at_once() -> None:
    async def run() -> None:
        primary = Primary(lab=Cut(LAB, ()))
        dividing = asyncio.create_task(primary.parts("a.dept.example.test.", "a.lab.example.test.", "a.example.test."))
        await settled()
        assert sorted(primary.asked) == sorted([DEPT, LAB])  # before any of the two was answered
        primary.answers.set()
        assert await dividing == [
            (None, [from_text("a.dept.example.test."), from_text("a.example.test.")]),
            (Cut(LAB, ()), [from_text("a.lab.example.test.")]),
        ]

    asyncio.run(run())


def test_messages_that_want_to_know_the_same_ask_once() -> None:
    async def run() -> None:
        primary = Primary(dept=Cut(DEPT, ()))
        first, second = (asyncio.create_task(primary.parts(f"{n}.dept.example.test.")) for n in "ab")
        await settled()
        primary.answers.set()
        assert [found[0][0] for found in (await first, await second)] == [Cut(DEPT, ())] * 2
        assert primary.asked == [DEPT]
        assert primary.report.getvalue().count("zone-cut-found") == 1

    asyncio.run(run())


def test_a_message_that_is_given_up_takes_nothing_from_another_that_waits() -> None:
    async def run() -> None:
        primary = Primary(dept=Cut(DEPT, ()))
        first, second = (asyncio.create_task(primary.parts(f"{n}.dept.example.test.")) for n in "ab")
        await settled()
        first.cancel()
        with suppress(asyncio.CancelledError):
            await first
        primary.answers.set()
        assert (await second)[0][0] == Cut(DEPT, ())
        assert primary.asked == [DEPT]

    asyncio.run(run())


def test_what_was_answered_is_believed_for_a_while_and_silence_for_a_shorter_one() -> None:
    async def run() -> None:
        primary = Primary(lab=SILENCE)
        primary.answers.set()
        names = ("a.dept.example.test.", "a.lab.example.test.")
        await primary.parts(*names)
        primary.now += AGAIN_SECONDS - 1
        await primary.parts(*names)
        assert sorted(primary.asked) == sorted([DEPT, LAB])
        primary.now += 2
        await primary.parts(*names)
        assert primary.asked[2:] == [LAB]
        primary.now += BELIEVED_SECONDS
        await primary.parts(*names)
        assert sorted(primary.asked[3:]) == sorted([DEPT, LAB])

    asyncio.run(run())
