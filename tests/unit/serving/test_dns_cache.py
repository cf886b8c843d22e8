"""The bounds of the query cache, and that dropping one reply leaves the others."""

from __future__ import annotations

import pytest
from zone_view import MemoryZone

from tenure.authority.cookie import Cookies, fixed_secrets
from tenure.authority.zone import Node, ZoneView
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import with_serial
from tenure.ledger.errors import LedgerUnavailable
from tenure.serving.dns import cache as dns_cache
from tenure.serving.dns import reads as dns_reads
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.reads import KeptZone
from tenure.serving.dns.tallies import Tally

ZONE = MemoryZone.from_text("example.test.", "@ 300 NS ns\na 300 A 192.0.2.1\nb 300 A 192.0.2.2\n")
A, B = from_text("a.example.test."), from_text("b.example.test.")


class CountedZone(MemoryZone):
    """Counts what is read of it."""

    reads = 0

    def rrsets_at(self, name: bytes) -> Node:
        self.reads += 1
        return super().rrsets_at(name)

    def has_names_below(self, name: bytes) -> bool:
        self.reads += 1
        return super().has_names_below(name)


def change(cache: QueryCache, *names: bytes) -> None:
    cache.forget(cache.changes_by(names))


def keep(cache: QueryCache, octets: bytes, *names: bytes, denial: bool = False) -> None:
    view = cache.watch(ZONE, ZONE.apex)
    cache.begin()
    for name in names:
        view.rrsets_at(name)
    if denial:
        assert view.soa
    cache.keep(octets, b"id" + octets, Tally())


def test_the_id_is_not_part_of_the_key() -> None:
    cache = QueryCache()
    keep(cache, b"\1\1query", A)
    assert {query: ready.octets for query, ready in cache.replies.items()} == {b"query": b"\1\1query"}


def test_a_changed_name_drops_its_readers_and_the_denials() -> None:
    cache = QueryCache()
    keep(cache, b"..one", A)
    keep(cache, b"..two", A, B)
    keep(cache, b"..three", B)
    keep(cache, b"..no", B, denial=True)
    change(cache, A)
    assert set(cache.replies) == {b"three"}
    change(cache, B)
    assert cache.replies == {}


COOKIE_QUERY = b"..one\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0a\0\x08clientck"


def keep_with_cookie(cache: QueryCache, name: bytes, *, denial: bool = False) -> None:
    view = cache.watch(ZONE, ZONE.apex)
    cache.begin()
    view.rrsets_at(name)
    if denial:
        assert view.soa
    cache.keep_before_cookie(COOKIE_QUERY, b"..reply" + b"c" * 24, Tally())


def ready_with_cookie(cache: QueryCache) -> bool:
    return cache.reply_with_cookie(COOKIE_QUERY, Cookies(fixed_secrets([b"s" * 16])), "192.0.2.1", 1000.0) is not None


@pytest.mark.parametrize("denial", [False, True])
def test_a_changed_name_drops_what_ends_with_a_cookie_too(denial: bool) -> None:
    cache = QueryCache()
    keep_with_cookie(cache, A, denial=denial)
    assert ready_with_cookie(cache)
    change(cache, B)
    assert ready_with_cookie(cache) is not denial
    change(cache, A)
    assert not ready_with_cookie(cache)
    keep_with_cookie(cache, A)
    cache.forget_all()
    assert not ready_with_cookie(cache)


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


def zone_of(text: str) -> MemoryZone:
    return MemoryZone.from_text("example.test.", f"@ 300 NS ns\n{text}")


def what_is_below(cache: QueryCache, view: ZoneView, name: bytes) -> bool:
    """Keeps a reply that rests on whether anything is below the name."""
    cache.begin()
    found = view.has_names_below(name)
    cache.keep(b"..x", b"..y", Tally())
    return found


def test_a_reply_goes_when_something_below_a_name_comes_or_is_the_last_to_go() -> None:
    zone, cache = zone_of("b 300 A 192.0.2.2\n"), QueryCache()
    view = cache.watch(zone, zone.apex)
    below = from_text("x.y.a.example.test.")
    assert not what_is_below(cache, view, A)
    change(cache, B)
    assert cache.replies
    zone.nodes[below] = {1: (300, (b"\x0a\0\0\1",))}
    change(cache, below)
    assert not cache.replies
    assert what_is_below(cache, view, A)
    del zone.nodes[below]
    change(cache, below)
    assert not cache.replies


def test_a_reply_stays_when_there_is_something_below_a_name_still() -> None:
    zone, cache = zone_of("x.a 300 A 192.0.2.2\n"), QueryCache()
    assert what_is_below(cache, cache.watch(zone, zone.apex), A)
    another = from_text("y.a.example.test.")
    for node in ({1: (300, (b"\x0a\0\0\1",))}, {}):
        zone.nodes[another] = node
        change(cache, another)
        assert cache.replies


def test_a_reply_that_rests_on_what_was_forgotten_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not known any more whether something stood below a name, a change there may have changed it."""
    monkeypatch.setattr(dns_reads, "MOST_NODES", 2)
    zone, cache = zone_of("x.a 300 A 192.0.2.2\n"), QueryCache()
    view = cache.watch(zone, zone.apex)
    assert not what_is_below(cache, view, B)
    for number in range(5):
        view.has_names_below(b"\1%d" % number + zone.apex)
    change(cache, from_text("y.b.example.test."))
    assert not cache.replies


def denial(cache: QueryCache, view: ZoneView, octets: bytes, around: bytes = b"..%b..") -> bytes:
    """Keeps a reply with the SOA's RDATA in it."""
    cache.begin()
    reply = around % view.soa[1]
    cache.keep(octets, b"id" + reply, Tally())
    return reply


def test_a_denial_gets_the_new_serial_and_nothing_is_read_for_it() -> None:
    zone = CountedZone(ZONE.apex, ZONE.soa, ZONE.nodes)
    cache = QueryCache()
    view = cache.watch(zone, zone.apex)
    for number in range(1, 4):
        zone.soa = (zone.soa[0], with_serial(zone.soa[1], number))
        change(cache, B)
        if number == 1:
            denial(cache, view, b"..no")
        assert cache.ready(b"no") == b".." + zone.soa[1] + b".."
        assert [ready.octets for ready in cache.replies.values()] == [b".." + zone.soa[1] + b".."]
    assert zone.reads == 0


def test_a_denial_goes_with_another_soa() -> None:
    zone, cache = zone_of(""), QueryCache()
    view = cache.watch(zone, zone.apex)
    denial(cache, view, b"..no")
    zone.soa = (zone.soa[0] + 1, with_serial(zone.soa[1], 9))
    change(cache, B)
    assert cache.ready(b"no") is None
    assert denial(cache, view, b"..no") == cache.ready(b"no")


@pytest.mark.parametrize("around", [b"%b%b", b"no soa"])
def test_a_reply_whose_serial_cannot_be_told_goes_with_any_change(around: bytes) -> None:
    """Of two SOAs, or none: the serial is not found by guessing."""
    cache = QueryCache()
    view = cache.watch(ZONE, ZONE.apex)
    cache.begin()
    soa = view.soa[1]
    cache.keep(b"..no", around % ((soa,) * around.count(b"%b")), Tally())
    assert b"no" in cache.replies
    change(cache, B)
    assert cache.ready(b"no") is None


def test_a_store_that_cannot_be_read_leaves_nothing_that_may_be_old() -> None:
    class Gone(MemoryZone):
        is_gone = False

        def has_names_below(self, name: bytes) -> bool:
            if self.is_gone:
                raise LedgerUnavailable("/disk", "it is gone")
            return super().has_names_below(name)

    cache, zone = QueryCache(), Gone(ZONE.apex, ZONE.soa, ZONE.nodes)
    assert not what_is_below(cache, cache.watch(zone, zone.apex), A)
    zone.is_gone = True
    change(cache, from_text("x.a.example.test."))
    assert cache.replies == {}


def test_a_name_that_only_ends_like_the_apex_is_in_no_zone() -> None:
    cache = QueryCache()
    view = cache.watch(ZONE, ZONE.apex)
    assert not what_is_below(cache, view, A)
    change(cache, b"\x09a" + ZONE.apex, b"\4test\0", b"\0")
    assert cache.replies


def test_denials_without_end_do_not_push_out_what_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_cache, "MOST_DENIALS", 10)
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
        change(cache, B)
        assert sum(len(readers) for readers in cache._readers.values()) <= 80


def test_nothing_is_read_twice_until_it_changes() -> None:
    zone = CountedZone(ZONE.apex, ZONE.soa, ZONE.nodes)
    cache = QueryCache()
    view = cache.watch(zone, zone.apex)

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
    change(cache, A)
    assert read() == 1  # A again, and not what is below it
    cache.forget_all()
    assert read() == 3


def test_the_records_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_reads, "MOST_NODES", 10)
    cache = QueryCache()
    view = cache.watch(ZONE, ZONE.apex)
    for number in range(100):
        view.rrsets_at(b"%d" % number)
        view.has_names_below(b"%d" % number)
    ((kept,),) = cache._zones.values()
    assert isinstance(kept, KeptZone)
    assert len(kept._nodes) <= 10
    assert len(kept._has_below) <= 10


def test_what_was_asked_is_told_once_until_it_is_asked_again() -> None:
    cache = QueryCache()
    keep(cache, b"..one", A)
    keep(cache, b"..two", B)
    assert set(cache.take_asked()) == {b"one", b"two"}
    assert set(cache.take_asked()) == set()
    assert cache.ready(b"two")
    assert set(cache.take_asked()) == {b"two"}


@pytest.mark.parametrize("everything", [False, True])
def test_what_was_asked_is_told_though_its_reply_is_gone(everything: bool) -> None:
    cache = QueryCache()
    cache.is_watched = True
    keep(cache, b"..one", A)
    keep(cache, b"..two", A)
    cache.take_asked()
    assert cache.ready(b"one")
    if everything:
        cache.forget_all()
    else:
        change(cache, A)
    assert cache.replies == {}
    assert set(cache.take_asked()) == {b"one"}
    assert set(cache.take_asked()) == set()
