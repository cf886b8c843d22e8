"""Zones below a configured one: a message is parted by them, and what was answered is believed for a while."""

from __future__ import annotations

import asyncio
import io

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
    """What a primary says of cuts, and what it was asked."""

    def __init__(self, **says: Cut | Ending) -> None:
        self.now = 1000.0
        self.asked: list[Name] = []
        self.says: dict[Name, Cut | Ending] = {
            from_text(f"{label}.example.test."): said for label, said in says.items()
        }
        self.report = io.StringIO()
        self.cuts = ZoneCuts(ZONE, self._ask, Report("test", stream=self.report), lambda: self.now)

    async def _ask(self, point: Name) -> Cut | Ending | None:
        self.asked.append(point)
        return self.says.get(point)

    async def parts(self, *names: str) -> list[tuple[Cut | None, list[Name]]]:
        batch = Batch(Step.ADD, tuple(task(name) for name in names))
        return [(cut, [each.owner for each in part.tasks]) for cut, part in await self.cuts.divide(batch)]


def task(name: str) -> Task:
    return Task(registration(name), Direction.FORWARD, from_text(name), Step.ADD)


def test_a_message_is_parted_by_the_zones_that_its_records_are_in() -> None:
    async def run() -> None:
        primary = Primary(lab=Cut(LAB, ()))
        assert await primary.parts("a.dept.example.test.", "a.lab.example.test.", "a.example.test.") == [
            (None, [from_text("a.dept.example.test."), from_text("a.example.test.")]),
            (Cut(LAB, ()), [from_text("a.lab.example.test.")]),
        ]
        assert sorted(primary.asked) == sorted([DEPT, LAB])
        assert primary.report.getvalue().count("zone-cut-found") == 1

    asyncio.run(run())


def test_what_was_answered_is_believed_for_a_while_and_silence_for_a_shorter_one() -> None:
    async def run() -> None:
        primary = Primary(lab=SILENCE)
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
