"""An address that somebody was found to use is kept out, until the store has that for certain."""

from __future__ import annotations

from dhcp4_network import ip, subnet
from lease_view import MemoryView

from tenure.leasing.lease import LeaseState
from tenure.leasing.offers import OfferBook
from tenure.leasing.v4.checks import Found
from tenure.leasing.v4.link import SubnetTable
from tenure.serving.dhcp.service4 import Dhcp4Dialogue

USED = ip("10.1.0.100")
NOW = 1_800_000_000.0


def dialogue() -> Dhcp4Dialogue:
    made = Dhcp4Dialogue(SubnetTable([subnet()]), OfferBook())
    made.see_used(Found(USED, "ARP"))
    return made


def test_it_is_written_once() -> None:
    made, view = dialogue(), MemoryView()
    assert made.begin(view, NOW, "b-1")
    assert view.rows[USED].state == LeaseState.DECLINED
    assert not made.begin(view, NOW, "b-2")
    made.settled()
    view.rows.clear()
    assert not made.begin(view, NOW, "b-3")  # it was durable, and is the store's business from then on


def test_a_commit_that_fails_behind_a_batch_that_has_seen_it_loses_nothing() -> None:
    made, written, committed = dialogue(), MemoryView(), MemoryView()
    assert made.begin(written, NOW, "b-1")
    assert not made.begin(written, NOW, "b-2")  # decided beside the commit of the first, which fails then
    assert made.begin(committed, NOW, "b-2")  # decided again, on what is there
    assert committed.rows[USED].state == LeaseState.DECLINED
    made.settled()
    assert not made.begin(committed, NOW, "b-3")
