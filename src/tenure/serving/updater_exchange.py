"""One batch to the servers of its zone: signed, sent to the first that answers usefully, the answer verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tenure.dnswire.name import to_text
from tenure.naming.reason import Reason
from tenure.serving.report import Report
from tenure.serving.updater_link import Link, Unreachable
from tenure.signing.tsig import sign_request
from tenure.updating.conflict import NEXT_SERVER, transition
from tenure.updating.lane import Batch, Ended, Lane
from tenure.updating.messages import build_message
from tenure.updating.reply import read_reply
from tenure.updating.task import Ending, Step, Verdict


class Exchange:
    """A lane and the links to its servers, in the order in which they are tried."""

    def __init__(self, lane: Lane, links: Sequence[Link], report: Report, clock: Callable[[], float]) -> None:
        self.lane = lane
        self.on_the_way = 0  # messages
        self._links = links
        self._report = report
        self._clock = clock
        self._zone = to_text(lane.domain.zone)
        self._preferred = 0
        self._standing: set[str] = set()  # codes of the problems that we reported

    async def carry(self, batch: Batch) -> Ended:
        """Take a batch to its answer: the tasks that ended with it; the others are back in the lane.

        A server that cannot help is passed over. Who answered is kept to while the lane has work, so that the steps of
        a task meet the same records; a lane that ran empty begins at the first server again.
        """
        if self.lane.held == len(batch.tasks):
            self._preferred = 0
        trouble = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "no server is configured")
        count = len(self._links)
        for place in range(count):
            index = (self._preferred + place) % count
            link = self._links[index]
            answer = await self._ask(link, batch)
            if isinstance(answer, int):
                if answer not in NEXT_SERVER:
                    self._preferred = index
                    self._well()
                    return [(t, e._replace(server=link.text)) for t, e in self.lane.answered(batch, answer)]
                ending = transition(batch.step, answer)
                assert isinstance(ending, Ending), "the table ends a task where it asks for another server"
                answer = ending
            trouble = answer._replace(server=link.text)
            self._trouble(trouble)
            if batch.step is Step.REMOVE_NAME:
                break  # another server may still have the address that the step before took away here
        return self.lane.failed(batch, trouble)

    async def _ask(self, link: Link, batch: Batch) -> int | Ending:
        """The RCODE that a server gave and that can be believed, or what stood in the way."""
        domain = self.lane.domain
        if not link.allows():
            return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, link.trouble)
        message_id = link.new_id()
        message = build_message(message_id, domain.zone, domain.mode, batch.step, batch.tasks)
        mac = b""
        if domain.key is not None:
            message, mac = sign_request(message, domain.key, int(self._clock()))
        try:
            octets = await link.ask(message_id, message)
        except Unreachable as error:
            return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, str(error))
        return read_reply(octets, domain.key, mac, int(self._clock()))

    def _trouble(self, ending: Ending) -> None:
        code = f"{ending.reason} {ending.server}"
        self._standing.add(code)
        self._report.problem(code, ending.cause, zone=self._zone)

    def _well(self) -> None:
        while self._standing:
            self._report.healthy(self._standing.pop())
