"""RFC 2136 sections 2.4 and 3.2: the five prerequisites, their failures and their order."""

from __future__ import annotations

import pytest
from dns_exchange import ZONE, Authority

from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.update import name_in_use, name_not_in_use, rrset_absent, rrset_equals, rrset_exists

A, NS, CNAME, SOA, MX, TXT, DHCID = 1, 2, 5, 6, 15, 16, 49
IN, NONE, ANY = 1, 254, 255
HOST = from_text("host.example.test.")
ABSENT = from_text("absent.example.test.")
ENT = from_text("ent.example.test.")
APEX = from_text(ZONE)
ONE, TWO = b"\xc0\0\2\1", b"\xc0\0\2\2"
TEXT = """
@ 300 NS ns
ns 300 A 192.0.2.1
host 300 A 192.0.2.1
host 300 A 192.0.2.2
host 300 MX 10 Mail.Example.TEST.
host 300 TXT "Case"
below.ent 300 A 192.0.2.9
*.wild 300 A 192.0.2.7
cut 300 NS ns.cut
ns.cut 300 A 192.0.2.8
"""


@pytest.fixture
def authority() -> Authority:
    return Authority(TEXT)


@pytest.mark.parametrize(
    ("prerequisite", "rcode"),
    [
        # 3.2.1 - class ANY
        (name_in_use(HOST), "NOERROR"),
        (name_in_use(HOST.upper()), "NOERROR"),
        (name_in_use(APEX), "NOERROR"),
        (name_in_use(ABSENT), "NXDOMAIN"),
        (name_in_use(ENT), "NXDOMAIN"),  # an empty non-terminal is not in use
        (name_in_use(from_text("x.wild.example.test.")), "NXDOMAIN"),  # wildcards are not expanded
        (name_in_use(from_text("ns.cut.example.test.")), "NOERROR"),  # nor are cuts followed
        (rrset_exists(HOST, A), "NOERROR"),
        (rrset_exists(APEX, SOA), "NOERROR"),
        (rrset_exists(HOST, DHCID), "NXRRSET"),
        (rrset_exists(ABSENT, A), "NXRRSET"),
        # class NONE
        (name_not_in_use(ABSENT), "NOERROR"),
        (name_not_in_use(ENT), "NOERROR"),
        (name_not_in_use(HOST), "YXDOMAIN"),
        (name_not_in_use(APEX), "YXDOMAIN"),
        (rrset_absent(HOST, DHCID), "NOERROR"),
        (rrset_absent(ABSENT, A), "NOERROR"),
        (rrset_absent(HOST, A), "YXRRSET"),
        (rrset_absent(APEX, SOA), "YXRRSET"),
        # faults
        (RR(HOST, A, ANY, 1, b""), "FORMERR"),
        (RR(HOST, A, NONE, 1, b""), "FORMERR"),
        (RR(HOST, A, IN, 1, ONE), "FORMERR"),
        (RR(HOST, A, ANY, 0, ONE), "FORMERR"),
        (RR(HOST, A, NONE, 0, ONE), "FORMERR"),
        (RR(HOST, A, 3, 0, ONE), "FORMERR"),
        (RR(HOST, A, 3, 0, b""), "FORMERR"),
        (RR(HOST, A, IN, 0, b"\1"), "FORMERR"),
        (RR(HOST, ANY, IN, 0, b""), "FORMERR"),
        *[(RR(HOST, meta, rclass, 0, b""), "FORMERR") for meta in (0, 41, 250, 251, 252) for rclass in (IN, NONE, ANY)],
        (name_in_use(from_text("host.example.org.")), "NOTZONE"),
        (name_in_use(from_text("badexample.test.")), "NOTZONE"),
        (rrset_equals(from_text("host.example.org."), A, ONE), "NOTZONE"),
    ],
)
def test_each_kind(authority: Authority, prerequisite: RR, rcode: str) -> None:
    assert authority.records([prerequisite]) == rcode
    assert (authority.refusal is None) == (rcode == "NOERROR")
    assert authority.zone.serial == 1


@pytest.mark.parametrize(
    ("prerequisites", "rcode"),
    [
        ([rrset_equals(HOST, A, ONE), rrset_equals(HOST, A, TWO)], "NOERROR"),
        ([rrset_equals(HOST, A, TWO), rrset_equals(HOST.upper(), A, ONE)], "NOERROR"),
        ([rrset_equals(HOST, A, ONE)], "NXRRSET"),  # a subset is not the set
        ([rrset_equals(HOST, A, ONE), rrset_equals(HOST, A, TWO), rrset_equals(HOST, A, b"\xc0\0\2\3")], "NXRRSET"),
        ([rrset_equals(HOST, A, ONE)] * 2 + [rrset_equals(HOST, A, TWO)], "NOERROR"),  # listed twice is once
        ([rrset_equals(ABSENT, A, ONE)], "NXRRSET"),
        ([rrset_equals(HOST, MX, b"\0\x0a" + from_text("mail.example.test."))], "NOERROR"),  # names without case
        ([rrset_equals(HOST, TXT, b"\4Case")], "NOERROR"),
        ([rrset_equals(HOST, TXT, b"\4case")], "NXRRSET"),  # strings with case
    ],
)
def test_rrsets_by_value_are_equal_as_sets(authority: Authority, prerequisites: list[RR], rcode: str) -> None:
    assert authority.records(prerequisites) == rcode


def test_the_soa_by_value(authority: Authority) -> None:
    assert authority.records([rrset_equals(APEX, SOA, authority.zone.soa[1].upper())]) == "NOERROR"
    assert authority.records([rrset_equals(HOST, SOA, authority.zone.soa[1])]) == "NXRRSET"


def test_the_first_failure_in_the_order_of_the_message_counts(authority: Authority) -> None:
    assert authority.records([name_in_use(ABSENT), name_not_in_use(HOST)]) == "NXDOMAIN"
    assert authority.records([name_not_in_use(HOST), name_in_use(ABSENT)]) == "YXDOMAIN"


def test_values_are_compared_after_everything_else(authority: Authority) -> None:
    assert authority.records([rrset_equals(HOST, A, ONE), name_not_in_use(HOST)]) == "YXDOMAIN"


def test_a_malformed_one_behind_a_failing_one_is_not_reached(authority: Authority) -> None:
    assert authority.records([name_in_use(ABSENT), RR(HOST, A, 3, 0, b"")]) == "NXDOMAIN"


def test_a_failing_prerequisite_changes_nothing(authority: Authority) -> None:
    assert authority.records([name_not_in_use(HOST)], [RR(HOST, DHCID, IN, 60, b"\0\1\1")]) == "YXDOMAIN"
    assert not any("DHCID" in line for line in authority.zone.lines("host.example.test."))
    assert authority.refusal is not None
    assert authority.refusal.reason == "host.example.test. is in use, the update wants it not in use"
    assert authority.refusal.more == "it owns A, MX, TXT"


def test_the_apex_is_in_use_by_its_soa_alone() -> None:
    bare = Authority("ns 300 A 192.0.2.1\n")
    assert bare.records([name_in_use(APEX)]) == "NOERROR"
    assert bare.records([name_not_in_use(APEX)]) == "YXDOMAIN"


def test_a_refusal_tells_the_operator_what_the_zone_has() -> None:
    """Short: some of the values, addresses and names as they are written, others as the beginning of their octets."""
    authority = Authority(TEXT + "long 300 TXT abcdefghijklmnopqrstuvwxyz\nlong20 300 TXT abcdefghijklmnopqrs\n")
    host = authority.zone.nodes[HOST]
    for rtype in (2, 5, 12, 39):
        host[rtype] = (300, (from_text("Target.example.test."),))
    host[28] = (300, tuple(bytes(15) + bytes((n,)) for n in range(6)))

    def more(*prerequisites: RR) -> str:
        assert authority.records(list(prerequisites)) != "NOERROR"
        assert authority.refusal is not None
        return authority.refusal.more

    assert more(rrset_absent(HOST, A)) == "it has 192.0.2.1, 192.0.2.2"
    for rtype in (2, 5, 12, 39):
        assert more(rrset_absent(HOST, rtype)) == "it has Target.example.test."
    assert more(rrset_absent(from_text("long.example.test."), TXT)) == f"it has 1a{b'abcdefghijklmnopqrs'.hex()}..."
    assert more(rrset_absent(from_text("long20.example.test."), TXT)) == f"it has 13{b'abcdefghijklmnopqrs'.hex()}"
    assert more(rrset_absent(HOST, 28)).endswith("03, 2 more")
    assert more(rrset_equals(ABSENT, A, ONE)) == "it has none; wanted is 192.0.2.1"
    assert more(rrset_absent(APEX, SOA)).startswith("it has 026e7307")
    assert more(rrset_exists(HOST, 99)).startswith("it owns A, NS, CNAME, PTR, MX, TXT, AAAA, DNAME")
    assert more(rrset_exists(APEX, 99)) == "it owns SOA, NS"
    assert more(rrset_exists(ABSENT, 99)) == "it owns nothing"
    assert more(name_not_in_use(APEX)) == "it owns SOA, NS"
