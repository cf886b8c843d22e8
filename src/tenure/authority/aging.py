"""Aging as Windows DNS has it: which timestamps an update sets, and which it only refreshes.

Each record has the time at which somebody last said that it is right, in UTC seconds; 0: it never ages. A change of a
record sets it. A refresh, an update that names a record and changes nothing of it, moves it only outside of the
no-refresh interval, so that clients that say the same again each day write once a week.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from tenure.authority.named_records import named_records
from tenure.authority.ownership import writer_of
from tenure.authority.policy import deciding_rule, rules_for
from tenure.authority.requestor import Ask, Operation, Requestor, nobody_to_ask
from tenure.authority.settings import ZoneSettings
from tenure.authority.zone import Record, UpdatableView, ZoneChange, ZoneView
from tenure.dnswire.codes import RRClass, RRType
from tenure.dnswire.message import Message
from tenure.dnswire.rr import RR

NEVER: Final = 0  # the timestamp of a record that does not age
AHEAD_SECONDS: Final = 3600  # a timestamp further ahead of the clock comes from a clock that was wrong

_ANY: Final = int(RRType.ANY)
_CLASS_IN: Final = int(RRClass.IN)
_CLASS_ANY: Final = int(RRClass.ANY)


def refreshed_timestamp(timestamp: int, now: float, no_refresh: int) -> int:
    """What the timestamp of a record becomes when it is refreshed: what it was, or now.

    It is refreshed for as long as the record is there, also when it is stale already.
    """
    if timestamp == NEVER:
        return NEVER
    is_due = now - timestamp > no_refresh or timestamp - now > AHEAD_SECONDS
    return int(now) if is_due else timestamp


def refreshed_records(
    message: Message, who: Requestor, zone: ZoneSettings, view: UpdatableView, ask: Ask = nobody_to_ask
) -> list[Record]:
    """The records that an update refreshes, as they are in `view` after it.

    Those that it would add. An update of prerequisites alone refreshes the records that these say are there, as far as
    the requestor may add them, where names have owners as one who may change the name: nobody keeps the records of
    others alive.
    """
    if message.authorities:
        return list(named_records(message.authorities, view))
    rules = rules_for(zone.policy, who)
    writer = None if zone.roles is None else writer_of(who, zone.roles)

    def may_add(record: Record) -> bool:
        if writer is not None and not writer.may_change(view.owner_at(record.name)):
            return False
        rule = deciding_rule(rules, who, record.name, record.rtype, Operation.ADD, ask)
        return rule is not None and rule.grant

    return [record for record in _said_to_be_there(message.answers, view) if may_add(record)]


def timeless_records(change: ZoneChange, view: UpdatableView) -> AbstractSet[Record]:
    """What of the additions never ages: a new record beside a static one of its type, as on Windows.

    `view` is the zone before the change.
    """
    return {record for record in change.additions if record.rtype in view.static_types(record.name)}


def _said_to_be_there(prerequisites: Sequence[RR], view: ZoneView) -> Iterator[Record]:
    yield from named_records([rr for rr in prerequisites if rr.rclass == _CLASS_IN], view)
    for rr in prerequisites:
        if rr.rclass != _CLASS_ANY:
            continue
        name = rr.name.lower()
        for rtype, (ttl, rdatas) in view.rrsets_at(name).items():
            if rr.rtype in (rtype, _ANY):
                yield from (Record(name, rtype, ttl, rdata) for rdata in rdatas)
