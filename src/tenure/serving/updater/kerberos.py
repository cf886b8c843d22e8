"""The client's half of Kerberos: tickets by a keytab, and our end of the contexts that we negotiate with DNS servers.

To get a ticket means to ask a KDC, and to wait for it; the rest waits for nobody.
"""

from __future__ import annotations

import os
import threading
import time
from enum import StrEnum
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from tenure.serving.gss import KERBEROS, SPNEGO, Hints, MessageSigner, explained, library_for, words_of
from tenure.signing.context import SecurityContext, Step

FRESH_SECONDS = 600.0  # tickets are forgotten because of a server's refusal once in so many

_UNREACHABLE = ("Cannot contact any KDC", "Cannot find KDC", "Cannot resolve network address for KDC")
_NO_CREDENTIALS = ("No credentials cache found", "No Kerberos credentials available", "No credentials were supplied")

# What the library says when it gets no ticket, and what helps.
_KDC_HINTS: Hints = (
    ("Cannot find KDC", "say in krb5.conf which KDC the realm has, or give the realm its SRV records"),
    ("Cannot contact any KDC", "see that the KDC runs, and that port 88 is let through on the way"),
    ("Cannot resolve", "see that the name of the KDC in krb5.conf is in DNS"),
    ("Clock skew", "set the clocks of this host and of the KDC by NTP"),
)
_TICKET_HINTS: Hints = (
    *_KDC_HINTS,
    ("Preauthentication failed", "the keytab has an older key: export it again"),
    ("not found in Kerberos database", "the KDC knows no such principal: compare it with `klist -k` of the keytab"),
    ("has expired", "have the account or its key renewed"),
    ("have been revoked", "the account is locked or disabled: have it opened"),
    ("Ticket expired", "the cache has only old tickets: see what keeps it fresh, or set client-keytab"),
)
_SERVICE_HINTS: Hints = (
    *_KDC_HINTS,
    ("Server krbtgt/", "the realms do not trust each other: set server-principal with the right realm"),
    ("not found in Kerberos database", "add the principal for the DNS server, or set server-principal to what it has"),
    ("Ticket expired", "the cache has only old tickets: see what keeps it fresh, or set client-keytab"),
)
# What it says of a server's token.
_TOKEN_HINTS: Hints = (
    ("Clock skew", "set the clocks of this host and of the server by NTP"),
    ("Ticket expired", "the ticket ended on its way"),
    ("Ticket not yet valid", "the server's clock is behind"),
    ("Wrong principal", "the server has keys of another principal: set server-principal, or export its keytab again"),
    ("key version", "the server's keytab has another version of its key: export it again"),
    ("integrity check failed", "the server's keytab has another key: export it again"),
)


class Stage(StrEnum):
    """How far the way to a server's context got."""

    KDC = "kdc"  # no KDC answers
    TICKET = "ticket"  # the KDC, or the keytab, gives us none
    SERVICE = "service"  # the KDC gives no ticket for the DNS server


class NoTicket(Exception):
    """There is no ticket for a server; the text says what Kerberos said, and what helps."""

    def __init__(self, stage: Stage, words: str) -> None:
        super().__init__(words)
        self.stage = stage


class Begun(NamedTuple):
    """Our end of a new context, and its first token for the server."""

    security: SecurityContext
    token: bytes


class Login(NamedTuple):
    """Who we are to Kerberos."""

    principal: str = ""  # empty: the first of the keytab, or whose the cache is
    keytab: str = ""  # path; empty: the cache is filled by somebody else
    cache: str = ""  # as Kerberos names them (`FILE:/run/tickets`); empty: in memory


_numbers = count(1)


class Tickets:
    """Tickets of one principal, taken by its keytab when they are needed and again before they run out.

    The library does that: a cache that it has filled by a keytab is filled anew when half its time is over.
    """

    def __init__(self, login: Login) -> None:
        """`ServiceError`: the library is missing."""
        self._library = library_for("GSS-TSIG ([ddns.gss-tsig])")
        self._login = login
        self._cache = login.cache or self._memory()
        self._renewed_at = time.monotonic()
        self._turn = threading.Lock()  # one cache, one filling

    @property
    def kept_in(self) -> str:
        """The cache that has them beside the process; empty: none, so they were taken when they were first needed."""
        return self._login.cache

    def principal(self) -> tuple[str, float]:
        """Whose tickets they are, and for how many seconds the first is good; `NoTicket`."""
        with self._turn:
            try:
                credentials = self._credentials()
                return str(credentials.name), float(credentials.lifetime or 0)
            except self._library.exceptions.GSSError as error:
                raise self._no_ticket(error) from None

    def begin(self, server_principal: str) -> Begun:
        """Our end of a context with a server, `DNS/HOST` or `DNS/HOST@REALM`; `NoTicket`. It may wait for a KDC."""
        raised = self._library.exceptions
        with self._turn:
            try:
                credentials = self._credentials()
                _ = credentials.lifetime  # by which an old ticket is seen, and one that is to be fetched fetched
            except raised.GSSError as error:
                raise self._no_ticket(error) from None
            try:
                context = ServerContext(self._library, credentials, self._name(server_principal))
                return Begun(context, context.first())
            except raised.GSSError as error:
                stage = Stage.KDC if _speaks_of(_UNREACHABLE, words_of(error)) else Stage.SERVICE
                raise NoTicket(stage, f"{server_principal}: {explained(error, _SERVICE_HINTS)}") from None

    def doubt(self) -> None:
        """A server has refused what our tickets gave: take new ones, once; its key may have changed since."""
        now = time.monotonic()
        if not self._login.cache and now - self._renewed_at >= FRESH_SECONDS:
            self._cache, self._renewed_at = self._memory(), now

    def _credentials(self) -> Any:
        library, login = self._library, self._login
        if login.keytab and not os.access(login.keytab, os.R_OK):
            there = Path(login.keytab).exists()
            what = "cannot be read; let this user read it" if there else "is not there; export the key of the principal"
            raise NoTicket(Stage.TICKET, f"client-keytab {login.keytab} {what}")
        store = {"ccache": self._cache} | ({"client_keytab": login.keytab} if login.keytab else {})
        name = library.Name(login.principal, library.NameType.kerberos_principal) if login.principal else None
        return library.Credentials(name=name, usage="initiate", store=store, mechs=self._mechanisms())

    def _name(self, server_principal: str) -> Any:
        """With a realm it is taken as it is; else Kerberos finds the realm by the host."""
        library = self._library
        if "@" in server_principal:
            return library.Name(server_principal, library.NameType.kerberos_principal)
        service, _, host = server_principal.partition("/")
        return library.Name(f"{service}@{host}", library.NameType.hostbased_service)

    def _no_ticket(self, error: Any) -> NoTicket:
        words, login = words_of(error), self._login
        if _speaks_of(_NO_CREDENTIALS, words):  # which it says too when it has looked into the keytab in vain
            whose = login.principal or "a principal"
            if login.keytab:
                said = f"client-keytab {login.keytab} has no key of {whose}; compare them with `klist -k`"
            else:
                said = f"credentials-cache {login.cache} has no ticket of {whose}; see what fills it, with `klist`"
            return NoTicket(Stage.TICKET, said)
        stage = Stage.KDC if _speaks_of(_UNREACHABLE, words) else Stage.TICKET
        return NoTicket(stage, explained(error, _TICKET_HINTS))

    def _mechanisms(self) -> list[Any]:
        return [self._library.OID.from_int_seq(mech) for mech in (KERBEROS, SPNEGO)]

    @staticmethod
    def _memory() -> str:
        return f"MEMORY:tenure-{os.getpid()}-{next(_numbers)}"


class ServerContext(MessageSigner):
    """Our end of one context (`signing.context.SecurityContext`)."""

    def __init__(self, library: ModuleType, credentials: Any, server: Any) -> None:
        flags = library.RequirementFlag
        super().__init__(
            library,
            library.SecurityContext(
                name=server,
                creds=credentials,
                usage="initiate",
                mech=library.OID.from_int_seq(SPNEGO),
                flags=[flags.mutual_authentication, flags.replay_detection, flags.integrity],
            ),
        )

    def first(self) -> bytes:
        """The token that the negotiation begins with. The library raises where there is no ticket."""
        token: bytes = self._context.step() or b""
        return token

    def step(self, token: bytes) -> Step:
        """Go on with a token of the server."""
        if not token:
            return Step(failure="the server's token is missing")
        try:
            ours = self._context.step(token) or b""
            return self._established(ours) if self._context.complete else Step(ours)
        except self._library.exceptions.GSSError as error:
            return Step(failure=f"Kerberos refused the server's token: {explained(error, _TOKEN_HINTS)}")

    def _established(self, token: bytes) -> Step:
        """Only where the server has proved who it is, and what is changed or repeated shows."""
        context, flags = self._context, self._library.RequirementFlag
        if context.mech.dotted_form != KERBEROS:
            return Step(failure=f"the context is of the mechanism {context.mech.dotted_form}, not of Kerberos")
        for flag, missing in (
            (flags.mutual_authentication, "mutual authentication"),
            (flags.integrity, "integrity"),
            (flags.replay_detection, "replay detection"),
        ):
            if flag not in context.actual_flags:
                return Step(failure=f"the server agrees on a context without {missing} only")
        server = self._shown(context.target_name)
        if server.endswith("@"):  # the KDC has found the realm, and nobody says which: it is mostly ours
            server += self._shown(context.initiator_name).rpartition("@")[2]
        return Step(token, server, float(context.lifetime or 0))

    def _shown(self, name: Any) -> str:
        shown: bytes = self._library.raw.display_name(name, name_type=False).name
        return shown.decode("ascii", "backslashreplace")


def _speaks_of(phrases: tuple[str, ...], words: str) -> bool:
    return any(phrase in words for phrase in phrases)
