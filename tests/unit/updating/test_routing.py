"""Longest match, at label boundaries, each direction by itself."""

from __future__ import annotations

import pytest

from tenure.dnswire.name import from_text
from tenure.naming.registration import Direction
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
