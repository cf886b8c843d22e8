"""A subnet made ready for the hot path: its pools as ranges, its terms at hand. What it remembers only saves work."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final, TypeAlias

from tenure.dhcpwire.v4.packet import Packet
from tenure.leasing.classes import Classes, ClassTable
from tenure.leasing.expression.v4 import Sighting
from tenure.leasing.identities import Identities, reserved_key
from tenure.leasing.level import NOTHING_SET
from tenure.leasing.pool import Pool
from tenure.leasing.pool_search import Places
from tenure.leasing.v4.arrival import Arrival
from tenure.leasing.v4.subnet import Reservation, Subnet
from tenure.leasing.v4.terms import Terms, last_of

_REMEMBERED: Final = 4096  # different terms; each combination of pool, classes and reservation has its own

Ranges: TypeAlias = tuple[Places, ...]


class PreparedSubnet:
    """One subnet with what its decisions need at hand."""

    __slots__ = (
        "_classes",
        "_combinations",
        "_first",
        "_last",
        "_open_pools",
        "_reserved",
        "checks_addresses",
        "has_reservations",
        "is_guarded",
        "is_plain",
        "network",
        "pools",
        "subnet",
        "subnet_id",
        "terms",
    )

    def __init__(self, subnet: Subnet, classes: ClassTable[Sighting]) -> None:
        self.subnet = subnet
        self.subnet_id = subnet.subnet_id
        self.network = self._first = subnet.prefix.to_bytes(4, "big")
        self._last = last_of(subnet).to_bytes(4, "big")
        self.pools = _ranges(subnet.pools)
        self._reserved = subnet.reserved_addresses
        self._classes = classes
        self.terms = Terms(subnet)
        self.checks_addresses = subnet.ping_check or subnet.arp_check
        self.has_reservations = bool(subnet.reservations or subnet.shared_reservations)
        # whether every client without classes has the same terms
        self.is_plain = not (self.has_reservations or subnet.required_classes or any(map(_says_more, subnet.pools)))
        self.is_guarded = any(pool.client_class is not None for pool in subnet.pools)
        self._combinations: dict[tuple[int | None, Classes, bytes | None], Terms] = {}
        self._open_pools: dict[Classes, Ranges] = {}

    def reservation_key(self, identities: Identities) -> bytes | None:
        """The identity by which the client has a reservation that counts in this subnet: its own, or the server's."""
        return reserved_key(identities, self.subnet.reservations, self.subnet.shared_reservations)

    def reservation(self, identities: Identities) -> Reservation | None:
        """What is reserved for the client in this subnet."""
        key = self.reservation_key(identities) if identities else None
        return None if key is None else self._reservation(key)

    def reserved_address(self, identities: Identities) -> bytes | None:
        """The address of this subnet that is reserved for the client."""
        reservation = self.reservation(identities)
        if reservation is None or reservation.address is None or not self.holds(reservation.address):
            return None
        return reservation.address

    def _reservation(self, key: bytes) -> Reservation:
        own = self.subnet.reservations.get(key)
        return self.subnet.shared_reservations[key] if own is None else own

    def terms_of(
        self, packet: Packet, arrival: Arrival, identities: Identities, classes: Classes, address: bytes
    ) -> Terms:
        """The terms of a client that has, or is to have, this address."""
        pool = self._pool_of(address)
        required = self.subnet.required_classes
        if pool is not None:
            required += self.subnet.pools[pool].required_classes
        if required:
            classes = self._classes.require(required, partial(Sighting, packet, arrival), classes)
        combination = (pool, classes, self.reservation_key(identities))
        terms = self._combinations.get(combination)
        if terms is None:
            if len(self._combinations) >= _REMEMBERED:
                self._combinations.clear()
            terms = self._combinations[combination] = self._combine(*combination)
        return terms

    def _combine(self, pool: int | None, classes: Classes, key: bytes | None) -> Terms:
        of_pool = NOTHING_SET if pool is None else self.subnet.pools[pool].level
        of_reservation = NOTHING_SET if key is None else self._reservation(key).level
        of_classes = self._classes.levels_of(classes)
        if not of_classes and of_pool == of_reservation == NOTHING_SET:
            return self.terms
        return Terms(self.subnet, of_pool, of_classes, of_reservation)

    def _pool_of(self, address: bytes) -> int | None:
        """The number of the pool that holds the address."""
        for number, pool in enumerate(self.pools):
            if pool.first <= address <= pool.last:
                return number
        return None

    def is_reserved(self, address: bytes) -> bool:
        """Whether the address is kept for some client by configuration."""
        return address in self._reserved

    def in_pool(self, address: bytes) -> bool:
        """Whether the address is in one of the pools."""
        return is_in(self.pools, address)

    def open_pools(self, classes: Classes) -> Ranges:
        """The pools that members of these classes may have addresses of."""
        if not self.is_guarded:
            return self.pools
        found = self._open_pools.get(classes)
        if found is None:
            if len(self._open_pools) >= _REMEMBERED:
                self._open_pools.clear()
            admitting = [pool for pool in self.subnet.pools if pool.client_class in {None, *classes}]
            found = self._open_pools[classes] = _ranges(admitting)
        return found

    def admits(self, classes: Classes) -> bool:
        """Whether members of these classes may have addresses of this subnet."""
        return all(guard in classes for guard in self.subnet.guards)

    def holds(self, address: bytes) -> bool:
        """Whether the address, of 4 octets, is on this network: `Subnet.holds` without the arithmetic."""
        return self._first <= address <= self._last


def _says_more(pool: Pool) -> bool:
    """Whether a pool is more than a range."""
    return pool.level != NOTHING_SET or bool(pool.required_classes)


def _ranges(pools: Iterable[Pool]) -> Ranges:
    """Where to look for free addresses of these pools."""
    return tuple([Places(pool.first, pool.last) for pool in pools])


def is_in(ranges: Ranges, address: bytes) -> bool:
    """Whether the address is in one of the ranges."""
    for pool in ranges:  # noqa: SIM110 - asked for each packet, and any() costs three times this
        if pool.first <= address <= pool.last:
            return True
    return False
