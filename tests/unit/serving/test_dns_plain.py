"""Plain questions of one batch: what is read for them together, what is handed on, what is counted."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from functools import partial

import dns.message
import pytest
from dns_exchange import KEYS
from zone_view import MemoryZone

from tenure.authority.request import Reply
from tenure.authority.respond import respond
from tenure.authority.settings import ZoneSettings
from tenure.authority.views import View
from tenure.authority.zone import Node
from tenure.authority.zones import ServedZone
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rdata import with_serial
from tenure.ledger.errors import LedgerUnavailable
from tenure.serving.dns import cache as dns_cache
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.caches import Seen
from tenure.serving.dns.plain import PlainQuestions
from tenure.serving.dns.tallies import Tallies
from tenure.serving.dns.udp import Datagram

CLIENT = ("192.0.2.1", 5353)
TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\na 300 A 192.0.2.2\nb 300 A 192.0.2.3\nc 300 CNAME a\n"


# Whatever a name may be: below it is asked for these labels, and there are some of each kind.
EVERYTHING = """\
@ 300 NS ns
@ 300 SOA ns.here hostmaster 1 3600 600 86400 60
here 300 A 192.0.2.1
here 300 A 192.0.2.2
b.here 300 TXT text
c 300 CNAME here
ns.here 300 A 192.0.2.1
cut 300 NS ns.cut
cut 300 A 192.0.2.4
ns.cut 300 A 192.0.2.4
below.cut 300 A 192.0.2.5
renamed 300 DNAME here
renamed 300 A 192.0.2.6
many 300 PTR a.elsewhere.
many 300 PTR b.elsewhere.
one 300 PTR a.elsewhere.
near 300 PTR a.here
*.wild 300 A 192.0.2.7
here.wild 300 TXT text
b.*.nest 300 A 192.0.2.8
here.nest 300 A 192.0.2.9
"""
LARGE = "".join(f'here.wild 300 TXT "{number}{"x" * 200}"\n' for number in range(4))
LABELS = (
    "here",
    "ns",
    "c",
    "cut",
    "below",
    "renamed",
    "many",
    "one",
    "near",
    "*",
    "none",
    "child",
    "wild",
    "other",
    "b",
)
ABOVE = ("", "here.", "wild.", "nest.", "cut.", "renamed.", "none.", "child.", "*.nest.", "gone.wild.")


class CountedZone(MemoryZone):
    """Notes what is read of it together, and can fail."""

    together: list[list[Name]]
    failing = False

    def nodes_at(self, names: Collection[Name]) -> dict[Name, Node]:
        if self.failing:
            raise LedgerUnavailable("the store", "is gone")
        self.together.append(list(names))
        return super().nodes_at(names)


class Service:
    def __init__(self) -> None:
        self.zone = CountedZone.from_text("example.test.", TEXT)
        assert isinstance(self.zone, CountedZone)
        self.zone.together = []
        self.cache = QueryCache()
        served = ServedZone(ZoneSettings(self.zone.apex), self.cache.watch(self.zone, self.zone.apex))
        self.seen = Seen(View("", {self.zone.apex: served}), self.cache)
        self.tallies = Tallies()
        self.plain = PlainQuestions(lambda: None, self.tallies, lambda _client: self.seen)
        self.replies: list[bytes] = []

    def ask(self, *labels: str, rtype: str = "A") -> list[str]:
        """Asks for records of these names in one batch; gives the labels of the questions that are handed on."""
        queries = {dns.message.make_query(f"{one}.example.test.", rtype).to_wire(): one for one in labels}
        others = self.plain.answer([Datagram(query, query[2:], CLIENT, self.replies.append) for query in queries])
        return [queries[one.octets] for one in others]

    def learn(self, rtype: str = "A") -> None:
        for label in ("x1", "x2"):
            self.plain.learn(dns.message.make_query(f"{label}.example.test.", rtype).to_wire(), CLIENT[0])


def test_what_was_read_ahead_is_answered_without_the_store(service: Service) -> None:
    service.cache.read_ahead()
    assert service.ask("a", "b") == []
    assert service.zone.together == []
    assert sorted(dns.message.from_wire(reply).answer[0].name.labels[0] for reply in service.replies) == [b"a", b"b"]


def test_a_name_that_was_read_ahead_is_kept_as_a_reply_when_it_is_asked_about_again(service: Service) -> None:
    service.cache.read_ahead()
    query = dns.message.make_query("a.example.test.", "A").to_wire()
    for kept in (False, True):
        assert service.ask("a") == []
        assert (query[2:] in service.cache.replies) == kept
    assert service.zone.together == []
    assert len(service.replies) == 2
    assert service.ask("a") == []  # as if its reply had been dropped since: it is read now
    assert len(service.zone.together) == 1


def test_a_change_is_seen_in_what_was_read_ahead(service: Service) -> None:
    service.cache.read_ahead()
    assert service.ask("a") == []
    del service.zone.nodes[from_text("a.example.test.")]
    service.cache.forget(service.cache.changes_by([from_text("a.example.test.")]))
    assert service.ask("a") == []
    found, missing = (dns.message.from_wire(reply) for reply in service.replies)
    assert (found.rcode(), missing.rcode()) == (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


def test_what_was_read_ahead_is_answered_once_when_the_store_fails(service: Service) -> None:
    service.cache.read_ahead()
    service.zone.failing = True
    assert service.ask("a", "absent", "b") == ["absent"]
    assert len(service.replies) == 2


@pytest.fixture
def service() -> Service:
    found = Service()
    found.learn()
    return found


def test_what_is_put_together_is_what_respond_says() -> None:
    zones = [
        MemoryZone.from_text("example.test.", EVERYTHING + LARGE),
        MemoryZone.from_text("child.example.test.", "@ 300 NS ns\n@ 300 A 192.0.2.1\nhere 300 A 192.0.2.2\n"),
    ]
    cache = QueryCache()
    served = {one.apex: ServedZone(ZoneSettings(one.apex), cache.watch(one, one.apex)) for one in zones}
    unkept = {one.apex: ServedZone(ZoneSettings(one.apex), one) for one in zones}
    replies: dict[bytes, bytes] = {}
    plain = PlainQuestions(lambda: None, Tallies(), lambda _client: Seen(View("", served), cache))
    for turn in range(3):
        for how in itertools.product(ABOVE, ("A", "AAAA", "TXT", "PTR"), (None, 512, 1232), (False, True)):
            for label in ("x1", "x2"):
                plain.learn(query(label, *how), CLIENT[0])
            asked = [query(label, *how) for label in (*LABELS, f"gone{turn}", f"g{turn}")]
            plain.answer([Datagram(one, one[2:], CLIENT, partial(replies.__setitem__, one)) for one in asked])
        assert len(replies) > (100 if turn else 600)
        for one, reply in replies.items():
            response = respond(one, unkept, KEYS, CLIENT[0], 0.0, stream=False)
            assert isinstance(response, Reply)
            assert reply == response.octets
        replies.clear()
        zones[0].soa = (200 - turn, with_serial(zones[0].soa[1], 9)[:-4] + b"\0\0\0\7")
        cache.forget(cache.changes_by([from_text("new.example.test.")]))


def query(label: str, above: str, rtype: str, payload: int | None, dnssec: bool) -> bytes:
    """`dnssec` also is another way to write the name."""
    owner = f"{label}.{above}example.test."
    message = dns.message.make_query(owner.title() if dnssec else owner, rtype, want_dnssec=dnssec)
    if payload is None:
        message.use_edns(-1)
    else:
        message.use_edns(0, ednsflags=message.ednsflags, payload=payload)
    return message.to_wire()


def test_the_names_of_a_batch_are_read_together(service: Service) -> None:
    assert service.ask("a", "b", "none") == []
    assert service.zone.together == [[from_text(f"{one}.example.test.") for one in ("a", "b", "none")]]
    assert [dns.message.from_wire(reply).rcode() for reply in service.replies] == [0, 0, 3]


def test_each_reply_is_that_of_the_general_way_and_is_kept(service: Service) -> None:
    service.ask("a", "none")
    for label, reply in zip(("a", "none"), service.replies, strict=True):
        query = dns.message.make_query(f"{label}.example.test.", "A", id=0).to_wire()
        response = respond(query, service.seen.view.zones, KEYS, CLIENT[0], 0.0, stream=False)
        assert isinstance(response, Reply)
        assert reply[2:] == response.octets[2:]
        assert service.cache.ready(query[2:]) == reply[2:]


def test_what_is_not_plain_is_handed_on_in_its_order(service: Service) -> None:
    assert service.ask("c", "a", "x.y", "b") == ["x.y", "c"]
    assert len(service.replies) == 2


def test_a_kind_is_not_learned_from_one_question() -> None:
    service = Service()
    service.plain.learn(dns.message.make_query("a.example.test.", "A").to_wire(), CLIENT[0])
    assert service.ask("a", "b") == ["a", "b"]


@pytest.mark.parametrize("label", ["*", "@"])
def test_a_kind_goes_with_what_was_read_for_it(service: Service, label: str) -> None:
    name = service.zone.apex if label == "@" else from_text("*.example.test.")
    service.cache.forget(service.cache.changes_by([name]))
    assert service.ask("a") == ["a"]
    service.learn()
    assert service.ask("a") == []


@pytest.mark.parametrize(
    ("asked", "rtype", "changed", "goes"),
    [
        ("a", "A", "a", True),
        ("a", "A", "@", True),
        ("a", "A", "b", False),
        ("a", "AAAA", "a", True),
        ("none", "A", "none", True),
        ("none", "A", "x.none", True),
        ("none", "A", "*", True),
        ("none", "A", "@", True),
        ("none", "A", "b", False),
    ],
)
def test_a_reply_goes_with_what_it_says(service: Service, asked: str, rtype: str, changed: str, *, goes: bool) -> None:
    service.learn(rtype)
    assert service.ask(asked, rtype=rtype) == []
    name = service.zone.apex if changed == "@" else from_text(f"{changed}.example.test.")
    service.zone.nodes[name] = {1: (300, (b"\x0a\0\0\1",))}
    service.cache.forget(service.cache.changes_by([name]))
    query = dns.message.make_query(f"{asked}.example.test.", rtype).to_wire()
    assert (service.cache.ready(query[2:]) is None) == goes


def test_a_store_that_fails_is_told_of_by_the_general_way(service: Service) -> None:
    service.zone.failing = True
    assert service.ask("a", "b") == ["a", "b"]
    assert service.replies == []


def test_replies_are_counted_by_rcode(service: Service) -> None:
    service.ask("a", "b", "none")
    assert [(labels, number) for _, labels, number in service.tallies.samples()] == [
        (("", "example.test.", "NOERROR"), 2),
        (("", "example.test.", "NXDOMAIN"), 1),
    ]


def test_kinds_are_bounded(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_cache, "MOST_KINDS", 3)
    for number in range(8):
        for label in ("x1", "x2"):
            query = dns.message.make_query(f"{label}.below{number}.example.test.", "A").to_wire()
            service.plain.learn(query, CLIENT[0])
        assert len(service.cache.kinds) <= 3


def test_octets_that_only_look_like_a_plain_question(service: Service) -> None:
    query = dns.message.make_query("a.example.test.", "A").to_wire()
    strange = [
        query[:12] + b"\xc0\x0c" + query[14:],  # a pointer in the place of the first label
        query[:12] + b"\x40" + query[13:],
        query[:12] + b"\0" + query[13:],
        query[:13],
        query[:-1],
        query + b"\0",
        query[:2] + b"\x81" + query[3:],  # a response
    ]
    others = service.plain.answer([Datagram(one, one[2:], CLIENT, service.replies.append) for one in strange])
    assert [one.octets for one in others] == strange
    assert service.replies == []
