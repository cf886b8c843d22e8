from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from lease_view import MemoryView

from tenure.dhcpwire.fqdn import ClientFqdn, parse_fqdn81
from tenure.dnswire.name import from_labels, from_text, is_within, labels
from tenure.naming.choice import name_lease
from tenure.naming.dhcid import RDATA_SIZE, dhcid_rdata
from tenure.naming.hostname import normalise, printable, split_text
from tenure.naming.place import Place
from tenure.naming.policy import ConflictAction, NamingPolicy, RandomizedMac, ReplaceClientName, WhenUnreachable
from tenure.naming.reason import Reason
from tenure.naming.registration import Claim, Want
from tenure.naming.reverse import address_of, reverse_name
from tenure.naming.template import WORDS, NameTemplate
from tenure.naming.ttl import record_ttl
from tenure.octets import Malformed

LDH = re.compile(rb"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=5)
ZONES = frozenset({from_text("example.test."), from_text("test.")})
POLICIES = st.builds(
    NamingPolicy,
    send_updates=st.booleans(),
    override_no_update=st.booleans(),
    override_client_update=st.booleans(),
    replace_client_name=st.sampled_from(ReplaceClientName),
    qualifying_suffix=st.sampled_from([None, from_text("example.test."), from_text("elsewhere.")]),
    forward_zones=st.just(ZONES),
    update_unasked=st.booleans(),
    name_template=st.sampled_from([NameTemplate(f"a-{{{word}}}") for word in WORDS]),
    hostname_char_replacement=st.sampled_from(["", "-", "x"]),
    conflict_action=st.sampled_from(ConflictAction),
    randomized_mac=st.sampled_from(RandomizedMac),
    when_unreachable=st.sampled_from(WhenUnreachable),
    guest_suffix=st.just(from_text("guest.example.test.")),
    hash_key=st.just(b"key"),
)


class Names:
    """A `naming.place.NameView` of names that others have, or that DNS refused to all."""

    def __init__(self, taken: set[bytes], refused: set[bytes], *, fails: bool) -> None:
        self.taken, self.refused, self.fails = taken, refused, fails

    def claims_on(self, name: bytes) -> list[Claim]:
        claims = [Claim(bytes(35), True, False)] if name in self.taken else []
        mine = dhcid_rdata(0, b"\1\2", name)
        return claims + ([Claim(mine, False, True)] if name in self.refused else [])

    def failing_zones(self) -> frozenset[bytes]:
        return ZONES if self.fails else frozenset()


COMMON = [from_text(f"{label}.example.test.") for label in ("pc", "pc-2", "pc-3", "pc.guest", "pc-2.guest", "a-b")]
NAME_SETS = st.sets(st.sampled_from(COMMON))
PLACES = st.builds(
    Place,
    hardware=st.sampled_from([b"\1", bytes.fromhex("0102005e100007"), bytes.fromhex("0100005e100007")]),
    network=st.just(bytes((10, 0, 0, 0))),
    circuit=st.one_of(st.none(), st.binary(max_size=40)),
    is_known=st.booleans(),
    held=st.lists(st.sampled_from(COMMON), max_size=3),
    promised=st.sampled_from([None, *COMMON]),
    names=st.builds(Names, NAME_SETS, NAME_SETS, fails=st.booleans()),
)


def to_option(flags: int, field: bytes) -> ClientFqdn | None:
    try:
        return parse_fqdn81(bytes((flags, 0, 0)) + field)
    except Malformed:
        return None


FIELDS = st.one_of(
    st.binary(max_size=80),
    LABELS.map(lambda found: b"".join(bytes((len(label),)) + label for label in found)),
    st.sampled_from(
        [b"\2pc", b"\2pc\7example\4test\0", b"pc.example.test", b"\7example\4test\0", b"\4wpad", b"\4_tcp"]
    ),
)
FQDN_OPTIONS = st.one_of(st.none(), st.builds(to_option, st.integers(0, 255), FIELDS))
HOST_NAMES = st.one_of(st.none(), st.binary(max_size=255), st.from_regex(rb"\A[a-zA-Z0-9_.-]{0,70}\Z"))


@given(LABELS)
def test_normalised_labels_are_fit_or_there_is_a_reason(found: list[bytes]) -> None:
    fit = normalise(found)
    if isinstance(fit, Reason):
        assert fit in {Reason.NAME_INVALID, Reason.NAME_RESERVED}
        return
    assert len(fit) == len(found)
    assert all(LDH.fullmatch(label) for label in fit)
    assert normalise(fit) == fit


@given(st.binary(max_size=300))
def test_text_becomes_labels_that_people_can_read(text: bytes) -> None:
    spoken, _ = split_text(text)
    heard = printable(spoken)
    assert len(heard) <= 255
    assert all(0x21 <= ord(char) <= 0x7E for char in heard)


@given(
    FQDN_OPTIONS,
    HOST_NAMES,
    st.sampled_from([None, "desk", "desk.test.", "desk.elsewhere.", "wpad", "ü"]),
    st.sampled_from([None, (0, b"\1\2"), (2, b"\0\3\0\1")]),
    st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)),
    st.integers(1, 0xFFFFFFFF),
    POLICIES,
    PLACES,
)
def test_every_lease_has_a_naming_that_is_true(
    fqdn_option: ClientFqdn | None,
    host_name: bytes | None,
    reserved: str | None,
    identity: tuple[int, bytes] | None,
    address: bytes,
    lifetime: int,
    policy: NamingPolicy,
    place: Place,
) -> None:
    found = name_lease(fqdn_option, host_name, reserved, identity, address, lifetime, policy, place)

    # all of it or nothing
    registered = found.fqdn is not None
    assert (found.dhcid is not None) == registered == found.reverse
    assert not found.forward or found.reverse
    if found.fqdn is not None:
        assert found.dhcid is not None
        assert len(found.dhcid) == RDATA_SIZE
        assert policy.send_updates
        assert identity is not None
        assert found.fqdn not in ZONES
        assert any(is_within(found.fqdn, zone) for zone in ZONES)
        assert all(LDH.fullmatch(label) for label in labels(found.fqdn))
        assert from_labels(labels(found.fqdn)) == found.fqdn
        assert 1 <= found.ttl <= max(1, lifetime - 1)

    # the client is told the truth, in its own encoding
    assert (found.reply_fqdn is None) == (fqdn_option is None)
    if fqdn_option is not None and found.reply_fqdn is not None:
        flags = found.reply_fqdn[0]
        s, o, e, n = (bool(flags & bit) for bit in (1, 2, 4, 8))
        assert flags < 16
        assert (s, n, e) == (found.forward, not found.reverse, fqdn_option.e)
        assert o == (s != (fqdn_option.s and not fqdn_option.n))
        assert len(found.reply_fqdn) <= 258
        assert found.reply_host_name is None

    assert len(found.heard) <= 255
    assert all(0x21 <= ord(char) <= 0x7E for char in found.heard)

    # another device's name is left alone where that is the policy
    if policy.conflict_action is not ConflictAction.REFUSE and found.reason is not Reason.RESERVATION:
        assert found.fqdn is None or reserved or not Names.claims_on(place.names, found.fqdn)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.sampled_from(["pc", "PC", "pc-2", "p_c", "laptop"]), st.integers(0, 8)), max_size=40))
def test_devices_that_say_the_same_name_get_one_each_and_keep_it(said: list[tuple[str, int]]) -> None:
    policy = NamingPolicy(
        qualifying_suffix=from_text("example.test."), forward_zones=ZONES, conflict_action=ConflictAction.SUFFIX
    )
    view = MemoryView()
    last: dict[int, tuple[bytes, bytes]] = {}  # of each device: what it said last, and got
    for label, number in said:
        address, identity = bytes((10, 0, 0, number)), (0, b"\1" + bytes((number,)))
        held = [last[number][1]] if number in last else []
        place = Place(b"\1", b"\x0a\0\0\0", None, False, held, None, view)
        found = name_lease(None, label.encode(), None, identity, address, 3600, policy, place)
        assert found.fqdn is not None
        assert found.dhcid is not None
        plain = label.lower().replace("_", "").encode()
        if number in last and last[number][0] == plain:
            assert found.fqdn == last[number][1]
        view.wanted = {key: want for key, want in view.wanted.items() if want.address != address}
        view.wanted[found.fqdn, address, found.dhcid] = Want(
            found.fqdn, address, found.dhcid, 600, found.forward, found.reverse, 0, ""
        )
        last[number] = plain, found.fqdn
    names = [want.name for want in view.wanted.values()]
    assert len(names) == len(set(names))


@given(st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)))
def test_reverse_names_lead_back(address: bytes) -> None:
    assert address_of(reverse_name(address)) == address


@given(
    st.integers(2, 0xFFFFFFFF), st.floats(0, 1), st.integers(0, 100000), st.one_of(st.none(), st.integers(1, 100000))
)
def test_a_record_does_not_outlive_its_lease(lifetime: int, percent: float, floor: int, ceiling: int | None) -> None:
    policy = NamingPolicy(ttl_percent=percent, ttl_min=floor, ttl_max=ceiling)
    assert 1 <= record_ttl(lifetime, policy) < lifetime
