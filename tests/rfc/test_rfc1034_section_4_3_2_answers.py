"""RFC 1034 section 4.3.2 with RFC 4592 (wildcards), RFC 6672 (DNAME) and RFC 8482 (ANY): what is answered."""

from __future__ import annotations

from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from dns_exchange import NOW, Authority
from zone_view import MemoryZone, served

from tenure.authority.respond import respond
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text

TEXT = """
@ 3600 NS ns
@ 3600 MX 10 mail
ns 3600 A 192.0.2.1
mail 3600 A 192.0.2.2
mail 3600 AAAA 2001:db8::2
host 300 A 192.0.2.10
host 300 TXT "one"
host 300 TYPE65280 \\# 2 0102
alias 300 CNAME host
twice 300 CNAME alias
loop1 300 CNAME loop2
loop2 300 CNAME loop1
dangling 300 CNAME nowhere
away 300 CNAME www.example.org.
into 300 CNAME www.sub
across 300 CNAME host.other.test.
deep.ent 300 A 192.0.2.11
*.wild 300 TXT "any"
exact.wild 300 A 192.0.2.12
*.walias 300 CNAME host
sub 300 NS ns.sub
sub 300 NS ns
sub 300 DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
ns.sub 300 A 192.0.2.20
www.sub 300 A 192.0.2.21
old 300 DNAME new.example.test.
www.new 300 A 192.0.2.30
_ldap._tcp 300 SRV 0 0 389 mail
"""


@pytest.fixture
def authority() -> Authority:
    return Authority(TEXT)


def shown(section: list[object]) -> list[str]:
    return sorted(line for rrset in section for line in str(rrset).splitlines())


@pytest.mark.parametrize(
    ("name", "rtype", "rcode", "answer"),
    [
        ("host", "A", "NOERROR", ["host.example.test. 300 IN A 192.0.2.10"]),
        ("HoSt", "A", "NOERROR", ["HoSt.example.test. 300 IN A 192.0.2.10"]),  # the name as it was asked
        ("host", "TYPE65280", "NOERROR", ["host.example.test. 300 IN TYPE65280 \\# 2 0102"]),
        ("host", "AAAA", "NOERROR", []),
        ("nowhere", "A", "NXDOMAIN", []),
        ("x.host", "A", "NXDOMAIN", []),
        ("ent", "A", "NOERROR", []),  # an empty non-terminal exists
        ("x.ent", "A", "NXDOMAIN", []),
        ("alias", "CNAME", "NOERROR", ["alias.example.test. 300 IN CNAME host.example.test."]),
        ("dangling", "A", "NXDOMAIN", ["dangling.example.test. 300 IN CNAME nowhere.example.test."]),
        ("away", "A", "NOERROR", ["away.example.test. 300 IN CNAME www.example.org."]),
        ("alias", "AAAA", "NOERROR", ["alias.example.test. 300 IN CNAME host.example.test."]),
        # wildcards
        ("x.wild", "TXT", "NOERROR", ['x.wild.example.test. 300 IN TXT "any"']),
        ("y.x.wild", "TXT", "NOERROR", ['y.x.wild.example.test. 300 IN TXT "any"']),
        ("x.wild", "A", "NOERROR", []),
        ("exact.wild", "TXT", "NOERROR", []),  # it exists, so the wildcard does not cover it
        ("x.exact.wild", "TXT", "NXDOMAIN", []),  # its closest encloser is exact.wild
        ("*.wild", "TXT", "NOERROR", ['*.wild.example.test. 300 IN TXT "any"']),
        ("wild", "A", "NOERROR", []),
    ],
)
def test_answers(authority: Authority, name: str, rtype: str, rcode: str, answer: list[str]) -> None:
    reply = authority.ask(f"{name}.example.test.", rtype)
    assert dns.rcode.to_text(reply.rcode()) == rcode
    assert shown(reply.answer) == answer
    assert reply.flags & dns.flags.AA
    assert reply.flags & dns.flags.RD
    assert not reply.flags & dns.flags.RA


def test_aliases_are_followed_inside_our_zones(authority: Authority) -> None:
    assert shown(authority.ask("twice.example.test.", "A").answer) == [
        "alias.example.test. 300 IN CNAME host.example.test.",
        "host.example.test. 300 IN A 192.0.2.10",
        "twice.example.test. 300 IN CNAME alias.example.test.",
    ]
    assert shown(authority.ask("x.walias.example.test.", "A").answer) == [
        "host.example.test. 300 IN A 192.0.2.10",
        "x.walias.example.test. 300 IN CNAME host.example.test.",
    ]


def test_a_loop_of_aliases_ends(authority: Authority) -> None:
    assert len(authority.ask("loop1.example.test.", "A").answer) == 2


def test_aliases_into_another_served_zone() -> None:
    other = MemoryZone.from_text("other.test.", "@ 300 NS ns\nhost 300 A 192.0.2.99\n")
    zones = served(MemoryZone.from_text("example.test.", TEXT), other)
    query = dns.message.make_query("across.example.test.", "A")
    reply = dns.message.from_wire(respond(query.to_wire(), zones, {}, "192.0.2.1", NOW, stream=False).octets)
    assert "host.other.test. 300 IN A 192.0.2.99" in shown(reply.answer)


def test_the_zone_with_the_longest_name_answers() -> None:
    inner = MemoryZone.from_text("sub.example.test.", "@ 300 NS ns\nwww 300 A 192.0.2.77\n")
    zones = served(MemoryZone.from_text("example.test.", TEXT), inner)

    def ask(name: str, rtype: str) -> dns.message.Message:
        octets = dns.message.make_query(name, rtype).to_wire()
        return dns.message.from_wire(respond(octets, zones, {}, "192.0.2.1", NOW, stream=False).octets)

    assert shown(ask("www.sub.example.test.", "A").answer) == ["www.sub.example.test. 300 IN A 192.0.2.77"]
    assert ask("sub.example.test.", "DS").answer[0].rdtype == dns.rdatatype.DS  # the parent's side of the cut


@pytest.mark.parametrize("name", ["sub", "www.sub", "x.y.sub"])
def test_a_delegation_is_referred_to_with_glue(authority: Authority, name: str) -> None:
    reply = authority.ask(f"{name}.example.test.", "A")
    assert not reply.flags & dns.flags.AA
    assert reply.rcode() == dns.rcode.NOERROR
    assert reply.answer == []
    assert {rrset.rdtype for rrset in reply.authority} == {dns.rdatatype.NS}
    assert shown(reply.additional) == [
        "ns.example.test. 3600 IN A 192.0.2.1",
        "ns.sub.example.test. 300 IN A 192.0.2.20",
    ]


def test_how_a_delegation_is_signed_is_told_to_who_asks_for_it(authority: Authority) -> None:
    """RFC 4035 section 3.1.4.1: the DS set stands beside the NS set when DO is set, and only then."""
    reply = authority.ask("www.sub.example.test.", "A", use_edns=0, want_dnssec=True)
    assert {rrset.rdtype for rrset in reply.authority} == {dns.rdatatype.NS, dns.rdatatype.DS}
    assert reply.answer == []


def test_what_an_alias_has_of_its_own_is_not_looked_for_behind_it() -> None:
    """RFC 4034 section 2.5: NSEC and RRSIG may stand beside a CNAME, so questions for them are about the alias."""
    authority = Authority("@ 300 NS ns\nalias 300 CNAME host\nhost 300 A 192.0.2.1\nhost 300 NSEC a.example.test. A\n")
    reply = authority.ask("alias.example.test.", "NSEC")
    assert reply.answer == []
    assert [rrset.rdtype for rrset in reply.authority] == [dns.rdatatype.SOA]
    authority = Authority("@ 300 NS ns\nalias 300 CNAME host\nalias 300 NSEC host.example.test. CNAME NSEC\n")
    assert [rrset.rdtype for rrset in authority.ask("alias.example.test.", "NSEC").answer] == [dns.rdatatype.NSEC]


def test_an_alias_into_a_delegation_keeps_the_alias(authority: Authority) -> None:
    reply = authority.ask("into.example.test.", "A")
    assert shown(reply.answer) == ["into.example.test. 300 IN CNAME www.sub.example.test."]
    assert reply.flags & dns.flags.AA
    assert reply.authority[0].rdtype == dns.rdatatype.NS


def test_ds_is_asked_of_the_parent(authority: Authority) -> None:
    reply = authority.ask("sub.example.test.", "DS")
    assert reply.flags & dns.flags.AA
    assert reply.answer[0].rdtype == dns.rdatatype.DS


def test_dname_renames_what_is_below_it(authority: Authority) -> None:
    reply = authority.ask("www.old.example.test.", "A")
    assert shown(reply.answer) == [
        "old.example.test. 300 IN DNAME new.example.test.",
        "www.new.example.test. 300 IN A 192.0.2.30",
        "www.old.example.test. 300 IN CNAME www.new.example.test.",
    ]
    assert shown(authority.ask("old.example.test.", "DNAME").answer) == [
        "old.example.test. 300 IN DNAME new.example.test."
    ]


def test_dname_at_the_apex() -> None:
    """RFC 6672 section 3.3: it renames all but the apex, which keeps its own records."""
    authority = Authority("@ 300 NS ns.new.test.\n@ 300 DNAME new.test.\n@ 300 TXT apex\nhidden 300 A 192.0.2.1\n")
    assert len(authority.ask("example.test.", "TXT").answer) == 1
    assert shown(authority.ask("hidden.example.test.", "A").answer) == [
        "example.test. 300 IN DNAME new.test.",
        "hidden.example.test. 300 IN CNAME hidden.new.test.",
    ]


def test_name_servers_of_a_wildcard_delegate_nothing_below_it() -> None:
    """RFC 4592 section 4.2 leaves it open; the names that it covers have NS records and belong to this zone."""
    reply = Authority("@ 300 NS ns\n*.wild 300 NS ns\n").ask("x.wild.example.test.", "A")
    assert reply.flags & dns.flags.AA
    assert [rrset.rdtype for rrset in reply.authority] == [dns.rdatatype.SOA]


def test_a_name_that_dname_makes_too_long() -> None:
    label = "a" * 63
    authority = Authority(f"@ 300 NS ns\nold 300 DNAME {label}.{label}.{label}.example.test.\n")
    reply = authority.ask(f"{'b' * 60}.old.example.test.", "A")
    assert reply.rcode() == dns.rcode.YXDOMAIN


@pytest.mark.parametrize(
    ("name", "rtype", "hosts"),
    [("@", "MX", {"mail"}), ("@", "NS", {"ns"}), ("_ldap._tcp", "SRV", {"mail"}), ("host", "A", set())],
)
def test_addresses_of_targets_ride_along(authority: Authority, name: str, rtype: str, hosts: set[str]) -> None:
    owner = "example.test." if name == "@" else f"{name}.example.test."
    found = authority.ask(owner, rtype).additional
    assert {str(rrset.name).split(".")[0] for rrset in found} == hosts


@pytest.mark.parametrize(
    ("record", "rtype", "addresses"),
    [
        ("here 300 MX 1 mail\nhere 300 MX 2 mail", "MX", ["192.0.2.2", "2001:db8::2"]),  # one host, told once
        ("here 300 MX 1 x.wildhost", "MX", ["192.0.2.3"]),  # by a wildcard
        ("here 300 MX 1 ns.sub", "MX", ["192.0.2.20"]),  # glue
        ("here 300 MX 1 nohost.sub", "MX", []),
        ("here 300 MX 1 alias", "MX", []),  # RFC 2181 section 10.3: what is no host has no address
        ("here 300 MX 1 below.old", "MX", []),  # hidden by the DNAME above it
        ("here 300 MX 1 nowhere", "MX", []),
        ("here 300 MX 1 mail.elsewhere.test.", "MX", []),
        ("here 300 AFSDB 1 mail", "AFSDB", ["192.0.2.2", "2001:db8::2"]),
        ("here 300 KX 1 mail", "KX", ["192.0.2.2", "2001:db8::2"]),
        ("here 300 SVCB 1 mail alpn=h2", "SVCB", ["192.0.2.2", "2001:db8::2"]),  # RFC 9460 section 4.1
        ("here 300 HTTPS 0 mail", "HTTPS", ["192.0.2.2", "2001:db8::2"]),
    ],
)
def test_which_addresses_ride_along(record: str, rtype: str, addresses: list[str]) -> None:
    text = f"{TEXT}*.wildhost 300 A 192.0.2.3\nbelow.old 300 A 192.0.2.4\n{record}\n"
    octets = Authority(text).send(dns.message.make_query("here.example.test.", rtype).to_wire())
    found = [rr.rdata for rr in parse_message(octets).additionals]
    assert [str(ip_address(rdata)) for rdata in found] == addresses


def test_a_record_that_is_not_well_formed_is_answered_as_it_is() -> None:
    authority = Authority(TEXT)
    authority.zone.nodes[from_text("here.example.test.")] = {64: (300, (b"\0\1\5",))}
    reply = parse_message(authority.send(dns.message.make_query("here.example.test.", "SVCB").to_wire()))
    assert [rr.rdata for rr in reply.answers] == [b"\0\1\5"]
    assert reply.additionals == ()


def test_any_gives_one_rrset_over_udp_and_all_over_tcp(authority: Authority) -> None:
    assert len(authority.ask("host.example.test.", "ANY").answer) == 1
    assert len(authority.ask("host.example.test.", "ANY", stream=True).answer) == 3
    assert {rrset.rdtype.name for rrset in authority.ask("example.test.", "ANY", stream=True).answer} == {
        "NS",
        "MX",
        "SOA",
    }
    assert authority.ask("ent.example.test.", "ANY").answer == []
    assert authority.ask("nowhere.example.test.", "ANY").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("name", ["example.org.", "test.", ".", "myexample.test."])
def test_what_is_not_ours_is_refused(authority: Authority, name: str) -> None:
    reply = authority.ask(name, "A")
    assert reply.rcode() == dns.rcode.REFUSED
    assert not reply.flags & dns.flags.AA


@pytest.mark.parametrize(
    ("rtype", "rcode"), [("MAILA", "NOTIMP"), ("MAILB", "NOTIMP"), ("TSIG", "FORMERR"), ("OPT", "FORMERR")]
)
def test_types_that_cannot_be_asked_for(authority: Authority, rtype: str, rcode: str) -> None:
    assert dns.rcode.to_text(authority.ask("host.example.test.", rtype).rcode()) == rcode


def test_other_classes_are_refused(authority: Authority) -> None:
    assert authority.ask("version.bind.", "TXT", rdclass="CH").rcode() == dns.rcode.REFUSED
