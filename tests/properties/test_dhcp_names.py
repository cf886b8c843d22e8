from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.fqdn import ClientFqdn, parse_fqdn81
from tenure.dnswire.name import from_labels, from_text, is_within, labels
from tenure.naming.choice import name_lease
from tenure.naming.dhcid import RDATA_SIZE
from tenure.naming.hostname import normalise, printable, split_text
from tenure.naming.policy import NamingPolicy, ReplaceClientName
from tenure.naming.reason import Reason
from tenure.naming.reverse import address_of, reverse_name
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
)
def test_every_lease_has_a_naming_that_is_true(
    fqdn_option: ClientFqdn | None,
    host_name: bytes | None,
    reserved: str | None,
    identity: tuple[int, bytes] | None,
    address: bytes,
    lifetime: int,
    policy: NamingPolicy,
) -> None:
    found = name_lease(fqdn_option, host_name, reserved, identity, address, lifetime, policy)

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


@given(st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)))
def test_reverse_names_lead_back(address: bytes) -> None:
    assert address_of(reverse_name(address)) == address


@given(
    st.integers(2, 0xFFFFFFFF), st.floats(0, 1), st.integers(0, 100000), st.one_of(st.none(), st.integers(1, 100000))
)
def test_a_record_does_not_outlive_its_lease(lifetime: int, percent: float, floor: int, ceiling: int | None) -> None:
    policy = NamingPolicy(ttl_percent=percent, ttl_min=floor, ttl_max=ceiling)
    assert 1 <= record_ttl(lifetime, policy) < lifetime
