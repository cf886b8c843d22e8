"""The updates of one batch: decided in order, committed in one transaction, and only then answered.

Everything that the updates of a batch change is durable before the first of them hears NOERROR. When the ledger
cannot commit, all of them hear SERVFAIL and nothing has changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from tenure.authority.aging import refreshed_records, timeless_records
from tenure.authority.history import (
    UPDATE_REFUSED,
    RefusedFrom,
    actor,
    applied_event,
    ignored_error,
    ignored_event,
    owned_event,
    probe_error,
    refused_error,
    refused_event,
    unrecorded_event,
)
from tenure.authority.request import Request
from tenure.authority.requestor import Requestor
from tenure.authority.respond import Refused, Update, first_name
from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.authority.update import Applied, decide_update
from tenure.authority.update_lease import Lease, ends_of, grant_lease, with_lease
from tenure.authority.zone import Record, RecordClass, Refusal, ZoneChange
from tenure.dnswire.codes import Rcode
from tenure.dnswire.edns import ExtendedError, InfoCode
from tenure.dnswire.name import Name
from tenure.dnswire.update import asks_for_rights
from tenure.ledger.zones import ZoneBatch, ZoneLedger
from tenure.naming.event import Event
from tenure.serving.dns.external_policy import ExternalPolicy
from tenure.signing.principal import Principal

_NOERROR: Final = int(Rcode.NOERROR)
# As plain text: a driver of a database binds a member of an enum several times slower.
_STATIC: Final = RecordClass.STATIC.value
_LEASE: Final = RecordClass.LEASE.value
_FOREIGN: Final = RecordClass.FOREIGN.value
_OF_LEASES: Final = frozenset((_LEASE, RecordClass.RESERVATION.value))
_NO_RECORDS: Final[frozenset[Record]] = frozenset()
_NOT_COMMITTED: Final = ExtendedError(InfoCode.OTHER, "the store cannot be written now; nothing has changed")
# In the history; a peer that is refused more often is counted, and cannot fill the disk.
REFUSALS_PER_SECOND: Final = 50


class Pending(NamedTuple):
    """An update, or a transfer that was refused, that waits for the end of its batch. `send` takes the reply."""

    update: Update | Refused
    source: str  # address, # and port of the requestor
    send: Callable[[bytes], None]


# A reply to be signed when it is sent: to what, the RCODE, and what else the requestor is told; or how it is made.
UnsentReply: TypeAlias = tuple[Request, int, ExtendedError | None] | Callable[[float], bytes]


class Outcome(NamedTuple):
    """What became of the updates of a batch."""

    replies: list[UnsentReply]  # in their order
    changed: set[Name]  # names whose records are no longer what they were; their zones' SOA changed as well
    applied: int
    refused: int
    unrecorded: int = 0  # of which no entry of the history tells


class RefusalBudget:
    """How many more refusals, and updates that came to nothing, the history takes in this second."""

    def __init__(self) -> None:
        self._second = 0
        self._spent = 0
        self._spent_before = 0

    def begin(self, now: float) -> int:
        """A batch begins; how many were not written down in the second that has ended by then."""
        unrecorded = 0
        if int(now) != self._second:
            unrecorded = max(0, self._spent - REFUSALS_PER_SECOND)
            self._second = int(now)
            self._spent = 0
        self._spent_before = self._spent
        return unrecorded

    def begin_again(self) -> None:
        """The batch is decided once more: what it has taken is given back."""
        self._spent = self._spent_before

    def take(self) -> bool:
        """Whether one more may be written down."""
        self._spent += 1
        return self._spent <= REFUSALS_PER_SECOND


class UpdateBatches:
    """Decides and writes the updates of one batch after the other."""

    def __init__(self, ledger: ZoneLedger, zone_ids: Mapping[ZonePlace, int]) -> None:
        self._ledger = ledger
        self._zone_ids = zone_ids
        self._process = secrets.token_hex(4)  # makes the correlation ids of this process its own
        self._batches = 0
        self._budget = RefusalBudget()
        self._external = ExternalPolicy()

    def begin(self, pendings: Sequence[Pending], now: float) -> Outcome:
        """The outcome, once the ledger's `commit` has made it durable; `LedgerUnavailable`: nothing is to be committed.

        The batch before it must have been committed.
        """
        self._batches += 1
        batch_id = f"u{self._process}-{self._batches:x}"
        unrecorded = self._budget.begin(now)
        self._external.forget()

        def decide(batch: ZoneBatch) -> Outcome:
            self._budget.begin_again()
            if unrecorded:
                batch.apply(0, None, (unrecorded_event(unrecorded, now, batch_id),))
            return self._decide(batch, pendings, now, batch_id)

        return self._ledger.begin(decide, now)

    def failed(self, pendings: Sequence[Pending]) -> Outcome:
        """The outcome of a batch of which nothing could be committed: the servers of the zone have failed."""
        replies: list[UnsentReply] = [
            update.telling(_NOT_COMMITTED)
            if isinstance(update, Refused)
            else (update.request, int(Rcode.SERVFAIL), _NOT_COMMITTED)
            for update, _source, _send in pendings
        ]
        return Outcome(replies, set(), 0, 0)

    def _decide(self, batch: ZoneBatch, pendings: Sequence[Pending], now: float, batch_id: str) -> Outcome:
        self._prefetch(batch, pendings)
        replies: list[UnsentReply] = []
        applied = refused = unrecorded = 0
        for number, (update, source, _send) in enumerate(pendings):
            correlation = f"{batch_id}-{number}"
            if isinstance(update, Refused):
                refused += update.event == UPDATE_REFUSED
                by = actor(update.key, update.principal)
                of = RefusedFrom(update.zone, update.name, by, source, update.event)
                noted = self._note_refusal(batch, update.refusal, of, now, correlation)
                unrecorded += not noted
                replies.append(update.telling(refused_error(update.refusal, correlation if noted else "")))
                continue
            request, zone = update
            zone_id = self._zone_ids[zone.place]
            who = _requestor_of(request, source)
            key, by = who.key, actor(who.key, who.principal)
            view, lease = batch.zone(zone_id), None
            if request.message.edns is not None or zone.lifetimes.of_keys:
                lease = grant_lease(request.message, key, zone.lifetimes)
            if isinstance(lease, Refusal):
                decision: Applied | Refusal = lease
            else:
                decision = decide_update(request.message, who, zone, view, self._external.ask)
            if isinstance(decision, Refusal):
                refused += 1
                error, noted = self._tell_refusal(batch, update, decision, source, now, correlation)
                unrecorded += not noted
                replies.append((request, decision.rcode, error))
                continue
            if decision.change is not None:
                applied += 1
                event = applied_event(decision, zone.place, by, source, now, correlation)
                _apply(batch, zone_id, zone, decision.change, event, _class_of(decision, key, zone.lease_keys))
            elif decision.ignored:
                noted = self._note_ignored(batch, decision, update, source, now, correlation)
                unrecorded += not noted
                correlation = correlation if noted else ""
            if decision.owners:
                _note_owners(batch, zone_id, zone, decision, by, source, now, correlation)
            if zone.aging is not None:
                touched = refreshed_records(request.message, who, zone, view, self._external.ask)
                batch.refresh(zone_id, touched, zone.aging.no_refresh)
            if isinstance(lease, Lease):
                ends = ends_of(lease, request.message, zone.name, view, now)
                batch.set_ends(zone_id, ends, _classes_to_end(_class_of(decision, key, zone.lease_keys)))
                request = with_lease(request, lease)
            ignored = ignored_error(decision.ignored, correlation) if decision.ignored else None
            replies.append((request, _NOERROR, ignored))
        return Outcome(replies, batch.changed_names(), applied, refused, unrecorded)

    def _prefetch(self, batch: ZoneBatch, pendings: Sequence[Pending]) -> None:
        """Reads what the signed updates speak of, all names of a zone together."""
        names: dict[ZonePlace, set[Name]] = {}  # by zone
        owned: set[ZonePlace] = set()  # where names have owners
        for update, _source, _send in pendings:
            if isinstance(update, Update) and update.request.verified:
                message = update.request.message
                found = names.setdefault(update.zone.place, set())
                found.update([record.name for record in message.answers])
                found.update([record.name for record in message.authorities])
                if update.zone.roles is not None:
                    owned.add(update.zone.place)
        for zone, found in names.items():
            batch.zone(self._zone_ids[zone]).prefetch({name.lower() for name in found}, owners=zone in owned)

    def _tell_refusal(
        self, batch: ZoneBatch, update: Update, refusal: Refusal, source: str, now: float, correlation: str
    ) -> tuple[ExtendedError, bool]:
        """What the requestor is told, and whether the history has all that it should have."""
        request, zone = update
        if refusal.rcode == Rcode.NXRRSET and asks_for_rights(request.message.answers):
            return probe_error(refusal), True
        of = RefusedFrom(zone.place, first_name(request.message), actor(request.key, request.principal), source)
        noted = self._note_refusal(batch, refusal, of, now, correlation)
        return refused_error(refusal, correlation if noted else ""), noted

    def _note_ignored(
        self, batch: ZoneBatch, applied: Applied, update: Update, source: str, now: float, correlation: str
    ) -> bool:
        """Writes down an update that changed nothing and of which something was ignored, if there is room for it."""
        if not self._budget.take():
            return False
        request, zone = update
        by, first = actor(request.key, request.principal), first_name(request.message)
        batch.apply(0, None, (ignored_event(applied, zone.place, first, by, source, now, correlation),))
        return True

    def _note_refusal(self, batch: ZoneBatch, refusal: Refusal, of: RefusedFrom, now: float, correlation: str) -> bool:
        """Writes it down, if there is room for it."""
        if not self._budget.take():
            return False
        batch.apply(0, None, (refused_event(refusal, of, now, correlation),))  # no zone changes
        return True


def _requestor_of(request: Request, source: str) -> Requestor:
    verified = request.verified
    if verified is None:
        return _requestor(None, None, source, request.stream, None)
    return _requestor(verified.identity, verified.key.algorithm, source, request.stream, verified.principal)


@lru_cache(maxsize=1024)
def _requestor(
    key: Name | None, algorithm: Name | None, source: str, stream: bool, principal: Principal | None
) -> Requestor:
    """Who sent an update: mostly the one who sent the last."""
    return Requestor(key, algorithm, source.partition("#")[0], stream, principal)


def _apply(
    batch: ZoneBatch, zone_id: int, zone: ZoneSettings, change: ZoneChange, event: Event, written_as: str
) -> None:
    reserved = _reserved_among(change, zone) if written_as == _LEASE else ()
    timeless = _NO_RECORDS if zone.aging is None else timeless_records(change, batch.zone(zone_id))
    batch.apply(zone_id, change, (event,), written_as, reserved, timeless)


def _note_owners(
    batch: ZoneBatch,
    zone_id: int,
    zone: ZoneSettings,
    applied: Applied,
    by: str,
    source: str,
    now: float,
    correlation: str,
) -> None:
    """Writes down whose names are; the event of a change tells of it too."""
    batch.note_owners(zone_id, applied.owners)
    if applied.change is None:
        batch.apply(0, None, (owned_event(applied, zone.place, by, source, now, correlation),))


def _reserved_among(change: ZoneChange, zone: ZoneSettings) -> Sequence[Record]:
    """The additions that are about a reserved address."""
    return () if zone.reserved is None else zone.reserved.among(change.additions)


def _classes_to_end(written_as: str) -> frozenset[str]:
    """The classes of the records whose end such an update sets."""
    return _OF_LEASES if written_as == _LEASE else frozenset((written_as,))


def _class_of(applied: Applied, key: Name | None, lease_keys: frozenset[Name]) -> str:
    """The class of the records that an update writes (`RecordClass`), of reserved addresses as of others."""
    if applied.static:
        return _STATIC
    return _LEASE if key in lease_keys else _FOREIGN
