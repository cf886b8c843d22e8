"""Whatever changes, what the cache of queries gives is what the zones say: compared with replies made anew."""

from __future__ import annotations

from collections.abc import Mapping

import dns.message
from dns_exchange import KEYS
from hypothesis import given
from hypothesis import strategies as st
from zone_view import MemoryZone, is_in, put_nodes

from tenure.authority.request import Reply
from tenure.authority.respond import respond
from tenure.authority.settings import ZoneSettings
from tenure.authority.zone import RRset
from tenure.authority.zones import ServedZone
from tenure.dnswire.name import Name, from_text
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.tallies import Tally

APEXES = ("test.", "b.test.", "elsewhere.")  # one below another
_A, _NS, _CNAME, _DNAME = 1, 2, 5, 39

owners = st.builds(
    lambda below, apex: ".".join([*below, apex]),
    st.lists(st.sampled_from(["a", "b", "c", "*"]), max_size=3),
    st.sampled_from(APEXES),
)
nodes: st.SearchStrategy[Mapping[int, RRset]] = st.one_of(
    st.just({}),
    st.just({_A: (300, (b"\x0a\0\0\1",))}),
    st.builds(lambda rtype, to: {rtype: (300, (from_text(to),))}, st.sampled_from([_CNAME, _DNAME, _NS]), owners),
)
changes = st.tuples(owners, nodes)
questions = st.tuples(owners, st.sampled_from(["A", "SOA", "ANY", "MX"]), st.booleans())


def zone_with(apex: str, found: Mapping[Name, Mapping[int, RRset]]) -> MemoryZone:
    zone = MemoryZone.from_text(apex, "@ 300 NS ns.test.\n")
    zone.nodes |= {name: dict(node) for name, node in found.items() if node and is_in(name, zone)}
    return zone


@given(
    st.dictionaries(owners.map(from_text), nodes, max_size=8),
    st.lists(st.tuples(questions, st.lists(changes, max_size=2)), max_size=12),
    st.booleans(),
)
def test_no_reply_outlives_what_it_says(
    found: Mapping[Name, Mapping[int, RRset]],
    turns: list[tuple[tuple[str, str, bool], list[tuple[str, Mapping[int, RRset]]]]],
    new_minimum: bool,
) -> None:
    zones = [zone_with(apex, found) for apex in APEXES]
    cache = QueryCache()
    kept = {zone.apex: ServedZone(ZoneSettings(zone.apex), cache.watch(zone, zone.apex)) for zone in zones}
    plain = {zone.apex: ServedZone(ZoneSettings(zone.apex), zone) for zone in zones}
    asked: dict[bytes, None] = {}
    for (owner, rtype, edns), wanted in turns:
        asked[dns.message.make_query(owner, rtype, id=0, use_edns=0 if edns else -1).to_wire()] = None
        for query in asked:
            expected = respond(query, plain, KEYS, "192.0.2.1", 0.0, stream=False)
            assert isinstance(expected, Reply)
            ready = cache.ready(query[2:])
            if ready is None:
                cache.begin()
                reply = respond(query, kept, KEYS, "192.0.2.1", 0.0, stream=False)
                assert reply == expected
                cache.keep(query, expected.octets, Tally())
                ready = cache.ready(query[2:])
            assert ready == expected.octets[2:]
        changed = put_nodes(zones, wanted, new_minimum=new_minimum)
        if changed:
            cache.forget(cache.changes_by(changed))
