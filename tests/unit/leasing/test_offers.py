"""The offer book: one offer for a client in a subnet and one for an address, bounded, forgotten in time."""

from __future__ import annotations

from dhcp4_network import Network, ip, subnet

from tenure.leasing.offers import OfferBook
from tenure.leasing.verdict import WORDS, Verdict


def test_an_offer_is_for_one_client_and_one_address() -> None:
    book = OfferBook()
    book.keep(b"A", b"c1", 1, until=10)
    assert book.offered_to(b"c1", 1, now=9) == b"A"
    assert book.is_kept(b"A", b"c2", now=9)
    assert not book.is_kept(b"A", b"c1", now=9)
    book.keep(b"B", b"c1", 1, until=10)
    assert not book.is_kept(b"A", b"c2", now=9)
    book.keep(b"B", b"c2", 1, until=10)
    assert book.offered_to(b"c1", 1, now=9) is None
    assert len(book) == 1


def test_an_offer_is_over_at_its_time() -> None:
    book = OfferBook()
    book.keep(b"A", b"c1", 1, until=10)
    assert book.offered_to(b"c1", 1, now=10) is None
    assert not book.is_kept(b"A", b"c2", now=10)


def test_a_flood_pushes_the_oldest_offer_out() -> None:
    book = OfferBook(capacity=3)
    for number in range(10):
        book.keep(bytes((number,)), b"c%d" % number, 1, until=99)
    assert len(book) == 3
    assert book.offered_to(b"c6", 1, now=0) is None
    assert book.offered_to(b"c7", 1, now=0) == b"\7"


def test_a_client_can_have_an_offer_in_each_subnet() -> None:
    book = OfferBook()
    book.keep(b"A", b"c", 1, until=9)
    book.keep(b"B", b"c", 2, until=9)
    book.forget_client(b"c", 1)
    assert book.offered_to(b"c", 1, now=0) is None
    assert book.offered_to(b"c", 2, now=0) == b"B"


def test_servers_that_share_a_ledger_can_begin_at_different_places_and_use_the_whole_pool() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.109"))
    network.offers = OfferBook(spread=0.5)
    given = [network.client(number).join().yiaddr for number in range(1, 11)]
    assert given[0] == "10.1.0.105"
    assert sorted(map(ip, given)) == [ip(f"10.1.0.{number}") for number in range(100, 110)]


def test_every_verdict_has_words() -> None:
    assert set(WORDS) == set(Verdict)
    assert all(words.isascii() and len(words) < 255 for words in WORDS.values())


def test_the_next_addresses_can_be_read_ahead() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.103"))
    assert network.offers.upcoming(5) == []
    network.client(1).discover()
    assert network.offers.upcoming(2) == [ip("10.1.0.101"), ip("10.1.0.102")]
    assert network.offers.upcoming(2) == []  # nobody came since
    network.client(2).discover()
    assert network.offers.upcoming(0) == []
    assert network.offers.upcoming(9) == [ip("10.1.0.102"), ip("10.1.0.103")]
