"""A subnet made ready for the hot path: pools as ranges, its terms at hand. What it remembers only saves work."""

from __future__ import annotations

from functools import partial
from typing import Final

from tenure.dhcpwire.v6.association import ADDRESS_BITS, INFINITE, last_of
from tenure.dhcpwire.v6.message import Datagram
from tenure.leasing.classes import Classes, ClassTable
from tenure.leasing.expression.v6 import Sighting
from tenure.leasing.identities import Identities, reserved_key
from tenure.leasing.lease import LeaseKind
from tenure.leasing.level import NOTHING_SET
from tenure.leasing.pool import Pool
from tenure.leasing.pool_search import Places
from tenure.leasing.v6.arrival import Arrival
from tenure.leasing.v6.subnet import Allocator, PrefixPool, Reservation, Subnet
from tenure.leasing.v6.terms import Terms

_ADDRESS: Final = int(LeaseKind.ADDRESS)
_PREFIX: Final = int(LeaseKind.PREFIX)
WIDE: Final = 1 << 16  # addresses; in narrower pools they are given in their order
_REMEMBERED: Final = 4096  # different terms; each combination of pools, classes and reservation has its own


class Range:
    """A pool: its leases begin at each `step`th address from `first` to `last`, and have this length."""

    def __init__(
        self, first: bytes, last: bytes, step: int, length: int, number: int, *, is_hashed: bool = False
    ) -> None:
        self.first: Final = first
        self.last: Final = last
        self.step: Final = step
        self.length: Final = length
        self.number: Final = number  # of the pool in the subnet, those of addresses first
        self.is_hashed: Final = is_hashed  # a hash points to its addresses; else they are given in their order
        self.places: Final = Places(first, last, step)

    def gives(self, address: bytes, length: int) -> bool:
        """Whether the pool has this lease."""
        if not self.first <= address <= self.last or self.length != length:
            return False
        return self.step == 1 or (int.from_bytes(address, "big") - int.from_bytes(self.first, "big")) % self.step == 0


Ranges = tuple[Range, ...]


class PreparedSubnet:
    """One subnet with what its decisions need at hand."""

    __slots__ = (
        "_classes",
        "_combinations",
        "_first",
        "_last",
        "_open_ranges",
        "_pools",
        "_ranges",
        "_reserved",
        "hashed",
        "is_guarded",
        "is_plain",
        "subnet",
        "subnet_id",
        "terms",
    )

    def __init__(self, subnet: Subnet, classes: ClassTable[Sighting]) -> None:
        self.subnet = subnet
        self.subnet_id = subnet.subnet_id
        self._first, self._last = subnet.prefix, last_of(subnet.prefix, subnet.prefix_length)
        self._pools: tuple[Pool | PrefixPool, ...] = (*subnet.pools, *subnet.prefix_pools)
        addresses = len(subnet.pools)
        self._ranges: tuple[Ranges, Ranges] = (
            tuple(_address_range(one, number, subnet.allocator) for number, one in enumerate(subnet.pools)),
            tuple(_prefix_range(one, addresses + number) for number, one in enumerate(subnet.prefix_pools)),
        )
        self.hashed = tuple(one for one in self._ranges[_ADDRESS] if one.is_hashed)
        held = [*subnet.shared_reservations.items(), *subnet.reservations.items()]
        self._reserved = (
            {address: key for key, one in held for address in one.addresses if self.holds(address)},
            {prefix: key for key, one in held for prefix, _ in one.prefixes},
        )
        self._classes = classes
        self.terms = Terms(subnet)
        # whether every client without classes has the same terms
        self.is_plain = not (held or subnet.required_classes or any(map(_says_more, self._pools)))
        self.is_guarded = any(one.client_class is not None for one in self._pools)
        self._combinations: dict[tuple[tuple[int, ...], Classes, bytes | None], Terms] = {}
        self._open_ranges: dict[tuple[int, Classes], Ranges] = {}

    def ranges(self, kind: int) -> Ranges:
        """The pools of addresses or of prefixes."""
        return self._ranges[kind]

    def open_ranges(self, kind: int, classes: Classes) -> Ranges:
        """Those that members of these classes may have leases of."""
        if not self.is_guarded:
            return self._ranges[kind]
        found = self._open_ranges.get((kind, classes))
        if found is None:
            if len(self._open_ranges) >= _REMEMBERED:
                self._open_ranges.clear()
            admitting = {None, *classes}
            found = tuple([one for one in self._ranges[kind] if self._pools[one.number].client_class in admitting])
            self._open_ranges[kind, classes] = found
        return found

    def reserved_for(self, kind: int, address: bytes) -> bytes | None:
        """The key of the reservation that has the address or prefix, None if nobody has."""
        return self._reserved[kind].get(address)

    def reservation_key(self, identities: Identities) -> bytes | None:
        """The identity by which the client has a reservation that counts in this subnet: its own, or the server's."""
        return reserved_key(identities, self.subnet.reservations, self.subnet.shared_reservations)

    def reservation(self, identities: Identities) -> Reservation | None:
        """What is reserved for the client in this subnet."""
        key = self.reservation_key(identities) if identities else None
        return None if key is None else self._reservation(key)

    def kept(self, kind: int, identities: Identities, *, is_first: bool) -> tuple[tuple[bytes, int], ...]:
        """The addresses or prefixes, with their lengths, that are reserved for the client and count here.

        An address does in the subnet where it lies. A prefix lies in none: one that is reserved for the whole server
        counts in the first subnet of a link.
        """
        found = self.reservation(identities)
        if found is None:
            return ()
        if kind != _PREFIX:
            return tuple([(one, ADDRESS_BITS) for one in found.addresses if self.holds(one)])
        return found.prefixes if is_first or self.reservation_key(identities) in self.subnet.reservations else ()

    def _reservation(self, key: bytes) -> Reservation:
        own = self.subnet.reservations.get(key)
        return self.subnet.shared_reservations[key] if own is None else own

    def terms_of(
        self, datagram: Datagram, arrival: Arrival, identities: Identities, classes: Classes, pools: tuple[int, ...]
    ) -> Terms:
        """The terms of a client with leases of these pools, by number."""
        required = self.subnet.required_classes
        for number in pools:
            required += self._pools[number].required_classes
        if required:
            classes = self._classes.require(required, partial(Sighting, datagram, arrival), classes)
        combination = (pools, classes, self.reservation_key(identities))
        terms = self._combinations.get(combination)
        if terms is None:
            if len(self._combinations) >= _REMEMBERED:
                self._combinations.clear()
            terms = self._combinations[combination] = self._combine(*combination)
        return terms

    def _combine(self, pools: tuple[int, ...], classes: Classes, key: bytes | None) -> Terms:
        of_pools = [self._pools[number].level for number in pools if self._pools[number].level != NOTHING_SET]
        of_reservation = NOTHING_SET if key is None else self._reservation(key).level
        of_classes = self._classes.levels_of(classes)
        if not of_pools and not of_classes and of_reservation == NOTHING_SET:
            return self.terms
        return Terms(self.subnet, of_pools, of_classes, of_reservation)

    def pool_of(self, kind: int, address: bytes, length: int) -> Range | None:
        """The pool that has this lease."""
        for one in self._ranges[kind]:
            if one.first <= address <= one.last and one.gives(address, length):
                return one
        return None

    def admits(self, classes: Classes) -> bool:
        """Whether members of these classes may have leases of this subnet."""
        return all(guard in classes for guard in self.subnet.guards)

    def opens(self, pool: Range, classes: Classes) -> bool:
        """Whether members of these classes may have leases of the pool."""
        return not self.is_guarded or self._pools[pool.number].client_class in {None, *classes}

    def holds(self, address: bytes) -> bool:
        """Whether the address is on this network: `Subnet.holds` without the arithmetic."""
        return self._first <= address <= self._last

    def is_everybodys(self, address: bytes) -> bool:
        """Whether it is the address that all routers of the subnet have (RFC 4291 section 2.6.1)."""
        return address == self._first and self.subnet.prefix_length < ADDRESS_BITS - 1

    def prefix_pool(self, prefix: bytes, length: int) -> PrefixPool | None:
        """The pool that a delegated prefix is from."""
        for one, pool in zip(self._ranges[_PREFIX], self.subnet.prefix_pools, strict=True):
            if one.first <= prefix <= one.last and one.length == length:
                return pool
        return None

    def timers(self, preferred: int) -> tuple[int, int]:
        """T1 and T2 where the shortest preferred lifetime is this (RFC 8415 section 21.4); T1 < T2 always holds.

        A timer that is configured past what it must come before gives way to the usual part.
        """
        if preferred == INFINITE:
            return INFINITE, INFINITE
        subnet = self.subnet
        t2 = subnet.rebind_timer
        if t2 is None or t2 > preferred:
            t2 = preferred * 4 // 5
        t1 = subnet.renew_timer
        if t1 is None or t1 >= t2:
            t1 = min(preferred // 2, t2 * 5 // 8)
        return t1, t2


def _address_range(pool: Pool, number: int, allocator: Allocator) -> Range:
    size = int.from_bytes(pool.last, "big") - int.from_bytes(pool.first, "big") + 1
    is_hashed = allocator is Allocator.RANDOM and size >= WIDE
    return Range(pool.first, pool.last, 1, ADDRESS_BITS, number, is_hashed=is_hashed)


def _prefix_range(pool: PrefixPool, number: int) -> Range:
    step = 1 << (ADDRESS_BITS - pool.delegated_length)
    last = int.from_bytes(last_of(pool.prefix, pool.prefix_length), "big") + 1 - step
    return Range(pool.prefix, last.to_bytes(16, "big"), step, pool.delegated_length, number)


def _says_more(pool: Pool | PrefixPool) -> bool:
    """Whether a pool is more than a range."""
    return pool.level != NOTHING_SET or bool(pool.required_classes)
