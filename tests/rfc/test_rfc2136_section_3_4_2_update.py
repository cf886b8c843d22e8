"""RFC 2136 sections 3.4.2 to 3.6: what each record of the update section does, and when the serial moves."""

from __future__ import annotations

import pytest
from dns_exchange import ZONE, Authority

from tenure.authority.draft import Draft
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import with_serial
from tenure.dnswire.rr import RR
from tenure.dnswire.update import add, delete_name, delete_rr, delete_rrset
from tenure.dnswire.zonefile import rdata_from_text

A, NS, CNAME, SOA, WKS, PTR, MX, TXT, DNAME, RRSIG, DHCID = 1, 2, 5, 6, 11, 12, 15, 16, 39, 46, 49
APEX = from_text(ZONE)
HOST = from_text("host.example.test.")
ALIAS = from_text("alias.example.test.")
NEW = from_text("new.example.test.")
ONE, TWO, THREE = b"\xc0\0\2\1", b"\xc0\0\2\2", b"\xc0\0\2\3"
TEXT = """
@ 300 NS ns
@ 300 MX 10 host
ns 300 A 192.0.2.1
host 300 A 192.0.2.1
host 300 A 192.0.2.2
host 300 TXT note
host 300 MX 10 Mail.Example.TEST.
alias 300 CNAME host
cut 300 NS ns.cut
"""


def rdata(rtype: int, text: str) -> bytes:
    return rdata_from_text(rtype, text, APEX)


@pytest.fixture
def authority() -> Authority:
    return Authority(TEXT)


def lines(authority: Authority, owner: str, *updates: RR) -> list[str]:
    assert authority.records([], list(updates)) == "NOERROR"
    return authority.zone.lines(f"{owner}.{ZONE}")


HOST_A = ["A 192.0.2.1 ttl=300", "A 192.0.2.2 ttl=300"]
HOST_REST = ["MX 10 Mail.Example.TEST. ttl=300", 'TXT "note" ttl=300']


@pytest.mark.parametrize(
    ("updates", "owner", "after", "serial"),
    [
        # adding
        ([add(NEW, A, 60, ONE)], "new", ["A 192.0.2.1 ttl=60"], 2),
        ([add(NEW.upper(), A, 60, ONE)], "new", ["A 192.0.2.1 ttl=60"], 2),
        ([add(HOST, A, 300, ONE)], "host", HOST_A + HOST_REST, 1),  # there already
        ([add(HOST, A, 60, ONE)], "host", [x.replace("300", "60") for x in HOST_A] + HOST_REST, 2),  # one TTL per RRset
        ([add(HOST, A, 60, THREE)], "host", [f"A 192.0.2.{i} ttl=60" for i in (1, 2, 3)] + HOST_REST, 2),
        ([add(HOST, MX, 300, rdata(MX, "10 MAIL.EXAMPLE.test."))], "host", HOST_A + HOST_REST, 1),
        ([add(HOST, 65280, 300, b"\1")], "host", HOST_A + HOST_REST + ["TYPE65280 \\# 1 01 ttl=300"], 2),
        ([add(from_text("*.example.test."), A, 60, ONE)], "*", ["A 192.0.2.1 ttl=60"], 2),
        ([add(from_text("x.cut.example.test."), A, 60, ONE)], "x.cut", ["A 192.0.2.1 ttl=60"], 2),
        # CNAME and others keep away from one another, without an error
        ([add(HOST, CNAME, 300, NEW)], "host", HOST_A + HOST_REST, 1),
        ([add(ALIAS, A, 300, ONE)], "alias", ["CNAME host.example.test. ttl=300"], 1),
        ([add(ALIAS, CNAME, 300, NEW)], "alias", ["CNAME new.example.test. ttl=300"], 2),
        ([add(NEW, A, 60, ONE), add(NEW, CNAME, 60, HOST)], "new", ["A 192.0.2.1 ttl=60"], 2),
        ([delete_rrset(ALIAS, CNAME), add(ALIAS, A, 60, ONE)], "alias", ["A 192.0.2.1 ttl=60"], 2),
        ([delete_name(HOST), add(HOST, CNAME, 60, NEW)], "host", ["CNAME new.example.test. ttl=60"], 2),
        # singletons
        ([add(NEW, DNAME, 60, HOST), add(NEW, DNAME, 60, ALIAS)], "new", ["DNAME alias.example.test. ttl=60"], 2),
        # deleting
        ([delete_rrset(HOST, A)], "host", HOST_REST, 2),
        ([delete_rr(HOST, A, ONE)], "host", HOST_A[1:] + HOST_REST, 2),
        ([delete_rr(HOST, MX, rdata(MX, "10 mail.example.test."))], "host", [*HOST_A, 'TXT "note" ttl=300'], 2),
        ([delete_rr(HOST, TXT, b"\4NOTE")], "host", HOST_A + HOST_REST, 1),
        ([delete_rr(HOST, A, THREE)], "host", HOST_A + HOST_REST, 1),
        ([delete_rrset(HOST, DHCID), delete_name(NEW)], "host", HOST_A + HOST_REST, 1),
        ([delete_name(HOST)], "host", [], 2),
        # what cancels out
        ([add(HOST, A, 300, THREE), delete_rr(HOST, A, THREE)], "host", HOST_A + HOST_REST, 1),
        ([delete_rrset(HOST, A), add(HOST, A, 300, TWO), add(HOST, A, 300, ONE)], "host", HOST_A + HOST_REST, 1),
        ([add(NEW, A, 60, ONE), delete_name(NEW)], "new", [], 1),
        ([], "host", HOST_A + HOST_REST, 1),
    ],
)
def test_each_row(authority: Authority, updates: list[RR], owner: str, after: list[str], serial: int) -> None:
    assert lines(authority, owner, *updates) == sorted(after)
    assert authority.zone.serial == serial


APEX_MX = "MX 10 host.example.test. ttl=300"
APEX_NS = "NS ns.example.test. ttl=300"


@pytest.mark.parametrize(
    ("updates", "after", "serial"),
    [
        ([delete_name(APEX)], [APEX_NS], 2),  # all but SOA and NS
        ([delete_rrset(APEX, NS)], [APEX_MX, APEX_NS], 1),
        ([delete_rrset(APEX, SOA)], [APEX_MX, APEX_NS], 1),
        ([delete_rr(APEX, NS, from_text("ns.example.test."))], [APEX_MX, APEX_NS], 1),  # the last one stays
        (
            [add(APEX, NS, 300, HOST), delete_rr(APEX, NS, from_text("ns.example.test."))],
            [APEX_MX, "NS host.example.test. ttl=300"],
            2,
        ),
        ([delete_rrset(APEX, MX), add(APEX, CNAME, 60, HOST)], [APEX_NS], 2),
    ],
)
def test_the_apex(authority: Authority, updates: list[RR], after: list[str], serial: int) -> None:
    assert authority.records([], updates) == "NOERROR"
    assert authority.zone.lines(ZONE) == after
    assert authority.zone.serial == serial


def test_ns_below_the_apex_is_a_type_like_others(authority: Authority) -> None:
    assert (
        lines(authority, "cut", delete_rr(from_text("cut.example.test."), NS, from_text("ns.cut.example.test."))) == []
    )
    assert authority.zone.serial == 2


@pytest.mark.parametrize(("serial", "after"), [(0, 1), (1, 1), (2, 2), (0x80000000, 0x80000000), (0x80000001, 1)])
def test_an_soa_counts_when_its_serial_is_ahead(authority: Authority, serial: int, after: int) -> None:
    """Section 3.4.2.2; a distance of exactly 2^31 is undefined in RFC 1982 and does not count."""
    soa = with_serial(authority.zone.soa[1], serial)
    assert authority.records([], [add(APEX, SOA, 77, soa)]) == "NOERROR"
    assert authority.zone.serial == after
    assert authority.zone.soa[0] == (77 if after == serial != 1 else 3600)


def test_a_serial_that_was_set_is_not_moved_again(authority: Authority) -> None:
    soa = with_serial(authority.zone.soa[1], 50)
    assert authority.records([], [add(APEX, SOA, 300, soa), add(NEW, A, 60, ONE)]) == "NOERROR"
    assert authority.zone.serial == 50


def test_an_soa_elsewhere_is_ignored(authority: Authority) -> None:
    assert lines(authority, "host", add(HOST, SOA, 300, with_serial(authority.zone.soa[1], 50))) == HOST_A + HOST_REST
    assert authority.zone.serial == 1


def test_the_serial_skips_zero() -> None:
    authority = Authority()
    authority.zone.soa = (300, with_serial(authority.zone.soa[1], 0xFFFFFFFF))
    assert authority.records([], [add(NEW, A, 60, ONE)]) == "NOERROR"
    assert authority.zone.serial == 1


def test_wks_is_replaced_by_address_and_protocol(authority: Authority) -> None:
    tcp, udp = ONE + b"\x06", ONE + b"\x11"
    updates = [add(NEW, WKS, 60, tcp + b"\1"), add(NEW, WKS, 60, udp + b"\1"), add(NEW, WKS, 60, tcp + b"\2")]
    assert authority.records([], updates) == "NOERROR"
    assert set(authority.zone.rrsets_at(NEW)[WKS][1]) == {udp + b"\1", tcp + b"\2"}


def test_signatures_may_stand_beside_a_cname(authority: Authority) -> None:
    signature = b"\0\5\x0d\2\0\0\1\x2c" + bytes(10) + APEX + b"sig"
    assert authority.records([], [add(ALIAS, RRSIG, 300, signature)]) == "NOERROR"
    assert set(authority.zone.rrsets_at(ALIAS)) == {CNAME, RRSIG}


BESIDE_CNAME = [24, 25, 30, 46, 47, 48]  # SIG, KEY, NXT, RRSIG, NSEC, DNSKEY (RFC 4034, RFC 2535)
KEPT_AT_APEX = [2, 46, 47, 48, 51]  # NS, and what a server that signs makes itself


@pytest.mark.parametrize("rtype", [*BESIDE_CNAME, A, TXT, DHCID, 43, 50])
def test_what_may_stand_beside_an_alias(rtype: int) -> None:
    for first, second in ((rtype, CNAME), (CNAME, rtype)):
        zone = Authority(TEXT).zone
        zone.nodes[NEW] = {first: (60, (b"\0\1x",))}
        draft = Draft(zone, APEX)
        draft.apply(RR(NEW, second, 1, 60, HOST), NEW)
        assert (draft.finish() is not None) == (rtype in BESIDE_CNAME)
        assert bool(draft.ignored) == (rtype not in BESIDE_CNAME)


@pytest.mark.parametrize("rtype", [*KEPT_AT_APEX, A, MX, TXT, 43, 257])
def test_what_stays_when_everything_at_the_apex_is_deleted(rtype: int) -> None:
    zone = Authority(TEXT).zone
    zone.nodes[APEX] = {rtype: (60, (HOST,))}
    draft = Draft(zone, APEX)
    draft.apply(delete_name(APEX), APEX)
    assert (draft.finish() is None) == (rtype in KEPT_AT_APEX)


@pytest.mark.parametrize("rtype", KEPT_AT_APEX)
def test_elsewhere_nothing_stays(rtype: int) -> None:
    zone = Authority(TEXT).zone
    zone.nodes[NEW] = {rtype: (60, (HOST,))}
    draft = Draft(zone, APEX)
    draft.apply(delete_name(NEW), NEW)
    assert draft.finish() is not None
