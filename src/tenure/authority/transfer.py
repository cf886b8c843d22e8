"""Zone transfers: who may have one, and the messages of its stream (RFC 5936, RFC 1995).

An IXFR is answered with the steps from the requestor's serial to ours where the journal has them, else in the AXFR
form, and with one SOA when the requestor is up to date (RFC 1995 section 4). The stream is made piece by piece from
one moment of the zone, so that neither side waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from itertools import chain
from typing import Final, NamedTuple

from tenure.authority.request import PAYLOAD_SIZE, Reply, Request, build_reply, error_of
from tenure.authority.settings import ZoneSettings
from tenure.authority.views import View
from tenure.authority.zone import Refusal
from tenure.authority.zones import ServedZone
from tenure.dnswire.codes import Rcode, RRClass, RRType
from tenure.dnswire.edns import Edns, build_opt
from tenure.dnswire.message import AA, QR, RD, Message
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import soa_serial
from tenure.dnswire.rr import RR, Fields
from tenure.dnswire.serial import serial_gt
from tenure.dnswire.writer import Writer

_IN: Final = int(RRClass.IN)
_SOA: Final = int(RRType.SOA)
_PIECE: Final = 16000  # octets of one message, unless its only record is larger: all of it within reach of pointers
_SHORTEST_SOA: Final = 22  # two root names and five numbers


class Transfer(NamedTuple):
    """A transfer that is allowed; the service sends `transfer_messages` of a snapshot of the zone."""

    request: Request
    zone: ZoneSettings
    since: int | None = None  # the requestor's serial, when only what changed since then is asked for


def decide_transfer(request: Request, view: View, client: str, now: float) -> Transfer | Reply:
    """The transfer, if the client may have it; else, or when one SOA says it all, the reply (RFC 5936 section 2.2)."""
    question = request.message.questions[0]
    incremental = question.rtype == RRType.IXFR
    if not incremental and not request.stream:
        return _refuse(request, Refusal(Rcode.FORMERR, "a transfer was asked for over UDP"), now)
    name = question.name.lower()
    zone = view.zones.get(name) if question.rclass == RRClass.IN else None
    if zone is None:
        reason = f"{to_text(question.name)} is not a zone that is served here"
        refusal = Refusal(Rcode.NOTAUTH, reason, view.where_else(name))
        return _refuse(request, refusal, now)
    if not _may_transfer(zone.settings, request.key, client):
        who = f"key {to_text(request.key)}" if request.key else client
        return _refuse(request, Refusal(Rcode.REFUSED, f"{who} may not transfer {to_text(zone.name)}"), now)
    if not incremental:
        _ = zone.view.soa  # of a zone that may not be served now, nothing is transferred either
        return Transfer(request, zone.settings)
    return _decide_incremental(request, zone, now)


def transfer_messages(transfer: Transfer, soa: tuple[int, bytes], records: Iterable[Fields]) -> Iterator[bytes]:
    """The messages of the stream, unsigned: SOA, every record once, the same SOA (section 2.2).

    `records` are those of one snapshot without the SOA; of an incremental transfer, the steps with theirs.
    """
    message = transfer.request.message
    apex = RR(transfer.zone.name, _SOA, _IN, *soa)
    writer = Writer()
    for question in message.questions:
        writer.question(question)
    writer.record(apex)
    questions, answers = len(message.questions), 1
    opt = build_opt(Edns(PAYLOAD_SIZE, 0, 0, message.edns.do, ())) if message.edns else b""
    waiting = iter(records)
    count, left = writer.fill(waiting, _PIECE)
    while left is not None:
        yield _finish(writer, message, questions, answers + count, opt)
        writer, questions, answers, opt = Writer(), 0, 0, b""  # the first message has the question
        count, left = writer.fill(chain((left,), waiting), _PIECE)
    writer.record(apex)
    yield _finish(writer, message, questions, answers + count + 1, opt)


def _finish(writer: Writer, request: Message, questions: int, answers: int, opt: bytes) -> bytes:
    writer.raw(opt)
    return writer.finish(request.id, QR | AA | (request.flags & RD), (questions, answers, 0, 1 if opt else 0))


def _may_transfer(zone: ZoneSettings, key: Name | None, client: str) -> bool:
    if key is not None and key in zone.transfer_keys:
        return True
    address = ip_address(client)
    return any(address in network for network in zone.transfer_networks)


def _decide_incremental(request: Request, zone: ServedZone, now: float) -> Transfer | Reply:
    """One SOA for a requestor that is up to date, or that asks over UDP and must come again over TCP (RFC 1995)."""
    theirs = [rr for rr in request.message.authorities if rr.rtype == RRType.SOA]
    if len(theirs) != 1 or len(theirs[0].rdata) < _SHORTEST_SOA:
        return _refuse(request, Refusal(Rcode.FORMERR, "an incremental transfer does not say its serial"), now)
    ttl, rdata = zone.view.soa
    if request.stream and serial_gt(soa_serial(rdata), soa_serial(theirs[0].rdata)):
        return Transfer(request, zone.settings, soa_serial(theirs[0].rdata))
    soa = RR(zone.name, _SOA, _IN, ttl, rdata)
    return Reply(build_reply(request, Rcode.NOERROR, now, authoritative=True, answers=(soa,)))


def _refuse(request: Request, refusal: Refusal, now: float) -> Reply:
    return Reply(build_reply(request, refusal.rcode, now, error=error_of(refusal)), refusal=refusal)
