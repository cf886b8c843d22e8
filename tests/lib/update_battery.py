"""Updates, rule by rule of RFC 2136 section 3, to be sent to any server: each case to a zone of its own.

A case is a pair of functions of the zone's apex: prerequisites and updates. What becomes of it is compared between
servers: the RCODE, by how much the serial moves, and all records of the zone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import dns.rdata

from tenure.dnswire.message import build_message
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rdata import canonical_rdata
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import (
    add,
    delete_name,
    delete_rr,
    delete_rrset,
    name_in_use,
    name_not_in_use,
    rrset_absent,
    rrset_equals,
    rrset_exists,
)

A, NS, CNAME, SOA, MX, TXT, DNAME, DS, DHCID = 1, 2, 5, 6, 15, 16, 39, 43, 49
IN, CH, NONE, ANY = 1, 3, 254, 255
ONE, TWO, THREE = b"\xc0\0\2\1", b"\xc0\0\2\2", b"\xc0\0\2\3"
TO_APEX = b"\xc0\x0c"  # a compression pointer to the name in the zone section
NS_NAME = from_text("ns.invalid.")
OUTSIDE = from_text("host.elsewhere.")

# What every zone has besides its SOA and `@ NS ns.invalid.`, written by an update.
START = (
    ("host", A, ONE),
    ("host", A, TWO),
    ("host", TXT, b"\4Case"),
    ("host", MX, b"\0\x0a" + from_text("Mail.Example.TEST.")),
    ("alias", CNAME, from_text("host.elsewhere.")),
    ("below.ent", A, THREE),
    ("*.wild", A, THREE),
    ("cut", NS, from_text("ns.elsewhere.")),
)


class Outcome(NamedTuple):
    """What became of one update."""

    rcode: str
    moved: int  # the serial, modulo 2^32
    records: frozenset[tuple[str, str, int]]  # owner within the zone, type and data, TTL; without the SOA


def soa(serial: int) -> bytes:
    """The SOA of every zone, with a serial."""
    tail = b"".join(number.to_bytes(4, "big") for number in (serial, 3600, 600, 86400, 60))
    return NS_NAME + from_text("root.invalid.") + tail


def record_words(owner: Name, apex: Name, rtype: int, rdata: bytes, ttl: int) -> tuple[str, str, int]:
    """One record of an outcome; Knot keeps names inside of data in lower case."""
    text = dns.rdata.from_wire(1, rtype, canonical_rdata(rtype, rdata), 0, len(rdata)).to_text()
    return owner[: len(owner) - len(apex)].hex(), f"{rtype} {text}", ttl


Records = Callable[[Callable[[str], Name]], Sequence[RR]]


class Case(NamedTuple):
    """One update; both functions are given what makes a name of the zone of a relative one (`""`: the apex)."""

    prerequisites: Records
    updates: Records

    def message(self, apex: Name) -> bytes:
        """The unsigned message."""
        name = _names(apex)
        sections = self.prerequisites(name), self.updates(name)
        return build_message(7, 0x2800, [Question(apex, SOA, IN)], *sections)


def start_message(apex: Name) -> bytes:
    """The update that fills a new zone."""
    name = _names(apex)
    updates = [add(name(owner), rtype, 300, rdata) for owner, rtype, rdata in START]
    return build_message(7, 0x2800, [Question(apex, SOA, IN)], (), updates)


def _names(apex: Name) -> Callable[[str], Name]:
    return lambda text: from_text(text + ".")[:-1] + apex if text else apex


def _needs(*make: Callable[[Callable[[str], Name]], RR]) -> Case:
    """Prerequisites, and an addition that shows whether they held."""
    return Case(lambda name: [one(name) for one in make], lambda name: [add(name("new"), A, 60, ONE)])


def _does(*make: Callable[[Callable[[str], Name]], RR]) -> Case:
    """Updates alone."""
    return Case(lambda name: [], lambda name: [one(name) for one in make])


META = {"axfr": 252, "ixfr": 251, "mailb": 253, "tkey": 249}

CASES: dict[str, Case] = {
    "3.2 in use": _needs(lambda n: name_in_use(n("host"))),
    "3.2 in use, case": _needs(lambda n: name_in_use(n("HOST"))),
    "3.2 in use fails": _needs(lambda n: name_in_use(n("absent"))),
    "3.2 in use, empty non-terminal": _needs(lambda n: name_in_use(n("ent"))),
    "3.2 in use, wildcard not expanded": _needs(lambda n: name_in_use(n("x.wild"))),
    "3.2 in use, apex": _needs(lambda n: name_in_use(n(""))),
    "3.2 not in use": _needs(lambda n: name_not_in_use(n("absent"))),
    "3.2 not in use fails": _needs(lambda n: name_not_in_use(n("host"))),
    "3.2 not in use, empty non-terminal": _needs(lambda n: name_not_in_use(n("ent"))),
    "3.2 not in use, apex fails": _needs(lambda n: name_not_in_use(n(""))),
    "3.2 exists": _needs(lambda n: rrset_exists(n("host"), A)),
    "3.2 exists fails": _needs(lambda n: rrset_exists(n("host"), DHCID)),
    "3.2 exists, name absent": _needs(lambda n: rrset_exists(n("absent"), A)),
    "3.2 exists, the SOA": _needs(lambda n: rrset_exists(n(""), SOA)),
    "3.2 absent": _needs(lambda n: rrset_absent(n("host"), DHCID)),
    "3.2 absent fails": _needs(lambda n: rrset_absent(n("host"), A)),
    "3.2 equals": _needs(lambda n: rrset_equals(n("host"), A, ONE), lambda n: rrset_equals(n("host"), A, TWO)),
    "3.2 equals, a part fails": _needs(lambda n: rrset_equals(n("host"), A, ONE)),
    "3.2 equals, one more fails": _needs(
        *(lambda n, value=value: rrset_equals(n("host"), A, value) for value in (ONE, TWO, THREE))
    ),
    "3.2 equals, listed twice": _needs(
        *(lambda n, value=value: rrset_equals(n("host"), A, value) for value in (ONE, TWO, TWO))
    ),
    "3.2 equals, names without case": _needs(
        lambda n: rrset_equals(n("host"), MX, b"\0\x0a" + from_text("mail.example.test."))
    ),
    "3.2 equals, strings with case": _needs(lambda n: rrset_equals(n("host"), TXT, b"\4case")),
    "3.2 equals after the others": _needs(
        lambda n: rrset_equals(n("host"), A, ONE), lambda n: name_not_in_use(n("host"))
    ),
    "3.2 the first failure counts": _needs(lambda n: name_in_use(n("absent")), lambda n: name_not_in_use(n("host"))),
    "3.2.5 TTL": _needs(lambda n: RR(n("host"), A, ANY, 1, b"")),
    "3.2.5 TTL with a value": _needs(lambda n: RR(n("host"), A, IN, 1, ONE)),
    "3.2.5 data beside ANY": _needs(lambda n: RR(n("host"), A, ANY, 0, ONE)),
    "3.2.5 data beside NONE": _needs(lambda n: RR(n("host"), A, NONE, 0, ONE)),
    "3.2.5 another class": _needs(lambda n: RR(n("host"), A, CH, 0, b"")),
    "3.2.5 outside": _needs(lambda _n: name_in_use(OUTSIDE)),
    "3.4.1 outside": _does(lambda _n: add(OUTSIDE, A, 60, ONE)),
    "3.4.1 outside, failing prerequisite": Case(
        lambda n: [name_in_use(n("absent"))], lambda _n: [add(OUTSIDE, A, 60, ONE)]
    ),
    "3.4.1 another class": _does(lambda n: RR(n("new"), A, CH, 60, ONE)),
    "3.4.1 ANY added": _does(lambda n: RR(n("new"), 255, IN, 60, ONE)),
    "3.4.1 ANY deleted by value": _does(lambda n: RR(n("host"), 255, NONE, 0, b"")),
    "3.4.1 TTL of a deleted RRset": _does(lambda n: RR(n("host"), A, ANY, 1, b"")),
    "3.4.1 data of a deleted RRset": _does(lambda n: RR(n("host"), A, ANY, 0, ONE)),
    "3.4.1 TTL of a deleted record": _does(lambda n: RR(n("host"), A, NONE, 1, ONE)),
    "3.4.1 no data of a deleted record": _does(lambda n: RR(n("host"), A, NONE, 0, b"")),
    "3.4.1 malformed": _does(lambda n: add(n("new"), A, 60, b"\1\2\3")),
    "3.4.1 unknown type": _does(lambda n: add(n("new"), 65280, 60, b"anything")),
    "3.4.1 a compressed name in NAPTR": _does(lambda n: add(n("new"), 35, 60, b"\0\1\0\2\1u\1e\0" + TO_APEX)),
    "3.4.1 a compressed name in SVCB": _does(lambda n: add(n("new"), 64, 60, b"\0\1" + TO_APEX)),
    "3.4.1 nothing is applied": _does(lambda n: add(n("new"), A, 60, ONE), lambda n: add(n("new"), A, 60, b"\1")),
    **{f"3.4.1 {word} added": _does(lambda n, t=t: RR(n("new"), t, IN, 60, b"")) for word, t in META.items()},
    **{f"3.4.1 {word} deleted": _does(lambda n, t=t: RR(n("new"), t, ANY, 0, b"")) for word, t in META.items()},
    "3.4.2.2 add": _does(lambda n: add(n("new"), A, 60, ONE)),
    "3.4.2.2 add to a set": _does(lambda n: add(n("host"), A, 300, THREE)),
    "3.4.2.2 add what is there": _does(lambda n: add(n("host"), A, 300, ONE)),
    "3.4.2.2 add with another TTL": _does(lambda n: add(n("host"), A, 60, THREE)),
    "3.4.2.2 add what is there, another TTL": _does(lambda n: add(n("host"), A, 60, ONE)),
    "3.4.2.2 CNAME beside others": _does(lambda n: add(n("host"), CNAME, 300, n("new"))),
    "3.4.2.2 CNAME at the apex": _does(lambda n: add(n(""), CNAME, 300, n("new"))),
    "3.4.2.2 others beside a CNAME": _does(lambda n: add(n("alias"), A, 300, ONE)),
    "3.4.2.2 CNAME replaced": _does(lambda n: add(n("alias"), CNAME, 300, n("new"))),
    "3.4.2.2 delete, then CNAME": _does(
        lambda n: delete_name(n("host")), lambda n: add(n("host"), CNAME, 300, from_text("a.elsewhere."))
    ),
    "3.4.2.2 delete the CNAME, then add": _does(
        lambda n: delete_rrset(n("alias"), CNAME), lambda n: add(n("alias"), A, 300, ONE)
    ),
    "3.4.2.2 DNAME replaced": _does(
        lambda n: add(n("new"), DNAME, 60, from_text("a.elsewhere.")),
        lambda n: add(n("new"), DNAME, 60, from_text("b.elsewhere.")),
    ),
    "3.4.2.2 SOA ahead": _does(lambda n: add(n(""), SOA, 300, soa(1000))),
    "3.4.2.2 SOA behind": _does(lambda n: add(n(""), SOA, 300, soa(1))),
    "3.4.2.2 SOA half way round": _does(lambda n: add(n(""), SOA, 300, soa(0xC0000000))),
    "3.4.2.2 SOA elsewhere": _does(lambda n: add(n("host"), SOA, 300, soa(1000))),
    "3.4.2.2 SOA ahead, and a record": _does(
        lambda n: add(n(""), SOA, 300, soa(1000)), lambda n: add(n("new"), A, 60, ONE)
    ),
    "3.4.2.2 wildcard owner": _does(lambda n: add(n("*.new"), A, 60, ONE)),
    "3.4.2.2 below a cut": _does(lambda n: add(n("x.cut"), A, 60, ONE)),
    "3.4.2.2 DS at the apex": _does(lambda n: add(n(""), DS, 60, b"\0\1\x08\2" + bytes(32))),
    "3.4.2.3 RRset": _does(lambda n: delete_rrset(n("host"), A)),
    "3.4.2.3 RRset that is not there": _does(lambda n: delete_rrset(n("host"), DHCID)),
    "3.4.2.3 name": _does(lambda n: delete_name(n("host"))),
    "3.4.2.3 name that is not there": _does(lambda n: delete_name(n("absent"))),
    "3.4.2.3 the apex": _does(lambda n: add(n(""), TXT, 60, b"\1x"), lambda n: delete_name(n(""))),
    "3.4.2.3 NS of the apex": _does(lambda n: delete_rrset(n(""), NS)),
    "3.4.2.3 SOA of the apex": _does(lambda n: delete_rrset(n(""), SOA)),
    "3.4.2.3 NS of a cut": _does(lambda n: delete_rrset(n("cut"), NS)),
    "3.4.2.4 record": _does(lambda n: delete_rr(n("host"), A, ONE)),
    "3.4.2.4 record that is not there": _does(lambda n: delete_rr(n("host"), A, THREE)),
    "3.4.2.4 record by its name without case": _does(
        lambda n: delete_rr(n("host"), MX, b"\0\x0a" + from_text("mail.example.test."))
    ),
    "3.4.2.4 the last NS": _does(lambda n: delete_rr(n(""), NS, NS_NAME)),
    "3.4.2.4 an NS beside another": _does(
        lambda n: add(n(""), NS, 300, from_text("b.invalid.")), lambda n: delete_rr(n(""), NS, NS_NAME)
    ),
    "3.4.2.4 SOA": _does(lambda n: delete_rr(n(""), SOA, soa(2))),
    "3.6 add and delete the same": _does(
        lambda n: add(n("host"), A, 300, THREE), lambda n: delete_rr(n("host"), A, THREE)
    ),
    "3.6 delete and add the same": _does(
        lambda n: delete_rrset(n("alias"), CNAME), lambda n: add(n("alias"), CNAME, 300, from_text("host.elsewhere."))
    ),
    "3.6 nothing": _does(),
    "3.7 atomic": Case(
        lambda n: [name_not_in_use(n("host"))], lambda n: [add(n("new"), A, 60, ONE), delete_name(n("host"))]
    ),
}
