"""A person ends a lease while the DHCP services run: they give the address to the next client, with both engines."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from dhcp4_network import ACK, DISCOVER, NAK, OFFER, REQUEST
from dhcp4_network import ip as ip4
from dhcp4_network import relayed as from_relay4
from dhcp4_network import subnet as subnet4
from dhcp6_network import LINK, SERVER, from_relay
from dhcp6_network import subnet as subnet6
from dhcpv4 import request
from dhcpv6 import ADVERTISE, PD, RENEW, SOLICIT, Said, ia, ip, message, read, relayed
from dhcpv6 import REQUEST as REQUEST6

from tenure.leasing.lease import LeaseState
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v6.link import SubnetTable as SubnetTable6
from tenure.ledger.history import EventFilter
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.name_orders import Order
from tenure.ledger.opening import open_leases
from tenure.serving.dhcp.service4 import Dhcp4Service
from tenure.serving.dhcp.service6 import Dhcp6Service
from tenure.serving.dhcp.socket4 import Received
from tenure.serving.dhcp.socket6 import Received as Received6
from tenure.serving.report import Report

ONLY = "10.1.0.100"  # there is one address, and one prefix
PREFIX = "2001:db8:ff::/56"


class Outbox:
    """Stands where a socket would, and keeps what is sent."""

    where = "outbox"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, replies: Any, *_: Any) -> None:
        self.sent += replies


class House:
    """Both services, without sockets, and a person with a connection of their own."""

    def __init__(self, url: str) -> None:
        self.mine, self.theirs = open_leases(url), open_leases(url)
        report, self.outbox = Report("dhcp", stream=io.StringIO()), Outbox()
        table4 = SubnetTable([subnet4(pools=f"{ONLY}-{ONLY}")])
        table6 = SubnetTable6([subnet6(prefixes="2001:db8:ff::/56>56")])
        self.service4 = Dhcp4Service(self.mine, table4, [], [], lambda: None, report)
        self.service6 = Dhcp6Service(self.mine, table6, SERVER, [], [], lambda: None, report)

    def close(self) -> None:
        self.service4.loop.close()
        self.service6.loop.close()
        self.mine.close()
        self.theirs.close()

    def ask4(self, kind: int, number: int, *options: tuple[int, bytes], ciaddr: bytes = bytes(4)) -> int | None:
        """The type of the reply; None: silence."""
        octets = request(
            (53, bytes((kind,))),
            *options,
            chaddr=b"\2\0\0\0\0" + bytes((number,)),
            giaddr=ip4("10.1.0.254"),
            ciaddr=ciaddr,
            xid=number,
        )
        before = len(self.outbox.sent)
        self.service4.loop.serve([Received(octets, from_relay4(), self.outbox)])  # type: ignore[arg-type]
        self.service4.loop.settle()
        return self.outbox.sent[before][242] if len(self.outbox.sent) > before else None

    def selects4(self, number: int) -> int | None:
        return self.ask4(REQUEST, number, (54, ip4("10.1.0.1")), (50, ip4(ONLY)))

    def boots4(self, number: int) -> int | None:
        return self.ask4(REQUEST, number, (50, ip4(ONLY)))

    def renews4(self, number: int) -> int | None:
        return self.ask4(REQUEST, number, ciaddr=ip4(ONLY))

    def ask6(self, kind: int, number: int, *leases: str) -> Said:
        duid = b"\0\3\0\1\2\0\0\0\0" + bytes((number,))
        named = ((2, SERVER.duid),) if kind in {REQUEST6, RENEW} else ()
        octets = message(kind, (1, duid), *named, ia(PD, 1, *leases), xid=bytes((0, 0, number)))
        before = len(self.outbox.sent)
        arrived = Received6(relayed(octets, LINK + "1"), from_relay(), self.outbox)  # type: ignore[arg-type]
        self.service6.loop.serve([arrived])
        self.service6.loop.settle()
        return read(self.outbox.sent[before])

    def person_ends(self, address: bytes) -> None:
        lease = self.theirs.lease_over(address)
        assert lease is not None
        assert self.theirs.lease_orders.release(lease, Order("cli ann", time.time(), "n-1"))


@pytest.fixture
def house(new_url: str) -> Iterator[House]:
    made = House(new_url)
    yield made
    made.close()


def kinds(ledger: LeaseLedger) -> list[str]:
    return [one.event.kind for one in ledger.history.events(EventFilter(newest_first=False))]


def test_another_client_gets_the_address_and_the_first_is_refused_it(house: House) -> None:
    assert house.selects4(1) == ACK
    assert house.ask4(DISCOVER, 2) is None  # the pool has run out
    house.person_ends(ip4(ONLY))
    assert house.ask4(DISCOVER, 2) == OFFER
    assert house.selects4(2) == ACK
    assert (house.boots4(1), house.renews4(1)) == (NAK, NAK)
    assert kinds(house.theirs)[:3] == ["lease-bound", "lease-taken-away", "lease-bound"]


@pytest.mark.parametrize("how", ["boots4", "renews4", "selects4"])
def test_the_client_itself_has_it_again_by_a_new_lease(house: House, how: str) -> None:
    assert house.selects4(1) == ACK
    house.person_ends(ip4(ONLY))
    assert getattr(house, how)(1) == ACK
    assert kinds(house.theirs) == ["lease-bound", "lease-taken-away", "lease-bound"]
    assert [lease.state for lease in house.theirs.leases()] == [LeaseState.BOUND]
    assert [row.cause for row in house.theirs.registrations()] == [""] * len(house.theirs.registrations())


def test_an_address_whose_quarantine_was_ended_is_given_away(house: House) -> None:
    assert house.selects4(1) == ACK
    declines = (4, 1, (54, ip4("10.1.0.1")), (50, ip4(ONLY)))
    assert house.ask4(*declines) is None
    assert house.ask4(DISCOVER, 2) is None
    house.person_ends(ip4(ONLY))
    assert house.ask4(DISCOVER, 2) == OFFER
    assert house.selects4(2) == ACK


def prefixes(said: Said) -> list[str]:
    return [prefix for prefix, (_, valid) in said.leases.items() if valid]


def test_a_client_has_its_prefix_again_when_it_renews(house: House) -> None:
    house.ask6(REQUEST6, 1)
    house.person_ends(ip("2001:db8:ff::"))
    assert prefixes(house.ask6(RENEW, 1, PREFIX)) == [PREFIX]
    assert kinds(house.theirs) == ["lease-bound", "lease-taken-away", "lease-bound"]


def test_a_prefix_goes_to_another_client_and_the_first_loses_it_when_it_renews(house: House) -> None:
    first = house.ask6(REQUEST6, 1)
    assert prefixes(first) == [PREFIX]
    assert prefixes(house.ask6(SOLICIT, 2)) == []
    house.person_ends(ip("2001:db8:ff::"))
    assert house.ask6(SOLICIT, 2).kind == ADVERTISE
    assert prefixes(house.ask6(REQUEST6, 2)) == [PREFIX]
    assert prefixes(house.ask6(RENEW, 1, PREFIX)) == []
