"""The bounds of the query cache, and that dropping one reply leaves the others."""

from __future__ import annotations

import pytest
from zone_view import MemoryZone

from tenure.authority.cookie import Cookies, fixed_secrets
from tenure.authority.zone import Node
from tenure.dnswire.name import from_text
from tenure.serving import dns_cache
from tenure.serving.dns_cache import QueryCache

ZONE = MemoryZone.from_text("example.test.", "@ 300 NS ns\na 300 A 192.0.2.1\nb 300 A 192.0.2.2\n")
A, B = from_text("a.example.test."), from_text("b.example.test.")


def keep(cache: QueryCache, octets: bytes, *names: bytes, denial: bool = False) -> None:
    view = cache.watch(ZONE)
    cache.begin()
    for name in names:
        view.rrsets_at(name)
    if denial:
        assert view.soa
    cache.keep(octets, b"id" + octets)


def test_the_id_is_not_part_of_the_key() -> None:
    cache = QueryCache()
    keep(cache, b"\1\1query", A)
    assert cache.replies == {b"query": b"\1\1query"}


def test_a_changed_name_drops_its_readers_and_the_denials() -> None:
    cache = QueryCache()
    keep(cache, b"..one", A)
    keep(cache, b"..two", A, B)
    keep(cache, b"..three", B)
    keep(cache, b"..no", B, denial=True)
    cache.forget({A})
    assert set(cache.replies) == {b"three"}
    cache.forget({B})
    assert cache.replies == {}


COOKIE_QUERY = b"..one\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0a\0\x08clientck"


def keep_with_cookie(cache: QueryCache, name: bytes, *, denial: bool = False) -> None:
    view = cache.watch(ZONE)
    cache.begin()
    view.rrsets_at(name)
    if denial:
        assert view.soa
    cache.keep_before_cookie(COOKIE_QUERY, b"..reply" + b"c" * 24)


@pytest.mark.parametrize("denial", [False, True])
def test_a_changed_name_drops_what_ends_with_a_cookie_too(denial: bool) -> None:
    cache = QueryCache()
    keep_with_cookie(cache, A, denial=denial)
    assert list(cache.before_cookie.values()) == [b"reply"]
    cache.forget({B})
    assert len(cache.before_cookie) == (0 if denial else 1)
    cache.forget({A})
    assert cache.before_cookie == {}
    keep_with_cookie(cache, A)
    cache.forget_all()
    assert cache.before_cookie == {}


def test_every_cookie_finds_the_reply_and_gets_its_own() -> None:
    cache = QueryCache()
    keep_with_cookie(cache, A)
    cookies = Cookies(fixed_secrets([b"s" * 16]))
    theirs = b"ID" + COOKIE_QUERY[2:-8] + b"anothers"
    reply = cache.reply_with_cookie(theirs, cookies, "192.0.2.1", 1000.0)
    assert reply == b"IDreply" + cookies.answer(b"anothers", "192.0.2.1", 1000.0)
    longer = theirs[:-14] + b"\0\x1c\0\x0a\0\x18anothers" + b"s" * 16
    assert cache.reply_with_cookie(longer, cookies, "192.0.2.1", 1000.0) == reply
    for other in (theirs[:-1], theirs[:-12] + b"\0\x0b" + theirs[-10:], b"ID!" + theirs[3:], b""):
        assert cache.reply_with_cookie(other, cookies, "192.0.2.1", 1000.0) is None


def test_what_is_below_a_name_counts_as_a_denial() -> None:
    cache = QueryCache()
    view = cache.watch(ZONE)
    cache.begin()
    assert not view.has_names_below(A)
    cache.keep(b"..x", b"..y")
    cache.forget(set())
    assert cache.replies == {}


def test_denials_without_end_do_not_push_out_what_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_cache, "MOST_VOLATILE", 10)
    cache = QueryCache()
    keep(cache, b"..one", A)
    for number in range(1000):
        keep(cache, b"..no%d" % number, denial=True)
        assert len(cache.replies) <= 11
    assert b"one" in cache.replies


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_cache, "MOST_REPLIES", 10)
    monkeypatch.setattr(dns_cache, "_MOST_KEPT", 40)
    cache = QueryCache()
    for number in range(100):
        keep(cache, b"..%d" % number, A)
        assert len(cache.replies) <= 10
    for number in range(100):  # kept and dropped again and again: the notes about them are bounded too
        keep(cache, b"..%d" % number, A, B)
        cache.forget({B})
        assert sum(len(readers) for readers in cache._readers.values()) <= 80


class CountedZone(MemoryZone):
    """Counts what is read of it."""

    reads = 0

    def rrsets_at(self, name: bytes) -> Node:
        self.reads += 1
        return super().rrsets_at(name)

    def has_names_below(self, name: bytes) -> bool:
        self.reads += 1
        return super().has_names_below(name)


def test_nothing_is_read_twice_until_it_changes() -> None:
    zone = CountedZone(ZONE.apex, ZONE.soa, ZONE.nodes)
    cache = QueryCache()
    view = cache.watch(zone)

    def read() -> int:
        before = zone.reads
        assert view.soa == zone.soa
        assert view.rrsets_at(A) == zone.nodes[A]
        assert view.rrsets_at(B) == zone.nodes[B]
        assert not view.has_names_below(A)
        return zone.reads - before

    assert read() == 3
    assert read() == 0
    zone.soa = (300, b"another")
    cache.forget({A})
    assert read() == 2  # A again, and what is below it
    cache.forget_all()
    assert read() == 3


def test_the_records_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_cache, "MOST_NODES", 10)
    cache = QueryCache()
    view = cache.watch(ZONE)
    for number in range(100):
        view.rrsets_at(b"%d" % number)
        view.has_names_below(b"%d" % number)
    (kept,) = cache._views
    assert len(kept._nodes) <= 10
    assert len(kept._has_below) <= 10
