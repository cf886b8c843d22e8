"""Whatever the zones hold and however they change, a plain question gets what any question gets, octet for octet."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import dns.flags
import dns.message
from dns_exchange import KEYS
from hypothesis import given
from hypothesis import strategies as st
from zone_view import MemoryZone, is_in, put_nodes

from tenure.authority.request import Reply
from tenure.authority.respond import respond
from tenure.authority.settings import ZoneSettings
from tenure.authority.views import View
from tenure.authority.zone import Node, RRset
from tenure.authority.zones import ServedZone
from tenure.dnswire.name import Name, from_text
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.caches import Seen
from tenure.serving.dns.plain import PlainQuestions
from tenure.serving.dns.tallies import Tallies, Tally
from tenure.serving.dns.udp import Datagram

APEXES = ("test.", "b.test.", "elsewhere.")  # one below another
CLIENT = ("192.0.2.1", 5353)
_A, _NS, _CNAME, _PTR, _TXT, _DNAME = 1, 2, 5, 12, 16, 39

labels = st.sampled_from(["a", "b", "ns", "*"])
owners = st.builds(
    lambda below, apex: ".".join([*below, apex]),
    st.one_of(labels.map(lambda label: [label]), st.lists(labels, max_size=3)),
    st.sampled_from(APEXES),
)
large = tuple(bytes([200]) + bytes([number]) * 200 for number in range(4))  # too much for a datagram
records: st.SearchStrategy[Mapping[int, RRset]] = st.sampled_from(
    [{_A: (300, (b"\x0a\0\0\1",))}, {_A: (300, (b"\x0a\0\0\1", b"\x0a\0\0\2")), _TXT: (60, large)}]
)
nodes: st.SearchStrategy[Mapping[int, RRset]] = st.one_of(
    st.just({}),
    records,
    st.builds(lambda to: {_NS: (300, (from_text(to),)), _A: (60, (b"\x0a\0\0\3",))}, owners),  # a cut with glue
    st.builds(lambda rtype, to: {rtype: (300, (from_text(to),))}, st.sampled_from([_CNAME, _DNAME, _NS, _PTR]), owners),
)
# What is asked in one batch: most of it below one name, so that kinds are known soon.
questions = st.tuples(
    st.lists(labels, min_size=1, max_size=4),
    st.one_of(st.sampled_from(APEXES), owners),
    st.sampled_from(["A", "TXT", "PTR", "MX"]),
    st.sampled_from([-1, 0, 512]),
    st.booleans(),
)


class SlowlyReadZone(MemoryZone):
    """Gives one name after the other, so that some are read ahead and some are not."""

    def nodes_after(self, name: Name | None, most: int) -> list[tuple[Name, Node]]:
        return super().nodes_after(name, min(most, 1))


def zone_with(apex: str, found: Mapping[Name, Mapping[int, RRset]]) -> MemoryZone:
    zone = SlowlyReadZone.from_text(apex, "@ 300 NS ns.test.\n")
    zone.nodes |= {name: dict(node) for name, node in found.items() if node and is_in(name, zone)}
    return zone


def queries(first: list[str], above: str, rtype: str, edns: int, capital: bool) -> list[bytes]:
    found = []
    for label in first:
        owner = f"{label}.{above}"
        size = {"payload": edns} if edns > 0 else {}
        message = dns.message.make_query(owner.title() if capital else owner, rtype, use_edns=min(edns, 0), **size)
        message.flags ^= dns.flags.RD if capital else 0
        found.append(message.to_wire())
    return found


class Service:
    """The part of the DNS service that answers, over zones in memory."""

    def __init__(self, zones: list[MemoryZone]) -> None:
        self.cache = QueryCache()
        self.served = {one.apex: ServedZone(ZoneSettings(one.apex), self.cache.watch(one, one.apex)) for one in zones}
        seen = Seen(View("", self.served), self.cache)
        self.plain = PlainQuestions(lambda: None, Tallies(), lambda _client: seen)

    def ask(self, batch: list[bytes]) -> tuple[list[bytes], int]:
        """The replies, in their order, and how many were given together."""
        replies: dict[int, bytes] = {}
        asked = []
        for number, query in enumerate(batch):
            ready = self.cache.ready(query[2:])
            if ready is None:
                asked.append(
                    Datagram(query, query[2:], CLIENT, lambda octets, number=number: replies.update({number: octets}))
                )
            else:
                replies[number] = query[:2] + ready
        others = self.plain.answer(asked)
        for one in others:
            query, client = one.octets, one.peer[0]
            self.cache.begin()
            response = respond(query, self.served, KEYS, client, 0.0, stream=False)
            assert isinstance(response, Reply)
            one.send(response.octets)
            if response.reusable:
                self.cache.keep(query, response.octets, Tally())
                self.plain.learn(query, client)
        return [replies[number] for number in range(len(batch))], len(asked) - len(others)


@given(
    st.dictionaries(owners.map(from_text), nodes, max_size=8),
    st.lists(
        st.tuples(
            st.lists(questions, max_size=3),
            st.lists(st.tuples(owners, nodes), max_size=2),
            st.integers(0, 5),
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_a_plain_question_gets_what_any_question_gets(
    found: Mapping[Name, Mapping[int, RRset]],
    turns: list[tuple[list[tuple[list[str], str, str, int, bool]], list[tuple[str, Mapping[int, RRset]]], int]],
    new_minimum: bool,
) -> None:
    zones = [zone_with(apex, found) for apex in APEXES]
    service = Service(zones)
    unkept = {zone.apex: ServedZone(ZoneSettings(zone.apex), zone) for zone in zones}
    for asked, wanted, slices in turns:
        for _ in range(slices):
            service.cache.read_ahead()
        before = [query for one in asked for query in queries(["first", "second"], *one[1:])]  # so the kinds are known
        batch = [query for one in asked for query in queries(*one)]
        for again in (before, batch, [secrets.token_bytes(2) + query[2:] for query in batch]):
            replies, _ = service.ask(again)
            for query, reply in zip(again, replies, strict=True):
                expected = respond(query, unkept, KEYS, CLIENT[0], 0.0, stream=False)
                assert isinstance(expected, Reply)
                assert reply == expected.octets
        changed = put_nodes(zones, wanted, new_minimum=new_minimum)
        if changed:
            service.cache.forget(service.cache.changes_by(changed))
