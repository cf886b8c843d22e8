"""Where a name is, by the answers of name servers: dnspython writes them."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.registering.locating import (
    Alias,
    NotFound,
    Zone,
    build_question,
    is_private,
    read_addresses,
    read_servers,
    read_ttls,
    read_zone,
)

PC, ZONE, NS = (from_text(text) for text in ("pc.office.example.", "office.example.", "NS.office.example."))
SOA = "office.EXAMPLE. 60 IN SOA NS.office.example. root. 1 2 3 4 5"


def answer(*answers: str, authority: str = "", more: str = "", rcode: int = 0, flags: int = dns.flags.AA) -> bytes:
    made = dns.message.make_response(dns.message.from_wire(build_question(1, PC, RRType.SOA, recursive=True)))
    made.flags |= flags
    made.set_rcode(dns.rcode.Rcode(rcode))
    for section, lines in ((made.answer, answers), (made.authority, (authority,)), (made.additional, (more,))):
        for line in filter(None, lines):
            name, ttl, _, rtype, rdata = line.split(maxsplit=4)
            section.append(dns.rrset.from_text(name, int(ttl), "IN", rtype, rdata))
    return made.to_wire()


def test_the_question_asks_a_name_server_for_all_and_a_primary_for_what_it_has() -> None:
    question = dns.message.from_wire(build_question(7, PC, RRType.SOA, recursive=True))
    assert (question.id, str(question.question[0])) == (7, "pc.office.example. IN SOA")
    assert question.flags == dns.flags.RD
    assert dns.message.from_wire(build_question(7, PC, RRType.SOA, recursive=False)).flags == 0


def test_the_zone_is_that_of_the_soa_record_wherever_it_stands() -> None:
    found = Zone(ZONE, NS, (), is_authoritative=True)
    assert read_zone(answer(authority=SOA), PC) == found
    assert read_zone(answer(authority=SOA, rcode=3), PC) == found
    assert read_zone(answer(SOA), ZONE) == found
    assert read_zone(answer(SOA, flags=0), ZONE) == found._replace(is_authoritative=False)
    assert read_zone(answer(SOA, more="ns.office.example. 60 IN A 10.1.0.1"), ZONE) == found._replace(
        addresses=("10.1.0.1",)
    )


def test_the_ttls_of_an_rrset_are_those_of_the_zone_itself() -> None:
    lines = ("PC.office.example. 60 IN A 10.1.0.7", "pc.office.example. 30 IN AAAA fd00::7")
    assert read_ttls(answer(*lines), PC, RRType.A) == {60}
    assert read_ttls(answer(*lines), PC, RRType.AAAA) == {30}
    assert read_ttls(answer(*lines), ZONE, RRType.A) == frozenset()
    for silent in (answer(*lines, flags=0), answer(*lines, rcode=5), answer(), b"\0"):
        assert read_ttls(silent, PC, RRType.A) == frozenset()


def test_an_alias_is_told() -> None:
    assert read_zone(answer("pc.office.example. 60 IN CNAME Elsewhere.example."), PC) == Alias(
        from_text("elsewhere.example.")
    )


@pytest.mark.parametrize(
    ("octets", "cause"),
    [
        (answer(), "no SOA record of a zone above"),
        (answer(authority="other.example. 60 IN SOA ns. root. 1 2 3 4 5"), "no SOA record of a zone above"),
        (answer(authority="pc2.office.example. 60 IN SOA ns. root. 1 2 3 4 5"), "no SOA record of a zone above"),
        (answer(rcode=2), "SERVFAIL"),
        (answer(rcode=5, authority=SOA), "REFUSED"),
        (b"\0\1", "malformed answer"),
        (build_question(1, PC, RRType.SOA, recursive=True), "none to a query"),
    ],
)
def test_what_says_nothing_is_told_with_its_cause(octets: bytes, cause: str) -> None:
    found = read_zone(octets, PC)
    assert isinstance(found, NotFound)
    assert cause in found.cause


def test_name_servers_and_addresses_are_those_of_the_answer() -> None:
    line = "office.example. 60 IN NS a.example."
    assert read_servers(answer(line), ZONE) == [from_text("a.example.")]
    assert isinstance(read_servers(answer("example. 60 IN NS a.example."), ZONE), NotFound)
    alias = "pc.office.example. 60 IN CNAME b.example."
    assert read_addresses(answer(alias, "b.example. 60 IN A 10.1.0.1", "b.example. 60 IN AAAA fd00::1")) == [
        *("10.1.0.1", "fd00::1")
    ]
    assert read_addresses(b"") == []


@given(st.binary(max_size=120))
def test_any_octets_say_something_or_nothing(octets: bytes) -> None:
    read_zone(octets, PC)
    read_servers(octets, ZONE)
    read_addresses(octets)


@pytest.mark.parametrize(
    ("text", "private"),
    [
        *(
            ("10.1.2.3", True),
            ("172.16.0.1", True),
            ("172.32.0.1", False),
            ("192.168.1.1", True),
            ("192.169.1.1", False),
        ),
        *(("100.64.0.1", True), ("127.0.0.1", True), ("8.8.8.8", False), ("fd00::1", True), ("fe80::1%eth0", True)),
        *(("2001:db8::1", False), ("::1", True)),
    ],
)
def test_private_addresses(text: str, private: bool) -> None:
    assert is_private(text) is private
