"""One batch to the servers of its zone: signed, sent to the first that answers usefully, the answer verified."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from tenure.dnswire.codes import Rcode, rcode_to_text
from tenure.dnswire.name import Name, to_text
from tenure.naming.reason import Reason
from tenure.serving.metrics import Sample
from tenure.serving.report import Report
from tenure.serving.updater.contexts import SecurityContexts
from tenure.serving.updater.cuts import ZoneCuts
from tenure.serving.updater.health import ZoneHealth
from tenure.serving.updater.link import Link, Unanswered, Unreachable
from tenure.serving.updater.pace import Pace
from tenure.serving.updater.server_health import ServerHealth
from tenure.serving.updater.way import Way
from tenure.signing.context import Context
from tenure.signing.digest import Signer
from tenure.signing.key import Key
from tenure.signing.rotation import next_to_try
from tenure.signing.tsig import sign_request
from tenure.updating.conflict import NEXT_SERVER, transition
from tenure.updating.lane import Batch, Ended, Lane
from tenure.updating.messages import QUERIES, build_apex_question, build_message, build_read_back
from tenure.updating.reply import may_know_other_secret, read_apex, read_back, read_cut, read_reply
from tenure.updating.routing import GssTsig, mode_of
from tenure.updating.task import REMOVING, Ending, Step, Verdict
from tenure.updating.zone_cut import Cut, given_away

BACK_SECONDS = 60.0

# What says that a context is good for nothing any more: the server has none of the name, or signs in another one.
_ENDS_CONTEXT = frozenset({Reason.KEY_REJECTED, Reason.REPLY_UNVERIFIED, Reason.SERVER_NOT_AUTHORITATIVE})

# What a server may say that was started again, as Windows, whose errors carry no word of the context.
_MAY_HAVE_FORGOTTEN = frozenset({Rcode.REFUSED, Rcode.NOTAUTH})
OLD_CONTEXT_SECONDS = 60.0  # in a younger context that is what it means

# What a server answers that has the records of the message in another zone than it names, or has that zone no more.
_ANOTHER_ZONE = frozenset({Rcode.NOTAUTH, Rcode.NOTZONE})


class Exchange:
    """A lane and the links to its servers, in the order in which they are tried."""

    def __init__(
        self,
        lane: Lane,
        links: Sequence[Link],
        report: Report,
        clock: Callable[[], float],
        health: ZoneHealth,
        server_health: ServerHealth,
        keys: Mapping[Name, Key] | None = None,
        contexts: SecurityContexts | None = None,
        gather_seconds: float = 0.0,
    ) -> None:
        self.lane = lane
        self.pace = Pace(lane, self._works, gather_seconds)
        self._ways = [Way(link) for link in links]
        self._cuts = ZoneCuts(lane.domain.zone, self._find_cut, report, clock)
        self._report = report
        self._clock = clock
        self._health = health
        self._server_health = server_health
        self._keys = {} if keys is None else keys  # the very mapping: it changes while keys are rotated
        self._contexts = contexts
        self._taken: dict[Link, Key] = {}  # what a server took last, where that was not the newest secret
        self._zone = to_text(lane.domain.zone)
        self._preferred = 0
        self._back_at = 0.0  # when the first server is tried again after another one was preferred
        self._standing: dict[Link, set[str]] = {}  # codes of the problems that were reported of a server
        report.metrics.watch(f"lane {id(lane.domain)}", self._samples)

    def _samples(self) -> list[Sample]:
        return [
            ("tenure_updater_tasks", (self._zone,), self.lane.held),
            ("tenure_updater_message_names", (self._zone,), self.lane.size.names),
        ]

    def _works(self) -> bool:
        now = self._clock()
        return any(way.works(now) for way in self._ways)

    @property
    def hesitates_at(self) -> float:
        """Loop time from which a server of the zone keeps it waiting, unless it answers before."""
        if not self.pace.on_the_way:
            return math.inf
        return min((way.link.hesitates_at for way in self._ways), default=math.inf)

    async def carry(self, batch: Batch) -> Ended:
        """Take a batch to its answer: the tasks that ended with it; the others are back in the lane.

        Those whose records are in a zone below go in messages of their own, to that zone, or not at all where other
        servers have it. What was written above its cut before can still be taken away there.
        """
        ended: Ended = []
        for cut, part in await self._cuts.divide(batch):
            if cut is None or not cut.servers:
                ended += await self._carry(part)
            elif part.step in REMOVING:
                ended += await self._carry(part._replace(zone=None))
            else:
                ended += self.lane.ended(part, given_away(cut, part.tasks[0].direction))
        return ended

    async def _carry(self, batch: Batch) -> Ended:
        """`carry` of tasks in one zone.

        A server that cannot help is passed over, and one that refuses counts only if the others do not take it either.
        Who answered instead is kept to for a while, so that the steps of a task meet the same records; then the first
        server has another chance.
        """
        if self._preferred and self._clock() >= self._back_at and batch.step is not Step.REMOVE_NAME:
            self._preferred = 0
        trouble = Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, "no server is configured")
        count = 1 if batch.step is Step.REMOVE_NAME else len(self._ways)  # see below
        refused: list[int] = []  # by which servers
        passed: list[tuple[Way, Ending]] = []  # and who cannot help
        for place in range(count):
            index = (self._preferred + place) % len(self._ways)
            way = self._ways[index]
            answer = await self._ask(way, batch)
            if answer == Rcode.REFUSED and place + 1 < count:
                refused.append(index)
                continue
            if batch.zone is not None and answer in _ANOTHER_ZONE:
                self._cuts.forget(batch)
            if isinstance(answer, int) and answer not in NEXT_SERVER:
                by = refused[0] if refused and answer == Rcode.REFUSED else index
                ended = self._counts(batch, by, answer)
                if answer != Rcode.REFUSED:  # what one takes, others do not refuse for its own sake
                    passed += [(self._ways[one], _ending(batch.step, Rcode.REFUSED)) for one in refused]
                self._note_passed(passed, self._back_at)
                return ended
            trouble = _ending(batch.step, answer)._replace(server=way.link.text)
            way.failed(trouble, self._clock())
            self._trouble(way.link, trouble)
            passed.append((way, trouble))
        # After REMOVE_NAME no other server is asked: it may still have the address that the step before took away here.
        if refused:
            ended = self._counts(batch, refused[0], Rcode.REFUSED)
            self._note_passed(passed, self._back_at)
            return ended
        self._note_passed(passed, 0.0)
        self._health.failed(self.lane.domain.zone, trouble, min((way.asked_at for way in self._ways), default=0.0))
        return self.lane.failed(batch, trouble)

    def _counts(self, batch: Batch, index: int, rcode: int) -> Ended:
        """The answer of a server is the zone's."""
        way = self._ways[index]
        way.answered()
        self._prefer(index)
        self._well(way.link)
        size = self.lane.size
        self._health.answered(self.lane.domain.zone, size.names if size.is_limited else None)
        self._server_health.answered(self.lane.domain.zone, way.link.text)
        return _said_by(way.link.text, self.lane.answered(batch, rcode))

    def _note_passed(self, passed: Iterable[tuple[Way, Ending]], back_at: float) -> None:
        """Tell of servers that were of no use for a message. Who answered in their place is kept to till `back_at`."""
        now = self._clock()
        for way, trouble in passed:
            asked_at = 0.0 if way.works(now) else max(way.asked_at, back_at)
            self._server_health.failed(self.lane.domain.zone, way.link.text, trouble, asked_at)

    async def _ask(self, way: Way, batch: Batch) -> int | Ending:
        """The RCODE that a server gave and that can be believed, or what stood in the way."""
        link = way.link
        configured = self.lane.domain.key_of(link.server)
        if not link.allows():
            return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, link.trouble)
        if way.trouble is not None and not way.breaker.allows(self._clock()):
            return way.trouble
        gss = self.lane.domain.gss_tsig
        if gss is not None and batch.step not in QUERIES:
            return await self._ask_in_context(way, batch, gss)
        if configured is None:
            return await self._exchange(way, batch, None)
        first: Key = self._keys.get(configured.name, configured)
        key: Key | None = self._taken_by(link, first)
        tried: list[Key] = []
        answer: int | Ending = Ending(Verdict.RETRY, Reason.KEY_REJECTED, "no secret is left to try")
        while key is not None:
            answer = await self._exchange(way, batch, key)
            if not may_know_other_secret(answer):
                self._note_key(link, key, first, answer)
                break
            tried.append(key)
            key = next_to_try(first, tried)
        return answer

    async def _ask_in_context(self, way: Way, batch: Batch, gss: GssTsig) -> int | Ending:
        """`_ask` where updates are signed by Kerberos. A context that the server has ended is negotiated anew, once.

        Only where it is configured so does one go out unsigned first, and never after that was refused. Questions are
        not signed: not every server that knows GSS-TSIG signs the answer to one.
        """
        if gss.unsecure_first and not way.wants_secure:
            answer = await self._exchange(way, batch, None)
            if answer != Rcode.REFUSED:
                return answer
            way.wants_secure = True
        answer = await self._exchange_in_context(way, batch, gss)
        if may_know_other_secret(answer):
            answer = await self._exchange_in_context(way, batch, gss)
        if isinstance(answer, Ending) and answer.reason is Reason.KEY_REJECTED:
            return answer._replace(reason=Reason.CONTEXT_REFUSED)
        return answer

    async def _exchange_in_context(self, way: Way, batch: Batch, gss: GssTsig) -> int | Ending:
        """The answer to a batch that is signed in a context, which is ended if it turns out to be good for nothing."""
        context = await self._context(way, gss)
        if isinstance(context, Ending):
            return context
        answer = await self._exchange(way, batch, context)
        is_old = self._clock() - context.since_at >= OLD_CONTEXT_SECONDS
        if is_old and isinstance(answer, int) and answer in _MAY_HAVE_FORGOTTEN:
            answer = Ending(Verdict.RETRY, Reason.KEY_REJECTED, "BADKEY")  # so it is asked again, in a new one
        if isinstance(answer, Ending) and answer.reason in _ENDS_CONTEXT:
            assert self._contexts is not None
            self._contexts.forget(way.link, context)
        return answer

    async def _context(self, way: Way, gss: GssTsig) -> Context | Ending:
        assert self._contexts is not None, "who signs by Kerberos has contexts"
        return await self._contexts.find(way.link, self.lane.domain.zone, gss)

    def _taken_by(self, link: Link, first: Key) -> Key:
        """The secret that the server took last, of the key whose newest is `first`."""
        key = self._taken.get(link, first)
        return key if any(key is one for one in first.chain()) else first  # else it is good no more

    def _note_key(self, link: Link, key: Key, first: Key, answer: int | Ending) -> None:
        """What the server has answered to is what it gets from now on, as long as that is good."""
        if not isinstance(answer, int):
            return
        key.use.at = self._clock()
        if key is first:
            self._taken.pop(link, None)
        else:
            self._taken[link] = key

    async def _exchange(self, way: Way, batch: Batch, key: Signer | None) -> int | Ending:
        """The answer to a batch. A server that is not authoritative for the zone is asked which one it has instead.

        What is configured as a zone may be a part of one, and an UPDATE has to name the whole (RFC 2136 section 2.3).
        """
        answer = await self._counted_exchange(way, batch, key)
        if _is_not_authoritative(answer):
            asked = way.apex or self.lane.domain.zone
            found = await self._find_apex(way.link, key if isinstance(key, Key) else None)
            if found is not None and found.lower() != asked.lower():
                way.apex = found
                self._report.info("zone-found", zone=self._zone, apex=to_text(found), server=way.link.text)
                return await self._counted_exchange(way, batch, key)
        return answer

    async def _counted_exchange(self, way: Way, batch: Batch, key: Signer | None) -> int | Ending:
        """One message and its answer, counted."""
        began_at = time.perf_counter()
        answer = await self._signed_exchange(way, batch, key)
        seconds = time.perf_counter() - began_at
        self.pace.took(seconds if isinstance(answer, int) else math.inf)
        self.lane.heard(batch, answer, seconds)
        metrics, signer = self._report.metrics, _signer_text(key)
        word = rcode_to_text(answer) if isinstance(answer, int) else answer.reason.value
        metrics.add("tenure_updates_sent_total", (self._zone, way.link.text, signer, word))
        metrics.observe("tenure_update_seconds", (self._zone, way.link.text), seconds)
        return answer

    async def _signed_exchange(self, way: Way, batch: Batch, key: Signer | None) -> int | Ending:
        domain, link = self.lane.domain, way.link
        message_id = link.new_id()
        zone, mode = batch.zone or way.apex or domain.zone, mode_of(batch.tasks[0].row, domain)
        message = build_message(message_id, zone, mode, batch.step, batch.tasks)
        mac = b""
        if key is not None:
            message, mac = sign_request(message, key, int(self._clock()))
        try:
            octets = await link.ask(message_id, message)
        except Unreachable as error:
            if isinstance(error, Unanswered):
                self.lane.burdened(batch)
            return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, str(error))
        looks_for = batch.tasks[0] if batch.step in QUERIES else None
        answer = read_reply(octets, key, mac, int(self._clock()), looks_for)
        if isinstance(key, Context) and isinstance(answer, Ending):
            return await self._read_back(link, batch, answer)
        return answer

    async def _read_back(self, link: Link, batch: Batch, answer: Ending) -> Ending:
        """What the zone holds after a reply that cannot be believed: the update may have been carried out.

        An update is carried out as a whole (RFC 2136 section 3.7), so one of its records tells of all. Nobody has
        signed what is read, so nothing counts as registered by it: it is said, and the exchange is tried again.
        """
        if answer.reason is not Reason.REPLY_UNVERIFIED:
            return answer
        message_id, task = link.new_id(), batch.tasks[0]
        try:
            found = read_back(await link.ask(message_id, build_read_back(message_id, task)), task)
        except Unreachable as error:
            found = f"no answer: {error}"
        return answer._replace(cause=f"{answer.cause}; read back unsigned: {found}")

    async def _find_apex(self, link: Link, key: Key | None) -> Name | None:
        """The zone that the server has the domain in; None where it does not say."""
        message_id = link.new_id()
        message, mac = build_apex_question(message_id, self.lane.domain.zone), b""
        if key is not None:
            message, mac = sign_request(message, key, int(self._clock()))
        try:
            octets = await link.ask(message_id, message)
        except Unreachable:
            return None
        return read_apex(octets, key, mac, int(self._clock()), self.lane.domain.zone)

    async def _find_cut(self, point: Name) -> Cut | Ending | None:
        """What the server that is asked now says of zones between the configured one and a name below it."""
        link = self._ways[self._preferred].link
        if not link.allows():
            return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, link.trouble)
        configured = self.lane.domain.key_of(link.server)
        key = None if configured is None else self._taken_by(link, self._keys.get(configured.name, configured))
        message_id = link.new_id()
        message, mac = build_apex_question(message_id, point), b""
        if key is not None:
            message, mac = sign_request(message, key, int(self._clock()))
        try:
            octets = await link.ask(message_id, message)
        except Unreachable as error:
            return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, str(error))
        return read_cut(octets, key, mac, int(self._clock()), self.lane.domain.zone.lower(), point)

    def _prefer(self, index: int) -> None:
        if index != self._preferred:
            self._preferred = index
            self._back_at = self._clock() + BACK_SECONDS

    def _trouble(self, link: Link, ending: Ending) -> None:
        """Say it once: of all zones of a server that is away, else of each, which others' answers say nothing of."""
        where = link.text if ending.reason is Reason.SERVER_UNREACHABLE else f"{self._zone} {link.text}"
        code = f"{ending.reason} {where}"
        self._standing.setdefault(link, set()).add(code)
        self._report.problem(code, ending.cause, zone=self._zone)

    def _well(self, link: Link) -> None:
        for code in self._standing.pop(link, ()):
            self._report.healthy(code)


def _ending(step: Step, answer: int | Ending) -> Ending:
    """What stood in the way, of an answer that another server may better."""
    found = transition(step, answer) if isinstance(answer, int) else answer
    assert isinstance(found, Ending), "the table ends a task where it asks for another server"
    return found


def _signer_text(key: Signer | None) -> str:
    """Who signs, for the numbers: a context by whom it was made with, since its own name is used once."""
    if key is None:
        return ""
    return str(key.principal) if isinstance(key, Context) else to_text(key.name)


def _is_not_authoritative(answer: int | Ending) -> bool:
    """Whether the server has no such zone; it may say so without a signature, having no zone to find the key by."""
    if isinstance(answer, int):
        return answer == Rcode.NOTAUTH
    return answer.reason is Reason.SERVER_NOT_AUTHORITATIVE


def _said_by(server: str, ended: Ended) -> Ended:
    """The same endings with the server's name in them. Most of a batch share one, which is then made once."""
    if not ended:
        return ended
    before = ended[0][1]
    named = before._replace(server=server)
    said: Ended = []
    for task, ending in ended:
        if ending is not before:
            before, named = ending, ending._replace(server=server)
        said.append((task, named))
    return said
