"""One update to one server, in the order of security that is configured, and an answer that can be believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.name import Name
from tenure.naming.reason import Reason
from tenure.registering.entry import Place
from tenure.registering.lease import granted_lease
from tenure.registering.locating import is_about
from tenure.registering.steps import Task, build_step
from tenure.serving.agent.asking import Servers
from tenure.serving.agent.terms import Level, Terms
from tenure.serving.updater.contexts import SecurityContexts
from tenure.serving.updater.link import Unreachable
from tenure.signing.digest import Signer
from tenure.signing.key import Key
from tenure.signing.rotation import next_to_try
from tenure.signing.tsig import sign_request
from tenure.updating.reply import may_know_other_secret, read_reply
from tenure.updating.task import Ending, Verdict

_SOA = int(RRType.SOA)  # the type of the zone section (RFC 2136 section 2.3)
# What says that a context is good for nothing any more.
_ENDS_CONTEXT = frozenset({Reason.KEY_REJECTED, Reason.REPLY_UNVERIFIED, Reason.SERVER_NOT_AUTHORITATIVE})


class Exchange:
    """Sends updates. A server that has wanted a signature once gets nothing unsigned any more."""

    def __init__(
        self, servers: Servers, terms: Terms, contexts: SecurityContexts | None, clock: Callable[[], float]
    ) -> None:
        self._servers = servers
        self._terms = terms
        self._contexts = contexts
        self._clock = clock
        self._wants_secure: set[Place] = set()
        self._granted: dict[tuple[Place, Name], int] = {}

    async def update(self, place: Place, zone: Name, tasks: Sequence[Task]) -> int | Ending:
        """The RCODE, or why there is none that can be believed. The tasks have the same lease."""
        terms = self._terms
        if terms.level is Level.ONLY_UNSECURE:
            return await self._send(place, zone, tasks, None)
        if terms.level is Level.UNSECURE_FIRST and place not in self._wants_secure:
            answer = await self._send(place, zone, tasks, None)
            if answer != Rcode.REFUSED:
                return answer
            self._wants_secure.add(place)
        if terms.key is not None:
            return await self._send_by_key(place, zone, tasks, terms.key)
        answer = await self._send_in_context(place, zone, tasks)
        if may_know_other_secret(answer):  # it has ended the context: once more, in a new one
            answer = await self._send_in_context(place, zone, tasks)
        if isinstance(answer, Ending) and answer.reason is Reason.KEY_REJECTED:
            return answer._replace(reason=Reason.CONTEXT_REFUSED)
        return answer

    def granted(self, place: Place, zone: Name) -> int:
        """The lease that the last update of the zone was granted there, in seconds; 0: none."""
        return self._granted.get((place, zone), 0)

    async def _send_by_key(self, place: Place, zone: Name, tasks: Sequence[Task], first: Key) -> int | Ending:
        """With the secret that the server knows, of those that the key has while it is rotated."""
        key: Key | None = first
        tried: list[Key] = []
        answer: int | Ending = Ending(Verdict.RETRY, Reason.KEY_REJECTED, "no secret is left to try")
        while key is not None:
            answer = await self._send(place, zone, tasks, key)
            if not may_know_other_secret(answer):
                break
            tried.append(key)
            key = next_to_try(first, tried)
        return answer

    async def _send_in_context(self, place: Place, zone: Name, tasks: Sequence[Task]) -> int | Ending:
        assert self._contexts is not None, "who signs by Kerberos has contexts"
        assert self._terms.gss is not None, "what is signed is signed by a key or by Kerberos"
        link = self._servers.link(place)
        context = await self._contexts.find(link, zone, self._terms.gss)
        if isinstance(context, Ending):
            return context
        answer = await self._send(place, zone, tasks, context)
        if isinstance(answer, Ending) and answer.reason in _ENDS_CONTEXT:
            self._contexts.forget(link, context)
        return answer

    async def _send(self, place: Place, zone: Name, tasks: Sequence[Task], signer: Signer | None) -> int | Ending:
        link = self._servers.link(place)
        message_id, lease = link.new_id(), tasks[0].lease
        message, mac = build_step(message_id, zone, tasks, lease), b""
        if signer is not None:
            message, mac = sign_request(message, signer, int(self._clock()))
        try:
            octets = await link.ask(message_id, message)
        except Unreachable as error:
            return Ending(Verdict.RETRY, Reason.SERVER_UNREACHABLE, str(error))
        answer = read_reply(octets, signer, mac, int(self._clock()))
        if signer is None and answer == Rcode.NOERROR and not is_about(octets, zone, _SOA):
            return Ending(Verdict.RETRY, Reason.SERVER_FAILED, "the reply is about another zone")
        self._granted[place, zone] = granted_lease(octets) if lease and answer == Rcode.NOERROR else 0
        return answer
