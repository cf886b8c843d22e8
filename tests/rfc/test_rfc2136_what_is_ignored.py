"""RFC 2136 section 3.4.2 ignores silently; here each update that loses something says what, and why."""

from __future__ import annotations

import pytest
from dns_exchange import ZONE, Authority

from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import with_serial
from tenure.dnswire.rr import RR
from tenure.dnswire.update import add, delete_name, delete_rr, delete_rrset

A, NS, CNAME, SOA, TXT, DS = 1, 2, 5, 6, 16, 43
APEX, HOST, ALIAS, NEW = (from_text(text + ZONE) for text in ("", "host.", "alias.", "new."))
ONE, TWO = b"\xc0\0\2\1", b"\xc0\0\2\2"
TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.1\nhost 300 TXT x\nalias 300 CNAME host\n"
SERIAL_BEHIND = with_serial(b"\0\0" + bytes(20), 0)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (add(HOST, CNAME, 60, NEW), "addition of CNAME at host.example.test.: the name owns A, TXT"),
        (add(APEX, CNAME, 60, NEW), "addition of CNAME at example.test.: the name owns SOA, NS"),
        (add(ALIAS, A, 60, ONE), "addition of A at alias.example.test.: the name is an alias (CNAME)"),
        (
            add(HOST, SOA, 60, SERIAL_BEHIND),
            "addition of SOA at host.example.test.: the name is not the apex of the zone",
        ),
        (add(APEX, SOA, 60, SERIAL_BEHIND), "addition of SOA at example.test.: serial 0 is not after 1"),
        (add(APEX, DS, 60, b"\0\1\x08\2" + bytes(32)), "addition of DS at example.test.: it belongs to the zone above"),
        (delete_rrset(APEX, NS), "deletion of NS at example.test.: no zone is without"),
        (delete_rrset(APEX, SOA), "deletion of SOA at example.test.: no zone is without"),
        (delete_rr(APEX, SOA, SERIAL_BEHIND), "deletion of SOA at example.test.: no zone is without"),
        (delete_rr(APEX, NS, from_text("ns.example.test.")), "deletion of NS at example.test.: it is the last one"),
        (delete_name(APEX), "deletion of SOA at example.test.: of the apex SOA, NS stay"),
    ],
)
def test_each_is_told(record: RR, words: str) -> None:
    authority = Authority(TEXT)
    assert authority.records([], [record]) == "NOERROR"
    (told,) = authority.ignored
    assert told.startswith(words)
    assert authority.zone.serial == 1


@pytest.mark.parametrize(
    "record",
    [
        add(HOST, A, 300, ONE),
        delete_rrset(HOST, NS),
        delete_rr(HOST, A, TWO),
        delete_rr(HOST, NS, NEW),
        delete_name(NEW),
        add(ALIAS, CNAME, 60, NEW),
    ],
)
def test_what_is_so_already_is_not_ignored(record: RR) -> None:
    authority = Authority(TEXT)
    assert authority.records([], [record]) == "NOERROR"
    assert authority.ignored == []


def test_a_record_past_the_count_of_the_policy() -> None:
    authority = Authority(TEXT, "grant dhcp. zonesub A(1)")
    assert authority.records([], [add(HOST, A, 300, TWO), add(NEW, A, 60, ONE)]) == "NOERROR"
    assert authority.ignored == ["addition of A at host.example.test.: the policy permits 1 of them at a name"]
    assert authority.zone.lines("host.example.test.") == ["A 192.0.2.1 ttl=300", 'TXT "x" ttl=300']
    assert authority.zone.lines("new.example.test.") == ["A 192.0.2.1 ttl=60"]


def test_an_apex_with_nothing_but_its_soa_takes_no_cname() -> None:
    authority = Authority("ns 300 A 192.0.2.1\n")
    assert authority.records([], [add(APEX, CNAME, 60, NEW)]) == "NOERROR"
    assert authority.ignored == ["addition of CNAME at example.test.: the name owns SOA"]


def test_a_count_is_of_its_own_record_alone() -> None:
    """Beside a record whose number the policy bounds, another rule's record is not bounded."""
    authority = Authority(TEXT, "grant dhcp. name new.example.test. A(1)", "grant dhcp. zonesub A")
    assert authority.records([], [add(NEW, A, 60, ONE), add(HOST, A, 300, TWO)]) == "NOERROR"
    assert authority.ignored == []
    assert len(authority.zone.nodes[HOST][A][1]) == 2
