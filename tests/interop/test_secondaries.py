"""BIND and Knot as secondaries of our service: they transfer the zone with TSIG, follow it, and answer as we do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dns.message
import dns.name
import dns.query
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.update
import dns.zone
import pytest
from dns_service import Running
from dns_service import running as tenure
from dnspeer import KEY
from network import eventually
from ports import free_port
from transfer_peers import KEYRING, ZONE, TransferPeer, transfer_peer

TEXT = rf"""@ 300 NS ns
ns 300 A 192.0.2.1
host 300 A 192.0.2.10
host 300 AAAA 2001:db8::10
host 300 DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
alias 300 CNAME other
other 300 CNAME host
*.wild 300 TXT "from a wildcard"
a.b.deep 300 A 192.0.2.11
sub 300 NS ns.sub
sub 300 NS elsewhere.invalid.
ns.sub 300 A 192.0.2.53
_ldap._tcp 300 SRV 0 0 389 host
odd 300 TYPE65280 \# 4 0a000001
{"".join(f"h{n} 300 TXT {'x' * 200}" + chr(10) for n in range(200))}"""
QUESTIONS = [
    ("host", "A"),
    ("host", "AAAA"),
    ("host", "DHCID"),
    ("host", "MX"),
    ("HOST", "TXT"),
    ("alias", "A"),
    ("alias", "CNAME"),
    ("alias", "SRV"),
    ("x.wild", "TXT"),
    ("x.y.wild", "TXT"),
    ("x.wild", "A"),
    ("wild", "A"),
    ("b.deep", "A"),
    ("nobody", "A"),
    ("x.host", "A"),
    ("pc.sub", "A"),
    ("sub", "NS"),
    ("ns.sub", "A"),
    ("_ldap._tcp", "SRV"),
    ("_tcp", "SRV"),
    ("odd", "TYPE65280"),
    ("@", "SOA"),
    ("@", "NS"),
]


@dataclass(frozen=True)
class Pair:
    """Our service, and a secondary of it."""

    primary: Running
    secondary: TransferPeer

    def port(self, of_primary: bool) -> int:
        return self.primary.port if of_primary else self.secondary.port

    def zone(self, of_primary: bool) -> dns.zone.Zone:
        """The whole zone, as one of the two transfers it."""
        found = dns.zone.Zone(dns.name.from_text(ZONE))
        dns.query.inbound_xfr("127.0.0.1", found, port=self.port(of_primary), timeout=10, lifetime=30)
        return found

    def answer(self, of_primary: bool, name: str, rtype: str) -> tuple[object, ...]:
        """What is said to a question, without what servers may add or leave out."""
        query = dns.message.make_query(dns.name.from_text(name, dns.name.from_text(ZONE)), rtype)
        query.flags = 0
        found = dns.query.tcp(query, "127.0.0.1", port=self.port(of_primary), timeout=10)
        answers = {(rrset.name, rrset.rdtype, rrset.ttl, frozenset(rrset)) for rrset in found.answer}
        refers = not found.answer and {(r.name, r.rdtype, frozenset(r)) for r in found.authority}
        return found.rcode(), found.flags, answers, refers

    def same(self) -> bool:
        """Whether both have the same zone."""
        return bool(self.zone(True) == self.zone(False))

    def tell(self) -> None:
        """A NOTIFY, as the primary's operator can send one."""
        notify = dns.message.make_query(ZONE, "SOA")
        notify.set_opcode(dns.opcode.NOTIFY)
        notify.flags |= dns.flags.AA
        dns.query.udp(notify, "127.0.0.1", port=self.secondary.port, timeout=5)


@pytest.fixture(scope="module", params=["bind", "knot"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp(request.param)
    with (
        tenure(folder, TEXT, keys={KEY.name: KEY}) as primary,
        transfer_peer(request.param, "secondary", folder / "peer", free_port(), primary.port) as secondary,
    ):
        made = Pair(primary, secondary)

        def has_zone() -> bool:
            return made.answer(False, "@", "SOA")[0] == dns.rcode.NOERROR

        eventually(has_zone, "the secondary has the zone", log=(folder / "peer" / "log").read_text)
        yield made


def test_the_zone_arrives_whole(pair: Pair) -> None:
    assert pair.same()
    assert len(pair.zone(False).nodes) > 210


@pytest.mark.parametrize(("name", "rtype"), QUESTIONS)
def test_the_same_question_has_the_same_answer(pair: Pair, name: str, rtype: str) -> None:
    assert pair.answer(True, name, rtype) == pair.answer(False, name, rtype)


def test_what_is_updated_follows(pair: Pair) -> None:
    changes: list[Callable[[dns.update.UpdateMessage], None]] = [
        lambda update: update.add("new", 60, "A", "192.0.2.77"),
        lambda update: update.replace("host", 60, "A", "192.0.2.78"),
        lambda update: update.delete("h7"),
    ]
    for change in changes:
        update = dns.update.UpdateMessage(ZONE, keyring=KEYRING, keyalgorithm=dns.tsig.HMAC_SHA256)
        change(update)
        assert dns.query.tcp(update, "127.0.0.1", port=pair.primary.port, timeout=10).rcode() == 0
    pair.tell()
    eventually(pair.same, "the secondary has the changes")
    assert pair.zone(False).get_node("h7") is None
    assert pair.answer(False, "new", "A")[2]
