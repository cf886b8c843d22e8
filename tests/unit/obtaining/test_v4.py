"""The DHCPv4 client's states: what it says when, and what it makes of answers. Time and chance are the test's."""

from __future__ import annotations

import itertools
import math
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.fqdn import parse_fqdn81
from tenure.dhcpwire.v4.options import MessageType, Option
from tenure.dhcpwire.v4.packet import BOOTREQUEST, Packet, build_reply, parse_packet
from tenure.dnswire.name import from_text
from tenure.obtaining.lease import ENDLESS, Action, Configure, Lease, Probe, Remove, Route, Send
from tenure.obtaining.v4 import DECLINED_SECONDS, MOST_REBOOTS, MOST_REQUESTS, PROBES, Client4, State
from tenure.obtaining.wish import Flag, Wish

T = TypeVar("T")
HARDWARE, DUID, IAID = bytes.fromhex("020000000007"), b"\0\4" + bytes([0x5A]) * 16, b"\0\0\0\7"
SERVER, ADDRESS, OTHER = bytes((10, 1, 0, 2)), bytes((10, 1, 0, 100)), bytes((10, 1, 0, 101))
WISH = Wish(HARDWARE, DUID, IAID, (b"pc", b"office", b"example"), True, frozenset({Flag.E}))
WIRE_NAME = b"\2pc\6office\7example\0"


def one(actions: list[Action], kind: type[T]) -> T:
    (found,) = [action for action in actions if isinstance(action, kind)]
    return found


def said(actions: list[Action]) -> tuple[MessageType, Packet, Send]:
    sent = one(actions, Send)
    packet = parse_packet(sent.octets)
    assert packet.op == BOOTREQUEST
    return MessageType(packet.options[Option.MESSAGE_TYPE][0]), packet, sent


def answer(
    request: Packet,
    kind: MessageType,
    *more: tuple[int, bytes],
    address: bytes = ADDRESS,
    server: bytes = SERVER,
    seconds: int = 3600,
) -> bytes:
    options = [(53, bytes((kind,))), (54, server)]
    if kind is not MessageType.NAK:
        options += [(51, seconds.to_bytes(4, "big")), (1, bytes((255, 255, 0, 0)))]
    return build_reply(request, [*options, *more], yiaddr=bytes(4) if kind is MessageType.NAK else address)


def client(wish: Wish = WISH, held: Lease | None = None) -> Client4:
    return Client4(wish, held, lambda: 0.5)


def bound(*more: tuple[int, bytes], wish: Wish = WISH, seconds: int = 3600, now: float = 0.0) -> Client4:
    """A client that has leased its address at this time, without a check."""
    made = client(wish._replace(checks=False))
    made.start(now)
    _, discover, _ = said(made.tick(made.next_at))
    _, request, _ = said(made.hear(answer(discover, MessageType.OFFER), now))
    actions = made.hear(answer(request, MessageType.ACK, *more, seconds=seconds), now)
    assert one(actions, Configure).lease == made.lease
    return made


def test_an_exchange_from_discover_to_a_lease_that_is_checked_first() -> None:
    made = client()
    assert made.start(10.0) == []
    kind, discover, sent = said(made.tick(made.next_at))
    assert (kind, sent.server, sent.source) == (MessageType.DISCOVER, b"", b"")
    assert discover.options[Option.CLIENT_IDENTIFIER] == b"\xff" + IAID + DUID
    assert discover.options[Option.CLIENT_FQDN] == b"\x04\0\0" + WIRE_NAME
    kind, request, sent = said(made.hear(answer(discover, MessageType.OFFER), 11.0))
    assert (kind, sent.server, request.xid) == (MessageType.REQUEST, b"", discover.xid)
    assert (request.options[Option.REQUESTED_ADDRESS], request.options[Option.SERVER_IDENTIFIER]) == (ADDRESS, SERVER)
    assert request.options[Option.CLIENT_FQDN] == discover.options[Option.CLIENT_FQDN]
    assert made.hear(answer(request, MessageType.ACK), 11.5) == [Probe(ADDRESS)]
    for _ in range(PROBES - 1):
        assert made.tick(made.next_at) == [Probe(ADDRESS)]
    found = one(made.tick(made.next_at), Configure)
    assert found.is_new
    assert (found.lease.address, found.lease.prefix_length, found.lease.server) == (ADDRESS, 16, SERVER)
    assert (found.lease.bound_at, found.lease.until_at) == (11.0, 3611.0)  # from when it was asked for
    assert 11.0 + 1800 * 0.97 < made.next_at <= 11.0 + 1800


def test_what_the_server_told_is_in_the_lease() -> None:
    fqdn = b"\x07\xff\xff" + WIRE_NAME
    made = bound(
        (3, bytes((10, 1, 0, 1))), (6, bytes((10, 1, 0, 1, 10, 1, 0, 9))), (15, b"Office.example"), (81, fqdn),
        (119, b"\3lab\7example\0"),
    )  # fmt: skip
    lease = made.lease
    assert lease is not None
    assert lease.routes == (Route(bytes(4), 0, bytes((10, 1, 0, 1))),)
    assert lease.name_servers == (bytes((10, 1, 0, 1)), bytes((10, 1, 0, 9)))
    assert lease.domains == (from_text("office.example"), from_text("lab.example"))
    assert lease.answer == parse_fqdn81(fqdn)


def test_classless_routes_count_instead_of_routers_and_damaged_ones_give_none() -> None:
    routes = bytes((8, 10, 10, 1, 0, 1, 0, 10, 1, 0, 9))
    lease = bound((3, bytes((10, 1, 0, 1))), (121, routes)).lease
    assert lease is not None
    assert lease.routes == (
        Route(bytes((10, 0, 0, 0)), 8, bytes((10, 1, 0, 1))),
        Route(bytes(4), 0, bytes((10, 1, 0, 9))),
    )
    damaged = bound((3, bytes((10, 1, 0, 1))), (121, routes[:-1])).lease
    assert damaged is not None
    assert damaged.routes == ()


@pytest.mark.parametrize(
    ("flags", "is_full", "labels", "data"),
    [
        ({Flag.S, Flag.E}, True, (b"pc", b"test"), b"\x05\0\0\2pc\4test\0"),
        ({Flag.N}, True, (b"pc", b"test"), b"\x08\0\0pc.test."),
        (set(), False, (b"pc",), b"\0\0\0pc"),
        ({Flag.E}, False, (b"pc",), b"\x04\0\0\2pc"),
        ({Flag.E}, False, (), None),
    ],
)
def test_the_option_has_the_flags_that_are_chosen(
    flags: set[Flag], is_full: bool, labels: tuple[bytes, ...], data: bytes | None
) -> None:
    made = client(WISH._replace(flags=frozenset(flags), is_full=is_full, labels=labels))
    made.start(0.0)
    _, discover, _ = said(made.tick(made.next_at))
    assert discover.options.get(Option.CLIENT_FQDN) == data


def test_a_lease_is_renewed_at_its_server_then_at_any_and_ends_then() -> None:
    made = bound()
    lease = made.lease
    assert lease is not None
    kind, packet, sent = said(made.tick(made.next_at))
    assert (kind, made.state, sent.server, sent.source) == (MessageType.REQUEST, State.RENEWING, SERVER, ADDRESS)
    assert packet.ciaddr == ADDRESS
    assert {Option.REQUESTED_ADDRESS, Option.SERVER_IDENTIFIER} & {*packet.options} == set()  # RFC 2131 section 4.3.2
    while made.state is State.RENEWING:
        now = made.next_at
        actions = made.tick(now)
    assert now == lease.rebind_at
    assert (said(actions)[2].server, said(actions)[1].ciaddr) == (b"", ADDRESS)
    while made.state is State.REBINDING:
        now = made.next_at
        actions = made.tick(now)
    assert now == lease.until_at == 3600.0
    assert one(actions, Remove).lease == lease
    assert said(actions)[0] is MessageType.DISCOVER


def test_a_renewal_is_no_new_lease_and_is_not_checked() -> None:
    made = bound(wish=WISH)
    _, request, _ = said(made.tick(made.next_at))
    now = made.next_at - 1.0
    found = one(made.hear(answer(request, MessageType.ACK), now), Configure)
    assert (found.is_new, found.replaces, made.state) == (False, None, State.BOUND)


def test_another_address_in_a_renewal_replaces_the_one_before() -> None:
    made = bound()
    before = made.lease
    _, request, _ = said(made.tick(made.next_at))
    found = one(made.hear(answer(request, MessageType.ACK, address=OTHER), made.next_at - 1.0), Configure)
    assert (found.is_new, found.replaces, found.lease.address) == (True, before, OTHER)


def test_a_lease_that_was_held_is_asked_for_first_and_else_another_one() -> None:
    held = bound().lease
    assert held is not None
    made = client(held=held)
    kind, request, sent = said(made.start(100.0))
    assert (kind, made.state, sent.server, request.ciaddr) == (MessageType.REQUEST, State.REBOOTING, b"", bytes(4))
    assert request.options[Option.REQUESTED_ADDRESS] == ADDRESS
    assert Option.SERVER_IDENTIFIER not in request.options
    for _ in range(MOST_REBOOTS - 1):
        assert said(made.tick(made.next_at))[0] is MessageType.REQUEST
    kind, discover, _ = said(made.tick(made.next_at))
    assert (kind, discover.options[Option.REQUESTED_ADDRESS]) == (MessageType.DISCOVER, ADDRESS)


def test_a_lease_that_is_confirmed_after_a_start_is_no_new_one() -> None:
    held = bound().lease
    made = client(WISH._replace(checks=False), held)
    _, request, _ = said(made.start(100.0))
    found = one(made.hear(answer(request, MessageType.ACK), 100.5), Configure)
    assert (found.is_new, found.lease.bound_at) == (False, 100.0)


def test_one_that_has_ended_meanwhile_is_not() -> None:
    held = bound().lease
    made = client(held=held)
    assert made.start(4000.0) == []
    assert made.state is State.INIT


@pytest.mark.parametrize("state", [State.RENEWING, State.REBOOTING])
def test_a_refusal_takes_the_address_away(state: State) -> None:
    made = bound()
    actions = made.tick(made.next_at) if state is State.RENEWING else made.link_up(50.0)
    assert made.state is state
    _, request, _ = said(actions)
    assert one(made.hear(answer(request, MessageType.NAK), 60.0), Remove).lease.address == ADDRESS
    assert (made.lease, made.state) == (None, State.INIT)
    assert said(made.tick(made.next_at))[0] is MessageType.DISCOVER


def test_refusals_in_a_row_are_answered_more_and_more_slowly() -> None:
    made, waits = client(), []
    made.start(0.0)
    for _ in range(9):
        _, discover, _ = said(made.tick(made.next_at))
        now = made.next_at
        _, request, _ = said(made.hear(answer(discover, MessageType.OFFER), now))
        made.hear(answer(request, MessageType.NAK), now)
        waits.append(made.next_at - now)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 32.0, 32.0]


def test_an_address_that_another_host_has_is_declined_and_asked_for_later() -> None:
    made = client()
    made.start(0.0)
    _, discover, _ = said(made.tick(made.next_at))
    _, request, _ = said(made.hear(answer(discover, MessageType.OFFER), 1.0))
    made.hear(answer(request, MessageType.ACK), 1.0)
    assert made.conflict(OTHER, 1.1) == []
    kind, decline, sent = said(made.conflict(ADDRESS, 1.2))
    assert (kind, sent.server, decline.ciaddr) == (MessageType.DECLINE, b"", bytes(4))
    assert (decline.options[Option.REQUESTED_ADDRESS], decline.options[Option.SERVER_IDENTIFIER]) == (ADDRESS, SERVER)
    assert Option.PARAMETER_REQUEST_LIST not in decline.options
    assert made.next_at >= 1.2 + DECLINED_SECONDS
    assert made.lease is None


def test_an_offer_whose_server_is_silent_then_is_given_up() -> None:
    made = client()
    made.start(0.0)
    _, discover, _ = said(made.tick(made.next_at))
    made.hear(answer(discover, MessageType.OFFER), 1.0)
    for _ in range(MOST_REQUESTS - 1):
        assert said(made.tick(made.next_at))[0] is MessageType.REQUEST
    assert said(made.tick(made.next_at))[0] is MessageType.DISCOVER


def test_discovers_come_more_and_more_slowly() -> None:
    made = client()
    made.start(0.0)
    times = []
    for _ in range(8):
        times.append(made.next_at)
        made.tick(made.next_at)
    assert [round(b - a, 6) for a, b in itertools.pairwise(times)] == [4, 8, 16, 32, 64, 64, 64]


def test_a_lease_is_given_back_at_its_server() -> None:
    made = bound()
    actions = made.stop(release=True, now=100.0)
    kind, packet, sent = said(actions)
    assert (kind, sent.server, sent.source, packet.ciaddr) == (MessageType.RELEASE, SERVER, ADDRESS, ADDRESS)
    assert packet.options[Option.CLIENT_IDENTIFIER] == b"\xff" + IAID + DUID
    assert Option.REQUESTED_ADDRESS not in packet.options
    assert one(actions, Remove).lease.address == ADDRESS
    assert made.next_at == math.inf


def test_a_lease_that_is_kept_is_there_after_the_end() -> None:
    made = bound()
    assert made.stop(release=False, now=100.0) == []
    assert made.lease is not None


def test_another_name_is_told_at_once_and_a_domain_that_was_learned_is_none() -> None:
    made = bound(wish=WISH._replace(labels=(b"pc",), is_full=False))
    assert made.rename(WISH, 10.0) == []
    kind, packet, _ = said(made.rename(WISH._replace(labels=(b"pc2", b"test")), 10.0))
    assert (kind, made.state) == (MessageType.REQUEST, State.RENEWING)
    assert packet.options[Option.CLIENT_FQDN].endswith(b"\3pc2\4test\0")


def test_an_endless_lease_is_never_renewed() -> None:
    made = bound(seconds=ENDLESS)
    assert made.next_at == math.inf
    assert said(made.rename(WISH._replace(labels=(b"pc2",)), 10.0))[0] is MessageType.REQUEST
    assert 10.0 < made.next_at < math.inf  # but for another name, until that is heard


@pytest.mark.parametrize(
    ("t1", "t2", "expected"), [(100, 200, (100, 200)), (300, 200, (1800, 3150)), (0, 4000, (1800, 3150))]
)
def test_times_of_the_server_count_in_their_order_only(t1: int, t2: int, expected: tuple[int, int]) -> None:
    lease = bound((58, t1.to_bytes(4, "big")), (59, t2.to_bytes(4, "big"))).lease
    assert lease is not None
    times = (lease.renew_at - lease.bound_at, lease.rebind_at - lease.bound_at)
    assert times == pytest.approx(expected, rel=0.02)


def test_answers_to_others_are_not_heard() -> None:
    made = client()
    made.start(0.0)
    _, discover, _ = said(made.tick(made.next_at))
    offer = answer(discover, MessageType.OFFER)
    assert made.hear(offer[:4] + bytes(4) + offer[8:], 1.0) == []  # another transaction
    assert made.hear(offer[:28] + bytes(6) + offer[34:], 1.0) == []  # another hardware address
    assert made.hear(answer(discover, MessageType.ACK), 1.0) == []
    _, request, _ = said(made.hear(answer(discover, MessageType.OFFER), 1.0))
    assert made.hear(answer(request, MessageType.ACK, server=OTHER), 1.0) == []
    assert made.hear(answer(request, MessageType.NAK, server=OTHER), 1.0) == []
    assert made.hear(answer(request, MessageType.ACK, seconds=0), 1.0) == []
    assert made.state is State.REQUESTING


MOVES = st.sampled_from(["tick", "offer", "ack", "other", "nak", "conflict", "link", "rename", "garbage"])


@given(st.lists(st.tuples(MOVES, st.floats(0.0, 2000.0)), max_size=60), st.randoms(use_true_random=False))
def test_whatever_happens_the_host_has_what_the_client_has(moves: list[tuple[str, float]], chance: object) -> None:
    """After every step: what was configured and not removed is the lease; and there is something to wait for."""
    made = Client4(WISH, None, chance.random)  # type: ignore[attr-defined]
    now, has, last = 0.0, None, None
    actions = made.start(now)
    for move, later in [("tick", 0.0), *moves]:
        for action in actions:
            match action:
                case Send():
                    last = parse_packet(action.octets)
                case Configure():
                    assert action.replaces == (has if has and has.address != action.lease.address else None)
                    has = action.lease
                    assert has.until_at > now
                case Remove():
                    assert action.lease == has
                    has = None
        if has is not None:
            assert made.lease == has
        assert made.next_at < math.inf
        now = max(now, made.next_at) if move == "tick" else now + later / 100
        if move == "tick":
            actions = made.tick(now)
        elif move == "conflict":
            actions = made.conflict(ADDRESS, now)
        elif move == "link":
            actions = made.link_up(now)
        elif move == "rename":
            actions = made.rename(WISH._replace(labels=(b"n%d" % int(later), b"test")), now)
        elif move == "garbage":
            actions = made.hear(bytes(300), now)
        elif last is not None:
            kind = {"offer": MessageType.OFFER, "nak": MessageType.NAK}.get(move, MessageType.ACK)
            actions = made.hear(answer(last, kind, address=OTHER if move == "other" else ADDRESS), now)
