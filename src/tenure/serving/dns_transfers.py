"""The stream of a transfer: read from one snapshot of the ledger while the requestor takes it, signed as it goes."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator

from tenure.authority.request import build_reply
from tenure.authority.transfer import Transfer, transfer_messages
from tenure.dnswire.codes import Rcode
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zones import ZoneLedger
from tenure.signing.stream import StreamSigner


def transfer_stream(ledger: ZoneLedger, zone_id: int, transfer: Transfer) -> Generator[bytes, None, None]:
    """The messages of the transfer; `ConnectionAbortedError` when the ledger fails after the first of them."""
    begun = False
    try:
        with ledger.snapshot(zone_id) as snapshot:
            soa = (snapshot.zone.soa_ttl, snapshot.zone.soa_rdata)
            for message in _signed(transfer, transfer_messages(transfer, soa, snapshot.records)):
                begun = True
                yield message
    except LedgerUnavailable as error:
        if begun:
            raise ConnectionAbortedError("the transfer cannot be finished") from error
        yield build_reply(transfer.request, Rcode.SERVFAIL, time.time())


def _signed(transfer: Transfer, messages: Iterable[bytes]) -> Iterator[bytes]:
    verified = transfer.request.verified
    if verified is None:
        yield from messages
        return
    signer = StreamSigner(verified)
    for message in messages:
        yield signer.sign(message, time.time())
