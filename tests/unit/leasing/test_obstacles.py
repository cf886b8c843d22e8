"""What a look into a zone of ours keeps from a lease, by how its terms let it prove a name."""

from __future__ import annotations

import pytest
from dhcp4_network import NAMING, ZONE, ip
from lease_view import MemoryView

from tenure.dnswire.name import from_text
from tenure.leasing.place import obstacle_for
from tenure.naming.policy import NamingPolicy
from tenure.naming.reason import Reason

PC = from_text("pc.example.test.")
TAKEN, STATIC = Reason.NAME_TAKEN, Reason.NAME_STATIC


class Looked(MemoryView):
    """Something stands at each name."""

    def __init__(self, found: Reason | None) -> None:
        super().__init__()
        self.found = found

    def obstacle_at(self, name: bytes, zone: bytes, address: bytes, identity: tuple[int, bytes]) -> Reason | None:
        return self.found


def policy(mode: str | None) -> NamingPolicy:
    forward = NAMING.forward_zones
    return NamingPolicy(qualifying_suffix=ZONE, forward_zones=forward, own_zones=forward, conflict_resolution_mode=mode)


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        (None, {TAKEN, STATIC}),
        ("check-with-dhcid", {TAKEN, STATIC}),
        ("check-exists-with-dhcid", {STATIC}),
        ("no-check-with-dhcid", set()),
        ("no-check-without-dhcid", set()),
    ],
)
def test_what_stands_in_the_way(mode: str | None, found: set[Reason]) -> None:
    for one in (TAKEN, STATIC, None):
        look = obstacle_for(Looked(one), b"\0\1abcdef", ip("10.1.0.100"), policy(mode))
        assert (None if look is None else look(PC, ZONE, (0, b"\1abcdef"))) == (one if one in found else None)
