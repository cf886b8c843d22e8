"""What is said of records that nobody refreshes: values, and their words for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from tenure.authority.aged import BinnedRecord
from tenure.authority.settings import AgingIntervals, ZonePlace
from tenure.authority.zone import KeptRecord, Record
from tenure.leasing.lease import Lease


class Protection(StrEnum):
    """Why a stale record stays."""

    LEASE = "lease"
    REGISTRATION = "registration"
    OWN_END = "own-end"
    NAME_SERVER = "name-server"


PROTECTION_WORDS: Final[dict[Protection, str]] = {
    Protection.LEASE: "a lease that lives has this address and this name",
    Protection.REGISTRATION: "a lease wants it in DNS, and the updater looks after it",
    Protection.OWN_END: "its writer was granted it for longer (RFC 9664): it goes by itself",
    Protection.NAME_SERVER: "no zone is without its name servers",
}


class Verdict(NamedTuple):
    """A stale record, and whether it stays nevertheless."""

    kept: KeptRecord
    protection: Protection | None  # None: it is to go
    lease: Lease | None = None  # a lease that lives on its address, whoever has it


class Restored(NamedTuple):
    """What becomes of one record of the bin."""

    binned: BinnedRecord
    record: Record | None  # as it is added; None: it stays in the bin
    reason: str  # why, or what is otherwise than it was; empty: it is as it was


class Hold(StrEnum):
    """Why nothing is scavenged in a zone."""

    OFF = "off"
    REPORT_ONLY = "report-only"
    NO_AGING = "no-aging"
    NO_UPDATES = "no-updates"
    GRACE = "grace"
    BRAKE = "brake"


HOLD_WORDS: Final[dict[Hold, str]] = {
    Hold.OFF: 'scavenging is switched off; set mode = "on" in [dns.scavenging]',
    Hold.REPORT_ONLY: 'scavenging only reports; set mode = "on" in [dns.scavenging]',
    Hold.NO_AGING: "the records of the zone do not age; set aging = true",
    Hold.NO_UPDATES: "the zone takes no updates, so nobody can refresh anything",
    Hold.GRACE: "its clients have not had a whole refresh interval to say their records again",
    Hold.BRAKE: "more names would lose records than one pass may take them from",
}


class ZonePass(NamedTuple):
    """What looking for stale records in one zone came to."""

    place: ZonePlace
    intervals: AgingIntervals | None
    names: int  # in the zone
    verdicts: Sequence[Verdict]  # of all stale records, in the order of the zone
    removed: Sequence[KeptRecord]
    hold: Hold | None  # None: nothing is in the way
    starts_at: float | None = None  # nothing is scavenged before, in UTC seconds
    most_names: int = 0  # of which one pass may take records

    @property
    def names_to_go(self) -> int:
        """Of how many names a record is to go."""
        return len({one.kept.record.name for one in self.verdicts if one.protection is None})

    @property
    def records_to_go(self) -> int:
        """How many records are to go."""
        return sum(one.protection is None for one in self.verdicts)
