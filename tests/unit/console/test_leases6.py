"""DHCPv6 leases in the words of lists and explanations."""

from __future__ import annotations

import pytest
from dhcpv6 import DUID, ip

from tenure.console.explain import lease_sentence
from tenure.console.lines import lease_line
from tenure.console.subject import parse_subject
from tenure.console.words import time_text
from tenure.dhcpwire.v6.message import Relay
from tenure.dnswire.name import from_text
from tenure.leasing.lease import Lease, LeaseKind, LeaseState
from tenure.leasing.whereabouts import build_whereabouts
from tenure.naming.reason import Reason

CLIENT = b"\2" + DUID
WIRE = build_whereabouts(None, ip("fe80::7"), "eth0")
RELAY = build_whereabouts(
    Relay(0, ip("2001:db8:2::1"), ip("fe80::8"), {18: b"ge-0/0/1", 37: b"\0\x1bremote", 38: b"line 7"}), b"", None
)
ADDRESS = Lease(
    *(ip("2001:db8:1::5"), 1, CLIENT, b"\1\2\0\0\0\x0a\1", LeaseState.BOUND, 1000, 2000, 1000, "pc1"),
    *(from_text("pc1.example.test."), b"d" * 35, True, True, Reason.CLIENT_FQDN, WIRE, "c1"),
    *(LeaseKind.ADDRESS, 1, 0, 500),
)
PREFIX = ADDRESS._replace(
    address=ip("2001:db8:8000::"), fqdn=None, dhcid=None, heard_name="", kind=LeaseKind.PREFIX, prefix_length=56
)
DUID_TEXT = "duid " + DUID.hex(":")
END = time_text(2000)


def test_an_address() -> None:
    line = lease_line(ADDRESS)
    assert (line.address, line.client, line.route) == ("2001:db8:1::5", DUID_TEXT, "")
    assert line.place == "interface eth0"
    assert lease_line(ADDRESS._replace(relay=RELAY)).place == (
        "relay 2001:db8:2::1, interface ge-0/0/1, remote id 0x001b72656d6f7465, subscriber line 7"
    )


@pytest.mark.parametrize(
    ("place", "route"),
    [
        (WIRE, "via fe80::7 dev eth0"),
        (RELAY, "behind 2001:db8:2::1 via fe80::8"),
        (None, ""),
    ],
)
def test_a_prefix_and_its_route(place: bytes | None, route: str) -> None:
    line = lease_line(PREFIX._replace(relay=place))
    assert (line.address, line.route) == ("2001:db8:8000::/56", route)


def test_the_sentences() -> None:
    assert lease_sentence(PREFIX, 1500) == (
        f"2001:db8:8000::/56 is leased to {DUID_TEXT} until {END}, via fe80::7 dev eth0."
    )
    own = ADDRESS._replace(kind=LeaseKind.SELF_MADE)
    assert lease_sentence(own, 1500) == (
        f"2001:db8:1::5 is leased to {DUID_TEXT} until {END}, which made the address itself, as pc1.example.test.; "
        "the client calls itself pc1."
    )


def test_a_dhcpv4_lease_has_neither_route_nor_place() -> None:
    old = ADDRESS._replace(address=bytes([10, 1, 0, 5]), relay=b"\1\4port" * 8, kind=LeaseKind.ADDRESS)
    assert (lease_line(old).route, lease_line(old).place) == ("", "")


def test_what_is_asked_about() -> None:
    assert parse_subject(DUID_TEXT, ()).client == CLIENT
    assert parse_subject("2001:db8:8000::/56", ()).address == ip("2001:db8:8000::")
    with pytest.raises(ValueError, match="DUID"):
        parse_subject("duid 00", ())
    with pytest.raises(ValueError, match="IPv6"):
        parse_subject("2001:db8::5/64", ())
