"""Whatever clients say in whatever order: no address or prefix is leased twice, and every named lease is registered."""

from __future__ import annotations

from itertools import pairwise

from dhcp6_network import LINK, Answer, Client, Network, fqdn, reserved, subnet
from dhcpv6 import NA, PD, ia
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.leasing.ending import is_named
from tenure.leasing.lease import LeaseState

SECOND = "2001:db8:2::"
KEY = b"\2" + bytes.fromhex("00030001020000000001")
CLIENTS = 4

KINDS = st.sampled_from(["solicit", "request", "renew", "rebind", "release", "decline", "confirm"])
TARGETS = st.sampled_from(
    ["", LINK + "100", LINK + "101", LINK + "7", SECOND + "100", "2001:db8:ff::/56", "2001:db8:ff:100::/56", "own"]
)
STEP = st.tuples(
    KINDS,
    st.integers(1, CLIENTS),
    st.sampled_from([LINK, SECOND]),
    st.lists(st.tuples(st.sampled_from([NA, PD]), st.integers(1, 2), TARGETS), min_size=1, max_size=3),
    st.sampled_from([0, 0, 30, 2000, 4000]),
)


@given(st.lists(STEP, max_size=40))
@settings(max_examples=150)
def test_nothing_is_leased_twice(steps: list[tuple[str, int, str, list[tuple[int, int, str]], int]]) -> None:
    net = Network(
        subnet(
            pools=f"{LINK}100-{LINK}102",
            prefixes="2001:db8:ff::/54>56",
            reservations={KEY: reserved(LINK + "7", "2001:db8:ff:100::/56")},
        ),
        subnet(f"{SECOND}/64", f"{SECOND}100-{SECOND}101", rapid_commit=True),
    )
    believed: dict[tuple[int, int, int], dict[str, float]] = {}
    for kind, number, link, wishes, later in steps:
        net.now += later
        client = net.client(number).at(link + "1").saying(fqdn(f"pc{number % 3}"))
        options = tuple(
            ia(code, iaid, *targets_of(target, code, believed.get((number, code, iaid), {})))
            for code, iaid, target in wishes
        )
        answer = speak(client, kind, options)
        if answer.octets:
            learn(believed, number, kind, answer, net.now)
        check(net, believed)


def targets_of(target: str, code: int, own: dict[str, float]) -> list[str]:
    texts = list(own) if target == "own" else [target] if target else []
    return [text for text in texts if ("/" in text) is (code == PD)]


def speak(client: Client, kind: str, options: tuple[tuple[int, bytes], ...]) -> Answer:
    answer: Answer = getattr(client, kind)(*options)
    return answer


def learn(
    believed: dict[tuple[int, int, int], dict[str, float]], number: int, kind: str, answer: Answer, now: float
) -> None:
    """What a client believes after a reply: it uses what has a lifetime, until that is over."""
    if kind in {"release", "decline"}:
        for key in [key for key in believed if key[0] == number]:
            believed[key] = {}  # it gave up at least what it named; a client that is careful uses nothing of it
        return
    if answer.kind != 7:
        return
    for said in answer.said.ias:
        held = believed.setdefault((number, said.code, said.iaid), {})
        for lease, (_, valid) in said.leases.items():
            held.pop(lease, None)
            if valid:
                held[lease] = now + valid


def check(net: Network, believed: dict[tuple[int, int, int], dict[str, float]]) -> None:
    using: dict[str, tuple[int, int, int]] = {}
    for who, leases in believed.items():
        for lease, until in leases.items():
            if until > net.now:
                assert lease not in using, f"{who} and {using[lease]} both use {lease}"
                using[lease] = who
    bound = sorted((row.address, row.last_address) for row in net.view.rows.values() if row.state == LeaseState.BOUND)
    assert all(one[1] < other[0] for one, other in pairwise(bound))
    named = {
        (row.fqdn, row.address, row.dhcid)
        for row in net.view.rows.values()
        if row.state == LeaseState.BOUND and is_named(row)
    }
    assert named == set(net.view.wanted)
