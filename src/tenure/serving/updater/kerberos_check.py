"""Proving the way to a security context with one server, step by step: name, KDC, ticket, service, TKEY.

The steps are in the order in which they depend on one another, so the first that is wrong is the last.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from tenure.authority.secondary import TransferFault
from tenure.dnswire.name import ROOT, Name
from tenure.serving.errors import ServiceError
from tenure.serving.transfers.primary import PrimaryFailed
from tenure.serving.updater.contexts import key_name, server_principal
from tenure.serving.updater.kerberos import Begun, NoTicket, Stage
from tenure.signing.context import Context
from tenure.signing.negotiation import Negotiation, Refused
from tenure.updating.preflight import Verdict
from tenure.updating.routing import GssTsig

_LIFETIME = 60  # seconds, which the server is asked for: the context is of no use after the check
_HOUR = 3600.0

Exchange = Callable[[bytes, int], bytes]  # the reply to a message with this ID; `PrimaryFailed`, `TransferFault`


class Tickets(Protocol):
    """Where our ends of contexts come from (`kerberos.Tickets`)."""

    @property
    def kept_in(self) -> str:
        """The cache that has them beside the process; empty: none."""

    def principal(self) -> tuple[str, float]:
        """Whose tickets they are, and for how many seconds; `NoTicket`."""

    def begin(self, server_principal: str) -> Begun:
        """Our end of a new context; `NoTicket`."""


class Found(NamedTuple):
    """What one step came to."""

    check: str
    verdict: Verdict
    text: str
    remedy: str = ""


class KerberosWay:
    """The way to one server of one zone. After the last step `context` is what signs there, if all is right."""

    def __init__(self, gss: GssTsig, server: tuple[str, int], primary: Name | None, exchange: Exchange) -> None:
        """`primary`: the name in the SOA record that the server gave; `exchange`: over TCP."""
        self.context: Context | None = None
        self.principal = "PRINCIPAL@REALM"  # ours, as soon as it is known
        self._gss = gss
        self._server = server
        self._primary = primary
        self._exchange = exchange

    def steps(self, open_tickets: Callable[[], Tickets]) -> Iterator[Found]:
        """Until the first that is wrong."""
        principal = self._gss.server_principal
        if not principal:
            if self._primary is None or self._primary == ROOT:
                text, remedy = "the zone's SOA record names no primary", "set server-principal, or let the SOA name one"
                yield Found("name", Verdict.WRONG, text, remedy)
                return
            principal = server_principal(self._primary)
        yield self._name(principal)
        try:
            tickets = open_tickets()
            self.principal, seconds = tickets.principal()
            kept = tickets.kept_in
            yield Found("kdc", Verdict.RIGHT, f"not asked yet: {kept} has tickets" if kept else "answers, and knows us")
            yield Found("ticket", Verdict.RIGHT, f"we are {self.principal}, for {seconds / _HOUR:.1f} h")
            begun = tickets.begin(principal)
            yield Found("service", Verdict.RIGHT, f"the KDC has given a ticket for {principal}")
        except ServiceError as error:
            yield Found("ticket", Verdict.WRONG, f"{error.what}: {error.cause}", error.remedy)
            return
        except NoTicket as error:
            yield _no_ticket(error)
            return
        yield self._tkey(principal, begun)

    def _name(self, principal: str) -> Found:
        """Whether the name of the server leads to it. Kerberos may do without, so that is never more than doubtful."""
        host = principal.partition("@")[0].partition("/")[2]
        source = "server-principal says" if self._gss.server_principal else "the zone's primary is"
        try:
            found = {place[4][0] for place in socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)}
        except OSError:
            remedy = "Kerberos may need its address: put the name into DNS, or dns_canonicalize_hostname = false"
            return Found("name", Verdict.DOUBTFUL, f"{source} {host}, which resolves to no address here", remedy)
        if self._server[0] not in found:
            text = f"{source} {host}, which has the address {', '.join(sorted(map(str, found)))}"
            remedy = f"see that {self._server[0]} is the same server, or set server-principal to its name"
            return Found("name", Verdict.DOUBTFUL, text, remedy)
        return Found("name", Verdict.RIGHT, f"{source} {host}, at this address")

    def _tkey(self, principal: str, begun: Begun) -> Found:
        """Whether the server agrees on a context."""
        negotiation = Negotiation(key_name(principal), begun.security, begun.token, _LIFETIME)
        found: Context | Refused | None = None
        while found is None:
            message_id = secrets.randbits(16)
            try:
                octets = self._exchange(negotiation.query(message_id, time.time()), message_id)
            except (PrimaryFailed, TransferFault) as error:
                remedy = "see what the server's log says, and whether large queries get through over TCP"
                return Found("tkey", Verdict.WRONG, f"no answer to the TKEY query: {error}", remedy)
            found = negotiation.heard(octets, time.time())
        if isinstance(found, Refused):
            return Found("tkey", Verdict.WRONG, found.cause, _remedy_of(found, principal))
        self.context = found
        text = f"the server is {found.principal}, and agrees on a security context"
        return Found("tkey", Verdict.RIGHT, text)


def _no_ticket(error: NoTicket) -> Found:
    check = {Stage.KDC: "kdc", Stage.TICKET: "ticket", Stage.SERVICE: "service"}[error.stage]
    text, _, remedy = str(error).partition("; ")
    return Found(check, Verdict.WRONG, text, remedy or "see what the log of the KDC says")


def _remedy_of(refused: Refused, principal: str) -> str:
    if refused.by_clock or "Clock skew" in refused.cause:
        return "set the clocks of this host and of the server by NTP"
    if refused.by_server and "TKEY query" in refused.cause:
        return "let the server negotiate (tkey-gssapi-keytab in BIND and tenure), and see in which view this host falls"
    if refused.by_server:
        return f"see that the server's keytab has the key of {principal} as the KDC has it, and what its log says"
    return "see whether something on the way changes DNS over TCP, and what the server's log says"


def remark_of(gss: GssTsig) -> Found | None:
    """What of the configuration may not be meant."""
    if not gss.unsecure_first:
        return None
    text = "updates go out unsigned first (update-security-level): a zone that takes them so takes anybody's"
    return Found("order", Verdict.DOUBTFUL, text, "leave update-security-level out where the zone takes secure ones")
