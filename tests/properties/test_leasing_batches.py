"""Whatever is in one batch, over the real ledger: an address that was acknowledged is in it, for that client alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from dhcp4_network import ACK, DISCOVER, REQUEST, ip, relayed, subnet
from dhcpv4 import request
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.dhcpwire.v4.packet import parse_packet
from tenure.leasing.lease import LeaseState
from tenure.leasing.offers import OfferBook
from tenure.leasing.v4.decide import decide
from tenure.leasing.v4.link import SubnetTable
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.opening import open_leases

NOW = 1_700_000_000
SERVER = (54, ip("10.1.0.1"))

CLIENTS = st.integers(1, 6)
ADDRESSES = st.integers(100, 103).map(lambda last: ip(f"10.1.0.{last}"))
MESSAGES = st.one_of(
    st.tuples(st.just("discover"), CLIENTS, ADDRESSES),
    st.tuples(st.sampled_from(["select", "select", "reboot", "renew", "release", "decline"]), CLIENTS, ADDRESSES),
)
# how much time passes before a batch, and what is in it
BATCHES = st.lists(st.tuples(st.sampled_from([0, 1, 90, 4000]), st.lists(MESSAGES, max_size=12)), max_size=6)


def octets(kind: str, number: int, address: bytes) -> bytes:
    """One message of a client, through the relay."""
    types = {"discover": DISCOVER, "decline": 4, "release": 7}
    options: list[tuple[int, bytes]] = [(53, bytes((types.get(kind, REQUEST),)))]
    if kind in {"discover", "select", "reboot", "decline"}:
        options.append((50, address))
    if kind in {"select", "release", "decline"}:
        options.append(SERVER)
    ciaddr = address if kind in {"renew", "release"} else bytes(4)
    mac = b"\2\0\0\0\0" + bytes((number,))
    return request(*options, ciaddr=ciaddr, chaddr=mac, giaddr=ip("10.1.0.254"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("batches")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(batches=BATCHES)
def test_what_is_acknowledged_is_committed_and_nobody_elses(
    folder: Path, batches: list[tuple[int, list[tuple[str, int, bytes]]]]
) -> None:
    (folder / "tenure.db").unlink(missing_ok=True)
    for more in ("-wal", "-shm"):
        (folder / f"tenure.db{more}").unlink(missing_ok=True)
    ledger = open_leases(f"sqlite:{folder / 'tenure.db'}")
    subnets = SubnetTable([subnet(pools="10.1.0.100-10.1.0.103", decline_seconds=2000)])
    offers = OfferBook()
    promised: dict[bytes, tuple[int, int]] = {}  # address to client and end, as the replies said
    now = NOW
    try:
        for pause, messages in batches:
            now += pause
            for kind, number, address, granted in ledger.transact(
                lambda view, now=now, messages=messages: work(view, messages, offers, subnets, now),  # type: ignore[misc]
                now,
            ):
                if granted is not None:
                    holder, until = promised.get(granted, (number, 0))
                    assert holder == number or until <= now
                    promised = {a: p for a, p in promised.items() if p[0] != number}
                    promised[granted] = number, now + 3600
                elif kind in {"release", "decline"} and promised.get(address, (0, 0))[0] == number:
                    del promised[address]
            rows = {row.address: row for row in ledger.leases()}
            for address, (number, until) in promised.items():
                if until > now:
                    assert rows[address].state == LeaseState.BOUND
                    assert rows[address].hardware[-1] == number
            said = {(row.fqdn, row.address) for row in rows.values() if row.state == LeaseState.BOUND}
            wanted = {(one.name, one.address) for one in ledger.registrations() if not one.cause}
            assert wanted == said
    finally:
        ledger.close()


def work(
    view: LeaseBatch, messages: Sequence[tuple[str, int, bytes]], offers: OfferBook, subnets: SubnetTable, now: int
) -> list[tuple[str, int, bytes, bytes | None]]:
    """Decides a batch as the service does; for each message what it granted."""
    heard = []
    for index, (kind, number, address) in enumerate(messages):
        packet = parse_packet(octets(kind, number, address))
        decision = decide(packet, relayed(), view, offers, subnets, now, f"{now}-{index}")
        view.apply(decision.changes)
        reply = decision.reply
        acknowledged = reply is not None and reply.octets[242] == ACK
        granted = reply.octets[16:20] if reply is not None and acknowledged else None
        heard.append((kind, number, address, granted))
    return heard
