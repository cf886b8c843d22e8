"""What the ledger knows of records that no registration claims: by its leases, by its history, by the pools."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable

from tenure.dnswire.name import Name
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import LeaseFilter, RegistrationFilter

CONFIRMED, REMOVED = "registration-confirmed", "registration-removed"


class LedgerWitness:
    """The `upkeep.reconcile.Witness` of one pass. `pools` are first and last addresses; none overlaps another."""

    def __init__(self, ledger: LeaseLedger, pools: Iterable[tuple[bytes, bytes]], began_at: float) -> None:
        self._ledger = ledger
        self._pools = sorted(pools, key=lambda pool: (len(pool[0]), pool[0]))
        self._firsts = [(len(first), first) for first, _ in self._pools]
        self._began_at = began_at

    def wrote(self, name: Name, address: bytes | None, dhcid: bytes) -> bytes | None:
        """The address for which tenure wrote the name, by the lease of the address or else by the history."""
        if address is not None:
            leases = self._ledger.leases(LeaseFilter(first=address, last=address, limit=1))
            if any((lease.fqdn, lease.dhcid) == (name, dhcid) for lease in leases):
                return address
        written = self._newest(name, address, CONFIRMED)
        if written is None or written[1] is None:
            return None
        removed = self._newest(name, written[1], REMOVED)
        # taken away since the zone was read: it is gone
        return None if removed is not None and removed[0] >= self._began_at else written[1]

    def txt_markers(self, address: bytes, dhcid: bytes) -> Collection[bytes]:
        """Those that the client of a registration may have, by its lease."""
        return self._ledger.txt_markers(address, dhcid)

    def leases(self, address: bytes) -> bool:
        """Whether it lies in a pool, or is one that some name is registered for: the pools of others are not known."""
        place = bisect_right(self._firsts, (len(address), address)) - 1
        if place >= 0 and len(self._pools[place][1]) == len(address) and address <= self._pools[place][1]:
            return True
        return bool(self._ledger.registrations(RegistrationFilter(address=address, limit=1)))

    def _newest(self, name: Name, address: bytes | None, kind: str) -> tuple[float, bytes | None] | None:
        """When this last happened to the name at the address, and the address."""
        found = self._ledger.history.events(EventFilter(name=name, address=address, kind=kind, limit=1))
        return (found[0].event.at, found[0].event.address) if found else None
