"""Records that a person wrote change only by rules that say `static`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dns_exchange import ZONE, Authority
from zone_view import served

from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.update import add, delete_name, delete_rr, delete_rrset, name_not_in_use

A, CNAME, TXT, DHCID = 1, 5, 16, 49
WWW, ALIAS, PC = (from_text(text + ZONE) for text in ("www.", "alias.", "pc."))
ONE, TWO = b"\xc0\0\2\1", b"\xc0\0\2\2"
TEXT = "@ 300 NS ns\nwww 300 A 192.0.2.1\nwww 300 TXT x\nalias 300 CNAME www\npc 300 A 192.0.2.1\npc 300 DHCID AAIB\n"


def authority(*policy: str) -> Authority:
    made = Authority(TEXT, *policy)
    made.zone.static = {name: set(node) for name, node in made.zone.nodes.items()}
    return made


CHANGES = [
    delete_name(WWW),
    delete_rrset(WWW, A),
    delete_rr(WWW, A, ONE),
    add(WWW, A, 300, TWO),  # an RRset is one thing
    add(WWW, A, 60, ONE),
    add(ALIAS, CNAME, 300, PC),
]


@pytest.mark.parametrize("change", CHANGES)
def test_no_rule_covers_them_unless_it_says_so(change: RR) -> None:
    protected = authority()
    assert protected.records([], [change, add(from_text("new.example.test."), A, 60, ONE)]) == "REFUSED"
    assert protected.refusal is not None
    assert "is static, and rule `grant dhcp. zonesub ANY` does not cover static records" in protected.refusal.reason
    assert "static-records" in protected.refusal.more
    assert protected.zone.serial == 1
    assert authority("grant dhcp. zonesub ANY static").records([], [change]) == "NOERROR"


@pytest.mark.parametrize("change", CHANGES)
def test_a_zone_can_leave_it_to_the_policy(change: RR) -> None:
    made = authority()
    made.settings = replace(made.settings, protect_static=False)
    made.zones = served((made.zone, made.settings))
    assert made.records([], [change]) == "NOERROR"
    assert made.zone.serial == 2


@pytest.mark.parametrize(
    "change",
    [
        add(WWW, A, 300, ONE),  # it is there
        delete_rr(WWW, A, TWO),  # it is not
        add(WWW, DHCID, 60, b"\0\1\1x"),  # another RRset
        add(from_text("x.www.example.test."), A, 60, ONE),
    ],
)
def test_what_changes_nothing_static_is_granted(change: RR) -> None:
    assert authority().records([], [change]) == "NOERROR"


@pytest.mark.parametrize(
    "change", [delete_name(PC), delete_rrset(PC, A), add(PC, A, 300, TWO), delete_rrset(PC, DHCID)]
)
def test_what_a_dhcid_says_is_a_clients_is_not_a_persons(change: RR) -> None:
    assert authority().records([], [change]) == "NOERROR"


def test_what_else_stands_at_a_clients_name_is_a_persons() -> None:
    made = authority()
    made.zone.nodes[PC][TXT] = (300, (b"\1x",))
    made.zone.static[PC].add(TXT)
    assert made.records([], [delete_rrset(PC, TXT)]) == "REFUSED"
    assert made.records([], [delete_rrset(PC, A)]) == "NOERROR"


@pytest.mark.parametrize("rtype", [A, 12, 28, DHCID])
def test_what_a_client_may_have_beside_its_dhcid(rtype: int) -> None:
    made = authority()
    made.zone.nodes[PC][rtype] = (300, (bytes(16),))
    made.zone.static[PC].add(rtype)
    assert made.records([], [delete_rrset(PC, rtype)]) == "NOERROR"


def test_an_rrset_that_is_the_same_afterwards_was_not_changed() -> None:
    made = authority()
    made.zone.nodes[WWW][A] = (300, (ONE, TWO))
    assert made.records([], [delete_rrset(WWW, A), add(WWW, A, 300, TWO), add(WWW, A, 300, ONE)]) == "NOERROR"
    assert made.zone.serial == 1


@pytest.mark.parametrize(("only", "change"), [("delete", delete_rrset(WWW, A)), ("add", add(WWW, A, 300, TWO))])
def test_the_rule_of_the_record_that_changes_it_is_asked(only: str, change: RR) -> None:
    """Not that of another record, name or operation of the same update."""
    made = authority(f"grant dhcp. name www.example.test. A only {only} static", "grant dhcp. zonesub ANY")
    other, same_name = add(from_text("new.example.test."), A, 60, ONE), add(WWW, DHCID, 60, b"\0\1\1x")
    opposite = delete_rrset(from_text("new.example.test."), A) if only == "add" else other
    assert made.records([], [opposite, same_name, change]) == "NOERROR"
    assert made.zone.serial == 2


def test_what_is_written_is_static_if_every_rule_that_let_it_in_says_so() -> None:
    new = from_text("new.example.test.")
    rules = ("grant dhcp. subdomain www.example.test. ANY static", "grant dhcp. zonesub ANY")
    made = authority(*rules)
    assert made.records([], [add(WWW, TXT, 300, b"\1y")]) == "NOERROR"
    assert made.static
    for others in ([add(new, A, 60, ONE)], [delete_name(new)]):
        assert made.records([], [*others, add(WWW, A, 300, TWO)]) == "NOERROR"
        assert not made.static


def test_prerequisites_come_first() -> None:
    assert authority().records([name_not_in_use(WWW)], [delete_name(WWW)]) == "YXDOMAIN"


def test_the_first_rule_decides_for_static_records_too() -> None:
    rules = ("grant dhcp. name www.example.test. A", "grant dhcp. zonesub ANY static")
    assert authority(*rules).records([], [delete_rrset(WWW, A)]) == "REFUSED"
    assert authority(*rules).records([], [delete_rrset(WWW, TXT)]) == "NOERROR"
