"""Rows of DHCPv6: several for a client, prefixes, and the secrets of the lease half; on both engines."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Network
from typing import Any

import pytest
from dhcpv6 import DUID, ip
from ledger_rows import NOW, changes, lease

from tenure.leasing.lease import Changes, Lease, LeaseKind
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseBatch
from tenure.ledger.opening import Ledger

CLIENT = b"\2" + DUID
STEP = 1 << 72  # from one /56 to the next
POOL, POOL_END = ip("2001:db8:ff::"), ip("2001:db8:ff:ffff::")


def held(address: str, iaid: int = 1, **fields: Any) -> Lease:
    return lease(1, 1, address=ip(address), client=CLIENT, iaid=iaid, preferred_lifetime=1800, **fields)


def delegated(text: str, iaid: int = 1, **fields: Any) -> Lease:
    network = IPv6Network(text)
    row = held(str(network.network_address), iaid, kind=LeaseKind.PREFIX, prefix_length=network.prefixlen)
    return row._replace(**fields)


def put(ledger: Ledger, *rows: Lease, dropped: tuple[bytes, ...] = ()) -> None:
    ledger.leases.transact(lambda batch: batch.apply(Changes(rows, dropped)), NOW)


def test_a_client_has_a_row_for_each_association(ledger: Ledger) -> None:
    rows = [
        held("2001:db8::1"),
        held("2001:db8::2", 2),
        delegated("2001:db8:ff::/56"),
        delegated("2001:db8:ff:100::/56", 2),
    ]
    put(ledger, *rows)
    assert ledger.leases.transact(lambda batch: list(batch.leases_of(CLIENT)), NOW) == rows
    assert ledger.leases.leases() == rows
    assert ledger.leases.transact(lambda batch: batch.lease_at(ip("2001:db8:ff::")), NOW) == rows[2]


def test_an_association_has_one_row_in_a_subnet(ledger: Ledger) -> None:
    put(ledger, held("2001:db8::1"))
    with pytest.raises(LedgerUnavailable):
        put(ledger, held("2001:db8::2"))
    put(ledger, held("2001:db8::2"), dropped=(ip("2001:db8::1"),))
    put(ledger, held("2001:db8:1::2", subnet_id=2))
    put(ledger, held("2001:db8::3", kind=LeaseKind.SELF_MADE))
    assert len(ledger.leases.leases()) == 3


def test_free_prefixes_are_a_step_apart(ledger: Ledger) -> None:
    put(
        ledger,
        delegated("2001:db8:ff::/56"),
        delegated("2001:db8:ff:100::/56", 2),
        delegated("2001:db8:ff:300::/56", 3),
    )

    def work(batch: LeaseBatch) -> None:
        def free(after: bytes, limit: int) -> list[bytes]:
            return list(batch.unused_addresses(POOL, POOL_END, after, limit, STEP))

        assert free(POOL, 3) == [ip(f"2001:db8:ff:{n}00::") for n in (2, 4, 5)]
        assert free(ip("2001:db8:ff:300::"), 1) == [ip("2001:db8:ff:400::")]
        assert free(ip("2001:db8:ff:ff00::"), 9) == [ip("2001:db8:ff:ff00::")]
        assert len(free(POOL, 1000)) == 253
        batch.apply(changes(delegated("2001:db8:ff:200::/56", 4)))
        assert free(POOL, 1) == [ip("2001:db8:ff:400::")]

    ledger.leases.transact(work, NOW)


def test_a_full_pool_of_prefixes(ledger: Ledger) -> None:
    put(ledger, *(delegated(f"2001:db8:ff:{n:x}00::/56", n) for n in range(256)))
    assert ledger.leases.transact(lambda batch: batch.unused_addresses(POOL, POOL_END, POOL, 1, STEP), NOW) == []


def test_rows_between_the_steps_make_no_used_prefix_free(ledger: Ledger) -> None:
    used = {f"2001:db8:ff:{n:x}00::/56" for n in (0, 1, 2, 5, 6)}
    odd = {"2001:db8:ff:110::/60", "2001:db8:ff:7f0::/60", "2001:db8:ff:510::/60"}
    put(ledger, *(delegated(text, n) for n, text in enumerate(sorted(used | odd))))
    found = ledger.leases.transact(lambda batch: batch.unused_addresses(POOL, POOL_END, POOL, 9, STEP), NOW)
    assert found
    assert not {str(IPv6Network((one, 56))) for one in found} & used


def test_what_overlaps_is_found_in_the_ledger_and_in_the_batch(ledger: Ledger) -> None:
    wide, inside, after = delegated("2001:db8:1000::/36"), held("2001:db8::30", 2), delegated("2001:db8:ff::/56", 3)
    put(ledger, wide, inside, after, lease(5, 5), held("2002::1", 4))

    def work(batch: LeaseBatch) -> None:
        def over(text: str) -> list[Lease]:
            network = IPv6Network(text)
            return list(batch.overlapping(network[0].packed, network[-1].packed))

        assert over("2001:db8::/64") == [inside]
        assert over("2001:db8::/32") == [inside, after, wide]
        assert over("2001:db8:ff:80::/60") == [after]
        assert over("2001:db8:1fff:ff00::/56") == [wide]
        assert over("2001:db8:2000::/56") == []
        assert over("2001:db8:ff:100::/56") == []
        decided = delegated("2001:db8:ff:100::/56", 5)
        batch.apply(Changes((decided,), (after.address,)))
        assert over("2001:db8:ff:180::/60") == [decided]
        assert over("2001:db8:ff:80::/60") == []
        batch.apply(Changes((), (decided.address, inside.address)))
        assert over("2001:db8::/36") == []

    ledger.leases.transact(work, NOW)


def test_what_servers_share_is_made_once(open_again: Callable[[], Ledger]) -> None:
    one, other = open_again(), open_again()
    assert one.leases.secrets.shared("duid", b"first") == b"first"
    assert other.leases.secrets.shared("duid", b"second") == b"first"
    assert other.zones.secrets.shared("duid", b"zones") == b"zones"
