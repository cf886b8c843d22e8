"""Any sequence of name change requests, cut into batches anywhere and repeated, leaves what the last ones say."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from ncr import request

from tenure.dnswire.name import from_text
from tenure.hearing.decide import Terms, decide
from tenure.hearing.heard import HeardChanges, HeardLease
from tenure.hearing.request import Change, NameChangeRequest, parse_request
from tenure.naming.policy import NamingPolicy

TERMS = Terms(NamingPolicy(forward_zones=frozenset({from_text("example.test.")})), None)
Claim = tuple[bytes, bytes, bytes]


class House:
    """Rows and claims as the ledger keeps them."""

    def __init__(self) -> None:
        self.rows: dict[tuple[bytes, str], HeardLease] = {}
        self.wanted: set[Claim] = set()
        self.leaving: set[Claim] = set()

    def heard_at(self, address: bytes) -> Sequence[HeardLease]:
        return [row for (at, _), row in self.rows.items() if at == address]

    def apply(self, changes: HeardChanges) -> None:
        for row in changes.dropped:
            self.rows.pop((row.address, row.source), None)
        for row in changes.put:
            self.rows[row.address, row.source] = row
        for gone in changes.withdraws:
            known = gone[:3] in self.wanted or any(want[:3] == gone[:3] for want in changes.unknown)
            self.wanted.discard(gone[:3])
            if known:
                self.leaving.add(gone[:3])
        for want in changes.wants:
            self.wanted.add(want[:3])
            self.leaving.discard(want[:3])


@st.composite
def requests(draw: st.DrawFn) -> NameChangeRequest:
    """Of few clients and few addresses, so that they meet."""
    client, address = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    octets = request(
        change_type=draw(st.integers(0, 1)),
        fqdn=f"pc{client}.example.test.",
        ip_address=f"10.1.0.{address}",
        dhcid="000001" + f"{client:064X}",
    )
    return parse_request(octets)


@given(st.lists(requests(), max_size=30), st.integers(0, 5))
def test_the_last_word_on_each_address_counts(asked: list[NameChangeRequest], repeated: int) -> None:
    house = House()
    expected: dict[bytes, NameChangeRequest] = {}
    ended: set[Claim] = set()
    # as after `kill -9`: some at the end were committed and not taken from the queue, so they come once more
    for index, one in enumerate([*asked, *asked[len(asked) - min(repeated, len(asked)) :]]):
        house.apply(decide(one, house, TERMS, 1000.0 + index, f"c-{index}").changes)
        current = expected.get(one.address)
        if one.change is Change.ADD:
            expected[one.address] = one
        elif current is not None and (current.fqdn, current.dhcid) == (one.fqdn, one.dhcid):
            del expected[one.address]
        if one.change is Change.REMOVE:
            ended.add((one.fqdn, one.address, one.dhcid))
    wanted = {(one.fqdn, address, one.dhcid) for address, one in expected.items()}
    assert house.wanted == wanted
    assert {row.claim for row in house.rows.values()} == wanted
    assert ended - wanted <= house.leaving, "what was to go is on its way out, whoever had written it"
