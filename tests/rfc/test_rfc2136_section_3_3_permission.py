"""RFC 2136 section 3.3 and RFC 3007: who may change what, and that it is asked before anything is told."""

from __future__ import annotations

import pytest
from dns_exchange import KEY, OTHER_KEY, Authority

from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.update import add, delete_name, delete_rr, delete_rrset, name_in_use
from tenure.signing.key import Key

A, NS, SOA, TXT, DHCID = 1, 2, 6, 16, 49
HOST = from_text("host.example.test.")
ABSENT = from_text("absent.example.test.")
ONE = b"\xc0\0\2\1"
TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.1\nhost 300 TXT x\n"


@pytest.mark.parametrize("key", [None, OTHER_KEY])
def test_nothing_is_allowed_by_default(key: Key | None) -> None:
    authority = Authority(TEXT)
    assert authority.records([], [add(HOST, A, 60, ONE)], key=key) == "REFUSED"
    assert authority.records([], [], key=key) == "REFUSED"


@pytest.mark.parametrize("key", [None, OTHER_KEY])
def test_a_refusal_does_not_tell_which_names_exist(key: Key | None) -> None:
    authority = Authority(TEXT, "grant dhcp. zonesub ANY", "grant other. name only.example.test. A")
    for name in (HOST, ABSENT):
        assert authority.records([name_in_use(name)], [add(HOST, A, 60, ONE)], key=key) == "REFUSED"


def test_one_record_without_permission_refuses_the_whole_message() -> None:
    authority = Authority(TEXT, "grant dhcp. zonesub A")
    updates = [add(ABSENT, A, 60, ONE), add(ABSENT, DHCID, 60, b"\0\1\1")]
    assert authority.records([], updates) == "REFUSED"
    assert authority.zone.lines("absent.example.test.") == []
    assert authority.refusal is not None
    assert authority.refusal.reason == ("key dhcp. may not add DHCID at absent.example.test.: no policy rule grants it")


@pytest.mark.parametrize("update", [delete_rrset(HOST, TXT), delete_rr(HOST, TXT, b"\1x"), add(HOST, TXT, 60, b"\1y")])
def test_deletions_need_permission_too(update: RR) -> None:
    assert Authority(TEXT, "grant dhcp. zonesub A").records([], [update]) == "REFUSED"


def test_deleting_a_name_needs_permission_for_every_type_that_is_there() -> None:
    assert Authority(TEXT, "grant dhcp. zonesub A").records([], [delete_name(HOST)]) == "REFUSED"
    assert Authority(TEXT, "grant dhcp. zonesub A TXT").records([], [delete_name(HOST)]) == "NOERROR"
    assert Authority(TEXT, "grant dhcp. zonesub A").records([], [delete_name(ABSENT)]) == "NOERROR"


def test_a_record_outside_the_zone_is_that_before_it_is_refused() -> None:
    authority = Authority(TEXT)
    outside = from_text("host.example.org.")
    assert authority.records([name_in_use(ABSENT)], [add(outside, A, 60, ONE)]) == "NOTZONE"


def test_the_first_matching_rule_decides() -> None:
    rules = ("deny dhcp. name host.example.test.", "grant dhcp. zonesub ANY")
    authority = Authority(TEXT, *rules)
    assert authority.records([], [add(HOST, A, 60, ONE)], key=KEY) == "REFUSED"
    assert authority.refusal is not None
    assert "rule `deny dhcp. name host.example.test.` denies it" in authority.refusal.reason
    assert authority.records([], [add(ABSENT, A, 60, ONE)], key=KEY) == "NOERROR"
    assert authority.rule == "grant dhcp. zonesub ANY"


def test_deleting_everything_at_the_apex_needs_permission_for_the_soa() -> None:
    """As in BIND, though the SOA stays."""
    assert (
        Authority(TEXT, "grant dhcp. zonesub A NS").records([], [delete_name(from_text("example.test."))]) == "REFUSED"
    )
    granted = Authority(TEXT, "grant dhcp. zonesub A NS SOA")
    assert granted.records([], [delete_name(from_text("example.test."))]) == "NOERROR"


def test_signatures_go_with_their_name_whatever_the_policy_says() -> None:
    authority = Authority(TEXT, "grant dhcp. zonesub A TXT")
    authority.zone.nodes[HOST][46] = (300, (b"\0\1\x08\2\0\0\1\x2c" + bytes(10) + HOST + b"sig",))
    assert authority.records([], [delete_name(HOST)]) == "NOERROR"
    assert authority.zone.lines("host.example.test.") == []


def test_a_rule_of_one_operation_leaves_the_other_to_the_next() -> None:
    adding = Authority(TEXT, "grant dhcp. zonesub ANY only add")
    assert adding.records([], [add(ABSENT, A, 60, ONE)]) == "NOERROR"
    for deletion in (delete_rrset(HOST, A), delete_rr(HOST, A, ONE), delete_name(HOST)):
        assert adding.records([], [deletion]) == "REFUSED"
        assert adding.refusal is not None
        assert "may not delete A of host.example.test.: no policy rule grants it" in adding.refusal.reason
    deleting = Authority(TEXT, "grant dhcp. zonesub ANY only delete")
    assert deleting.records([], [add(ABSENT, A, 60, ONE)]) == "REFUSED"
    assert deleting.refusal is not None
    assert "may not add A at absent.example.test.: no policy rule grants it" in deleting.refusal.reason
    for deletion in (delete_rr(HOST, A, ONE), delete_rrset(HOST, TXT), delete_name(HOST)):
        assert deleting.records([], [deletion]) == "NOERROR"


@pytest.mark.parametrize("rtype", [46, 47])
def test_what_signs_a_name_goes_with_it(rtype: int) -> None:
    authority = Authority(TEXT, "grant dhcp. zonesub A TXT")
    authority.zone.nodes[HOST][rtype] = (60, (bytes(20),))
    assert authority.records([], [delete_name(HOST)]) == "NOERROR"
    assert HOST not in authority.zone.nodes


def test_the_refusal_says_what_is_missing() -> None:
    rules = ("grant dhcp. zonesub ANY from 198.51.100.0/24", "grant host.example.test. self . A")
    authority = Authority(TEXT, *rules)
    said = []
    for key in (None, OTHER_KEY, KEY):
        assert authority.records([], [add(ABSENT, A, 60, ONE)], key=key) == "REFUSED"
        assert authority.refusal is not None
        said.append(f"{authority.refusal.reason}; {authority.refusal.more}")
    assert said == [
        "the update is not signed; sign it with a key that the policy of example.test. grants",
        "no policy rule of example.test. speaks of key other.; add one, such as `grant other. zonesub ANY`",
        "no policy rule of example.test. speaks of key dhcp. at 192.0.2.77;"
        " from elsewhere `grant dhcp. zonesub ANY from 198.51.100.0/24` does",
    ]
