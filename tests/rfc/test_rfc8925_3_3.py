"""RFC 8925 section 3.3: IPv6-only preferred (option 108) is for those who ask for it, and for no one else."""

from __future__ import annotations

import pytest
from dhcp4_network import Network, client_class, ip, subnet

V6_ONLY = 108
WAIT = (1800).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("asked", "told"), [((55, b"\x01\x03\x6c"), WAIT), ((55, b"\x01\x03\x06"), None), (None, None)]
)
def test_it_is_sent_to_who_asks(asked: tuple[int, bytes] | None, told: bytes | None) -> None:
    network = Network(subnet(options={V6_ONLY: WAIT, 6: ip("10.1.0.53")}))
    says = () if asked is None else (asked,)
    offered = network.client().discover(*says)
    assert offered.options.get(V6_ONLY) == told
    assert network.client().select(offered.yiaddr, *says).options.get(V6_ONLY) == told
    assert network.client().inform("10.1.0.9", *says).options.get(V6_ONLY) == told


def test_it_can_be_for_a_class_alone() -> None:
    phones = client_class("phones", "option[60].exists", options={V6_ONLY: WAIT})
    network = Network(classes=[phones])
    asked = (55, bytes((V6_ONLY,)))
    assert network.client(1).join((60, b"phone"), asked).options[V6_ONLY] == WAIT
    assert V6_ONLY not in network.client(2).join(asked).options
