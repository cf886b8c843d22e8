"""The security contexts in which updates are signed by Kerberos: negotiated when needed, renewed before they run out.

One for each server and principal of it, whatever zones it has: messages of all zones share it. Whoever needs a context
waits for the same negotiation. A KDC that is silent holds up nobody but them, because tickets are got in a thread.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Protocol

from tenure.dnswire.name import Name, from_text, to_text
from tenure.naming.reason import Reason
from tenure.serving.report import Report
from tenure.serving.updater.kerberos import Begun, NoTicket
from tenure.serving.updater.link import Link, Unreachable
from tenure.signing.context import Context
from tenure.signing.negotiation import Negotiation, Refused, build_deletion
from tenure.updating.messages import build_apex_question
from tenure.updating.reply import read_primary
from tenure.updating.routing import GssTsig
from tenure.updating.task import Ending, Verdict

NEGOTIATION_SECONDS = 60.0  # in all: several KDCs that are silent take their time
MARGIN_SECONDS = 2.0  # a context is not used in its last moments
RENEW_PART = 0.75  # of a context's life: after that at the latest a new one is negotiated
RETIRE_SECONDS = 15.0  # after which nothing that is signed in an older context can be on its way any more
END_SECONDS = 1.0  # for servers to hear that we are gone
AGAIN_SECONDS = 30.0  # between tries to renew one that is still good


class TicketSource(Protocol):
    """Where our ends of contexts come from (`kerberos.Tickets`)."""

    def begin(self, server_principal: str) -> Begun:
        """Our end of a new one; `NoTicket`. May wait."""

    def doubt(self) -> None:
        """What our tickets gave was refused."""


class Terms(NamedTuple):
    """How long contexts are used."""

    lifetime: int = 3600  # seconds, which servers are asked for
    rekey: int = 2700  # seconds after which a new one is negotiated


class _Held(NamedTuple):
    link: Link
    context: Context
    rekey_at: float  # UTC seconds


_Key = tuple[tuple[str, int], str]  # server, its principal


class SecurityContexts:
    """All contexts of one updater. Belongs to one event loop."""

    def __init__(self, tickets: TicketSource, terms: Terms, report: Report, clock: Callable[[], float]) -> None:
        self._tickets = tickets
        self._terms = terms
        self._report = report
        self._clock = clock
        self._held: dict[_Key, _Held] = {}
        self._negotiating: dict[_Key, asyncio.Task[Context | Ending]] = {}
        self._retiring: dict[asyncio.Task[None], _Held] = {}
        self._renew_at: dict[_Key, float] = {}  # UTC seconds, after a renewal that failed
        self._principals: dict[tuple[tuple[str, int], Name], str] = {}  # by server and zone

    async def find(self, link: Link, zone: Name, gss: GssTsig) -> Context | Ending:
        """A context with the server that is good now, or why there is none."""
        principal = gss.server_principal or await self._principal(link, zone)
        if isinstance(principal, Ending):
            return principal
        key = (link.server, principal)
        held, now = self._held.get(key), self._clock()
        if held is not None and now < held.context.until_at - MARGIN_SECONDS:
            if now >= max(held.rekey_at, self._renew_at.get(key, 0.0)):
                self._renew_at[key] = now + AGAIN_SECONDS
                self._negotiation(link, key)
            return held.context
        found = await asyncio.shield(self._negotiation(link, key))
        if isinstance(found, Ending):
            self._principals.pop((link.server, zone), None)
        return found

    def forget(self, link: Link, context: Context) -> None:
        """The server does not know the context any more, or what it signs in it cannot be believed."""
        for key in [key for key, held in self._held.items() if key[0] == link.server and held.context is context]:
            del self._held[key]

    async def end(self) -> None:
        """Begin nothing any more, and let servers forget what we have with them, if they hear it at once."""
        left = [*self._held.values(), *self._retiring.values()]
        for task in (*self._negotiating.values(), *self._retiring):
            task.cancel()
        self._held.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await asyncio.gather(*map(self._delete, left))

    async def _retire(self, held: _Held) -> None:
        await asyncio.sleep(RETIRE_SECONDS)
        await self._delete(held)

    async def _delete(self, held: _Held) -> None:
        """A server that does not hear it ends the context by itself later."""
        message_id = held.link.new_id()
        with suppress(Unreachable):
            await held.link.ask(message_id, build_deletion(message_id, held.context, self._clock()))

    async def _principal(self, link: Link, zone: Name) -> str | Ending:
        """DNS/ and the name of the primary, as the server says it; what lies in that will have no key of the name."""
        known = self._principals.get((link.server, zone))
        if known is not None:
            return known
        message_id = link.new_id()
        try:
            octets = await link.ask(message_id, build_apex_question(message_id, zone))
        except Unreachable as error:
            return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, str(error))
        primary = read_primary(octets, zone)
        if isinstance(primary, Ending):
            return primary
        principal = self._principals[link.server, zone] = server_principal(primary)
        return principal

    def _negotiation(self, link: Link, key: _Key) -> asyncio.Task[Context | Ending]:
        """The one that is under way; it begins where there is none."""
        negotiating = self._negotiating.get(key)
        if negotiating is None:
            negotiating = self._negotiating[key] = asyncio.create_task(self._negotiate(link, key))
            negotiating.add_done_callback(lambda _: self._negotiating.pop(key))
        return negotiating

    async def _negotiate(self, link: Link, key: _Key) -> Context | Ending:
        principal = key[1]
        try:
            async with asyncio.timeout(NEGOTIATION_SECONDS):
                found = await self._agree(link, principal)
        except TimeoutError:
            cause = f"{principal}: no ticket within {NEGOTIATION_SECONDS:.0f} s"
            found = Ending(Verdict.RETRY, Reason.NO_TICKET, cause)
        code = f"security-context {link.text} {principal}"
        if isinstance(found, Ending):
            self._report.count("contexts_refused")
            self._report.problem(code, f"{found.reason}: {found.cause}", server=link.text)
            return found
        life = found.until_at - found.since_at
        rekey_at = found.since_at + min(float(self._terms.rekey), life * RENEW_PART)
        if (older := self._held.get(key)) is not None:
            retiring = asyncio.create_task(self._retire(older))
            self._retiring[retiring] = older
            retiring.add_done_callback(self._retiring.pop)
        self._held[key] = _Held(link, found, rekey_at)
        self._renew_at.pop(key, None)
        self._report.healthy(code)
        self._report.count("contexts_established")
        self._report.info("security-context", server=link.text, principal=str(found.principal), seconds=int(life))
        return found

    async def _agree(self, link: Link, principal: str) -> Context | Ending:
        """One negotiation with the server."""
        begun = await _begin(self._tickets, principal)
        if isinstance(begun, NoTicket):
            return Ending(Verdict.RETRY, Reason.NO_TICKET, str(begun))
        negotiation = Negotiation(key_name(principal), begun.security, begun.token, self._terms.lifetime)
        found: Context | Refused | None = None
        while found is None:
            message_id = link.new_id()
            try:
                octets = await link.ask(message_id, negotiation.query(message_id, self._clock()))
            except Unreachable as error:
                return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, str(error))
            found = negotiation.heard(octets, self._clock())
        if isinstance(found, Refused):
            self._tickets.doubt()
            reason = Reason.CLOCK_DIFFERS if found.by_clock else Reason.CONTEXT_REFUSED
            return Ending(Verdict.RETRY, reason, found.cause)
        return found


def server_principal(primary: Name) -> str:
    """The principal of the primary that an SOA record names."""
    return f"DNS/{to_text(primary).rstrip('.').lower()}"


def key_name(principal: str) -> Name:
    """The name of a new key, lower-cased, which tells people whom it was made for; unlike any other."""
    unique = secrets.token_hex(8)
    host = principal.partition("@")[0].partition("/")[2]
    try:
        return from_text(f"{unique}.sig-{host}.").lower()
    except ValueError:  # the name is long, or none
        return from_text(f"{unique}.sig.")


async def _begin(tickets: TicketSource, server_principal: str) -> Begun | NoTicket:
    """Our end of a new context, got in a thread. The process may end before it is: nobody waits for a KDC then."""
    loop = asyncio.get_running_loop()
    got: asyncio.Future[Begun | NoTicket] = loop.create_future()

    def settle(result: Begun | NoTicket | None) -> None:
        if got.done():
            return
        if result is None:
            got.set_exception(RuntimeError("the thread that gets tickets has failed, as its traceback says"))
        else:
            got.set_result(result)

    def run() -> None:
        result: Begun | NoTicket | None = None
        try:
            result = tickets.begin(server_principal)
        except NoTicket as error:
            result = error
        finally:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, name="kerberos", daemon=True).start()
    return await got
