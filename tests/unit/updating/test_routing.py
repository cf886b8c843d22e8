"""Longest match, at label boundaries, each direction by itself."""

from __future__ import annotations

import pytest

from tenure.dnswire.name import from_text
from tenure.naming.registration import Direction
from tenure.naming.reverse import address_of, classless_range
from tenure.updating.routing import Domain, Routes

SERVERS = (("192.0.2.1", 53),)
EXAMPLE, LAB, TEN, TEN_ONE = (
    Domain(from_text(zone), SERVERS, None)
    for zone in ("Example.test.", "lab.example.test.", "10.in-addr.arpa.", "1.10.in-addr.arpa.")
)
ROUTES = Routes(forward=(EXAMPLE, LAB), reverse=(TEN, TEN_ONE))


@pytest.mark.parametrize(
    ("direction", "owner", "expected"),
    [
        (Direction.FORWARD, "pc1.example.test.", EXAMPLE),
        (Direction.FORWARD, "example.test.", EXAMPLE),
        (Direction.FORWARD, "pc1.lab.example.test.", LAB),
        (Direction.FORWARD, "a.b.lab.example.test.", LAB),
        (Direction.FORWARD, "lab.example.test.", LAB),
        (Direction.FORWARD, "pc1.badexample.test.", None),
        (Direction.FORWARD, "test.", None),
        (Direction.FORWARD, "5.0.1.10.in-addr.arpa.", None),
        (Direction.REVERSE, "5.0.1.10.in-addr.arpa.", TEN_ONE),
        (Direction.REVERSE, "5.0.2.10.in-addr.arpa.", TEN),
        (Direction.REVERSE, "5.0.2.11.in-addr.arpa.", None),
    ],
)
def test_the_longest_zone_that_holds_the_name_has_it(direction: Direction, owner: str, expected: Domain | None) -> None:
    assert ROUTES.route(direction, from_text(owner)) is expected


def test_the_root_zone_covers_everything() -> None:
    root = Domain(b"\0", SERVERS, None)
    assert Routes(forward=(root,), reverse=()).route(Direction.FORWARD, from_text("pc1.example.test.")) is root


def test_a_pointer_stands_in_the_smallest_zone_of_less_than_an_octet_that_covers_its_address() -> None:
    whole, half, quarter = (
        Domain(from_text(f"{part}2.0.192.in-addr.arpa."), (), None) for part in ("", "0-127.", "64/26.")
    )
    routes = Routes((), (whole, half, quarter))
    for last, label, domain in ((200, "", whole), (5, "0-127.", half), (70, "64/26.", quarter)):
        owner = from_text(f"{last}.{label}2.0.192.in-addr.arpa.")
        assert routes.route_pointer(bytes((192, 0, 2, last))) == (owner, domain)
        assert address_of(owner) == bytes((192, 0, 2, last))
    assert routes.route_pointer(bytes((192, 0, 3, 5)))[1] is None
    assert routes.route_pointer(bytes(16))[1] is None


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        ("64/26.2.0.192.in-addr.arpa.", (0xC0000240, 0xC000027F)),
        ("0-127.2.0.192.in-addr.arpa.", (0xC0000200, 0xC000027F)),
        ("65/26.2.0.192.in-addr.arpa.", None),  # no network begins there
        ("64/24.2.0.192.in-addr.arpa.", None),
        ("9-5.2.0.192.in-addr.arpa.", None),
        ("0-256.2.0.192.in-addr.arpa.", None),
        ("64/26.0.192.in-addr.arpa.", None),  # not below a network of 256
        ("64/26.2.0.192.example.test.", None),
        ("2.0.192.in-addr.arpa.", None),
    ],
)
def test_zones_of_less_than_an_octet_are_known_by_their_names(zone: str, found: tuple[int, int] | None) -> None:
    assert classless_range(from_text(zone)) == found


def test_a_name_in_such_a_zone_is_no_address_outside_its_part() -> None:
    assert address_of(from_text("63.64/26.2.0.192.in-addr.arpa.")) is None
    assert address_of(from_text("pc.64/26.2.0.192.in-addr.arpa.")) is None
