"""The answer to a question (RFC 1034 section 4.3.2, RFC 2308, RFC 8482). Sections as values; no message yet.

Aliases are followed through all zones that are served here. Positive answers carry no authority section; addresses of
the targets of NS, MX, SRV, SVCB and other such records ride along when they are served here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.authority.lookup import Found, Missing, Referral, Renamed, look_up
from tenure.authority.zone import Node, RRset
from tenure.authority.zones import ServedZone, Zones, find_zone, find_zone_for
from tenure.dnswire.codes import Rcode, RRClass, RRType
from tenure.dnswire.message import Question
from tenure.dnswire.name import Name, is_within
from tenure.dnswire.rr import RR
from tenure.dnswire.shapes import plain_name_end
from tenure.octets import Malformed

_IN: Final = int(RRClass.IN)
_A: Final = int(RRType.A)
_AAAA: Final = int(RRType.AAAA)
_NS: Final = int(RRType.NS)
_CNAME: Final = int(RRType.CNAME)
_SOA: Final = int(RRType.SOA)
_DS: Final = int(RRType.DS)
_DNAME: Final = int(RRType.DNAME)
_ANY: Final = int(RRType.ANY)
# What an alias has of its own.
_NOT_THROUGH_ALIASES: Final = frozenset((_CNAME, _ANY, int(RRType.RRSIG), int(RRType.NSEC)))
_TARGET_AT: Final = {  # where in the RDATA the host name begins
    **dict.fromkeys(map(int, (RRType.MX, RRType.AFSDB, RRType.KX, RRType.SVCB, RRType.HTTPS)), 2),
    _NS: 0,
    int(RRType.SRV): 6,
}

MOST_ALIASES: Final = 16
ROOT: Final[Name] = b"\0"


class Answer(NamedTuple):
    """What goes into the reply. `glue` are the additional records that a referral is useless without (RFC 9471)."""

    rcode: int
    authoritative: bool
    answers: tuple[RR, ...] = ()
    authorities: tuple[RR, ...] = ()
    additionals: tuple[RR, ...] = ()
    glue_count: int = 0  # so many of the first additionals are needed


def answer_question(
    question: Question, zone: ServedZone | None, zones: Zones, *, whole_any: bool, dnssec: bool
) -> Answer:
    """The answer to an ordinary question, which begins in `zone`; there is none for what is not served.

    `whole_any`: ANY gives all RRsets, not just one (RFC 8482 section 4). `dnssec`: the requestor has set DO, so a
    delegation says how it is signed (RFC 4035 section 3.1.4.1).
    """
    if zone is None:
        return Answer(Rcode.REFUSED, authoritative=False)
    return _Chase(question, zones, whole_any=whole_any, dnssec=dnssec).run(zone, question.name.lower())


class _Chase:
    """One question followed through its aliases; `owner` is the name as the reply spells it."""

    def __init__(self, question: Question, zones: Zones, *, whole_any: bool, dnssec: bool) -> None:
        self.qtype = question.rtype
        self.owner = question.name
        self.zones = zones
        self.whole_any = whole_any
        self.dnssec = dnssec
        self.answers: list[RR] = []
        self.followed: set[Name] = set()

    def run(self, zone: ServedZone | None, name: Name) -> Answer:
        while zone is not None:
            found = look_up(zone.view, zone.name, name, self.qtype)
            match found:
                case Found(node):
                    if _CNAME not in node or self.qtype in _NOT_THROUGH_ALIASES:
                        return self._from_node(node, zone, name)
                    self._add(_CNAME, node[_CNAME])
                    target = node[_CNAME][1][0]
                case Renamed(owner, rrset, renamed):
                    self.answers.append(RR(owner, _DNAME, _IN, rrset[0], rrset[1][0]))
                    if renamed is None:
                        return Answer(Rcode.YXDOMAIN, authoritative=True, answers=tuple(self.answers))
                    self._add(_CNAME, (rrset[0], (renamed,)))
                    if self.qtype == _CNAME:
                        return self._positive()
                    target = renamed
                case Referral():
                    return self._refer(found)
                case Missing():
                    return self._negative(Rcode.NXDOMAIN, zone)
            self.followed.add(name)
            self.owner = target
            name = target.lower()
            if name in self.followed or len(self.followed) >= MOST_ALIASES:
                break
            zone = find_zone_for(self.zones, name, self.qtype)
        return self._positive()

    def _add(self, rtype: int, rrset: RRset) -> None:
        self.answers += [RR(self.owner, rtype, _IN, rrset[0], rdata) for rdata in rrset[1]]

    def _positive(self, additionals: tuple[RR, ...] = ()) -> Answer:
        return Answer(Rcode.NOERROR, True, tuple(self.answers), (), additionals)

    def _from_node(self, node: Node, zone: ServedZone, name: Name) -> Answer:
        at_apex = name == zone.name
        if self.qtype == _ANY and (node or at_apex):
            self._add_any(node, zone if at_apex else None)
        elif self.qtype == _SOA and at_apex:
            self._add_soa(zone)
        elif self.qtype in node:
            self._add(self.qtype, node[self.qtype])
        else:
            return self._negative(Rcode.NOERROR, zone)
        return self._positive(self._addresses_of_targets(node))

    def _add_any(self, node: Node, apex_of: ServedZone | None) -> None:
        for rtype in sorted(node) if self.whole_any else sorted(node)[:1]:
            self._add(rtype, node[rtype])
        if apex_of is not None and (self.whole_any or not node):
            self._add_soa(apex_of)

    def _add_soa(self, zone: ServedZone) -> None:
        ttl, rdata = zone.view.soa
        self.answers.append(RR(self.owner, _SOA, _IN, ttl, rdata))

    def _addresses_of_targets(self, node: Node) -> tuple[RR, ...]:
        at = _TARGET_AT.get(self.qtype)
        if at is None:
            return ()
        hosts = [_host_in(rdata, at) for rdata in node[self.qtype][1]]
        return tuple(rr for host in dict.fromkeys(hosts) for rr in self._addresses_of(host))

    def _addresses_of(self, host: Name) -> list[RR]:
        """The addresses that a zone served here holds for the host: its own, a wildcard's, or glue below a cut."""
        zone = find_zone(self.zones, host)
        if zone is None:
            return []
        found = look_up(zone.view, zone.name, host, _A)
        if isinstance(found, Found):
            node = found.node
        elif isinstance(found, Referral):
            node = zone.view.rrsets_at(host)
        else:
            return []
        return [RR(host, t, _IN, node[t][0], rdata) for t in (_A, _AAAA) if t in node for rdata in node[t][1]]

    def _negative(self, rcode: int, zone: ServedZone) -> Answer:
        """NODATA or NXDOMAIN."""
        return Answer(rcode, True, tuple(self.answers), (negative_soa(zone.name, zone.view.soa),))

    def _refer(self, referral: Referral) -> Answer:
        """The delegation with the addresses of its servers as far as they stand here, those below the cut first."""
        cut, (ttl, servers), security = referral
        authorities = [RR(cut, _NS, _IN, ttl, rdata) for rdata in servers]
        if security is not None and self.dnssec:
            authorities += [RR(cut, _DS, _IN, security[0], rdata) for rdata in security[1]]
        hosts = [rdata.lower() for rdata in servers]
        glue = [rr for host in hosts if is_within(host, cut) for rr in self._addresses_of(host)]
        others = [rr for host in hosts if not is_within(host, cut) for rr in self._addresses_of(host)]
        aliased = bool(self.answers)  # AA speaks of the first owner name in the answer (RFC 1035 section 4.1.1)
        return Answer(Rcode.NOERROR, aliased, tuple(self.answers), tuple(authorities), (*glue, *others), len(glue))


def negative_soa(zone: Name, soa: tuple[int, bytes]) -> RR:
    """The SOA record of a denial: its TTL is the lesser of its own and its minimum (RFC 2308 section 3)."""
    ttl, rdata = soa
    return RR(zone, _SOA, _IN, min(ttl, int.from_bytes(rdata[-4:], "big")), rdata)


def _host_in(rdata: bytes, at: int) -> Name:
    """The host name that begins there, lower-cased; the root where none does, in a record that nobody has checked."""
    try:
        return rdata[at : plain_name_end(rdata, at, len(rdata))].lower()
    except Malformed:
        return ROOT
