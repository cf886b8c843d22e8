"""Which client classes a packet belongs to: built-in ones, those of its reservation, and those whose test it passes.

Built-in are `ALL`, `KNOWN` (the client has a reservation here), `UNKNOWN`, and `VENDOR_CLASS_` with what the client
says of its vendor behind it. A packet in the class `DROP` is not answered. Classes that nothing speaks of are not
looked for. The tests see a sighting of the protocol's own kind (`expression.v4`, `expression.v6`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias

from tenure.leasing.expression.dialect import S
from tenure.leasing.expression.parser import KNOWN, Expression
from tenure.leasing.level import NOTHING_SET, Level

ALL, UNKNOWN, DROP = "ALL", "UNKNOWN", "DROP"
VENDOR_CLASS = "VENDOR_CLASS_"
BUILT_IN = frozenset({ALL, KNOWN, UNKNOWN})

Classes = tuple[str, ...]  # in the order in which the packet was found to be in them
See: TypeAlias = Callable[[Sequence[str]], S]  # the packet, seen with the classes that it is known to be in so far


@dataclass(frozen=True, slots=True)
class ClientClass(Generic[S]):
    """A set of clients. Without a test, those whose reservation names it."""

    name: str
    test: Expression[S] | None = None
    level: Level = NOTHING_SET
    only_if_required: bool = False  # tested for clients of a subnet or pool that requires it, and no others


class ClassTable(Generic[S]):
    """The configured classes, ready for packets.

    `spoken_of` are the names that subnets and pools ask for, `reserved` those that reservations give, and
    `vendor_class` reads what a client says of its vendor, None if it says nothing.
    """

    def __init__(
        self,
        classes: Sequence[ClientClass[S]],
        spoken_of: Iterable[str],
        reserved: Iterable[str],
        vendor_class: Callable[[S], bytes | None],
    ) -> None:
        self.levels = {one.name: one.level for one in classes if one.level != NOTHING_SET}
        self._tests = {one.name: one.test for one in classes if one.test is not None}
        self._vendor_class = vendor_class
        self._used = frozenset((*_used(classes), *spoken_of))
        late = late_names([(one.name, one.test) for one in classes], reserved)
        tested = [
            one for one in classes if one.test is not None and not one.only_if_required and one.name in self._used
        ]
        self._early = [(one.name, one.test.test) for one in tested if one.test and one.name not in late]
        self._late = [(one.name, one.test.test) for one in tested if one.test and one.name in late]
        self._has_vendor_classes = any(name.startswith(VENDOR_CLASS) for name in self._used)
        self.is_empty = not self._used

    def classify(self, see: See[S], reserved: Sequence[str] | None) -> Classes:
        """The classes of a packet in Kea's order: built-in, tested, the reservation's, and tests that ask for these.

        `reserved` are the classes that the client's reservation gives it; None: it has none.
        """
        found = [ALL]
        seen = see(found)
        if self._has_vendor_classes and (vendor := self._vendor_class(seen)) is not None:
            found.append(VENDOR_CLASS + vendor.decode("latin-1"))
        for name, test in self._early:
            if test(seen):
                found.append(name)
        found.append(UNKNOWN if reserved is None else KNOWN)
        if reserved is not None:
            found += reserved
        for name, test in self._late:
            if test(seen):
                found.append(name)
        used = self._used
        return tuple([name for name in dict.fromkeys(found) if name in used])

    def require(self, names: Sequence[str], see: See[S], classes: Classes) -> Classes:
        """The classes with those of the required ones, in their order, that the packet turns out to be in."""
        found = list(classes)
        seen = see(found)
        for name in names:
            if name not in found and name in self._tests and self._tests[name].test(seen):
                found.append(name)
        return tuple(found)

    def levels_of(self, classes: Classes) -> list[Level]:
        """What the classes set, in their order."""
        return [self.levels[name] for name in classes if name in self.levels]


def _used(classes: Sequence[ClientClass[S]]) -> Iterator[str]:
    """The names that the classes themselves speak of."""
    for one in classes:
        if one.level != NOTHING_SET or one.name == DROP:
            yield one.name
        if one.test is not None:
            yield from one.test.members


def late_names(tests: Sequence[tuple[str, Expression[S] | None]], by_reservation: Iterable[str]) -> set[str]:
    """The classes, of all with their tests, that depend on the client's reservation, also by way of others."""
    late = {KNOWN, UNKNOWN, *by_reservation}
    for name, test in tests:  # a test can only speak of classes before it
        if depends_on(test, late):
            late.add(name)
    return late


def depends_on(test: Expression[S] | None, names: Collection[str]) -> bool:
    """Whether the test asks for one of the classes."""
    return test is not None and not test.members.isdisjoint(names)
