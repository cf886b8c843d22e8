"""The agent: looks at its host when that has changed, or when something is due, and has DNS follow.

Idle, it wakes every few seconds to compare the host's name, and a count of what others have written into its memory,
with how they were before, and does nothing else. A change is acted on when the host has come to rest, since a
connection that comes up changes several times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tenure.naming.reason import WORDS
from tenure.registering.interface import IFA_F_PERMANENT
from tenure.registering.names import Unnamed
from tenure.registering.promise import Promise, with_untold
from tenure.registering.resolv_conf import ResolvConf
from tenure.registering.selection import Choice, Judged
from tenure.registering.survey import Survey
from tenure.registering.wanted import Wishes, next_due, wanted
from tenure.serving.agent.asking import Servers
from tenure.serving.agent.changes import AddressChanges, HostWatch
from tenure.serving.agent.exchange import Exchange
from tenure.serving.agent.inventory import read_resolv_conf
from tenure.serving.agent.notes import Notes
from tenure.serving.agent.registrar import Registrar
from tenure.serving.agent.terms import Terms
from tenure.serving.collector import rare_collections
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.updater.contexts import SecurityContexts
from tenure.serving.wakeup import WakeReceiver

if TYPE_CHECKING:
    from tenure.serving.agent.leases import Leases

SETTLE_SECONDS = 1.0  # without a change, before one is acted on
LONGEST_SETTLE_SECONDS = 10.0  # of a host that does not come to rest
WORD_SECONDS = 5.0  # for a DHCP client's hook, to tell of an address that is there already
AGAIN_SECONDS = 30.0  # until a host that could not be read, or has no name, is looked at again
WATCH_SECONDS = 5.0  # between looks at the host's name
WITHDRAW_SECONDS = 4.0  # for everything at the end
DNS_PORT = 53

LookAt = Callable[[ResolvConf], Survey]


class AgentService:
    """One agent, for one host."""

    def __init__(
        self,
        terms: Terms,
        look_at: LookAt,
        notes: Notes,
        report: Report,
        clock: Callable[[], float],
        make_contexts: Callable[[], SecurityContexts] | None = None,
        leases: Leases | None = None,
        tells_late: Callable[[], bool] | None = None,
    ) -> None:
        """`make_contexts`: those in which updates are signed by Kerberos; `look_at` surveys the host.

        `leases`: the DHCP clients that this agent is itself. `tells_late`: whether there is a hook of another client
        that tells of an address only when it is there.
        """
        self._terms = terms
        self._look_at = look_at
        self._notes = notes
        self._report = report
        self._clock = clock
        self._make_contexts = make_contexts
        self._leases = leases
        self._keeps_leases = False  # only an agent that stays does
        self._tells_late = tells_late or _never
        self._unheard: dict[tuple[int, bytes], float] = {}  # leased, it seems, and not told of; since when
        self._owes_look = False  # everything was to be looked at, and was put off
        self._again_at: float | None = None  # when to look once more, whatever is due
        self._wished = Wishes()  # by the last pass
        self._tentative_at: float | None = None  # since when an address is about to be there
        self._promised_until: float | None = None  # when the first lease ends of which a DHCP server has said something

    def run(self, stop: Stop, orders: WakeReceiver) -> None:
        """Until the stop; then what is ours is taken away, if that is wanted. `orders`: to look at everything now."""
        with rare_collections():
            asyncio.run(self._run(stop, orders))

    def run_once(self) -> None:
        """One look at everything."""
        asyncio.run(self._run_once())

    async def _run_once(self) -> None:
        self._tells_late = _never  # who looks once waits for nobody
        ways = self._ways()
        await self._pass(ways.registrar, look=True)
        await ways.close()

    def _ways(self) -> _Ways:
        servers = Servers(self._clock)
        contexts = None if self._make_contexts is None else self._make_contexts()
        exchange = Exchange(servers, self._terms, contexts, self._clock)
        return _Ways(servers, contexts, Registrar(self._terms, self._notes, servers, exchange, self._clock))

    async def _run(self, stop: Stop, orders: WakeReceiver) -> None:
        loop = asyncio.get_running_loop()
        news = _News(loop, stop, orders, AddressChanges(), HostWatch(), self._notes.foreign_changes, self._report)
        ways = self._ways()
        if self._leases is not None:
            self._keeps_leases = True
            self._leases.start(news.nudge)
        self._report.info("started", names=len(self._notes.all()))
        look = True
        while not stop.is_set():
            passing = loop.create_task(self._pass(ways.registrar, look=look))
            ending = loop.create_task(news.ended.wait())
            await asyncio.wait({passing, ending}, return_when=asyncio.FIRST_COMPLETED)
            ending.cancel()
            if not passing.done():
                passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing
            await ways.close()  # so that the next pass meets them anew, wherever the host is by then
            look = await news.wait(self._next_at())
        if self._terms.withdraw:
            with suppress(TimeoutError):
                async with asyncio.timeout(WITHDRAW_SECONDS):
                    await ways.registrar.withdraw_all()
        if self._leases is not None:
            self._leases.stop()
        left = sum(1 for one in self._notes.all() if one.written)
        self._report.info("stopped", left=left)
        await ways.close()
        news.close()

    async def _pass(self, registrar: Registrar, *, look: bool) -> None:
        """One pass. Of a host that has no name, or cannot be read, nothing is concluded: what it had stays."""
        resolver = self._resolver()
        try:
            found = self._look_at(resolver)
        except ServiceError as error:
            self._report.problem("host-unread", str(error))
            self._again_at = self._clock() + AGAIN_SECONDS
            return
        self._report.healthy("host-unread")
        if self._leases is not None and self._keeps_leases:
            self._leases.tell(found.judged)
        promises = with_untold(self._notes.promises(), self._untold(found), self._terms.untold, self._clock())
        if (not look and self._is_settling(found)) or self._awaits_word(found, promises):
            self._owes_look |= look
            return
        look, self._owes_look = look or self._owes_look, False
        if isinstance(found.names, Unnamed):
            self._report.problem("no-name", f"{WORDS[found.names.reason]}: {found.names.detail}")
            self._again_at = self._clock() + AGAIN_SECONDS
        else:
            self._report.healthy("no-name")
            self._look_for_keys(found)
            name_servers = self._terms.name_servers or tuple((server, DNS_PORT) for server in resolver.servers)
            terms = self._terms
            ends = (one.until_at for one in promises.values() if one.until_at is not None)
            self._promised_until = min(ends, default=None)
            wishes = wanted(found, promises, reverse=terms.reverse, on_silence=terms.on_silence)
            hurry, self._wished = wishes != self._wished, wishes
            await registrar.run(wishes, name_servers, look=look, hurry=hurry)
        if look:
            self._notes.passed()

    def _resolver(self) -> ResolvConf:
        """What the resolver is told; of a host that leases its addresses itself, also what came with the leases."""
        resolver = read_resolv_conf()
        if self._leases is None:
            return resolver
        if self._keeps_leases:
            self._leases.look(resolver)
            if not self._leases.is_whole:
                self._again_at = self._clock() + AGAIN_SECONDS
        return self._leases.known(resolver)

    def _look_for_keys(self, found: Survey) -> None:
        if self._terms.sshfp and not found.fingerprints:
            self._report.problem("no-host-keys", "sshfp = true, and no public key of sshd is in /etc/ssh")
        else:
            self._report.healthy("no-host-keys")

    def _is_settling(self, found: Survey) -> bool:
        """Whether to wait for an address that the host is about to have, as when a link comes back."""
        now = self._clock()
        if not any(one.choice is Choice.TENTATIVE for one in found.judged):
            self._tentative_at = None
            return False
        self._tentative_at = self._tentative_at or now
        if now - self._tentative_at >= LONGEST_SETTLE_SECONDS:
            return False
        self._again_at = now + SETTLE_SECONDS
        return True

    def _untold(self, found: Survey) -> list[tuple[str, bytes]]:
        return [(on, address) for on, address in found.untold if on not in self._terms.unheeded]

    def _awaits_word(self, found: Survey, promises: Mapping[bytes, Promise]) -> bool:
        """Whether to wait for what a hook has to say of an address that has just come."""
        now = self._clock()
        unheard = [one for one in found.judged if self._is_unheard(one, promises)] if self._tells_late() else []
        keys = [(one.interface.number, one.address.address) for one in unheard]
        self._unheard = {key: self._unheard.get(key, now) for key in keys}
        until = max(self._unheard.values(), default=0.0) + WORD_SECONDS
        if until <= now:
            return False
        self._again_at = until
        return True

    def _is_unheard(self, one: Judged, promises: Mapping[bytes, Promise]) -> bool:
        """Whether it has the form of a leased address, and no client has told of it."""
        address = one.address
        if not one.is_kept or address.flags & IFA_F_PERMANENT or one.interface.name in self._terms.unheeded:
            return False
        return address.address not in promises and (len(address.address) == 4 or address.prefix_length == 128)

    def _next_at(self) -> float | None:
        """Seconds until something is due, by the clock."""
        at, self._again_at = self._again_at, None
        if at is None:
            due = (next_due(self._notes.all()), self._promised_until)
            at = min((one for one in due if one is not None), default=None)
        return None if at is None else max(0.0, at - self._clock())


def _never() -> bool:
    return False


class _Ways(NamedTuple):
    """The servers, what is agreed with them, and who uses both."""

    servers: Servers
    contexts: SecurityContexts | None
    registrar: Registrar

    async def close(self) -> None:
        """Leave the servers: an agent has nothing to say to them for hours."""
        if self.contexts is not None:
            await self.contexts.end()
        self.servers.close()


class _News:
    """Whatever makes the agent look: the kernel, the host's name, an order, the end."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        stop: Stop,
        orders: WakeReceiver,
        addresses: AddressChanges,
        host: HostWatch,
        foreign_changes: Callable[[], int],
        report: Report,
    ) -> None:
        """`foreign_changes`: of the memory. Who writes there wakes the agent, but a wake-up can be lost."""
        self.ended = asyncio.Event()
        self._loop = loop
        self._stop = stop
        self._orders = orders
        self._addresses = addresses
        self._host = host
        self._foreign_changes = foreign_changes
        self._report = report
        self._seen = foreign_changes()
        self._came = asyncio.Event()
        self._ordered = False
        loop.add_reader(stop.fileno(), self._end)
        loop.add_reader(orders.fileno(), self._order)
        loop.add_reader(addresses.fileno(), self._change)

    async def wait(self, seconds: float | None) -> bool:
        """Until there is something to do, `seconds` at most; whether everything is to be looked at."""
        until = None if seconds is None else self._loop.time() + seconds
        look = False
        while not (self._came.is_set() or self._stop.is_set() or look):
            now = self._loop.time()
            if until is not None and now >= until:
                return False
            await self._sleep(WATCH_SECONDS if until is None else min(WATCH_SECONDS, until - now))
            for word in self._host.look():
                self._report.info(word)
                look = True
            look |= self._foreign_changes() != self._seen
        if not self._ordered:
            await self._settle()
        self._came.clear()
        look |= self._ordered
        self._ordered = False
        self._seen = self._foreign_changes()  # the pass that comes now reads all of it
        return look

    def nudge(self) -> None:
        """Something else has changed."""
        self._came.set()

    async def _settle(self) -> None:
        """Until nothing has changed for a while."""
        latest = self._loop.time() + LONGEST_SETTLE_SECONDS
        while not self._stop.is_set() and self._loop.time() < latest:
            self._came.clear()
            if not await self._sleep(SETTLE_SECONDS):
                return

    async def _sleep(self, seconds: float) -> bool:
        """Whether something came meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._came.wait()
        return self._came.is_set()

    def _end(self) -> None:
        self._loop.remove_reader(self._stop.fileno())
        self.ended.set()
        self._came.set()

    def _order(self) -> None:
        self._orders.drain()
        self._ordered = True
        self._came.set()

    def _change(self) -> None:
        self._addresses.drain()
        self._came.set()

    def close(self) -> None:
        """Give the sockets back."""
        self._loop.remove_reader(self._orders.fileno())
        self._loop.remove_reader(self._addresses.fileno())
        self._addresses.close()
