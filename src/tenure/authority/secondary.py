"""A zone that follows a primary: what a transfer brings, checked message by message, and what it changes here.

Of a transfer nothing is taken before all of it has come and was found right (RFC 5936 section 2.2, RFC 1995 section 4):
the states of `Inbound` are those of the stream, and what they do not allow is a `TransferFault`. Signatures are the
caller's.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from tenure.authority.settings import ZonePlace
from tenure.authority.zone import Record, ZoneChange, ZoneView
from tenure.dnswire.codes import Opcode, Rcode, RRClass, RRType, rcode_to_text
from tenure.dnswire.message import QR, TC, Message
from tenure.dnswire.name import Name, is_within, to_text
from tenure.dnswire.rdata import canonical_rdata, check_rdata, soa_serial, soa_timers
from tenure.dnswire.rr import RR
from tenure.dnswire.serial import serial_gt
from tenure.naming.event import Event
from tenure.octets import Malformed

TRANSFERRED: Final = "zone-transferred"

_SOA: Final = int(RRType.SOA)
_NS: Final = int(RRType.NS)
_IN: Final = int(RRClass.IN)
_LEAST_SOA: Final = 22  # octets: two root names and five numbers
# Types of questions and of messages (RFC 6895 section 3.1).
_FIRST_META_TYPE: Final = 128
_LAST_META_TYPE: Final = 255
_LEAST_SECONDS: Final = 2  # between two looks, however short the SOA wants it
_MOST_SECONDS: Final = 28 * 86400


class TransferFault(Exception):
    """Why what a primary sent cannot be taken."""


class TransferRefused(TransferFault):
    """The primary answers, and not with a transfer."""

    def __init__(self, rcode: int) -> None:
        super().__init__(f"it answered {rcode_to_text(rcode)}")
        self.rcode = rcode


class Step(NamedTuple):
    """One difference of an incremental transfer: from one serial to the next."""

    old_soa: Record
    deletions: tuple[Record, ...]
    new_soa: Record
    additions: tuple[Record, ...]


class UpToDate(NamedTuple):
    """The primary has the serial that we have."""

    soa: Record


class Steps(NamedTuple):
    """All differences from our serial to that of `soa`."""

    soa: Record
    steps: tuple[Step, ...]


class Whole(NamedTuple):
    """The zone as it is at the primary; `records` are without the SOA."""

    soa: Record
    records: tuple[Record, ...]


Content: TypeAlias = UpToDate | Steps | Whole


class _State(Enum):
    FIRST = auto()  # nothing has come yet
    SECOND = auto()  # the SOA has come; the next record tells the form
    WHOLE = auto()
    DELETING = auto()
    ADDING = auto()
    DONE = auto()


class Inbound:
    """The answer to AXFR, or to IXFR from the serial `have`."""

    def __init__(self, zone: Name, message_id: int, have: int | None) -> None:
        self._zone = zone
        self._id = message_id
        self._have = have
        self._state = _State.FIRST
        self._soa: Record | None = None
        self._records: list[Record] = []
        self._steps: list[Step] = []
        self._old_soa: Record | None = None
        self._new_soa: Record | None = None
        self._deletions: tuple[Record, ...] = ()
        self._released = 0
        self._has_name_server = False

    def take(self, message: Message) -> None:
        """The next message of the answer."""
        self._check_message(message)
        for rr in message.answers:
            self._take_record(self._checked(rr))
        if self._state is _State.SECOND and self._soa is not None and soa_serial(self._soa.rdata) == self._have:
            self._state = _State.DONE  # one SOA alone: there is nothing new (RFC 1995 section 4)

    @property
    def is_complete(self) -> bool:
        """Whether the last record has come."""
        return self._state is _State.DONE

    @property
    def is_incremental(self) -> bool:
        """Whether differences come, or have come; not, as long as that cannot be told."""
        return self._old_soa is not None

    def release(self) -> list[Record]:
        """What has come since this was asked before, for who keeps it: `content` is then without it.

        Of a whole zone its records; of differences the records that they delete and add, but for the SOAs.
        """
        records = [record for step in self._steps for part in (step.deletions, step.additions) for record in part]
        records += [*self._deletions, *self._records]
        self._steps, self._deletions, self._records = [], (), []
        self._released += len(records)
        return records

    def content(self) -> Content:
        """What the transfer brought, once it is complete."""
        assert self._state is _State.DONE, "a transfer is read before its end"
        assert self._soa is not None, "a complete transfer has an SOA"
        if self.is_incremental:
            return Steps(self._soa, tuple(self._steps))
        if not self._records and not self._released:
            return UpToDate(self._soa)
        if not self._has_name_server:
            raise TransferFault("the zone has no name server at its apex")
        return Whole(self._soa, tuple(self._records))

    def _check_message(self, message: Message) -> None:
        """The header and the question (RFC 5936 section 2.2)."""
        if self._state is _State.DONE:
            raise TransferFault("a message came behind the last one")
        if message.id != self._id or not message.flags & QR or message.opcode != Opcode.QUERY:
            raise TransferFault("a message is not an answer to what was asked")
        if message.rcode != Rcode.NOERROR:
            raise TransferRefused(message.rcode)
        if message.flags & TC:
            raise TransferFault("a message is cut off")
        if message.questions and message.questions[0].name.lower() != self._zone:
            raise TransferFault("a message answers another question")
        if self._state is _State.FIRST and not message.answers:
            raise TransferFault("the first message has no records")

    def _checked(self, rr: RR) -> Record:
        name = rr.name.lower()
        if rr.rclass != _IN or not is_within(name, self._zone):
            raise TransferFault(f"a record is not of this zone: {to_text(name)}")
        if not rr.rtype or rr.rtype == RRType.OPT or _FIRST_META_TYPE <= rr.rtype <= _LAST_META_TYPE:
            raise TransferFault(f"type {rr.rtype} at {to_text(name)} is no type of a record")
        try:
            check_rdata(rr.rtype, rr.rdata)
        except Malformed as error:
            raise TransferFault(f"type {rr.rtype} at {to_text(name)} is malformed: {error}") from None
        if rr.rtype == _SOA and (name != self._zone or len(rr.rdata) < _LEAST_SOA):
            raise TransferFault(f"an SOA stands at {to_text(name)}")
        return Record(name, rr.rtype, rr.ttl, rr.rdata)

    def _take_record(self, record: Record) -> None:
        match self._state:
            case _State.FIRST:
                self._take_first(record)
            case _State.SECOND:
                self._take_second(record)
            case _State.WHOLE:
                self._take_whole(record)
            case _State.DELETING:
                self._take_deletion(record)
            case _State.ADDING:
                self._take_addition(record)
            case _State.DONE:
                raise TransferFault("records come behind the last SOA")

    def _take_first(self, record: Record) -> None:
        if record.rtype != _SOA:
            raise TransferFault("the first record is not the SOA")
        serial = soa_serial(record.rdata)
        if self._have is not None and serial_gt(self._have, serial):
            raise TransferFault(f"its serial {serial} is behind ours, which is {self._have}")
        self._soa = record
        self._state = _State.SECOND

    def _take_second(self, record: Record) -> None:
        """An SOA with our serial begins differences, any other record the whole zone (RFC 1995 section 4)."""
        if record.rtype != _SOA:
            self._state = _State.WHOLE
            self._take_whole(record)
        elif self._have is not None and soa_serial(record.rdata) == self._have:
            self._old_soa = record
            self._state = _State.DELETING
        else:
            raise TransferFault(f"the differences begin at serial {soa_serial(record.rdata)}, ours is {self._have}")

    def _take_whole(self, record: Record) -> None:
        if record.rtype != _SOA:
            self._records.append(record)
            self._has_name_server |= record.rtype == _NS and record.name == self._zone
        elif self._is_last(record):
            self._state = _State.DONE
        else:
            raise TransferFault("the zone changed while it was sent: its last SOA is not the first one")

    def _take_deletion(self, record: Record) -> None:
        if record.rtype != _SOA:
            self._records.append(record)
            return
        assert self._old_soa is not None, "deletions follow an SOA"
        if not serial_gt(soa_serial(record.rdata), soa_serial(self._old_soa.rdata)):
            raise TransferFault(f"a difference leads back to serial {soa_serial(record.rdata)}")
        self._new_soa, self._deletions = record, tuple(self._records)
        self._records.clear()
        self._state = _State.ADDING

    def _take_addition(self, record: Record) -> None:
        if record.rtype != _SOA:
            self._records.append(record)
            return
        assert self._old_soa is not None, "additions follow two SOAs"
        assert self._new_soa is not None, "additions follow two SOAs"
        reached = soa_serial(self._new_soa.rdata)
        if soa_serial(record.rdata) != reached:
            raise TransferFault(f"a difference ends at serial {reached}, the next begins at {soa_serial(record.rdata)}")
        self._steps.append(Step(self._old_soa, self._deletions, self._new_soa, tuple(self._records)))
        self._records.clear()
        self._old_soa = record
        self._state = _State.DONE if self._is_last(record) else _State.DELETING

    def _is_last(self, record: Record) -> bool:
        assert self._soa is not None, "an SOA came first"
        return canonical_rdata(_SOA, record.rdata) == canonical_rdata(_SOA, self._soa.rdata)


def change_of_step(step: Step, zone: ZoneView) -> ZoneChange:
    """What a difference changes in the zone as it is. `TransferFault` where it does not fit to it.

    The zone must have what is deleted and must not have what is added (RFC 1995 section 4); a record that is deleted
    and added, with another TTL perhaps, is both.
    """
    serial = soa_serial(zone.soa[1])
    if soa_serial(step.old_soa.rdata) != serial:
        raise TransferFault(f"a difference begins at serial {soa_serial(step.old_soa.rdata)}, the zone is at {serial}")
    deletions: dict[tuple[Name, int, bytes], Record] = {}
    for name, rtype, _ttl, rdata in step.deletions:
        wanted = canonical_rdata(rtype, rdata)
        ttl, rdatas = zone.rrsets_at(name).get(rtype, (0, ()))
        found = next((one for one in rdatas if canonical_rdata(rtype, one) == wanted), None)
        if found is None or (name, rtype, wanted) in deletions:
            raise TransferFault(f"a difference deletes type {rtype} at {to_text(name)} that is not there")
        deletions[name, rtype, wanted] = Record(name, rtype, ttl, found)
    added: set[tuple[Name, int, bytes]] = set()
    for name, rtype, _ttl, rdata in step.additions:
        key = name, rtype, canonical_rdata(rtype, rdata)
        _, rdatas = zone.rrsets_at(name).get(rtype, (0, ()))
        is_there = any(canonical_rdata(rtype, one) == key[2] for one in rdatas) and key not in deletions
        if is_there or key in added:
            raise TransferFault(f"a difference adds type {rtype} at {to_text(name)} that is there already")
        added.add(key)
    return ZoneChange(step.new_soa.ttl, step.new_soa.rdata, tuple(deletions.values()), step.additions)


def transferred_event(
    zone: ZonePlace, old_soa: bytes, content: Steps | Whole, server: str, now: float, id_: str
) -> Event:
    """The event of a transfer that changed the zone; `old_soa` is the RDATA before it, empty for the first one."""
    if isinstance(content, Steps):
        count = sum(len(step.deletions) + len(step.additions) for step in content.steps)
        what = f"{len(content.steps)} differences with {count} records"
    else:
        what = f"the whole zone with {len(content.records)} records"
    begin = f"from serial {soa_serial(old_soa)} " if old_soa else ""
    detail = f"{zone}: {begin}to serial {soa_serial(content.soa.rdata)}: {what}; from {server}"
    return Event(now, TRANSFERRED, "transfers", server, id_, None, zone.name, detail=detail)


class Times(NamedTuple):
    """When a secondary looks again, and until when it serves what it has. UTC seconds."""

    next_at: float
    expires_at: float


def times_after_refresh(soa_rdata: bytes, now: float, jitter: float) -> Times:
    """After a primary was heard; `jitter` from 0 to 1 takes up to a quarter off, so that zones spread out."""
    refresh, retry, expire = soa_timers(soa_rdata)
    return Times(now + _seconds(refresh, jitter), now + max(expire, refresh + retry))


def retry_at(soa_rdata: bytes, failures: int, now: float, jitter: float) -> float:
    """After no primary could help; where no transfer has brought an SOA yet, the waiting doubles each time."""
    wanted = soa_timers(soa_rdata).retry if soa_rdata else min(_LEAST_SECONDS << min(failures, 8), 300)
    return now + _seconds(wanted, jitter)


def _seconds(wanted: int, jitter: float) -> float:
    return min(max(wanted, _LEAST_SECONDS), _MOST_SECONDS) * (1 - jitter / 4)
