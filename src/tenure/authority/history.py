"""What the history says of an update or a refused transfer, and what its requestor is told beside the RCODE (RFC 8914).

One event for each update that changed something, or of which something was ignored, and for each that was refused. The
correlation id of the event stands in the text for the requestor, so that `tenure explain ID` finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from tenure.authority.settings import ZonePlace
from tenure.authority.update import Applied
from tenure.authority.zone import Refusal, ZoneChange
from tenure.dnswire.codes import Rcode, RRType, rcode_to_text, type_to_text
from tenure.dnswire.edns import ExtendedError, InfoCode
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import soa_serial
from tenure.naming.event import Event
from tenure.signing.principal import Principal

APPLIED: Final = "update-applied"
UPDATE_REFUSED: Final = "update-refused"
TRANSFER_REFUSED: Final = "transfer-refused"
TKEY_REFUSED: Final = "tkey-refused"
IGNORED: Final = "update-ignored"
OWNED: Final = "name-owned"
UNRECORDED: Final = "updates-not-recorded"

_ADDRESS_TYPES: Final = frozenset({int(RRType.A), int(RRType.AAAA)})
_MOST_WORDS: Final = 6  # records spelled out; the journal has them all
_MOST_IGNORED: Final = 4  # ignored records spelled out
_INFO_CODES: Final = {int(Rcode.REFUSED): InfoCode.PROHIBITED, int(Rcode.NOTAUTH): InfoCode.NOT_AUTHORITATIVE}


def applied_event(applied: Applied, zone: ZonePlace, by: str, source: str, now: float, correlation: str) -> Event:
    """The event of an update that changed the zone: `by` whom (`actor`), from which address (as text)."""
    change = applied.change
    assert change is not None
    records = change.additions + change.deletions
    address = None
    for record in records:
        if record.rtype in _ADDRESS_TYPES:
            address = record.rdata
            break
    name = records[0].name if records else zone.name
    view = f" in view {zone.view}" if zone.view else ""
    ignored = f"; ignored: {_ignored_words(applied.ignored)}" if applied.ignored else ""
    taken = _owner_words(applied) if applied.owners else ""
    detail = f"serial {soa_serial(change.soa_rdata)}{view}: {_words_of(change, name)}{ignored}{taken}; from {source}"
    return Event(now, APPLIED, by, applied.rule, correlation, address, name, None, None, detail)


def ignored_event(
    applied: Applied, zone: ZonePlace, name: Name | None, by: str, source: str, now: float, correlation: str
) -> Event:
    """The event of an update of which something was ignored, and that changed nothing."""
    detail = f"{zone}: {_ignored_words(applied.ignored)}; from {source}"
    return Event(now, IGNORED, by, applied.rule, correlation, None, name or zone.name, detail=detail)


def owned_event(applied: Applied, zone: ZonePlace, by: str, source: str, now: float, correlation: str) -> Event:
    """The event of an update by which names have got an owner, and that changed nothing else."""
    detail = f"{zone}{_owner_words(applied)}; from {source}"
    return Event(now, OWNED, by, applied.rule, correlation, None, applied.owners[0].name, detail=detail)


class RefusedFrom(NamedTuple):
    """What is known of a refused update, transfer or request for a context, beside the refusal."""

    zone: ZonePlace | None  # that it names, in the view that it fell into
    name: Name | None  # the first that it wanted to change
    by: str  # who it was (`actor`)
    source: str  # address, # and port
    event: str = UPDATE_REFUSED  # or of one of the others


def refused_event(refusal: Refusal, of: RefusedFrom, now: float, correlation: str) -> Event:
    """The event of a refused update, transfer, or request for a context."""
    zone, name, by, source, kind = of
    where = f"{zone}: " if zone else ""
    more = f"; {refusal.more}" if refusal.more else ""
    detail = f"{where}{refusal.reason}{more}; from {source}"
    about = name or (zone.name if zone else None)
    return Event(now, kind, by, rcode_to_text(refusal.rcode), correlation, None, about, detail=detail)


def unrecorded_event(count: int, now: float, correlation: str) -> Event:
    """The event that stands for requests that came too fast to be written down one by one."""
    detail = f"{count} requests in one second that were refused, or that changed nothing, have no entry of their own"
    return Event(now, UNRECORDED, "dns", "too many in one second", correlation, detail=detail)


def refused_error(refusal: Refusal, correlation: str) -> ExtendedError:
    """What the requestor of a refused update is told. Without an id it cannot be explained later, and says so."""
    code = _INFO_CODES.get(refusal.rcode, InfoCode.OTHER)
    return ExtendedError(code, f"{_id_words(correlation)}: {refusal.reason}")


def probe_error(refusal: Refusal) -> ExtendedError:
    """What the requestor of an update is told that only asks for its rights: it is no entry of the history."""
    return ExtendedError(InfoCode.OTHER, f"not in the history, it asks for rights only: {refusal.reason}")


def ignored_error(ignored: Sequence[str], correlation: str) -> ExtendedError:
    """What the requestor is told whose update was carried out but for some records."""
    return ExtendedError(InfoCode.OTHER, f"{_id_words(correlation)}: ignored: {_ignored_words(ignored)}")


@lru_cache(maxsize=256)
def actor(key: Name | None, principal: Principal | None = None) -> str:
    """Who the history says it was: a key, a principal, or nobody who has shown who it is."""
    if principal is not None:
        return f"dns principal {principal}"
    return f"dns key {to_text(key)}" if key else "dns without a proved key"


def _id_words(correlation: str) -> str:
    return correlation or "not in the history, too many in one second"


def _ignored_words(ignored: Sequence[str]) -> str:
    more = len(ignored) - _MOST_IGNORED
    return "; ".join([*ignored[:_MOST_IGNORED], f"and {more} more"] if more > 0 else ignored)


def _owner_words(applied: Applied) -> str:
    """`owned by role dhcp-servers from now on: pc.example.test.`; empty: no name has got an owner."""
    new = [one for one in applied.owners if one.is_new]
    if not new:
        return ""
    names = [to_text(one.name) for one in new[:_MOST_WORDS]]
    more = f" and {len(new) - _MOST_WORDS} more" if len(new) > _MOST_WORDS else ""
    return f"; owned by {new[0].owner} from now on: {' '.join(names)}{more}"


def _words_of(change: ZoneChange, name: Name) -> str:
    """`+A +DHCID -A` when all of it is about one name; counts when it is about more."""
    _ttl, _soa, deletions, additions = change
    count = len(additions) + len(deletions)
    if count <= _MOST_WORDS:
        added = tuple([record.rtype for record in additions if record.name == name])
        deleted = tuple([record.rtype for record in deletions if record.name == name])
        if len(added) + len(deleted) == count:
            return _words(added, deleted)
    return f"{len(additions)} records added, {len(deletions)} deleted, at this name and others"


@lru_cache(maxsize=256)
def _words(added: tuple[int, ...], deleted: tuple[int, ...]) -> str:
    words = [f"+{type_to_text(rtype)}" for rtype in added] + [f"-{type_to_text(rtype)}" for rtype in deleted]
    return " ".join(words) or "the SOA was replaced"
