"""What DHCPv6 devices do in the whole house: the rules of a state machine that has a `DualWorld`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from dhcp6_network import Answer, Client, fqdn, reserved
from dhcpv6 import ADDR_REG_INFORM, ADDR_REG_REPLY, NA, PD, REPLY, OptionPair, ia, ip
from dual_stack import NETS6, DualWorld
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from mortal_store import Crash
from world import LIFETIME

from tenure.leasing.lease import FOREVER, Lease, LeaseKind
from tenure.leasing.v6.subnet import Reservation

KINDS = {NA: LeaseKind.ADDRESS, PD: LeaseKind.PREFIX}
DEVICES = st.integers(1, 4)
NETS = st.sampled_from(NETS6)
ASSOCIATIONS = st.sampled_from([((NA, 1),), ((NA, 1),), ((NA, 1), (NA, 2)), ((NA, 1), (PD, 1)), ((PD, 1),)])
SAYINGS = st.sampled_from(
    [
        *[(fqdn(name),) for name in ("one", "two", "hers")],  # S: the server shall do both
        (fqdn("one", 0),),  # the client does forward itself
        (fqdn("two", 4),),  # N: nobody shall do anything
        (fqdn("wpad"),),
        (),
    ]
)


def reservation() -> dict[bytes, Reservation]:
    """Two addresses of the first network and a prefix, for one association of device 3."""
    held = reserved("2001:db8:101::101", "2001:db8:101::7", "2001:db8:ff00::/56", several_per_association=True)
    return {b"\2" + duid_of(3): held}


def duid_of(number: int) -> bytes:
    """Of a device."""
    return b"\0\4" + bytes((number,)) * 16


class Told(NamedTuple):
    """What a device was told: whose it is, in which association and network, and until when."""

    device: int
    code: int  # of the association; 0: an address that the device made itself
    iaid: int
    net: int
    until: float


class Devices6:
    """The model is what devices were told, by address or prefix as text."""

    world: DualWorld
    told6: dict[str, Told]
    says6: dict[int, tuple[OptionPair, ...]]

    def device6(self, number: int, net: int, source: str = "fe80::1") -> Client:
        """Even ones are seen by their relay, and so may be the DHCPv4 device of the same number."""
        seen: tuple[OptionPair, ...] = () if number % 2 else ((79, b"\0\1" + bytes((2, 0, 0, 0, 0, number))),)
        says = self.says6.get(number, ())
        return Client(self.world.six, duid_of(number), f"2001:db8:{net}::1", source, says=says, relay_says=seen)

    def hears6(self, number: int, net: int, answer: Answer) -> None:
        """A device believes a REPLY, and no other one may believe the same."""
        if not answer.octets or answer.kind != REPLY:
            return
        for one in answer.said.ias:
            granted = {lease: valid for lease, (_, valid) in one.leases.items() if valid}
            for other, told in list(self.told6.items()):
                if other in one.leases or (granted and told[:4] == (number, one.code, one.iaid, net)):
                    before = self.told6.pop(other)
                    if other in granted and before.until > self.world.now:
                        assert before.device == number, f"{other} was given to two devices"
            for lease, valid in granted.items():
                self.told6[lease] = Told(number, one.code, one.iaid, net, self.world.now + valid)

    def held6(self, which: int) -> tuple[str, Told, Client]:
        """One of the leases that devices were told of, even if its time is over."""
        lease = sorted(self.told6)[which % len(self.told6)]
        told = self.told6[lease]
        return lease, told, self.device6(told.device, told.net, lease if not told.code else "fe80::1")

    @rule(number=DEVICES, net=NETS, says=SAYINGS, wants=ASSOCIATIONS, rapid=st.booleans())
    def joins6(self, number: int, net: int, says: Any, wants: tuple[tuple[int, int], ...], rapid: bool) -> None:
        """`rapid`: it takes whatever it gets, without an ADVERTISE before it."""
        self.says6[number] = says
        device = self.device6(number, net)
        asked = [ia(code, iaid) for code, iaid in wants]
        with suppress(Crash):
            if not rapid:
                offered = device.solicit(*asked)
                asked = [ia(one.code, one.iaid, *one.leases) for one in offered.said.ias]
            self.hears6(number, net, device.request(*asked))

    @precondition(lambda self: self.told6)
    @rule(which=st.integers(0, 7), says=SAYINGS | st.none(), by=st.sampled_from(["renew", "rebind"]))
    def stays6(self, which: int, says: Any, by: str) -> None:
        """Under the same name or another one."""
        lease, told, device = self.held6(which)
        if says is not None:
            self.says6[told.device] = says
            device = device.saying(*says)
        with suppress(Crash):
            self.stays_on(lease, told, device, by)

    @precondition(lambda self: self.told6)
    @rule(which=st.integers(0, 7), how=st.sampled_from(["release", "release", "decline"]))
    def goes6(self, which: int, how: str) -> None:
        """Nobody can decline a prefix, or give back what was not given."""
        lease, told, device = self.held6(which)
        if not told.code:
            return
        with suppress(Crash):
            getattr(device, how if told.code == NA else "release")(ia(told.code, told.iaid, lease))
        del self.told6[lease]  # whether it was heard or not

    @rule(number=DEVICES, net=NETS, says=SAYINGS)
    def makes_its_own_address(self, number: int, net: int, says: Any) -> None:
        self.says6[number] = says
        address = f"2001:db8:{net}::aaaa:{number:x}"
        with suppress(Crash):
            self.tells_of(number, net, self.device6(number, net, address), address)

    def tells_of(self, number: int, net: int, device: Client, address: str) -> None:
        """By ADDR-REG-INFORM."""
        valid = LIFETIME.to_bytes(4, "big")
        answer = device.send(ADDR_REG_INFORM, (5, ip(address) + valid + valid))
        if answer.octets and answer.kind == ADDR_REG_REPLY:
            self.told6[address] = Told(number, 0, 0, net, self.world.now + LIFETIME)

    def stays_on(self, lease: str, told: Told, device: Client, by: str = "renew") -> None:
        if told.code:
            self.hears6(told.device, told.net, getattr(device, by)(ia(told.code, told.iaid, lease)))
        else:
            self.tells_of(told.device, told.net, device, lease)

    def everybody_renews6(self) -> None:
        for lease in sorted(self.told6):
            told = self.told6.get(lease)
            if told is not None and told.until > self.world.now:
                self.stays_on(lease, told, self.device6(told.device, told.net, lease if not told.code else "fe80::1"))

    def what_was_acknowledged_to_dhcpv6_is_kept(self, bound: list[Lease]) -> None:
        rows = {lease.address: lease for lease in bound}
        for lease, told in self.told6.items():
            if told.until > self.world.now:
                row = rows[ip(lease.partition("/")[0])]
                assert row.client == self.device6(told.device, told.net).key
                assert row.kind == KINDS.get(told.code, LeaseKind.SELF_MADE)
                assert row.ends_at == FOREVER or row.ends_at >= told.until
