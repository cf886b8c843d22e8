"""Any octets are a DHCPv6 message or malformed, and what is written is read back."""

from __future__ import annotations

from dhcpv6 import DUID, NA, PD, read
from dhcpv6_octets import OCTETS
from hypothesis import given
from hypothesis import strategies as st

from tenure.dhcpwire.fqdn import parse_fqdn39
from tenure.dhcpwire.identity import duid_key, key_to_text
from tenure.dhcpwire.v6.association import IA, IALease, build_association, build_lease, first_of, last_of
from tenure.dhcpwire.v6.hardware import hardware_of_duid, hardware_of_link_local, hardware_of_option
from tenure.dhcpwire.v6.message import Datagram, begins_with_solicit, build_reply, encode_options, parse_datagram
from tenure.octets import Malformed


@given(OCTETS)
def test_any_octets_are_a_message_or_malformed(octets: bytes) -> None:
    begins_with_solicit(octets)
    try:
        datagram = parse_datagram(octets)
    except Malformed as problem:
        offset = problem.offset
    else:
        check(datagram)
        return
    assert 0 <= offset <= len(octets)


def check(datagram: Datagram) -> None:
    assert len(datagram.message.transaction_id) == 3
    for association in datagram.message.associations:
        assert len(association.iaid) == 4
        for lease in association.leases:
            assert lease.address == first_of(lease.address, lease.prefix_length) <= last_of(*lease[:2])
    for relay in datagram.relays:
        assert len(relay.link_address) == len(relay.peer_address) == 16
        hardware_of_option(relay.options.get(79, b""))
    said = read(build_reply(7, datagram, b""))
    assert said.xid == datagram.message.transaction_id
    assert len(said.relays) == len(datagram.relays)


@given(st.binary(max_size=300))
def test_any_octets_are_an_fqdn_option_or_malformed(octets: bytes) -> None:
    try:
        option = parse_fqdn39(octets)
    except Malformed as problem:
        offset = problem.offset
    else:
        assert all(1 <= len(label) <= 63 for label in option.labels)
        return
    assert 0 <= offset <= len(octets)


@given(st.binary(max_size=140))
def test_any_octets_are_a_duid_or_none(octets: bytes) -> None:
    hardware = hardware_of_duid(octets)
    assert hardware is None or 2 <= len(hardware) <= 17
    key = duid_key(octets)
    assert (key is None) is not (3 <= len(octets) <= 130)
    assert key is None or key_to_text(key).isprintable()
    hardware_of_link_local(octets)


LEASES = st.builds(
    lambda number, length, preferred, valid: IALease(
        first_of(number.to_bytes(16, "big"), length), length, preferred, valid
    ),
    st.integers(0, 2**128 - 1),
    st.integers(1, 127),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
)


@given(st.sampled_from([NA, PD]), st.binary(min_size=4, max_size=4), st.lists(LEASES, max_size=5))
def test_an_association_is_read_as_it_was_written(code: int, iaid: bytes, leases: list[IALease]) -> None:
    if code == NA:
        leases = [lease._replace(prefix_length=128) for lease in leases]
    ia = IA(code, iaid, tuple(leases))
    written = build_association(ia, 1, 2, b"".join(build_lease(code, lease) for lease in leases))
    found = parse_datagram(b"\1abc" + encode_options([(1, DUID)]) + written)
    (read,) = found.message.associations
    assert (read.code, read.iaid, read.leases) == (code, iaid, tuple(leases))
