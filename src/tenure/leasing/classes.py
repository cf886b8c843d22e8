"""Which client classes a packet belongs to: built-in ones, those of its reservation, and those whose test it passes.

Built-in are `ALL`, `KNOWN` (the client has a reservation here), `UNKNOWN`, and `VENDOR_CLASS_` with option 60 behind
it. A packet in the class `DROP` is not answered. Classes that nothing speaks of are not looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from tenure.dhcpwire.v4.packet import Packet
from tenure.leasing.expression.parser import KNOWN, Expression
from tenure.leasing.expression.v4 import Sighting
from tenure.leasing.v4.arrival import Arrival
from tenure.leasing.v4.subnet import NOTHING_SET, ClientClass, Level, Reservation, Subnet

ALL, UNKNOWN, DROP = "ALL", "UNKNOWN", "DROP"
VENDOR_CLASS = "VENDOR_CLASS_"
BUILT_IN = frozenset({ALL, KNOWN, UNKNOWN})

_VENDOR_CLASS_IDENTIFIER = 60

Classes = tuple[str, ...]  # in the order in which the packet was found to be in them


class ClassTable:
    """The configured classes, ready for packets."""

    def __init__(self, classes: Sequence[ClientClass] = (), subnets: Sequence[Subnet] = ()) -> None:
        self.levels = {one.name: one.level for one in classes if one.level != NOTHING_SET}
        self._tests = {one.name: one.test for one in classes if one.test is not None}
        self._used = frozenset(_used(classes, subnets))
        by_reservation = {name for subnet in subnets for name in _reserved(subnet.reservations)}
        if subnets:  # the server's are the same for each
            by_reservation |= set(_reserved(subnets[0].shared_reservations))
        late = _late(classes, by_reservation)
        tested = [
            one for one in classes if one.test is not None and not one.only_if_required and one.name in self._used
        ]
        self._early = [(one.name, one.test.test) for one in tested if one.test and one.name not in late]
        self._late = [(one.name, one.test.test) for one in tested if one.test and one.name in late]
        self._has_vendor_classes = any(name.startswith(VENDOR_CLASS) for name in self._used)
        self.is_empty = not self._used

    def classify(self, packet: Packet, arrival: Arrival, reservation: Reservation | None) -> Classes:
        """The classes of a packet in Kea's order: built-in, tested, the reservation's, and tests that ask for these."""
        found = [ALL]
        if self._has_vendor_classes and _VENDOR_CLASS_IDENTIFIER in packet.options:
            found.append(VENDOR_CLASS + packet.options[_VENDOR_CLASS_IDENTIFIER].decode("latin-1"))
        seen = Sighting(packet, arrival, found)
        for name, test in self._early:
            if test(seen):
                found.append(name)
        found.append(UNKNOWN if reservation is None else KNOWN)
        if reservation is not None:
            found += reservation.client_classes
        for name, test in self._late:
            if test(seen):
                found.append(name)
        used = self._used
        return tuple([name for name in dict.fromkeys(found) if name in used])

    def require(self, names: Sequence[str], packet: Packet, arrival: Arrival, classes: Classes) -> Classes:
        """The classes with those of the required ones, in their order, that the packet turns out to be in."""
        found = list(classes)
        seen = Sighting(packet, arrival, found)
        for name in names:
            if name not in found and name in self._tests and self._tests[name].test(seen):
                found.append(name)
        return tuple(found)

    def levels_of(self, classes: Classes) -> list[Level]:
        """What the classes set, in their order."""
        return [self.levels[name] for name in classes if name in self.levels]


def _used(classes: Sequence[ClientClass], subnets: Sequence[Subnet]) -> Iterator[str]:
    """The names that something speaks of."""
    for one in classes:
        if one.level != NOTHING_SET or one.name == DROP:
            yield one.name
        if one.test is not None:
            yield from one.test.members
    for subnet in subnets:
        yield from (*subnet.guards, *subnet.required_classes)
        for pool in subnet.pools:
            yield from pool.required_classes
            if pool.client_class is not None:
                yield pool.client_class


def _reserved(reservations: Mapping[bytes, Reservation]) -> Iterator[str]:
    for reservation in reservations.values():
        yield from reservation.client_classes


def _late(classes: Sequence[ClientClass], by_reservation: Collection[str]) -> set[str]:
    """The classes whose test depends, also by way of others, on the client's reservation."""
    late = {KNOWN, UNKNOWN, *by_reservation}
    for one in classes:  # a test can only speak of classes before it
        if depends_on(one.test, late):
            late.add(one.name)
    return late


def depends_on(test: Expression[Sighting] | None, names: Collection[str]) -> bool:
    """Whether the test asks for one of the classes."""
    return test is not None and not test.members.isdisjoint(names)
