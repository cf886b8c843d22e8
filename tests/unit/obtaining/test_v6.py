"""The DHCPv6 client's states: what it says when, and what it makes of answers. Time and chance are the test's."""

from __future__ import annotations

import math
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.fqdn import parse_fqdn39
from tenure.dhcpwire.v6.association import build_address, build_status
from tenure.dhcpwire.v6.codes import MessageType, Option, Status
from tenure.dhcpwire.v6.message import encode_options
from tenure.dhcpwire.v6.request import build_request, options_in
from tenure.dnswire.name import from_text
from tenure.obtaining.lease import ENDLESS, Action, Configure, Learned, Lease, Remove, Send
from tenure.obtaining.v6 import BEST, CONFIRM_SECONDS, MOST_REQUESTS, VAIN_SOLICITS, Client6, State
from tenure.obtaining.wish import Flag, Wish

T = TypeVar("T")
DUID, IAID, SERVER, OTHER_SERVER = b"\0\4" + bytes([0x5A]) * 16, b"\0\0\0\7", b"\0\3\0\1server", b"\0\3\0\1other!"
ADDRESS, OTHER = bytes.fromhex("fd77" + "0" * 26 + "07"), bytes.fromhex("fd77" + "0" * 26 + "08")
WISH = Wish(bytes(6), DUID, IAID, (b"pc", b"office", b"example"), True, frozenset({Flag.E}))
WIRE_NAME = b"\2pc\6office\7example\0"


class Said:
    """A client's message, taken apart."""

    def __init__(self, sent: Send) -> None:
        assert (sent.server, sent.source) == (b"", b"")
        self.kind = MessageType(sent.octets[0])
        self.transaction = sent.octets[1:4]
        self.options = dict(options_in(sent.octets[4:]))
        assert self.options[Option.CLIENT_ID] == DUID
        inside = options_in(self.options[Option.IA_NA][12:])
        assert self.options[Option.IA_NA][:12] == IAID + bytes(8)
        self.address = inside[0][1][:16] if inside else b""


def one(actions: list[Action], kind: type[T]) -> T:
    (found,) = [action for action in actions if isinstance(action, kind)]
    return found


def informs(action: Action) -> bool:
    return isinstance(action, Send) and action.octets[0] == MessageType.INFORMATION_REQUEST


def said(actions: list[Action]) -> Said:
    """The message of the state; what else is asked for beside it is of a test of its own."""
    return Said(one([action for action in actions if not informs(action)], Send))


def answer(
    asked: Said,
    kind: MessageType = MessageType.REPLY,
    *more: tuple[int, bytes],
    address: bytes = ADDRESS,
    times: tuple[int, int] = (0, 0),
    lifetimes: tuple[int, int] = (1800, 3600),
    server: bytes = SERVER,
    status: Status | None = None,
) -> bytes:
    content = build_address(address, *lifetimes) if status is None else build_status(status, "no")
    ia = IAID + times[0].to_bytes(4, "big") + times[1].to_bytes(4, "big") + content
    options = [(int(Option.CLIENT_ID), DUID), (int(Option.SERVER_ID), server), (int(Option.IA_NA), ia), *more]
    return build_request(kind, asked.transaction, options)


def client(wish: Wish = WISH, held: Lease | None = None) -> Client6:
    return Client6(wish, held, lambda: 0.5)


def bound(
    *more: tuple[int, bytes],
    wish: Wish = WISH,
    times: tuple[int, int] = (0, 0),
    lifetimes: tuple[int, int] = (1800, 3600),
) -> Client6:
    """A client that has leased its address at one second."""
    made = client(wish)
    made.start(0.0)
    solicit = said(made.tick(made.next_at))
    best = (int(Option.PREFERENCE), bytes((BEST,)))
    request = said(made.hear(answer(solicit, MessageType.ADVERTISE, best), 1.0))
    found = one(made.hear(answer(request, MessageType.REPLY, *more, times=times, lifetimes=lifetimes), 1.0), Configure)
    assert found.is_new
    assert found.lease == made.lease
    return made


def test_an_exchange_from_solicit_to_a_lease() -> None:
    made = client()
    assert made.start(10.0) == []
    solicit = said(made.tick(made.next_at))
    assert (solicit.kind, solicit.address) == (MessageType.SOLICIT, b"")
    assert solicit.options[Option.CLIENT_FQDN] == b"\0" + WIRE_NAME
    asked = solicit.options[Option.ORO]
    assert {int.from_bytes(asked[at : at + 2], "big") for at in range(0, len(asked), 2)} == {23, 24, 39, 82, 148}
    assert made.hear(answer(solicit, MessageType.ADVERTISE, server=OTHER_SERVER), 11.0) == []  # others may come
    better = (int(Option.PREFERENCE), b"\7")
    assert made.hear(answer(solicit, MessageType.ADVERTISE, better, address=OTHER), 11.1) == []
    request = said(made.tick(made.next_at))
    assert (request.kind, request.options[Option.SERVER_ID], request.address) == (MessageType.REQUEST, SERVER, OTHER)
    assert request.transaction == solicit.transaction  # by this test's chance
    found = one(made.hear(answer(request, address=OTHER), 20.0), Configure)
    assert (found.is_new, found.lease.address, found.lease.prefix_length) == (True, OTHER, 128)
    assert (found.lease.renew_at, found.lease.rebind_at, found.lease.until_at) == (920.0, 1460.0, 3620.0)
    assert made.next_at == 920.0


def test_what_the_server_told_is_in_the_lease() -> None:
    fqdn = b"\1" + WIRE_NAME
    names = encode_options([])
    lease = bound((23, OTHER), (24, b"\6Office\7example\0" + names), (39, fqdn)).lease
    assert lease is not None
    assert (lease.name_servers, lease.domains) == ((OTHER,), (from_text("office.example"),))
    assert lease.answer == parse_fqdn39(fqdn)


@pytest.mark.parametrize(("flags", "octet"), [({Flag.S}, 1), ({Flag.N, Flag.E}, 4), (set(), 0)])
def test_the_option_has_the_flags_that_are_chosen(flags: set[Flag], octet: int) -> None:
    made = client(WISH._replace(flags=frozenset(flags)))
    made.start(0.0)
    assert said(made.tick(made.next_at)).options[Option.CLIENT_FQDN] == bytes((octet,)) + WIRE_NAME


def test_a_partial_name_has_no_root() -> None:
    made = client(WISH._replace(labels=(b"pc",), is_full=False))
    made.start(0.0)
    assert said(made.tick(made.next_at)).options[Option.CLIENT_FQDN] == b"\0\2pc"


def test_after_the_first_wait_the_first_advertisement_is_taken() -> None:
    made = client()
    made.start(0.0)
    made.tick(made.next_at)
    again = said(made.tick(made.next_at))
    assert again.kind is MessageType.SOLICIT
    assert said(made.hear(answer(again, MessageType.ADVERTISE), 5.0)).kind is MessageType.REQUEST


def test_an_advertisement_without_an_address_is_none_but_its_word_on_waiting_counts() -> None:
    made = client()
    made.start(0.0)
    solicit = said(made.tick(made.next_at))
    limit = (int(Option.SOL_MAX_RT), (60).to_bytes(4, "big"))
    refusal = answer(solicit, MessageType.ADVERTISE, limit, status=Status.NO_ADDRS_AVAIL)
    assert made.hear(refusal, 1.0) == []
    for _ in range(20):
        now = made.next_at
        assert said(made.tick(now)).kind is MessageType.SOLICIT
    assert made.next_at - now == 60.0


def test_a_lease_is_renewed_at_its_server_then_at_any_and_ends_then() -> None:
    made = bound()
    lease = made.lease
    assert lease is not None
    renew = said(made.tick(made.next_at))
    assert (renew.kind, renew.options[Option.SERVER_ID], renew.address) == (MessageType.RENEW, SERVER, ADDRESS)
    while made.state is State.RENEWING:
        now = made.next_at
        actions = made.tick(now)
    assert now == lease.rebind_at
    rebind = said(actions)
    assert (rebind.kind, Option.SERVER_ID in rebind.options) == (MessageType.REBIND, False)
    while made.state is State.REBINDING:
        now = made.next_at
        actions = made.tick(now)
    assert now == lease.until_at
    assert one(actions, Remove).lease == lease
    assert said(actions).kind is MessageType.SOLICIT


def test_a_renewal_is_no_new_lease() -> None:
    made = bound()
    renew = said(made.tick(made.next_at))
    assert made.hear(answer(renew, server=OTHER_SERVER), 1000.0) == []
    found = one(made.hear(answer(renew, times=(100, 200)), 1000.0), Configure)
    assert (found.is_new, found.is_heard, made.next_at) == (False, True, 1100.0)


def test_a_server_that_has_lost_the_binding_is_asked_for_it_anew() -> None:
    made = bound()
    renew = said(made.tick(made.next_at))
    request = said(made.hear(answer(renew, status=Status.NO_BINDING), 1000.0))
    assert (request.kind, request.address) == (MessageType.REQUEST, ADDRESS)
    found = one(made.hear(answer(request), 1001.0), Configure)
    assert (found.is_new, found.replaces) == (True, None)


def test_a_lifetime_of_zero_ends_it_and_another_address_replaces_it() -> None:
    made = bound()
    lease = made.lease
    renew = said(made.tick(made.next_at))
    assert one(made.hear(answer(renew, lifetimes=(0, 0)), 1000.0), Remove).lease == lease
    made = bound()
    renew = said(made.tick(made.next_at))
    found = one(made.hear(answer(renew, address=OTHER), 1000.0), Configure)
    assert (found.is_new, found.replaces, found.lease.address) == (True, lease, OTHER)


@pytest.mark.parametrize("says", [True, False])
def test_what_was_held_is_confirmed_or_nobody_says_otherwise_and_renewed_then(says: bool) -> None:
    held = bound().lease
    made = client(held=held)
    confirm = said(made.start(100.0))
    assert (confirm.kind, confirm.address) == (MessageType.CONFIRM, ADDRESS)
    assert not {Option.SERVER_ID, Option.ORO} & {*confirm.options}
    if says:
        whole = (int(Option.STATUS_CODE), b"\0\0")
        actions = made.hear(answer(confirm, MessageType.REPLY, whole, status=Status.SUCCESS), 101.0)
    else:
        actions = []
        while not actions or isinstance(actions[0], Send):
            now = made.next_at
            actions = made.tick(now)
        assert now == 100.0 + CONFIRM_SECONDS
    assert held is not None
    assert actions == [Configure(held, is_new=False, is_heard=False)]
    assert said(made.tick(made.next_at)).kind is MessageType.RENEW


def test_what_is_not_of_this_link_is_taken_away() -> None:
    held = bound().lease
    made = client(held=held)
    confirm = said(made.start(100.0))
    assert one(made.hear(answer(confirm, status=Status.NOT_ON_LINK), 101.0), Remove).lease == held
    assert said(made.tick(made.next_at)).kind is MessageType.SOLICIT


def test_an_address_that_another_host_has_is_declined() -> None:
    made = bound()
    assert made.conflict(OTHER, 5.0) == []
    actions = made.conflict(ADDRESS, 5.0)
    decline = said(actions)
    assert (decline.kind, decline.address, decline.options[Option.SERVER_ID]) == (MessageType.DECLINE, ADDRESS, SERVER)
    assert one(actions, Remove).lease.address == ADDRESS


def test_a_lease_is_given_back() -> None:
    made = bound()
    actions = made.stop(release=True, now=50.0)
    release = said(actions)
    assert (release.kind, release.address, release.options[Option.SERVER_ID]) == (MessageType.RELEASE, ADDRESS, SERVER)
    assert not {Option.ORO, Option.CLIENT_FQDN} & {*release.options}
    assert isinstance(actions[-1], Remove)
    assert (made.next_at, made.lease) == (math.inf, None)
    kept = bound()
    assert kept.stop(release=False, now=50.0) == []


def test_a_server_that_is_silent_after_its_advertisement_is_given_up() -> None:
    made = client()
    made.start(0.0)
    solicit = said(made.tick(made.next_at))
    made.hear(answer(solicit, MessageType.ADVERTISE, (int(Option.PREFERENCE), bytes((BEST,)))), 1.0)
    for _ in range(MOST_REQUESTS - 1):
        assert said(made.tick(made.next_at)).kind is MessageType.REQUEST
    assert said(made.tick(made.next_at)).kind is MessageType.SOLICIT


def test_another_name_is_told_at_once() -> None:
    made = bound()
    renew = said(made.rename(WISH._replace(labels=(b"pc2", b"test")), 10.0))
    assert (renew.kind, renew.options[Option.CLIENT_FQDN]) == (MessageType.RENEW, b"\0\3pc2\4test\0")
    assert made.rename(WISH._replace(labels=(b"pc2", b"test")), 11.0) == []


def test_an_endless_lease_is_never_renewed() -> None:
    assert bound(lifetimes=(ENDLESS, ENDLESS)).next_at == math.inf


def test_that_a_server_takes_registrations_is_remembered_for_the_link() -> None:
    made = bound((int(Option.ADDR_REG_ENABLE), b""))
    assert made.takes_registrations
    made.link_up(20.0)
    assert not made.takes_registrations


def test_where_no_server_has_an_address_the_rest_is_asked_for_beside() -> None:
    made = client()
    made.start(0.0)
    for _ in range(VAIN_SOLICITS - 1):
        assert not any(map(informs, made.tick(made.next_at)))
    actions = made.tick(made.next_at)
    (asked,) = [action for action in actions if isinstance(action, Send) and informs(action)]
    options = dict(options_in(asked.octets[4:]))
    assert not {Option.IA_NA, Option.SERVER_ID} & {*options}
    assert asked.octets[1:4] != said(actions).transaction
    told = [(1, DUID), (2, SERVER), (23, OTHER), (24, b"\4test\0"), (148, b""), (32, (700).to_bytes(4, "big"))]
    now = made.next_at - 0.1
    other = build_request(MessageType.REPLY, b"\1\2\3", told)
    assert made.hear(other, now) == []
    reply = build_request(MessageType.REPLY, asked.octets[1:4], told)
    assert made.hear(reply, now) == [Learned((OTHER,), (from_text("test"),))]
    assert made.takes_registrations
    assert made.hear(reply, now) == []
    times = []
    while len(times) < 2:
        at = made.next_at
        if any(map(informs, made.tick(at))):
            times.append(at)
    assert times[0] >= now + 700.0
    assert said(made.tick(made.next_at)).kind is MessageType.SOLICIT


MOVES = st.sampled_from(
    [
        "tick",
        "advertise",
        "reply",
        "other",
        "zero",
        "no-binding",
        "not-on-link",
        "conflict",
        "link",
        "rename",
        "garbage",
    ]
)
STATUSES = {"no-binding": Status.NO_BINDING, "not-on-link": Status.NOT_ON_LINK}


@given(st.lists(st.tuples(MOVES, st.floats(0.0, 2000.0)), max_size=60), st.randoms(use_true_random=False))
def test_whatever_happens_the_host_has_what_the_client_has(moves: list[tuple[str, float]], chance: object) -> None:
    made = Client6(WISH, None, chance.random)  # type: ignore[attr-defined]
    now, has, last = 0.0, None, None
    actions = made.start(now)
    for move, later in [("tick", 0.0), *moves]:
        for action in actions:
            match action:
                case Send():
                    last = last if informs(action) else Said(action)
                case Configure():
                    assert action.replaces == (has if has and has.address != action.lease.address else None)
                    has = action.lease
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
            actions = made.hear(bytes(40), now)
        elif last is not None:
            kind = MessageType.ADVERTISE if move == "advertise" else MessageType.REPLY
            lifetimes = (0, 0) if move == "zero" else (900, 1800)
            address = OTHER if move == "other" else ADDRESS
            octets = answer(last, kind, address=address, lifetimes=lifetimes, status=STATUSES.get(move))
            actions = made.hear(octets, now)
