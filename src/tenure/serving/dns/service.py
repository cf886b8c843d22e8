"""The DNS service: one loop that drains its sockets, answers questions, and decides updates in batches.

Questions are answered at once from what is committed. Updates wait until the sockets are drained and the batch before
theirs is durable, are decided in their order, committed in one transaction by a thread, and answered after that; so the
more arrive, the more share one fsync.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tenure.authority.following import Forward, Heard
from tenure.authority.quota import UpdateQuota
from tenure.authority.request import OwnOptions, Reply, Request, build_reply, read_request
from tenure.authority.respond import (
    Refused,
    Response,
    Update,
    answer_request,
    answer_tkey_query,
    is_tkey_query,
    server_failure,
)
from tenure.authority.server_settings import ServerSettings
from tenure.authority.settings import ZoneSettings
from tenure.authority.transfer import Transfer
from tenure.authority.views import Views, ViewSettings
from tenure.authority.zone import QueryableView, ZoneUnavailable
from tenure.authority.zones import ServedZone
from tenure.dnswire.codes import Rcode
from tenure.dnswire.edns import ExtendedError, InfoCode
from tenure.dnswire.name import Name
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zones import ZoneLedger
from tenure.serving.collector import rare_collections
from tenure.serving.dns.asked import AskedNames
from tenure.serving.dns.beginning import contexts_secret, cookies_of, zone_ids
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.caches import Caches
from tenure.serving.dns.commits import LEDGER_PROBLEM, Commits
from tenure.serving.dns.contexts import InContext, SharedContexts, common_address, is_in_context, lost_reply
from tenure.serving.dns.limits import LimitedReplies
from tenure.serving.dns.outbox import Peer, Send
from tenure.serving.dns.plain import PlainQuestions
from tenure.serving.dns.sockets import Listener, close_listeners, open_listeners
from tenure.serving.dns.tallies import Tallies
from tenure.serving.dns.tcp import Connection, TcpServer
from tenure.serving.dns.transfers import transfer_stream
from tenure.serving.dns.udp import Datagram, drain
from tenure.serving.dns.updates import Outcome, Pending
from tenure.serving.metrics import Sample
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.signing.context import Contexts
from tenure.signing.key import Key

if TYPE_CHECKING:
    from tenure.serving.dns.secondaries import Secondaries

_UPDATES = (Update, Refused)
_TURN_SECONDS = 1.0  # how often idle connections are looked at
_DEFAULTS = ServerSettings()


class DnsService:
    """Serves the configured zones of the ledger, over UDP and TCP on each address of `listen`.

    `shared`: together with other workers, each a process with a `DnsService` of its own over the same ledger. `views`:
    who sees which of the zones; none: everybody sees all of them.
    """

    def __init__(
        self,
        ledger: ZoneLedger,
        zones: Sequence[ZoneSettings],
        keys: Mapping[Name, Key],
        listen: Sequence[tuple[str, int]],
        report: Report,
        look_at_keys: Callable[[float], None] = lambda _now: None,
        *,
        shared: bool = False,
        settings: ServerSettings = _DEFAULTS,
        views: Sequence[ViewSettings] = (),
        open_ledger: Callable[[], ZoneLedger] | None = None,
        contexts: Contexts | None = None,
    ) -> None:
        self._ledger = ledger
        self._contexts = contexts
        self._shared_contexts: SharedContexts | None = None
        self._keys = keys
        self._look_at_keys = look_at_keys
        self._listen = listen
        self._shared = shared
        self._report = report
        self._tallies = Tallies()
        report.metrics.watch("dns", self._samples)
        self._zone_ids = zone_ids(ledger, zones)
        self._cache = QueryCache()
        self._cookies = cookies_of(ledger, settings.cookies)
        self._own = OwnOptions(self._cookies, round(settings.tcp.idle_seconds * 10))
        self._secondaries: Secondaries | None = None
        content: Callable[[ZoneSettings], QueryableView] = self._primary_content
        if any(zone.primaries for zone in zones):
            from tenure.serving.dns.secondaries import Secondaries  # noqa: PLC0415 - asyncio, which others do without

            assert open_ledger is not None, "what a secondary zone needs beside the loop opens the ledger for itself"
            self._secondaries = Secondaries(ledger, zones, self._zone_ids, report, open_ledger)
            content = self._secondaries.content
        self._views = Views(views, [ServedZone(zone, self._cache.watch(content(zone), zone.name)) for zone in zones])
        self._caches = Caches(ledger, self._views, self._cache, report)
        self._asked = AskedNames(ledger, self._caches, self._zone_ids, report)
        self._plain = PlainQuestions(ledger.begin_reads, self._tallies, self._caches.seen_by)
        self._quota = UpdateQuota(settings.max_updates_per_second) if settings.max_updates_per_second else None
        limits = settings.rate_limit
        self._limits = None if limits is None else LimitedReplies(limits, self._cookies, report)
        self._listeners: list[Listener] = []
        self._poller = select.epoll()
        self._commits = Commits(ledger.another(), self._zone_ids, report, self._committed, self._is_idle)
        self._tcp = TcpServer(self._poller, self._receive_tcp, self._settle, settings.tcp)
        self._now = time.time()  # UTC seconds, of this turn
        self._ticks = time.monotonic()  # seconds, of this turn

    def open(self) -> list[tuple[str, int]]:
        """Binds the sockets, once; gives their addresses, with the port that the system chose for port 0."""
        if not self._listeners:
            self._listeners = open_listeners(self._listen, shared=self._shared)
        addresses = [listener.address for listener in self._listeners]
        if self._shared and self._contexts is not None and self._shared_contexts is None:
            address = common_address(contexts_secret(self._ledger), addresses)
            self._shared_contexts = SharedContexts(address, self._poller, self._answer_in_context)
            self._shared_contexts.begin()
        return addresses

    def run(self, stop: Stop) -> None:
        """Serves until the stop. An update is answered with NOERROR after it is durable, and not before."""
        addresses = " ".join(f"{host}#{port}" for host, port in self.open())
        sockets = {listener.udp.fileno(): listener for listener in self._listeners}
        try:
            for descriptor in (stop.fileno(), self._commits.fileno()):
                self._poller.register(descriptor, select.EPOLLIN)
            if self._secondaries is not None:
                self._poller.register(self._secondaries.forwarder.fileno(), select.EPOLLIN)
            for listener in self._listeners:
                self._poller.register(listener.udp.fileno(), select.EPOLLIN)
                self._tcp.listen(listener.tcp)
            self._report.info("dns-listening", addresses=addresses, zones=len(self._zone_ids))
            with rare_collections():
                self._take_turns(stop, sockets)
        finally:
            self._close()

    def _take_turns(self, stop: Stop, sockets: Mapping[int, Listener]) -> None:
        idle_checked = self._ticks
        self._settle()  # what others commit from now on can be told by its names
        while not stop.is_set():
            events = self._poller.poll(0 if self._cache.reads_ahead else _TURN_SECONDS)
            self._turn(events, sockets)
            self._cache.read_ahead()
            if self._ticks - idle_checked >= _TURN_SECONDS:
                idle_checked = self._ticks
                self._tcp.close_idle(self._ticks)
                self._look_at_keys(self._now)
                self._asked.look(self._ticks)
                if self._contexts is not None:
                    self._contexts.tidy(self._now)
                if self._secondaries is not None and self._secondaries.look(self._now):
                    self._caches.forget_all()
        self._commits.finish_all(self._now)
        self._asked.close()

    def _turn(self, events: Sequence[tuple[int, int]], sockets: Mapping[int, Listener]) -> None:
        """Everything that can be read now, then the updates among it."""
        self._now = time.time()
        self._ticks = time.monotonic()
        ready, receive = self._cache.replies, self._receive_udp
        if self._caches.depend_on_client:
            ready = {}
        if self._limits is not None:
            ready, receive = {}, self._receive_limited
        hits = 0
        for descriptor, mask in events:
            listener = sockets.get(descriptor)
            if listener is not None:
                hits += drain(listener, ready, receive, self._settle)
            elif descriptor == self._commits.fileno():
                self._commits.finish()
            elif self._secondaries is not None and descriptor == self._secondaries.forwarder.fileno():
                self._secondaries.forwarder.deliver()
            elif self._shared_contexts is not None and self._shared_contexts.ready(descriptor, mask):
                continue
            else:
                self._tcp.ready(descriptor, mask, self._ticks)
        if hits:
            self._report.count("queries_from_cache", hits)
        self._ledger.end_reads()  # while anybody reads, no writer can begin its log anew
        self._commits.advance(self._now)

    def _is_idle(self) -> bool:
        return not self._poller.poll(0)

    def _committed(self, outcome: Outcome) -> None:
        """Updates are committed and not yet answered: what they have changed is forgotten, as what others change is."""
        if not self._caches.drop_outdated():
            self._caches.forget(outcome.changed)

    def _settle(self) -> None:
        """Look at the store anew: what follows was asked before, so it is answered from what was committed by then."""
        self._caches.drop_outdated()

    def _receive_udp(self, asked: Sequence[Datagram]) -> None:
        others = self._plain.answer(asked)
        self._report.counts["messages"] += len(asked) - len(others)
        for datagram in others:
            self._receive_one(datagram)

    def _receive_one(self, datagram: Datagram) -> None:
        octets, peer, send = datagram.octets, datagram.peer, datagram.send
        cache = self._caches.seen_by(peer[0]).cache
        ready = cache.ready(datagram.key)
        if ready is not None:
            self._report.count("queries_from_cache", 1)
            send(octets[:2] + ready)
            return
        if self._cookies is not None:
            ready = cache.reply_with_cookie(octets, self._cookies, peer[0], self._now)
            if ready is not None:
                send(ready)
                self._report.count("queries_from_cache", 1)
                return
        cache.begin()
        response = self._respond(octets, peer[0], stream=False)
        if isinstance(response, Reply):
            if not response.octets:
                return
            send(response.octets)
            tally = self._tallies.count(response)
            if response.cookie:
                cache.keep_before_cookie(octets, response.octets, tally)
            elif response.reusable:
                cache.keep(octets, response.octets, tally)
                self._plain.learn(octets, peer[0])
            else:
                self._asked.note(octets, response)
        elif isinstance(response, _UPDATES):
            self._commits.add(Pending(response, f"{peer[0]}#{peer[1]}", send))
        elif isinstance(response, InContext):
            self._hand_on(octets, peer, send, response, stream=False)
        elif not isinstance(response, Transfer):
            self._follow(octets, response, send)

    def _receive_limited(self, asked: Sequence[Datagram]) -> None:
        """Like `_receive_udp`, where replies are limited."""
        assert self._limits is not None, "only then it is called"
        self._receive_udp([self._limits.limited(datagram, self._now) for datagram in asked])

    def _receive_tcp(self, octets: bytes, connection: Connection) -> None:
        peer = connection.peer
        cache = self._caches.seen_by(peer[0]).cache
        ready = cache.ready_for_streams(octets[2:])
        if ready is not None:
            self._report.count("queries_from_cache", 1)
            connection.reply(octets[:2] + ready)
            return
        cache.begin()
        response = self._respond(octets, peer[0], stream=True)
        if isinstance(response, Reply):
            connection.reply(response.octets)
            if response.octets:
                tally = self._tallies.count(response)
                if response.reusable and cache.keep_for_streams(octets, response.octets, tally):
                    return
                self._asked.note(octets, response)
        elif isinstance(response, Transfer):
            self._report.count("transfers")
            connection.reply(transfer_stream(self._ledger, self._zone_ids[response.zone.place], response))
        else:
            connection.waiting += 1
            answer = partial(self._tcp.answer, connection, now=self._ticks)
            if isinstance(response, _UPDATES):
                self._commits.add(Pending(response, f"{peer[0]}#{peer[1]}", answer))
            elif isinstance(response, InContext):
                self._hand_on(octets, peer, answer, response, stream=True)
            else:
                self._follow(octets, response, answer)

    def _hand_on(self, octets: bytes, peer: Peer, send: Send, found: InContext, *, stream: bool) -> None:
        """To the worker who keeps the security contexts, which may have become this one."""
        assert self._shared_contexts is not None, "only then it was found to be in a context of another worker"
        client = peer[0], peer[1]
        self._report.count("contexts_asked_for")
        if not self._shared_contexts.hand_on(octets, client, stream, send, lambda: send(lost_reply(found, self._now))):
            self._answer_in_context(octets, client, stream, send)

    def _answer_in_context(self, octets: bytes, client: tuple[str, int], stream: bool, send: Send) -> None:
        """Answers what another worker has handed on, always, though it be with nothing."""
        response = self._respond(octets, client[0], stream=stream)
        match response:
            case Reply():
                send(response.octets)
            case Update() | Refused():
                self._commits.add(Pending(response, f"{client[0]}#{client[1]}", send))
            case Transfer():
                error = ExtendedError(InfoCode.PROHIBITED, "several workers give no transfers that Kerberos signs")
                send(build_reply(response.request, Rcode.REFUSED, self._now, error=error))
            case InContext():
                send(lost_reply(response, self._now))
            case _:
                self._follow(octets, response, send)

    def _follow(self, octets: bytes, response: Heard | Forward, send: Callable[[bytes], None]) -> None:
        assert self._secondaries is not None, "only a secondary zone leads here"
        self._secondaries.receive(octets, response, send)

    def _primary_content(self, zone: ZoneSettings) -> QueryableView:
        return self._ledger.view(self._zone_ids[zone.place])

    def _respond(self, octets: bytes, client: str, *, stream: bool) -> Response | InContext:
        self._report.counts["messages"] += 1
        shared = self._shared_contexts
        now, contexts = self._now, self._contexts if shared is None or shared.is_keeper else None
        request = read_request(octets, self._keys, now, stream=stream, client=client, own=self._own, contexts=contexts)
        if contexts is None and shared is not None and is_in_context(request):
            return InContext(request)
        response: Response
        try:
            if contexts is not None and isinstance(request, Request) and is_tkey_query(request):
                response = self._negotiate(request, contexts, client)
            else:
                self._ledger.begin_reads()
                response = answer_request(request, self._views, client, now, self._own)
        except LedgerUnavailable as error:
            self._report.outage(LEDGER_PROBLEM, str(error))
            response = Reply(server_failure(request, now))
        except ZoneUnavailable as unavailable:
            response = Reply(server_failure(request, now, unavailable.error))
        if self._quota is not None and isinstance(response, Update):
            return self._quota.admit(response, client, self._ticks)
        return response

    def _negotiate(self, request: Request, contexts: Contexts, client: str) -> Reply | Refused:
        """Makes or ends a security context; what is refused is kept in the history, as a refused update is."""
        displaced = contexts.displaced
        answer = answer_tkey_query(request, contexts, self._keys, client, self._now)
        if contexts.displaced != displaced:
            self._report.count("contexts_displaced", contexts.displaced - displaced)
        if isinstance(answer, Refused):
            return answer
        if answer.established is not None:
            self._report.count("contexts_established")
        elif answer.ended is not None:
            self._report.count("contexts_ended")
        return Reply(answer.reply(self._now))

    def _samples(self) -> Iterator[Sample]:
        """The numbers for a scrape."""
        yield from self._tallies.samples()
        if self._contexts is not None:
            yield "tenure_dns_contexts", ("established",), self._contexts.count
            yield "tenure_dns_contexts", ("half-open",), self._contexts.half_open_count

    def _close(self) -> None:
        self._tcp.close()
        self._commits.close()
        if self._secondaries is not None:
            self._secondaries.close()
        if self._shared_contexts is not None:
            self._shared_contexts.close()
        self._poller.close()
        close_listeners(self._listeners)
        self._listeners = []
