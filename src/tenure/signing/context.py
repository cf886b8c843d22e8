"""Security contexts: what a client and this server have agreed on to sign with, by GSS-API (RFC 3645), and their table.

The mechanism itself, Kerberos, is handed in as an object. A context is known by the name of its key, which the client
has chosen; until it is established it is half open, and good for nothing but to go on with the negotiation.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

from tenure.dnswire.name import Name
from tenure.signing.principal import Principal, identity_of, parse_principal

_CLASS_ANY_TTL_0: Final = b"\0\xff\0\0\0\0"
MOST_ROUNDS: Final = 10  # of one negotiation (RFC 3645 section 4.1.3)
HALF_OPEN_SECONDS: Final = 30.0
_MIC_SIZE: Final = 64  # octets that are left free for a signature: those of Kerberos have 28 to 40


class Step(NamedTuple):
    """What has become of a negotiation by a token of the other side."""

    token: bytes = b""  # for the other side
    principal: str = ""  # who it is, once the context is established
    seconds: float = 0.0  # for which it is good then
    failure: str = ""  # why there will be no context; empty: it goes on, or is established


class SecurityContext(Protocol):
    """Our end of one context. Nothing that it is given makes it raise."""

    def step(self, token: bytes) -> Step:
        """Go on with a token of the other side."""

    def sign(self, octets: bytes) -> bytes:
        """The signature (MIC) of the octets; empty: the context cannot sign any more."""

    def verify(self, octets: bytes, mic: bytes) -> str:
        """Why this is not the other side's signature of the octets, or not one to be taken; empty: it is."""


class Mechanism(Protocol):
    """Where contexts come from."""

    def begin(self) -> SecurityContext:
        """Our end of a new context."""

    def key_name(self) -> Name:
        """A name that no other key has, for a client that chooses none."""


class ContextLimits(NamedTuple):
    """How many contexts there may be, and how long one is good."""

    contexts: int = 4096  # where there are more, the one that was used longest ago ends
    per_principal: int = 64  # where one principal has more, its oldest ends
    half_open: int = 64  # where there are more, the oldest ends
    half_open_per_client: int = 4  # of one address
    seconds: float = 3600.0  # for which one is good, unless the ticket ends before


class Context:
    """An established context. It signs and verifies as a key does, but its signatures are never cut."""

    __slots__ = (
        "algorithm",
        "answer",
        "digest_head",
        "first_token",
        "identity",
        "least_mac",
        "mac_size",
        "name",
        "principal",
        "record_head",
        "security",
        "since_at",
        "until_at",
    )

    def __init__(
        self,
        name: Name,
        algorithm: Name,
        principal: Principal,
        security: SecurityContext,
        since_at: float,
        until_at: float,
        first_token: bytes = b"",
        answer: bytes = b"",
    ) -> None:
        self.name = name
        self.algorithm = algorithm
        self.principal = principal
        self.identity = identity_of(principal)
        self.security = security
        self.since_at = since_at  # UTC seconds
        self.until_at = until_at
        self.first_token = first_token  # a digest of what it was asked for with, and what the answer to that was:
        self.answer = answer  # a client whose answer was lost asks for it again
        self.least_mac = 0
        self.mac_size = _MIC_SIZE
        self.digest_head = name + _CLASS_ANY_TTL_0 + algorithm
        self.record_head = name + b"\0\xfa" + _CLASS_ANY_TTL_0

    def short_mac(self, octets: bytes, size: int) -> bytes:
        """The signature of the octets, whole whatever the size; empty if the context cannot sign any more."""
        del size
        return self.security.sign(octets)


class _HalfOpen(NamedTuple):
    """A negotiation that goes on."""

    algorithm: Name
    client: str  # address: nobody else goes on with it
    security: SecurityContext
    began_at: float
    rounds: int


class Negotiated(NamedTuple):
    """What has become of a request for a context. Without a failure or a context it goes on."""

    token: bytes = b""  # for the client
    context: Context | None = None  # it is established
    failure: str = ""
    name_is_taken: bool = False  # the failure is that another context has this name


class Contexts:
    """All contexts of one server, by the names of their keys."""

    def __init__(self, mechanism: Mechanism, limits: ContextLimits | None = None) -> None:
        self.mechanism = mechanism
        self.limits = limits or ContextLimits()
        self.displaced = 0  # contexts and negotiations that have ended to make room
        self._established: OrderedDict[Name, Context] = OrderedDict()  # used longest ago first
        self._of_principal: dict[Name, dict[Name, None]] = {}  # names by identity, oldest first
        self._half_open: OrderedDict[Name, _HalfOpen] = OrderedDict()  # oldest first

    @property
    def count(self) -> int:
        """Contexts that are established."""
        return len(self._established)

    @property
    def half_open_count(self) -> int:
        """Negotiations that go on."""
        return len(self._half_open)

    def find(self, name: Name, now: float) -> Context | None:
        """The established context of the name (lower-cased), which is used by that; None: there is none, or no more."""
        context = self._established.get(name)
        if context is None:
            return None
        if now >= context.until_at:
            self._end(context)
            return None
        self._established.move_to_end(name)
        return context

    def negotiate(self, name: Name, algorithm: Name, token: bytes, client: str, now: float) -> Negotiated:
        """Begin a context of this name (lower-cased), or go on with it (RFC 3645 section 4.1); `client`: an address."""
        established = self.find(name, now)
        digest = sha256(token).digest()
        if established is not None:
            if established.first_token == digest and established.algorithm == algorithm:
                return Negotiated(established.answer, established)
            return Negotiated(failure="there is a context of this name already", name_is_taken=True)
        half_open = self._half_open.get(name)
        if half_open is not None and now - half_open.began_at > HALF_OPEN_SECONDS:
            del self._half_open[name]
            half_open = None
        if half_open is None:
            half_open = _HalfOpen(algorithm, client, self.mechanism.begin(), now, 0)
        elif half_open.client != client or half_open.algorithm != algorithm:
            return Negotiated(failure="another client negotiates a context of this name", name_is_taken=True)
        else:
            del self._half_open[name]
        step = half_open.security.step(token)
        if step.failure:
            return Negotiated(step.token, failure=step.failure)
        if not step.principal:
            if half_open.rounds + 1 >= MOST_ROUNDS:
                return Negotiated(failure=f"the negotiation has not ended after {MOST_ROUNDS} rounds")
            self._make_room_for(client)
            self._half_open[name] = half_open._replace(rounds=half_open.rounds + 1)
            return Negotiated(step.token)
        try:
            principal = parse_principal(step.principal)
            until_at = now + min(step.seconds, self.limits.seconds)
            context = Context(name, algorithm, principal, half_open.security, now, until_at, digest, step.token)
        except ValueError as error:
            return Negotiated(failure=f"the principal {step.principal!r} cannot be spoken of: {error}")
        self._establish(context)
        return Negotiated(step.token, context)

    def forget(self, name: Name) -> None:
        """End the context of the name (lower-cased), if there is one."""
        context = self._established.get(name)
        if context is not None:
            self._end(context)

    def tidy(self, now: float) -> None:
        """Give back what ended by itself; to be asked now and then."""
        for context in [one for one in self._established.values() if now >= one.until_at]:
            self._end(context)
        for name in [name for name, one in self._half_open.items() if now - one.began_at > HALF_OPEN_SECONDS]:
            del self._half_open[name]

    def _establish(self, context: Context) -> None:
        names = self._of_principal.setdefault(context.identity, {})
        if len(names) >= self.limits.per_principal:
            self._displace(self._established[next(iter(names))])
        if len(self._established) >= self.limits.contexts:
            self._displace(next(iter(self._established.values())))
        self._established[context.name] = context
        self._of_principal.setdefault(context.identity, {})[context.name] = None

    def _displace(self, context: Context) -> None:
        self.displaced += 1
        self._end(context)

    def _end(self, context: Context) -> None:
        del self._established[context.name]
        names = self._of_principal[context.identity]
        del names[context.name]
        if not names:
            del self._of_principal[context.identity]

    def _make_room_for(self, client: str) -> None:
        """Of half-open contexts, which anybody can leave behind, few are kept."""
        ours = [name for name, one in self._half_open.items() if one.client == client]
        if len(ours) >= self.limits.half_open_per_client:
            del self._half_open[ours[0]]
            self.displaced += 1
        elif len(self._half_open) >= self.limits.half_open:
            self._half_open.popitem(last=False)
            self.displaced += 1
