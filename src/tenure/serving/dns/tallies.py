"""How many replies the DNS service gave, by view, zone and RCODE. A reply that is kept is kept with its tally.

The labels are bounded: views and zones are those that are configured, whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from tenure.authority.request import Reply
from tenure.dnswire.codes import rcode_to_text
from tenure.dnswire.name import Name, to_text
from tenure.serving.metrics import Sample

_RCODE = 3  # the octet of a message that ends in it


class Tally:
    """So many replies of one kind."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0


class Tallies:
    """The tallies of one service."""

    def __init__(self) -> None:
        self._by_kind: dict[tuple[str, Name | None, int], Tally] = {}

    def of(self, reply: Reply) -> Tally:
        """The tally of replies such as this one, which is not empty."""
        rcode = reply.octets[_RCODE] & 0xF if reply.extended_rcode is None else reply.extended_rcode
        kind = reply.view, reply.zone, rcode
        tally = self._by_kind.get(kind)
        if tally is None:
            tally = self._by_kind[kind] = Tally()
        return tally

    def count(self, reply: Reply) -> Tally:
        """Counts a reply that is not empty; gives its tally."""
        tally = self.of(reply)
        tally.number += 1
        return tally

    def samples(self) -> Iterator[Sample]:
        """The numbers, for a scrape, which may be in another thread."""
        for (view, zone, rcode), tally in sorted(self._by_kind.copy().items(), key=_in_order):
            labels = view, "" if zone is None else to_text(zone), rcode_to_text(rcode)
            yield "tenure_dns_replies_total", labels, tally.number


def _in_order(one: tuple[tuple[str, Name | None, int], Tally]) -> tuple[str, Name, int]:
    (view, zone, rcode), _ = one
    return view, zone or b"", rcode
