"""The updates of one batch: decided in order, committed in one transaction, and only then answered.

Everything that the updates of a batch change is durable before the first of them hears NOERROR. When the ledger
cannot commit, all of them hear SERVFAIL and nothing has changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tenure.authority.history import applied_event, refused_event
from tenure.authority.request import Request
from tenure.authority.respond import RefusedUpdate, Update, first_name
from tenure.authority.update import decide_update
from tenure.authority.zone import Refusal
from tenure.dnswire.codes import Rcode
from tenure.dnswire.name import Name
from tenure.ledger.zones import ZoneBatch, ZoneLedger

_NOERROR = int(Rcode.NOERROR)
REFUSALS_PER_SECOND = 50  # in the history; a peer that is refused more often is counted, and cannot fill the disk


class Pending(NamedTuple):
    """An update that waits for the end of its batch. `send` takes the reply."""

    update: Update | RefusedUpdate
    source: str  # address and port of the requestor, for people
    send: Callable[[bytes], None]


class Outcome(NamedTuple):
    """What became of the updates of a batch."""

    replies: list[tuple[Request, int] | bytes]  # in their order: an RCODE to be signed now, or a reply made before
    changed: set[Name]  # names whose records are no longer what they were; their zones' SOA changed as well
    applied: int
    refused: int


class RefusalBudget:
    """How many more refusals the history takes in this second."""

    def __init__(self) -> None:
        self._second = 0
        self._spent = 0

    def take(self, now: float) -> bool:
        """Whether one more may be written down."""
        if int(now) != self._second:
            self._second = int(now)
            self._spent = 0
        self._spent += 1
        return self._spent <= REFUSALS_PER_SECOND


class UpdateBatches:
    """Decides and commits the updates of one batch after the other."""

    def __init__(self, ledger: ZoneLedger, zone_ids: Mapping[Name, int]) -> None:
        self._ledger = ledger
        self._zone_ids = zone_ids
        self._process = secrets.token_hex(4)  # makes the correlation ids of this process its own
        self._batches = 0
        self._budget = RefusalBudget()

    def commit(self, pendings: Sequence[Pending], now: float) -> Outcome:
        """The outcome, after it is durable; raises `LedgerUnavailable` when nothing of it is."""
        self._batches += 1
        batch_id = f"u{self._process}-{self._batches:x}"
        return self._ledger.transact(lambda batch: self._decide(batch, pendings, now, batch_id), now)

    def failed(self, pendings: Sequence[Pending]) -> Outcome:
        """The outcome of a batch of which nothing could be committed: the servers of the zone have failed."""
        replies = [
            update.reply if isinstance(update, RefusedUpdate) else (update.request, int(Rcode.SERVFAIL))
            for update, _source, _send in pendings
        ]
        return Outcome(replies, set(), 0, 0)

    def _decide(self, batch: ZoneBatch, pendings: Sequence[Pending], now: float, batch_id: str) -> Outcome:
        self._prefetch(batch, pendings)
        replies: list[tuple[Request, int] | bytes] = []
        applied = refused = 0
        for number, (update, source, _send) in enumerate(pendings):
            correlation = f"{batch_id}-{number}"
            if isinstance(update, RefusedUpdate):
                refused += 1
                replies.append(update.reply)
                self._note_refusal(batch, update, source, now, correlation)
                continue
            request, zone = update
            zone_id = self._zone_ids[zone.name]
            decision = decide_update(request.message, request.key, zone, batch.zone(zone_id))
            if isinstance(decision, Refusal):
                refused += 1
                replies.append((request, decision.rcode))
                name = first_name(request.message)
                refusal = RefusedUpdate(b"", zone.name, name, request.key, decision)
                self._note_refusal(batch, refusal, source, now, correlation)
                continue
            replies.append((request, _NOERROR))
            if decision.change is not None:
                applied += 1
                event = applied_event(decision, zone.name, request.key, source, now, correlation)
                batch.apply(zone_id, decision.change, (event,))
        return Outcome(replies, batch.changed_names(), applied, refused)

    def _prefetch(self, batch: ZoneBatch, pendings: Sequence[Pending]) -> None:
        """Reads what the signed updates speak of, all names of a zone together."""
        names: dict[Name, set[Name]] = {}  # by zone
        for update, _source, _send in pendings:
            if isinstance(update, Update) and update.request.verified:
                message = update.request.message
                found = names.setdefault(update.zone.name, set())
                found.update([record.name for record in message.answers])
                found.update([record.name for record in message.authorities])
        for zone, found in names.items():
            batch.zone(self._zone_ids[zone]).prefetch({name.lower() for name in found})

    def _note_refusal(
        self, batch: ZoneBatch, refused: RefusedUpdate, source: str, now: float, correlation: str
    ) -> None:
        if self._budget.take(now):
            event = refused_event(refused.refusal, refused.zone, refused.name, refused.key, source, now, correlation)
            batch.apply(0, None, (event,))  # no zone changes
