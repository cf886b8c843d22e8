"""The offer book: one offer for a client in a subnet and one for an address, bounded, forgotten in time."""

from __future__ import annotations

from collections.abc import Sequence

from dhcp4_network import START, Network, ip, subnet
from lease_view import MemoryView

from tenure.leasing.lease import Lease, LeaseState
from tenure.leasing.offers import OfferBook
from tenure.leasing.v4.verdict import WORDS, Verdict


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


class CountingView(MemoryView):
    """Counts the addresses that looks for unused ones go over, and the rows that are read one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: list[int] = []
        self.read = 0

    def lease_at(self, address: bytes) -> Lease | None:
        self.read += 1
        return super().lease_at(address)

    def unused_addresses(self, first: bytes, last: bytes, after: bytes, limit: int, step: int = 1) -> Sequence[bytes]:
        self.looks.append(int.from_bytes(last, "big") - int.from_bytes(after, "big") + 1)
        return super().unused_addresses(first, last, after, limit, step)


SLASH_8 = {"prefix": "10.0.0.0/8", "pools": "10.0.0.16-10.255.255.239"}


def held(address: bytes, client: int, **fields: object) -> Lease:
    key = b"\0\1" + bytes((4, 0)) + client.to_bytes(4, "big")
    values = (address, 10, key, key[1:], LeaseState.BOUND, START, START + 10**6, 10**6, "", None, None, False, False)
    return Lease(*values, "no-name", None, "c")._replace(**fields)


def test_a_big_pool_that_is_nearly_full_is_searched_where_it_is_free() -> None:
    """The rows before its end are not gone over: an address costs what it costs in an empty pool."""
    view = CountingView()
    last_used = ip("10.255.190.0")  # 99.9 % of the addresses are before it
    view.rows[last_used] = held(last_used, 1)
    network = Network(subnet(**SLASH_8), view=view)
    addresses = [network.client(number, giaddr="10.0.0.1").join().yiaddr for number in range(2, 302)]
    assert (addresses[0], addresses[-1]) == ("10.255.190.1", "10.255.191.44")
    assert len(view.looks) == 2  # 256 addresses by each
    assert max(view.looks) <= 4096


def test_a_full_pool_is_gone_over_in_stretches_and_then_left_alone() -> None:
    view = CountingView()
    network = Network(subnet(prefix="10.0.0.0/18", pools="10.0.0.0-10.0.63.255"), view=view)
    for number in range(16384):
        address = (0x0A000000 + number).to_bytes(4, "big")
        ended = {"state": LeaseState.EXPIRED, "ends_at": START - number} if number % 40 == 0 else {}
        view.rows[address] = held(address, number, **ended)
    first = network.client(1, giaddr="10.0.0.1").join()
    assert first.yiaddr == "10.0.63.232"  # the one that ended first, found at once
    assert view.looks == [4096]
    for number in range(2, 258):
        network.client(number, giaddr="10.0.0.1").join()
    assert view.looks == [4096]  # one look for so many clients, as long as leases have ended
    for number in range(258, 411):
        network.client(number, giaddr="10.0.0.1").join()
    assert len(view.looks) == 2
    assert network.client(411, giaddr="10.0.0.1").discover().type is None  # now all of it was looked at
    assert sum(view.looks) <= 3 * 16384
    assert max(view.looks) <= 4096
    before = len(view.looks)
    network.client(412, giaddr="10.0.0.1").discover()
    assert len(view.looks) == before
    network.now += 60
    network.client(413, giaddr="10.0.0.1").discover()
    assert len(view.looks) > before


def test_in_a_pool_that_runs_out_the_rows_that_stand_offered_are_not_read_again() -> None:
    view = CountingView()
    network = Network(subnet(prefix="10.0.0.0/24", pools="10.0.0.1-10.0.0.100"), view=view)
    for number in range(1, 101):
        view.rows[bytes((10, 0, 0, number))] = held(
            bytes((10, 0, 0, number)), number, state=LeaseState.EXPIRED, ends_at=START - number
        )
    offered = {network.client(1000 + number, giaddr="10.0.0.200").discover().yiaddr for number in range(100)}
    assert len(offered) == 100
    before = view.read
    assert network.client(2000, giaddr="10.0.0.200").discover().type is None
    assert view.read == before
