"""The stream of a transfer: read from one moment of the ledger while the requestor takes it, signed as it goes."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator

from tenure.authority.request import build_reply
from tenure.authority.transfer import Transfer, transfer_messages
from tenure.authority.zone import Record
from tenure.dnswire.codes import Rcode
from tenure.dnswire.rdata import soa_serial
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.journal import JournalEntry
from tenure.ledger.zones import ZoneLedger
from tenure.signing.stream import StreamSigner

MOST_STEPS = 2000  # a requestor that is further behind gets the whole zone: the steps are read at once


def transfer_stream(ledger: ZoneLedger, zone_id: int, transfer: Transfer) -> Generator[bytes, None, None]:
    """The messages of the transfer; `ConnectionAbortedError` when the ledger fails after the first of them."""
    begun = False
    try:
        for message in _signed(transfer, _messages(ledger, zone_id, transfer)):
            begun = True
            yield message
    except LedgerUnavailable as error:
        if begun:
            raise ConnectionAbortedError("the transfer cannot be finished") from error
        yield build_reply(transfer.request, Rcode.SERVFAIL, time.time())


def _messages(ledger: ZoneLedger, zone_id: int, transfer: Transfer) -> Iterator[bytes]:
    steps = _steps(ledger, zone_id, transfer.since)
    if steps:
        newest = steps[-1].new_soa
        yield from transfer_messages(transfer, (newest.ttl, newest.rdata), _difference(steps))
        return
    with ledger.snapshot(zone_id) as snapshot:
        soa = (snapshot.zone.soa_ttl, snapshot.zone.soa_rdata)
        yield from transfer_messages(transfer, soa, snapshot.fields)


def _steps(ledger: ZoneLedger, zone_id: int, since: int | None) -> list[JournalEntry] | None:
    if since is None:
        return None
    behind = (soa_serial(ledger.soa(zone_id)[1]) - since) & 0xFFFFFFFF
    return ledger.journal_since(zone_id, since) if behind <= MOST_STEPS else None


def _difference(steps: Iterable[JournalEntry]) -> Iterator[Record]:
    """For each step: old SOA, deletions, new SOA, additions (RFC 1995 section 4)."""
    for step in steps:
        yield step.old_soa
        yield from step.deletions
        yield step.new_soa
        yield from step.additions


def _signed(transfer: Transfer, messages: Iterable[bytes]) -> Iterator[bytes]:
    verified = transfer.request.verified
    if verified is None:
        yield from messages
        return
    signer = StreamSigner(verified)
    for message in messages:
        yield signer.sign(message, time.time())
