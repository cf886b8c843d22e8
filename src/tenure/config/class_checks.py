"""The rules between classes, and between them and the subnets, pools and reservations that speak of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from tenure.config.classes import ClientClass6Section, ClientClassSection
from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4, PoolSection, ReservationSection
from tenure.config.dhcp6 import Dhcp6, Pool6Section, PrefixPoolSection, Reservation6Section, Subnet6Section
from tenure.config.lease6_parameters import Term6Parameters
from tenure.config.lease_parameters import GuardParameters, TermParameters
from tenure.config.option_checks import check_options
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.leasing.classes import BUILT_IN, VENDOR_CLASS

Classes = Sequence[ClientClassSection | ClientClass6Section]
Pools = Sequence[PoolSection | Pool6Section | PrefixPoolSection]


def check_classes(configuration: Configuration) -> Iterator[Problem]:
    """Each class is defined once and before it is spoken of, and each one that is spoken of is there."""
    for table, dhcp in configuration.dhcp_tables:
        yield from _check_defined_classes(dhcp.client_classes, (table, "client-classes"))
        yield from _check_speakers(dhcp, table)


def _check_defined_classes(classes: Classes, at: Location) -> Iterator[Problem]:
    for index, first in repeated(one.name for one in classes):
        wrong = f"is the name of client-classes[{first}] too"
        yield Problem((*at, index, "name"), wrong, "give each class a name of its own")
    for index, one in enumerate(classes):
        yield from _check_class(one, classes[:index], (*at, index))


def _check_speakers(dhcp: Dhcp4 | Dhcp6, table: str) -> Iterator[Problem]:
    """What speaks of classes: shared networks, subnets, pools and reservations."""
    classes = dhcp.client_classes
    for index, network in enumerate(dhcp.shared_networks):
        yield from _check_guard(classes, network, (table, "shared-networks", index))
    yield from _check_reservations(classes, dhcp.reservations, (table, "reservations"))
    for at, subnet in dhcp.placed_subnets():
        yield from _check_guard(classes, subnet, at)
        yield from _check_pools(classes, subnet.pools, (*at, "pools"))
        if isinstance(subnet, Subnet6Section):
            yield from _check_pools(classes, subnet.pd_pools, (*at, "pd-pools"))
        yield from _check_reservations(classes, subnet.reservations, (*at, "reservations"))


def _check_pools(classes: Classes, pools: Pools, at: Location) -> Iterator[Problem]:
    for number, pool in enumerate(pools):
        yield from _check_guard(classes, pool, (*at, number))
        yield from check_level(pool, (*at, number))


def _check_reservations(
    classes: Classes, reservations: Sequence[ReservationSection | Reservation6Section], at: Location
) -> Iterator[Problem]:
    for index, reservation in enumerate(reservations):
        for place, name in enumerate(reservation.client_classes):
            yield from _check_defined(classes, name, (*at, index, "client-classes", place))
        yield from check_level(reservation, (*at, index))


def _check_class(one: ClientClassSection | ClientClass6Section, before: Classes, at: Location) -> Iterator[Problem]:
    if is_built_in(one.name):
        yield Problem((*at, "name"), "is a class that is there by itself", "give it another name")
    if one.only_if_required and one.test is None:
        yield Problem((*at, "only-if-required"), "is about a class without a test", "set test, or leave this out")
    if one.test is not None:
        for name in sorted(one.test.members - {other.name for other in before}):
            if not is_built_in(name):
                right = "define that class above this one" + _near(before, name)
                yield Problem((*at, "test"), f"asks for the class {name}, which is not defined above", right)
    yield from check_level(one, at)


def check_level(section: TermParameters, at: Location) -> Iterator[Problem]:
    """The lifetimes of a class, a pool or a reservation go together, and its options can be sent."""
    valid, least, most = section.valid_lifetime, section.min_valid_lifetime, section.max_valid_lifetime
    for key, bound in (("min-valid-lifetime", least), ("max-valid-lifetime", most)):
        if bound is not None and valid is None:
            yield Problem((*at, key), "stands without valid-lifetime", "set that too, or leave this out")
    if valid is not None and least is not None and least > valid:
        yield Problem((*at, "min-valid-lifetime"), f"is more than valid-lifetime ({valid})", f"write at most {valid}")
    if valid is not None and most is not None and most < valid:
        yield Problem((*at, "max-valid-lifetime"), f"is less than valid-lifetime ({valid})", f"write at least {valid}")
    preferred = section.preferred_lifetime if isinstance(section, Term6Parameters) else None
    if valid is not None and preferred is not None and preferred > valid:
        yield Problem((*at, "preferred-lifetime"), f"is more than valid-lifetime ({valid})", f"write at most {valid}")
    yield from check_options(section.option_data, (*at, "option-data"))


def _check_guard(classes: Classes, place: GuardParameters, at: Location) -> Iterator[Problem]:
    guard = place.client_class
    if guard is not None:
        yield from _check_defined(classes, guard, (*at, "client-class"))
        if any(one.name == guard and one.only_if_required for one in classes):
            wrong = "is a class with only-if-required, which is tested when an address is chosen already"
            yield Problem((*at, "client-class"), wrong, "leave only-if-required out there")
    for number, name in enumerate(place.require_client_classes):
        yield from _check_defined(classes, name, (*at, "require-client-classes", number))


def _check_defined(classes: Classes, name: str, at: Location) -> Iterator[Problem]:
    if not is_built_in(name) and all(one.name != name for one in classes):
        right = f"define it under [[{at[0]}.client-classes]]" + _near(classes, name)
        yield Problem(at, "is no class that is defined", right)


def _near(classes: Classes, name: str) -> str:
    near = get_close_matches(name, [one.name for one in classes], 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""


def is_built_in(name: str) -> bool:
    """Whether the class is there without being defined."""
    return name in BUILT_IN or name.startswith(VENDOR_CLASS)
