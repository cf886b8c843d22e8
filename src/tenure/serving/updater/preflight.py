"""Proving the way to every server of every zone before leases depend on it: reachable, authoritative, key, rights.

Each server is asked over UDP and over TCP, because clients and updates come by both; the rest goes over TCP, as
updates do. What stands in the way at one step makes the later ones pointless, so a server's findings end with the first
that is wrong.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from tenure.authority.secondary import TransferFault
from tenure.authority.settings import RemoteServer
from tenure.dnswire.codes import Rcode, RRClass, RRType, rcode_to_text, type_to_text
from tenure.dnswire.message import AA, Message, Question, build_message
from tenure.dnswire.name import ROOT, Name, to_text
from tenure.dnswire.rdata import soa_serial
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import Direction
from tenure.serving.stop import Stop
from tenure.serving.transfers.primary import Primary, PrimaryFailed
from tenure.serving.updater.kerberos_check import KerberosWay, Tickets, remark_of
from tenure.signing.context import Context
from tenure.signing.digest import Signer
from tenure.signing.key import Key, algorithm_to_text
from tenure.signing.tsig import sign_request
from tenure.updating.messages import primary_of
from tenure.updating.preflight import NOT_THERE, Finding, Verdict, build_adding, build_removing, trouble_of, types_of
from tenure.updating.preflight_remedies import Copy, Objection, Writer, key_remedy, update_remedy
from tenure.updating.reply import may_know_other_secret, signature_trouble
from tenure.updating.routing import ConflictMode, Domain
from tenure.updating.task import Ending
from tenure.updating.zone_cut import Cut, cut_of, given_away, point_of

TCP_SECONDS = 5.0

_SOA, _IN = int(RRType.SOA), int(RRClass.IN)


@dataclass(frozen=True, slots=True)
class Subject:
    """One domain, and names that leases could have in it, at which nothing stands."""

    domain: Domain
    direction: Direction
    owners: Sequence[Name]
    names_here: int | None = None  # suffixes or pools that lie in the domain; None: leases are others' affair
    shortest_lease: int | None = None  # seconds; None: not known here
    unmade_keys: Mapping[tuple[str, int], Name] = field(default_factory=dict)  # by server: there is no secret yet


class _Reply(NamedTuple):
    """What came back, and whether it can be believed."""

    message: Message
    trouble: Ending | None


def check(
    subjects: Iterable[Subject],
    keys: Mapping[Name, Key],
    stop: Stop,
    open_tickets: Callable[[], Tickets] | None = None,
) -> Iterator[Finding]:
    """The findings, server by server, as they are made. One that is silent is not waited for in each of its zones.

    `open_tickets`: new tickets of Kerberos, for the domains that are signed for by it; `ServiceError`.
    """
    tickets = None if open_tickets is None else cache(open_tickets)
    silent: dict[tuple[str, int], Finding] = {}
    for subject in subjects:
        if subject.names_here == 0:
            yield _unused(subject)
        for server in subject.domain.servers:
            if known := silent.get(server):
                yield known._replace(zone=subject.domain.zone.lower(), direction=subject.direction)
                continue
            examination = _Examination(subject, server, keys, stop, tickets)
            for finding in examination.findings():
                yield finding
                if examination.is_silent:
                    silent[server] = finding


def _unused(subject: Subject) -> Finding:
    what = "no subnet's suffix" if subject.direction is Direction.FORWARD else "no pool"
    text = f"{what} lies in the zone"
    remedy = "leave the zone out if no lease belongs in it"
    return Finding(subject.domain.zone.lower(), subject.direction, "", "names", Verdict.DOUBTFUL, text, remedy)


class _Examination:
    """One server of one domain."""

    def __init__(
        self,
        subject: Subject,
        server: tuple[str, int],
        keys: Mapping[Name, Key],
        stop: Stop,
        open_tickets: Callable[[], Tickets] | None,
    ) -> None:
        self._subject = subject
        self._domain = subject.domain
        self._zone = subject.domain.zone.lower()
        self._host, self._port = server
        self._server = f"{server[0]} port {server[1]}"
        self._unmade_key = subject.unmade_keys.get(server)
        self._key = None if self._unmade_key is not None else subject.domain.key_of(server)
        self._gss = subject.domain.gss_tsig
        self._open_tickets = open_tickets
        self._context: Context | None = None
        self._principal = ""
        self._denied_seconds = 0
        self._over_stream: _Reply | None = None  # signed, if updates will be
        self.is_silent = False
        self._primary = Primary(RemoteServer(server[0], server[1], None), self._zone, keys, stop)

    def findings(self) -> Iterator[Finding]:
        """Until the first that is wrong."""
        signature = self._signature if self._gss is None else self._kerberos
        for step in (self._over_udp, self._over_tcp, signature, self._rights):
            for finding in step():
                yield finding
                if finding.verdict is Verdict.WRONG:
                    return

    def _over_udp(self) -> Iterator[Finding]:
        yield self._answer("udp", over_tcp=False)

    def _over_tcp(self) -> Iterator[Finding]:
        yield self._answer("tcp", over_tcp=True)
        shortest, denied = self._subject.shortest_lease, self._denied_seconds
        if shortest is not None and denied > shortest:
            text = f"resolvers may deny a new name for {denied} s, longer than the shortest lease of {shortest} s"
            remedy = f"lower the last field of the zone's SOA to {min(shortest, 300)} or less"
            yield self._finding("ttl", Verdict.DOUBTFUL, text, remedy)

    def _answer(self, what: str, *, over_tcp: bool) -> Finding:
        """Whether the server answers for the zone with authority."""
        question = [Question(self._zone, _SOA, _IN)]
        began = time.monotonic()
        try:
            reply = self._ask(lambda message_id: build_message(message_id, 0, question), over_tcp=over_tcp)
        except (PrimaryFailed, TransferFault) as error:
            self.is_silent = True
            word = what.upper()
            remedy = f"see whether the server runs, and whether {word} port {self._port} is let through on the way"
            return self._wrong(what, f"no answer over {word}: {error}", remedy)
        took = (time.monotonic() - began) * 1000
        message = reply.message
        self._over_stream = reply if over_tcp else None
        if reply.trouble is not None and message.rcode not in {Rcode.REFUSED, Rcode.NOERROR}:
            return self._untrusted(reply)
        soa = next((rr for rr in message.answers if rr.rtype == _SOA and rr.name.lower() == self._zone), None)
        if message.rcode == Rcode.NOERROR and message.flags & AA and soa is not None:
            self._denied_seconds = min(soa.ttl, int.from_bytes(soa.rdata[-4:], "big"))  # RFC 2308 section 5
            return self._right(what, f"answers with authority in {took:.0f} ms, serial {soa_serial(soa.rdata)}")
        return self._no_authority(what, message)

    def _no_authority(self, what: str, message: Message) -> Finding:
        zone = to_text(self._zone)
        above = next((rr.name for rr in message.authorities if rr.rtype == _SOA), None)
        if above is not None and message.flags & AA:
            remedy = f'write zone = "{to_text(above)}", or create {zone} at the server'
            return self._wrong(what, f"has no zone {zone}; the name lies in its zone {to_text(above)}", remedy)
        if message.rcode == Rcode.NOERROR:
            remedy = f"name a server that is authoritative for {zone}, not a resolver"
            return self._wrong(what, f"answers for {zone}, but without authority", remedy)
        falls = "this host falls" if self._key is None else f"what {to_text(self._key.name)} signs falls"
        remedy = f"see that the server has {zone}, lets this host ask (allow-query), and in which view {falls}"
        if message.rcode == Rcode.SERVFAIL:
            remedy = f"the server has {zone} and cannot serve it now; its log says why"
        return self._wrong(what, f"answers {rcode_to_text(message.rcode)} to a question for {zone}", remedy)

    def _signature(self) -> Iterator[Finding]:
        """Whether key, algorithm, secret and clock are right."""
        key = self._key
        if self._unmade_key is not None:
            text = f"the store has no secret of the key {to_text(self._unmade_key)} yet"
            remedy = "start `tenure serve`, which makes it; give it to the server (`tenure key export`); check again"
            yield self._wrong("key", text, remedy)
            return
        if key is None:
            text = "updates are not signed: who can send from this host's address can write"
            yield self._finding("key", Verdict.DOUBTFUL, text, "set key, and let the server take updates with it only")
            return
        reply = self._over_stream
        assert reply is not None, "the way over TCP is right"
        if reply.trouble is not None:
            yield self._untrusted(reply)
            return
        algorithm = algorithm_to_text(key.algorithm)
        yield self._right("key", f"takes what {to_text(key.name)} signs ({algorithm}), and the clocks agree")

    def _kerberos(self) -> Iterator[Finding]:
        """Whether there is a ticket for the server, and a context with it."""
        assert self._gss is not None
        assert self._open_tickets is not None, "who signs by Kerberos has tickets"
        assert self._over_stream is not None, "the way over TCP is right"
        primary = primary_of(self._over_stream.message, self._zone)
        way = KerberosWay(self._gss, (self._host, self._port), primary, self._over_tcp_alone)
        if (remark := remark_of(self._gss)) is not None:
            yield self._finding(*remark)
        for one in way.steps(self._open_tickets):
            yield self._finding(*one)
        self._context, self._principal = way.context, way.principal

    def _over_tcp_alone(self, message: bytes, message_id: int) -> bytes:
        octets, _ = self._primary.exchange(message, message_id, over_tcp=True, seconds=TCP_SECONDS)
        return octets

    def _untrusted(self, reply: _Reply) -> Finding:
        trouble = reply.trouble
        assert self._key is not None
        assert trouble is not None
        if reply.message.tsig is None and trouble.reason is Reason.SERVER_NOT_AUTHORITATIVE and self._has_zone():
            # PowerDNS answers every wrong signature so: key, secret or clock, it does not say which.
            trouble = trouble._replace(reason=Reason.KEY_REJECTED, cause=f"{trouble.cause}, but answers unsigned")
        name, algorithm = to_text(self._key.name), algorithm_to_text(self._key.algorithm)
        remedy = key_remedy(trouble.reason, trouble.cause, name, algorithm)
        return self._wrong("key", f"{WORDS[trouble.reason]} ({trouble.cause})", remedy)

    def _has_zone(self) -> bool:
        """Whether the server answers with authority who does not sign."""
        message_id = secrets.randbits(16)
        message = build_message(message_id, 0, [Question(self._zone, _SOA, _IN)])
        try:
            _, answer = self._primary.exchange(message, message_id, over_tcp=True, seconds=TCP_SECONDS)
        except (PrimaryFailed, TransferFault):
            return False
        return answer.rcode == Rcode.NOERROR and bool(answer.flags & AA)

    def _rights(self) -> Iterator[Finding]:
        """Whether the very records that leases need may be added and removed."""
        marks = self._domain.mode is not ConflictMode.NO_CHECK_WITHOUT_DHCID
        types = types_of(self._subject.direction, marks=marks)
        words = ", ".join(map(type_to_text, types))
        for owner in self._subject.owners:
            cut = self._cut(owner)
            if cut is not None and cut.servers:
                given, _, remedy = given_away(cut, self._subject.direction).cause.partition("; ")
                yield self._wrong("policy", f"{to_text(owner)}: the zone {given}", remedy)
                continue
            zone = self._zone if cut is None else cut.zone
            objection = self._objection(zone, owner, types)
            if objection is None:
                yield self._right("policy", f"may add and remove {words} at names such as {to_text(owner)}")
                continue
            denied = list(types)
            if len(types) > 1:
                denied = [rtype for rtype in types if self._objection(zone, owner, (rtype,)) is not None]
            text = f"{to_text(owner)}: {objection.text}"
            if denied and len(denied) < len(types):
                text += f" ({', '.join(map(type_to_text, denied))}; the others it would take)"
            writer = Writer(self._who(), self._grant(words), types)
            yield self._wrong("policy", text, update_remedy(objection, denied, writer, self._copy()))

    def _copy(self) -> Copy:
        """What the SOA record says of the primary, and where that is."""
        assert self._over_stream is not None, "the way over TCP is right"
        primary = primary_of(self._over_stream.message, self._zone)
        name = "" if primary is None or primary == ROOT else to_text(primary)
        try:
            places = socket.getaddrinfo(name.rstrip("."), None, proto=socket.IPPROTO_TCP) if name else []
        except (OSError, UnicodeError):
            places = []
        addresses = sorted({str(place[4][0]) for place in places})
        is_here = self._host in addresses
        return Copy(to_text(self._zone), name, is_here, "" if is_here else ", ".join(addresses))

    def _who(self) -> str:
        if self._gss is not None:
            return f"the principal {self._principal}"
        return "this host's address" if self._key is None else f"the key {to_text(self._key.name)}"

    def _grant(self, types: str) -> str:
        if self._gss is not None:
            return f'grant "{self._principal}" zonesub {types.replace(",", "")};'  # BIND wants quotes around a slash
        if self._key is None:
            return "allow-update { ADDRESS; };"
        return f"grant {to_text(self._key.name)} zonesub {types.replace(',', '')};"

    def _cut(self, owner: Name) -> Cut | None:
        """The zone below this one that a name is in, as the updater would find it; None: there is none."""
        point = point_of(owner, self._zone, self._subject.direction)
        if point is None:
            return None
        question = [Question(point, _SOA, _IN)]
        try:
            reply = self._ask(lambda message_id: build_message(message_id, 0, question), over_tcp=True)
        except (PrimaryFailed, TransferFault):
            return None  # the update that follows tells of it
        return cut_of(reply.message, self._zone, point) if reply.trouble is None else None

    def _objection(self, zone: Name, owner: Name, types: Sequence[int]) -> Objection | None:
        """What the server has against writing these types; None: nothing."""
        rcodes: list[int] = []
        for build in (build_adding, build_removing):
            try:
                reply = self._ask(lambda message_id: build(message_id, zone, owner, types), over_tcp=True)  # noqa: B023
            except (PrimaryFailed, TransferFault) as error:
                return Objection(f"no answer to an update: {error}")
            if reply.trouble is not None:
                return Objection(f"{WORDS[reply.trouble.reason]} ({reply.trouble.cause})", reply.message.rcode)
            rcodes.append(reply.message.rcode)
        adding, removing = rcodes
        text = trouble_of(adding, removing)
        return Objection(text, removing if adding in NOT_THERE else adding) if text else None

    def _ask(self, build: Callable[[int], bytes], *, over_tcp: bool) -> _Reply:
        """The reply to a message, signed with the secret that the server knows, if it knows one."""
        reply: _Reply | None = None
        for key in self._signers():
            message_id = secrets.randbits(16)
            message, mac = build(message_id), b""
            if key is not None:
                message, mac = sign_request(message, key, time.time())
            octets, answer = self._primary.exchange(message, message_id, over_tcp=over_tcp, seconds=TCP_SECONDS)
            trouble = None if key is None else signature_trouble(octets, answer, key, mac, time.time())
            reply = _Reply(answer, trouble)
            if trouble is None or not may_know_other_secret(trouble):
                break
        assert reply is not None
        return reply

    def _signers(self) -> Iterable[Signer | None]:
        """What signs, in the order in which it is tried."""
        if self._key is not None:
            return self._key.chain()
        return (self._context,)

    def _right(self, what: str, text: str) -> Finding:
        return self._finding(what, Verdict.RIGHT, text)

    def _wrong(self, what: str, text: str, remedy: str) -> Finding:
        return self._finding(what, Verdict.WRONG, text, remedy)

    def _finding(self, what: str, verdict: Verdict, text: str, remedy: str = "") -> Finding:
        return Finding(self._zone, self._subject.direction, self._server, what, verdict, text, remedy)
