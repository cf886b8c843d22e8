"""Leases that ended: what changes, and what stays as it is."""

from __future__ import annotations

import pytest

from tenure.leasing.lease import FOREVER, Lease, LeaseState
from tenure.naming.reason import Reason
from tenure.upkeep.expire import expire

NOW = 1_700_000_000
NAME = b"\x03pc1\x07example\x04test\0"


def lease(**changes: object) -> Lease:
    bound = Lease(
        address=b"\x0a\1\0\5",
        subnet_id=1,
        client=b"\0\1abcdef",
        hardware=b"\1abcdef",
        state=LeaseState.BOUND,
        started_at=NOW - 3600,
        ends_at=NOW,
        valid_lifetime=3600,
        heard_name="pc1",
        fqdn=NAME,
        dhcid=b"\0\2\1" + bytes(32),
        forward=True,
        reverse=True,
        reason="host-name",
        relay=None,
        correlation="batch-7",
    )
    return bound._replace(**changes)  # type: ignore[arg-type]  # fields by name


def test_a_lease_whose_time_is_over_turns_free_and_gives_its_names_back() -> None:
    over = lease(ends_at=NOW - 2)
    changes = expire([over], NOW + 0.5)
    assert changes.leases == (over._replace(state=LeaseState.EXPIRED),)
    (gone,) = changes.withdraws
    assert gone == (NAME, over.address, over.dhcid, Reason.LEASE_EXPIRED, "batch-7", 0)
    (event,) = changes.events
    assert (event.kind, event.actor, event.cause) == ("lease-expired", "janitor", "lease-expired")
    assert (event.address, event.name, event.client, event.hardware) == (
        over.address,
        NAME,
        over.client,
        over.hardware,
    )
    assert event.correlation == "batch-7"
    assert event.detail == "noticed 2 s after its end"
    assert changes.wants == changes.dropped == ()


@pytest.mark.parametrize(
    "untouched",
    [
        lease(ends_at=NOW + 1),
        lease(ends_at=FOREVER),
        lease(state=LeaseState.RELEASED, ends_at=NOW - 9),
        lease(state=LeaseState.EXPIRED, ends_at=NOW - 9),
        lease(state=LeaseState.DECLINED, ends_at=NOW - 9, client=None),
    ],
)
def test_what_is_not_over_or_not_bound_stays(untouched: Lease) -> None:
    changes = expire([untouched], NOW)
    assert (changes.leases, changes.dropped, changes.wants, changes.withdraws, changes.events) == ((),) * 5


@pytest.mark.parametrize("nameless", [lease(fqdn=None, dhcid=None), lease(forward=False, reverse=False)])
def test_a_lease_without_a_name_of_ours_withdraws_nothing(nameless: Lease) -> None:
    changes = expire([nameless], NOW)
    assert len(changes.leases) == 1
    assert changes.withdraws == ()


def test_a_lease_of_which_we_keep_only_the_reverse_record_withdraws_it() -> None:
    assert len(expire([lease(forward=False)], NOW).withdraws) == 1


def test_its_names_may_stay_for_a_while() -> None:
    (gone,) = expire([lease()], NOW, 300).withdraws
    assert gone.due_in == 300
