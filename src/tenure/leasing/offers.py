"""What one process remembers between packets, none of it durable: offers, free addresses looked up ahead, tallies.

An offer is no promise (RFC 2131 section 3.1): when it is forgotten, or another server on the same ledger has given the
address away, the client's REQUEST is refused and it begins again.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final, NamedTuple

CAPACITY: Final = 65536  # offers; a flood of DISCOVERs pushes out the oldest, it cannot fill the memory


class Offer:
    """An address kept for a client until it asks for it, or the time is over."""

    __slots__ = ("client", "subnet_id", "until")

    def __init__(self, client: bytes, subnet_id: int, until: float) -> None:
        self.client: Final = client
        self.subnet_id: Final = subnet_id
        self.until: Final = until  # UTC seconds


class AddressCheck(NamedTuple):
    """What is to be found out before an address is offered."""

    address: bytes
    hardware: bytes  # of the client that it is for, whose own answer means nothing
    ping: bool
    interface: str | None  # the wire on which to ask by ARP; None: not by ARP
    seconds: float  # how long an answer is waited for


class LookAhead:
    """Addresses of one pool that the ledger called free, and where to go on looking."""

    __slots__ = ("after", "ended", "ends_met", "exhausted_until", "is_new", "none_ended_until", "rests", "unused")

    def __init__(self, after: bytes) -> None:
        self.unused: deque[bytes] = deque()
        self.ended: deque[bytes] = deque()
        self.is_new = True  # nothing was looked for yet
        self.after = after  # where the next look for unused ones begins
        self.ends_met = 0  # of the pool, since an unused one was found
        self.rests = 0  # for so many clients no look for unused ones is taken while others have ended
        self.none_ended_until = 0.0  # no lease had ended; not looked for again before this time
        self.exhausted_until = 0.0  # no unused one was left; not looked for again before this time


class Tally:
    """How often each client did something in the stretch of time that runs."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._stretch = 0
        self._times: dict[bytes, int] = {}

    def count(self, client: bytes, now: float) -> int:
        """How often, this time included."""
        stretch = int(now) // self._seconds
        if stretch != self._stretch:
            self._stretch = stretch
            self._times.clear()
        number = self._times[client] = self._times.get(client, 0) + 1
        return number


class OfferBook:
    """The standing offers, one for a client in a subnet and one for an address, at most `capacity`.

    `spread` is where in each pool the search for never-used addresses starts, 0 to 1: servers that share a ledger
    and start at different places do not offer the same address to two clients.
    """

    def __init__(self, capacity: int = CAPACITY, spread: float = 0.0) -> None:
        self.begun = Tally(1)  # exchanges
        self.told = Tally(60)  # lines in the history about who was not answered
        self.wanted: AddressCheck | None = None  # by the last decision that waits for one
        self._seen_free: dict[bytes, float] = {}  # until when what was found out counts
        self._capacity = capacity
        self._spread = spread
        self._by_address: dict[bytes, Offer] = {}  # oldest first
        self._by_client: dict[tuple[int, bytes], bytes] = {}
        self._ahead: dict[tuple[bytes, bytes], LookAhead] = {}
        self._searched: dict[tuple[bytes, bytes], LookAhead] = {}  # since `upcoming` was asked

    @property
    def is_spread(self) -> bool:
        """Whether others on the same ledger begin elsewhere."""
        return self._spread > 0

    def __len__(self) -> int:
        return len(self._by_address)

    def offered_to(self, client: bytes, subnet_id: int, now: float) -> bytes | None:
        """The address that is kept for this client in this subnet."""
        address = self._by_client.get((subnet_id, client))
        if address is not None and self._by_address[address].until > now:
            return address
        return None

    def is_kept(self, address: bytes, client: bytes, now: float) -> bool:
        """Whether the address is kept for a client other than this one."""
        offer = self._by_address.get(address)
        return offer is not None and offer.client != client and offer.until > now

    def keep(self, address: bytes, client: bytes, subnet_id: int, until: float) -> None:
        """Keep the address for the client; what was kept for it in the subnet before is free again."""
        self.forget(address)
        before = self._by_client.get((subnet_id, client))
        if before is not None:
            self.forget(before)
        elif len(self._by_address) >= self._capacity:
            self.forget(next(iter(self._by_address)))
        self._by_address[address] = Offer(client, subnet_id, until)
        self._by_client[subnet_id, client] = address

    def forget(self, address: bytes) -> None:
        """The address is kept for nobody."""
        offer = self._by_address.pop(address, None)
        if offer is not None:
            del self._by_client[offer.subnet_id, offer.client]

    def forget_client(self, client: bytes, subnet_id: int) -> None:
        """Nothing is kept for the client in the subnet: it has taken another server's offer."""
        address = self._by_client.get((subnet_id, client))
        if address is not None:
            self.forget(address)

    def is_seen_free(self, address: bytes, now: float) -> bool:
        """Whether nobody was found to use the address a moment ago."""
        return self._seen_free.get(address, 0.0) > now

    def see_free(self, address: bytes, until: float) -> None:
        """Nobody uses the address, as far as this counts."""
        if len(self._seen_free) >= self._capacity:
            self._seen_free.clear()
        self._seen_free[address] = until

    def upcoming(self, number: int) -> list[bytes]:
        """Addresses that so many new clients will be offered, if they come to the pools where the last ones came."""
        if not number or not self._searched:
            return []
        pools, self._searched = self._searched, {}
        share = -(-number // len(pools))
        queues = [ahead.unused or ahead.ended for ahead in pools.values()]
        return [address for queue in queues for address in islice(queue, share)]

    def look_ahead(self, first: bytes, last: bytes, step: int = 1) -> LookAhead:
        """What is remembered of the pool `first`..`last`, of which each `step`th address counts."""
        ahead = self._ahead.get((first, last))
        if ahead is None:
            low, high = int.from_bytes(first, "big"), int.from_bytes(last, "big")
            start = low + int(((high - low) // step + 1) * self._spread) * step
            ahead = self._ahead[first, last] = LookAhead(min(start, high).to_bytes(len(first), "big"))
        self._searched[first, last] = ahead
        return ahead
