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

BACK_SECONDS = 60.0


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
        self._back_at = 0.0  # when the first server is tried again after another one was preferred
        self._standing: dict[Link, set[str]] = {}  # codes of the problems that were reported of a server

    async def carry(self, batch: Batch) -> Ended:
        """Take a batch to its answer: the tasks that ended with it; the others are back in the lane.

        A server that cannot help is passed over. Who answered instead is kept to for a while, so that the steps of a
        task meet the same records; then the first server has another chance.
        """
        if self._preferred and self._clock() >= self._back_at and batch.step is not Step.REMOVE_NAME:
            self._preferred = 0
        trouble = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "no server is configured")
        count = len(self._links)
        for place in range(count):
            index = (self._preferred + place) % count
            link = self._links[index]
            answer = await self._ask(link, batch)
            if isinstance(answer, int):
                if answer not in NEXT_SERVER:
                    self._prefer(index)
                    self._well(link)
                    return _said_by(link.text, self.lane.answered(batch, answer))
                ending = transition(batch.step, answer)
                assert isinstance(ending, Ending), "the table ends a task where it asks for another server"
                answer = ending
            trouble = answer._replace(server=link.text)
            self._trouble(link, trouble)
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

    def _prefer(self, index: int) -> None:
        if index != self._preferred:
            self._preferred = index
            self._back_at = self._clock() + BACK_SECONDS

    def _trouble(self, link: Link, ending: Ending) -> None:
        code = f"{ending.reason} {link.text}"
        self._standing.setdefault(link, set()).add(code)
        self._report.problem(code, ending.cause, zone=self._zone)

    def _well(self, link: Link) -> None:
        for code in self._standing.pop(link, ()):
            self._report.healthy(code)


def _said_by(server: str, ended: Ended) -> Ended:
    """The same endings with the server's name in them. Most of a batch share one, which is then made once."""
    named: dict[Ending, Ending] = {}
    return [(task, named.get(end) or named.setdefault(end, end._replace(server=server))) for task, end in ended]
