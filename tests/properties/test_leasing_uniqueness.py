"""Whatever clients send, in whatever order, while time passes: an address has one holder, and names follow leases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dhcp4_network import ACK, OFFER, Answer, Client, Network, client_class, ip, subnet, text
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tenure.leasing.lease import LeaseState
from tenure.leasing.pool import Pool
from tenure.leasing.v4.subnet import Reservation

CLIENTS = st.integers(1, 5)
RELAYS = st.sampled_from(["10.1.0.254", "10.2.0.254"])
ADDRESSES = st.sampled_from(
    [*(f"10.1.0.{n}" for n in (7, 100, 101, 102, 200)), "10.2.0.100", "10.2.0.101", "10.3.0.100", "10.9.0.1"]
)
NAMES = st.sampled_from(
    [(), ((12, b"one"),), ((12, b"two"),), ((81, b"\x01\0\0one"),), ((81, b"\0\0\0two"),), ((81, b"\x08\0\0one"),)]
) | st.sampled_from([((60, b"phone"),), ((60, b"phone"), (12, b"one"))])
RESERVED_FOR = 5
RESERVED = "10.1.0.7"


KEY = b"\0\1\2\0\0\0" + RESERVED_FOR.to_bytes(2, "big")
HOME = subnet(
    pools="10.1.0.100-10.1.0.102",
    valid_lifetime=1000,
    decline_seconds=3000,
    reservations={KEY: Reservation(ip(RESERVED), None)},
    reserved_addresses={ip(RESERVED): KEY},
)
PHONES, OTHERS = Pool(ip("10.1.0.100"), ip("10.1.0.100"), "phones"), Pool(ip("10.1.0.101"), ip("10.1.0.102"))
FAR: dict[str, Any] = {"valid_lifetime": 1000, "authoritative": False}


class Leasing(RuleBasedStateMachine):
    """Two small subnets, five clients, one reservation. The model is what the clients were told."""

    def __init__(self) -> None:
        super().__init__()
        self.network = self.places()
        self.promised: dict[bytes, tuple[bytes, float]] = {}  # address to client and end, as acknowledged
        self.offered: dict[int, str] = {}

    def places(self) -> Network:
        """Where clients can be."""
        return Network(HOME, subnet("10.2.0.0/24", pools="10.2.0.100-10.2.0.101", **FAR))

    def client(self, number: int, relay: str, says: Any) -> Client:
        return self.network.client(number, giaddr=relay).saying(*says)

    def heard(self, number: int, answer: Answer) -> None:
        """The client believes an ACK; no other client may believe the same at that time."""
        mac = self.network.client(number).mac
        if answer.type == OFFER:
            self.offered[number] = answer.yiaddr
        if answer.type != ACK:
            return
        address = ip(answer.yiaddr)
        holder, until = self.promised.get(address, (mac, 0.0))
        assert holder == mac or until <= self.network.now, f"{answer.yiaddr} was given to two clients"
        assert number == RESERVED_FOR or answer.yiaddr != RESERVED
        self.promised[address] = mac, self.network.now + answer.lease_time
        for other, (who, _) in list(self.promised.items()):
            if who == mac and other != address and other[:3] == address[:3]:
                del self.promised[other]  # a client has one lease in a subnet

    @rule(number=CLIENTS, relay=RELAYS, says=NAMES, wish=st.none() | ADDRESSES)
    def discover(self, number: int, relay: str, says: Any, wish: str | None) -> None:
        options = () if wish is None else ((50, ip(wish)),)
        before = dict(self.network.view.rows)
        self.heard(number, self.client(number, relay, says).discover(*options))
        assert self.network.view.rows == before

    @rule(number=CLIENTS, relay=RELAYS, says=NAMES)
    def take_the_offer(self, number: int, relay: str, says: Any) -> None:
        assume(number in self.offered)
        self.heard(number, self.client(number, relay, says).select(self.offered.pop(number)))

    @rule(number=CLIENTS, relay=RELAYS, says=NAMES, address=ADDRESSES)
    def select_anything(self, number: int, relay: str, says: Any, address: str) -> None:
        self.heard(number, self.client(number, relay, says).select(address))

    @rule(number=CLIENTS, relay=RELAYS, says=NAMES, address=ADDRESSES)
    def reboot(self, number: int, relay: str, says: Any, address: str) -> None:
        self.heard(number, self.client(number, relay, says).reboot(address))

    @rule(number=CLIENTS, relay=RELAYS, says=NAMES, address=ADDRESSES, broadcast=st.booleans())
    def extend(self, number: int, relay: str, says: Any, address: str, broadcast: bool) -> None:
        client = self.client(number, relay, says)
        self.heard(number, client.rebind(address) if broadcast else client.renew(address))

    @rule(number=CLIENTS, relay=RELAYS, address=ADDRESSES, declines=st.booleans())
    def give_up(self, number: int, relay: str, address: str, declines: bool) -> None:
        client = self.network.client(number, giaddr=relay)
        answer = client.decline(address) if declines else client.release(address)
        assert answer.type is None
        if answer.verdict in {"released", "declined"}:
            self.promised.pop(ip(address), None)

    @rule(number=CLIENTS, relay=RELAYS, address=ADDRESSES)
    def inform(self, number: int, relay: str, address: str) -> None:
        before = dict(self.network.view.rows)
        self.client(number, relay, ()).inform(address)
        assert self.network.view.rows == before

    @rule(seconds=st.sampled_from([0.5, 30, 70, 600, 1001, 4000]))
    def wait(self, seconds: float) -> None:
        self.network.now += seconds

    @invariant()
    def an_acknowledged_lease_is_kept_until_it_ends(self) -> None:
        for address, (mac, until) in self.promised.items():
            if until > self.network.now:
                row = self.network.view.rows[address]
                assert row.state == LeaseState.BOUND, text(address)
                assert row.hardware == b"\1" + mac
                assert row.ends_at >= until

    @invariant()
    def what_is_wanted_of_dns_is_what_the_bound_leases_say(self) -> None:
        view = self.network.view
        said = {
            (row.fqdn, row.address, row.dhcid): (row.forward, row.reverse, row.ends_at)
            for row in view.rows.values()
            if row.state == LeaseState.BOUND and row.fqdn is not None
        }
        wanted = {key: (want.forward, want.reverse, want.until) for key, want in view.wanted.items()}
        assert wanted == said

    @invariant()
    def a_client_is_named_in_one_place(self) -> None:
        named = [
            row.client
            for row in self.network.view.rows.values()
            if row.state == LeaseState.BOUND and row.ends_at > self.network.now and row.fqdn is not None
        ]
        assert len(named) == len(set(named))


TestLeasing = Leasing.TestCase
TestLeasing.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)


class SharedLeasing(Leasing):
    """The same with a shared network, and with a class whose members have a pool and a subnet for themselves."""

    def places(self) -> Network:
        return Network(
            replace(HOME, pools=(PHONES, OTHERS)),
            subnet("10.2.0.0/24", pools="10.2.0.100-10.2.0.101", network="far", guards=("phones",), **FAR),
            subnet("10.3.0.0/24", pools="10.3.0.100-10.3.0.100", network="far", **FAR),
            classes=[client_class("phones", "option[60].exists", naming={"generated_prefix": "phone"})],
        )


TestSharedLeasing = SharedLeasing.TestCase
TestSharedLeasing.settings = TestLeasing.settings
