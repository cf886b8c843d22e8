"""A ledger in memory for tests of leasing: the rows, and the registrations that were wanted and not withdrawn.

It keeps the promises of the real one by checking them: one row for an address, one for an association in a subnet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.leasing.tie import Tie
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Claim, Want


class MemoryView:
    """A `leasing.lease.LeaseView`."""

    def __init__(self) -> None:
        self.rows: dict[bytes, Lease] = {}
        self.wanted: dict[tuple[bytes, bytes, bytes], Want] = {}  # name, address, dhcid
        self.events: list[Event] = []
        self.refused: set[tuple[bytes, bytes]] = set()  # name, dhcid: what DNS has refused
        self.ties: dict[tuple[bytes, bytes], Tie] = {}  # by hardware and identity
        self.failing: set[bytes] = set()  # zones
        self.static: set[bytes] = set()  # names that a person wrote into a zone of ours

    def lease_at(self, address: bytes) -> Lease | None:
        return self.rows.get(address)

    def leases_of(self, client: bytes) -> Sequence[Lease]:
        return [row for row in self.rows.values() if row.client == client]

    def unused_addresses(self, first: bytes, last: bytes, after: bytes, limit: int, step: int = 1) -> Sequence[bytes]:
        start, end = int.from_bytes(max(first, after), "big"), int.from_bytes(last, "big")
        addresses = (number.to_bytes(len(first), "big") for number in range(start, end + 1, step))
        return list(islice((one for one in addresses if one not in self.rows), limit))

    def stretch(self, size: int, step: int) -> int:
        return 4096

    def row_before(self, address: bytes, first: bytes) -> Lease | None:
        return max(
            (row for a, row in self.rows.items() if first <= a < address), key=lambda row: row.address, default=None
        )

    def overlapping(self, first: bytes, last: bytes) -> Sequence[Lease]:
        return [row for row in self.rows.values() if row.address <= last and row.last_address >= first]

    def leases_behind(self, circuit: bytes, now: int, limit: int) -> Sequence[Lease]:
        return [row for row in self._counted(now) if row.circuit == circuit][:limit]

    def leases_with(
        self, hardware: bytes, subnet_id: int, first: bytes, behind: bytes, now: int, limit: int
    ) -> Sequence[Lease]:
        here = [row for row in self._counted(now) if (row.hardware, row.subnet_id) == (hardware, subnet_id)]
        return [row for row in here if row.circuit is not None and first <= row.circuit < behind][:limit]

    def _counted(self, now: int) -> list[Lease]:
        states = {LeaseState.BOUND, LeaseState.DECLINED}
        return [row for row in self.rows.values() if row.state in states and row.ends_at > now]

    def longest_ended(self, first: bytes, last: bytes, now: int, limit: int) -> Sequence[bytes]:
        free = [
            row
            for row in self.rows.values()
            if first <= row.address <= last
            and (row.ends_at <= now or row.state in {LeaseState.RELEASED, LeaseState.EXPIRED})
        ]
        return [row.address for row in sorted(free, key=lambda row: (row.ends_at, row.address))[:limit]]

    def claims_on(self, name: bytes) -> Sequence[Claim]:
        standing = [Claim(want.dhcid, want.forward, False) for want in self.wanted.values() if want.name == name]
        return standing + [Claim(dhcid, False, True) for refused, dhcid in self.refused if refused == name]

    def obstacle_at(self, name: bytes, zone: bytes, address: bytes, identity: tuple[int, bytes]) -> Reason | None:
        return Reason.NAME_STATIC if name in self.static else None

    def ties_of(self, hardware: bytes) -> Sequence[Tie]:
        return self._newest(tie for tie in self.ties.values() if tie.hardware == hardware)

    def hardware_of(self, identity: bytes) -> Sequence[bytes]:
        return [tie.hardware for tie in self._newest(tie for tie in self.ties.values() if tie.identity == identity)]

    @staticmethod
    def _newest(ties: Iterable[Tie]) -> list[Tie]:
        return sorted(ties, key=lambda tie: -tie.at)

    def failing_zones(self) -> Collection[bytes]:
        return self.failing

    def apply(self, changes: Changes) -> None:
        """Take a decision in, as the ledger does."""
        for address in changes.dropped:
            del self.rows[address]
        for lease in changes.leases:
            self.rows[lease.address] = lease
        for gone in changes.withdraws:
            self.wanted.pop(gone[:3], None)
        for want in changes.wants:
            self.wanted[want[:3]] = want
        self.events += changes.events
        self.ties.update((tie[:2], tie) for tie in changes.ties)
        self.check()

    def check(self) -> None:
        """What the ledger's constraints hold."""
        held = [row for row in self.rows.values() if row.client is not None]
        owners = [(row.subnet_id, row.client, row.kind, row.iaid) for row in held]
        assert len(owners) == len(set(owners)), "an association has two rows in one subnet"
