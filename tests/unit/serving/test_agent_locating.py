"""Finding a zone and its servers, by name servers that answer as a table says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text, to_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.registering.entry import Place
from tenure.registering.locating import build_question
from tenure.registering.steps import Outcome
from tenure.serving.agent.asking import Servers
from tenure.serving.agent.locating import Located, Locator
from tenure.serving.updater.link import Link, Unreachable

ASKED: Place = ("10.0.0.53", 53)
SOA = "{zone} 60 IN SOA ns.{zone} root. 1 2 3 4 5"
Zone = Mapping[tuple[str, str], Sequence[str]]


class TableServers(Servers):
    """Each server has its table of answers; one that is in none does not answer."""

    def __init__(self, tables: Mapping[str, Zone]) -> None:
        super().__init__(lambda: 0.0)
        self._tables = tables
        self.asked: list[tuple[str, str, str]] = []

    async def query(self, place: Place, name: bytes, rtype: int, *, recursive: bool) -> bytes:
        owner, kind = to_text(name), RRType(rtype).name
        self.asked.append((place[0], owner, kind))
        if place[0] not in self._tables:
            raise Unreachable("Connection refused")
        reply = dns.message.make_response(dns.message.from_wire(build_question(1, name, rtype, recursive=recursive)))
        reply.flags |= dns.flags.AA
        for line in self._tables[place[0]].get((owner, kind), ()):
            owner, ttl, _, kind, rdata = line.split(maxsplit=4)
            section = reply.authority if kind == "SOA" and owner != to_text(name) else reply.answer
            section.append(dns.rrset.from_text(owner, int(ttl), "IN", kind, rdata))
        return reply.to_wire()

    def link(self, place: Place) -> Link:
        return Link(place, lambda: 0.0)


def found(tables: Mapping[str, Zone], owner: str, fixed: Sequence[Place] = ()) -> tuple[Located | Outcome, list[Place]]:
    """Where the name is, and all the servers that are worth a try."""

    async def run() -> tuple[Located | Outcome, list[Place]]:
        locator = Locator(TableServers(tables), [("10.0.0.52", 53), ASKED], fixed)
        direction = Direction.REVERSE if owner.endswith("arpa.") else Direction.FORWARD
        located = await locator.locate(from_text(owner), direction, top_level_zones=False)
        takers = [] if isinstance(located, Outcome) else [place async for place in locator.takers(located)]
        return located, takers

    return asyncio.run(run())


OFFICE: Zone = {
    ("pc.office.example.", "SOA"): [SOA.format(zone="office.example.")],
    ("office.example.", "SOA"): [SOA.format(zone="office.example.")],
    ("ns.office.example.", "A"): ["ns.office.example. 60 IN A 10.0.0.1"],
    ("ns.office.example.", "AAAA"): ["ns.office.example. 60 IN AAAA fd00::1"],
}


def test_the_primary_is_whom_the_soa_record_names_and_a_server_that_is_away_is_passed_over() -> None:
    located, takers = found({ASKED[0]: OFFICE}, "pc.office.example.")
    assert isinstance(located, Located)
    assert located.zone == from_text("office.example.")
    assert takers == [("fd00::1", 53), ("10.0.0.1", 53)]


def test_a_resolver_that_says_nothing_beside_a_negative_answer_is_asked_for_the_names_above() -> None:
    table = {key: lines for key, lines in OFFICE.items() if key[0] != "pc.office.example."}
    located, _ = found({ASKED[0]: table}, "pc.office.example.")
    assert isinstance(located, Located)
    assert (located.owner, located.zone) == (from_text("pc.office.example."), from_text("office.example."))


def test_the_zone_of_an_alias_is_that_of_the_alias_itself() -> None:
    table = {**OFFICE, ("pc.office.example.", "SOA"): ["pc.office.example. 60 IN CNAME pc.elsewhere.example."]}
    located, _ = found({ASKED[0]: table}, "pc.office.example.")
    assert isinstance(located, Located)
    assert located.zone == from_text("office.example.")


def test_a_reverse_name_is_followed_to_the_zone_of_less_than_an_octet() -> None:
    owner, target = "7.2.0.192.in-addr.arpa.", "7.0/26.2.0.192.in-addr.arpa."
    table = {
        (owner, "SOA"): [f"{owner} 60 IN CNAME {target}"],
        (target, "SOA"): [SOA.format(zone="0/26.2.0.192.in-addr.arpa.")],
    }
    located, _ = found({ASKED[0]: table}, owner)
    assert isinstance(located, Located)
    assert (located.owner, located.zone) == (from_text(target), from_text("0/26.2.0.192.in-addr.arpa."))


def test_aliases_without_end_are_refused() -> None:
    one, other = "7.2.0.192.in-addr.arpa.", "8.2.0.192.in-addr.arpa."
    table = {
        (one, "SOA"): [f"{one} 60 IN CNAME {other}"],
        (other, "SOA"): [f"{other} 60 IN CNAME {one}"],
    }
    located, _ = found({ASKED[0]: table}, one)
    assert isinstance(located, Outcome)
    assert (located.state, located.reason) == (State.REFUSED, Reason.NO_PRIMARY)
    assert "do not end" in located.detail


@pytest.mark.parametrize("zone", [".", "example."])
def test_the_root_and_top_level_zones_are_no_place_for_a_host(zone: str) -> None:
    soa = f"{zone} 60 IN SOA a.root. root. 1 2 3 4 5"
    located, _ = found({ASKED[0]: {("pc.office.example.", "SOA"): [soa]}}, "pc.office.example.")
    assert isinstance(located, Outcome)
    assert (located.state, located.reason) == (State.REFUSED, Reason.TOP_LEVEL_ZONE)


def test_where_nobody_answers_or_knows_it_that_is_said() -> None:
    located, _ = found({}, "pc.office.example.")
    assert located == Outcome(State.PENDING, Reason.NO_PRIMARY, "10.0.0.53 port 53: Connection refused")
    located, _ = found({ASKED[0]: {}}, "pc.office.example.")
    assert isinstance(located, Outcome)
    assert "no SOA record of a zone above the name, says 10.0.0.53 port 53" in located.detail


def test_each_name_server_is_asked_whom_it_names_and_only_a_primary_of_the_zone_counts() -> None:
    own = SOA.format(zone="office.example.")
    table = {
        **OFFICE,
        ("office.example.", "NS"): [f"office.example. 60 IN NS {one}.example." for one in ("a", "b", "c")],
        ("a.example.", "A"): ["a.example. 60 IN A 10.0.0.2"],
        ("b.example.", "A"): ["b.example. 60 IN A 10.0.0.3"],
        ("c.example.", "A"): ["c.example. 60 IN A 10.0.0.4"],
        ("evil.example.", "A"): ["evil.example. 60 IN A 10.0.0.66"],
        ("b-own.example.", "A"): ["b-own.example. 60 IN A 10.0.0.33"],
    }
    tables = {
        ASKED[0]: table,
        "10.0.0.2": {("office.example.", "SOA"): [own]},  # names the primary that was tried
        "10.0.0.3": {("office.example.", "SOA"): [own.replace("SOA ns.office", "SOA b-own")]},
        "10.0.0.4": {("office.example.", "SOA"): ["example. 60 IN SOA evil.example. root. 1 2 3 4 5"]},
    }
    _, takers = found(tables, "pc.office.example.")
    assert takers == [("fd00::1", 53), ("10.0.0.1", 53), ("10.0.0.33", 53)]


def test_configured_servers_are_asked_and_used_in_their_order() -> None:
    fixed = [("10.0.0.8", 5300), ("10.0.0.9", 53)]
    located, takers = found({"10.0.0.9": OFFICE}, "pc.office.example.", fixed)
    assert isinstance(located, Located)
    assert takers == fixed
