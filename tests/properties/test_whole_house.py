"""Whatever devices, people, networks and crashes do, in any order: leases, registrations and DNS tell one story.

Invariants 2, 3, 4, 5, 6 and 14 of the design, and that an address has one holder, over the whole house in memory.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from dhcp4_network import ACK, OFFER, Answer, Client, ip
from dhcp6_network import prefix_pool
from dual_stack import DualWorld, subnets6
from house6 import Devices6, reservation
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from mortal_store import Crash, Moment
from primary import Content
from stepped_updater import Fate
from world import LIFETIME, SUBNETS, Template, all_records_of, is_over, key_of, parts, records_of

from tenure.console.words import reason_text
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text, to_text
from tenure.leasing.lease import Lease
from tenure.naming.policy import ConflictAction, OneDevice, OnMove, WhenUnreachable
from tenure.naming.reason import NAME_REFUSALS, WORDS, Reason
from tenure.naming.registration import Registration, State
from tenure.naming.reverse import reverse_name

DEVICES = st.integers(1, 4)
RELAYS = st.sampled_from(["10.1.0.254", "10.2.0.254"])
ONE, TWO, HERS = "one", "two", "hers"
SAYINGS = st.sampled_from(
    [
        *[((12, name.encode()),) for name in (ONE, TWO, HERS)],
        *[((81, b"\1\0\0" + name.encode()),) for name in (ONE, TWO, HERS)],  # S: the server shall do both
        ((81, b"\0\0\0one"),),  # the client does forward itself
        ((81, b"\x08\0\0one"),),  # N: nobody shall do anything
        ((12, b"wpad"),),
        (),
    ]
)
NAMES = st.sampled_from([f"{name}.example.test." for name in (TWO, HERS, HERS)])
LEASED = ("10.1.0.100", "10.1.0.101", "10.2.0.100", "2001:db8:101::100", "2001:db8:101::101", "2001:db8:102::100")
POINTERS = st.sampled_from([to_text(reverse_name(ip_address(address).packed)) for address in LEASED])
SECONDS = st.sampled_from([0.5, 5.0, 70.0, 70.0, LIFETIME // 2, LIFETIME + 1])
FATES = st.sampled_from([Fate.ANSWERED, Fate.ANSWERED, Fate.LOST, Fate.UNANSWERED])
MOMENTS = st.sampled_from(Moment)
GOOD_REASONS = {*NAME_REFUSALS, Reason.CLIENT_WROTE, Reason.FORWARD_REFUSED, Reason.POINTER_TAKEN}
NOT_OURS = {State.NONE, State.CLIENT, State.MISSING}
NOBODY = "deny dhcp. zonesub ANY"


class Trouble(StrEnum):
    """What befalls the services."""

    UPDATER_CRASHES = "the updater crashes"
    UPDATER_CRASHES_LATE = "the updater crashes when its messages have done what they say"
    WRITER_WILL_CRASH = "the next to write leases or registrations crashes before its commit"
    WRITER_WILL_CRASH_LATE = "the next to write leases or registrations crashes after its commit"
    PRIMARY_IS_DOWN = "nobody reaches the primary"
    PRIMARY_REFUSES = "the primary refuses the updater's key"
    NONE = "the primary is well again"


class Deed(StrEnum):
    """What a person does to a name."""

    TAKES_A_FREE_NAME = "takes it if it is free"
    ADDS_TEXT = "adds a text, whosever it is"
    ADDS_ADDRESS = "adds an address to it, whosever it is"
    GIVES_UP = "deletes it if nothing of it is anybody else's"


TROUBLES = st.sampled_from([*Trouble, Trouble.NONE])
DEEDS = st.sampled_from([*Deed, Deed.GIVES_UP])
TEMPLATE = Template.made()


class House(Devices6, RuleBasedStateMachine):
    """The model is what devices were told, and what people wrote. What those of DHCPv6 do stands in `Devices6`."""

    @initialize(
        conflict_action=st.sampled_from(ConflictAction),
        when_unreachable=st.sampled_from(WhenUnreachable),
        update_on_renew=st.booleans(),
        one_device=st.sampled_from([OneDevice.OFF, OneDevice.SEEN]),
        on_move=st.sampled_from(OnMove),
    )
    def build(self, **policy: Any) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tenure-house-"))
        guests = from_text("guest.example.test.")
        four = tuple(replace(one, naming=replace(one.naming, guest_suffix=guests, **policy)) for one in SUBNETS)
        prefixes = (prefix_pool("2001:db8:ff00::/55", 56),)
        six = subnets6(four[0].naming, prefix_pools=prefixes, reservations=reservation())
        self.world = DualWorld(self.folder, TEMPLATE.folder, four=four, six=six)
        self.told6 = {}
        self.says6 = {}
        self.told: dict[bytes, tuple[int, float]] = {}  # address to device and end, as acknowledged
        self.says: dict[int, Any] = {}
        self.by_hand: Content = set()
        self.is_down = False

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.come_to_rest()
        finally:
            self.world.close()
            shutil.rmtree(self.folder)

    # devices

    def device(self, number: int, relay: str = "10.1.0.254") -> Client:
        """Even ones have a client identifier, odd ones only their hardware address."""
        client_id = None if number % 2 else b"\0device-%d" % number
        return self.world.client(number, giaddr=relay, client_id=client_id).saying(*self.says.get(number, ()))

    def hears(self, number: int, answer: Answer) -> None:
        """A device believes an ACK, and no other one may believe the same."""
        if answer.octets and answer.type == ACK:
            address = ip(answer.yiaddr)
            holder, until = self.told.get(address, (number, 0.0))
            assert holder == number or until <= self.world.now, f"{answer.yiaddr} was given to two devices"
            for other, (who, _) in list(self.told.items()):
                if who == number and other != address and other[:3] == address[:3]:
                    del self.told[other]  # a client has one lease in a subnet
            self.told[address] = number, self.world.now + answer.lease_time

    def holder(self, which: int) -> tuple[int, Client, str]:
        """One of those who were told an address, even if its time is over: its number, itself, its address."""
        held = sorted(self.told)
        address = held[which % len(held)]
        number, _ = self.told[address]
        text = ".".join(map(str, address))
        return number, self.device(number, text[: text.rindex(".")] + ".254"), text

    @rule(number=DEVICES, relay=RELAYS, says=SAYINGS, at_once=st.booleans())
    def joins(self, number: int, relay: str, says: Any, at_once: bool) -> None:
        """`at_once`: DNS hears of it before anything else happens, as it mostly does."""
        self.says[number] = says
        device = self.device(number, relay)
        with suppress(Crash):
            offer = device.discover()
            if offer.octets and offer.type == OFFER:
                self.hears(number, device.select(offer.yiaddr))
        if at_once and not self.is_down:
            self.updater_does_all_it_can()

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 5), says=SAYINGS | st.none(), by=st.sampled_from(["renew", "rebind", "reboot"]))
    def stays(self, which: int, says: Any, by: str) -> None:
        """Under the same name or another one."""
        number, device, address = self.holder(which)
        if says is not None:
            self.says[number] = says
            device = device.saying(*says)
        with suppress(Crash):
            self.hears(number, getattr(device, by)(address))

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 5), how=st.sampled_from(["release", "release", "decline"]))
    def goes(self, which: int, how: str) -> None:
        _, device, address = self.holder(which)
        with suppress(Crash):
            getattr(device, how)(address)
        del self.told[ip(address)]  # whether it was heard or not

    @rule(seconds=SECONDS, janitor=st.booleans())
    def time_passes(self, seconds: float, janitor: bool) -> None:
        self.world.now += seconds
        if janitor:
            with suppress(Crash):
                self.world.expire()

    @precondition(lambda self: any(is_over(lease, self.world.now) for lease in self.world.bound()))
    @rule()
    def janitor_works(self) -> None:
        with suppress(Crash):
            self.world.expire()

    # the register way

    @rule()
    def updater_looks(self) -> None:
        try:
            self.world.updater.look()
        except Crash:
            self.world.crash_updater()

    @precondition(lambda self: self.world.updater.couriers)
    @rule(number=st.integers(0, 7), fate=FATES)
    def message_arrives(self, number: int, fate: Fate) -> None:
        self.carries(number, Fate.LOST if self.is_down else fate)

    @precondition(lambda self: self.world.updater.couriers and not self.is_down)
    @rule(number=st.integers(0, 7), moment=MOMENTS)
    def primary_crashes(self, number: int, moment: Moment) -> None:
        """The updater hears nothing; whether it has done what was asked depends."""
        self.world.zone_store_dies(moment)
        courier = self.world.updater.couriers[number % len(self.world.updater.couriers)]
        with suppress(Crash):
            self.world.primary.answer(courier.message)
        self.world.zone_store.dies = None
        self.carries(number, Fate.LOST)

    @precondition(lambda self: not self.is_down)
    @rule()
    def updater_does_all_it_can(self) -> None:
        try:
            self.world.updater.run()
        except Crash:
            self.world.crash_updater()

    def carries(self, number: int, fate: Fate) -> None:
        self.world.updater.decide(number, fate)
        self.world.updater.send()

    # trouble: one rule, so that most steps are of those who just live

    @rule(trouble=TROUBLES)
    def trouble(self, trouble: Trouble) -> None:
        match trouble:
            case Trouble.UPDATER_CRASHES:
                self.world.crash_updater()
            case Trouble.UPDATER_CRASHES_LATE:
                self.everything_under_way_arrives()
                self.world.crash_updater()
            case Trouble.WRITER_WILL_CRASH:
                self.world.lease_store_dies(Moment.BEFORE)
            case Trouble.WRITER_WILL_CRASH_LATE:
                self.world.lease_store_dies(Moment.AFTER)
            case Trouble.PRIMARY_IS_DOWN:
                self.is_down = True
            case Trouble.PRIMARY_REFUSES:
                self.world.primary.start(NOBODY, "grant person. zonesub ANY")
            case Trouble.NONE:
                self.is_down = False
                self.world.primary.start()

    def everything_under_way_arrives(self) -> None:
        """Nobody hears what comes of it."""
        for courier in [] if self.is_down else self.world.updater.couriers:
            self.world.primary.answer(courier.message)

    @rule(name=NAMES | POINTERS, deed=DEEDS)
    def person_acts(self, name: str, deed: Deed) -> None:
        owner = from_text(name)
        record = ("PTR", "camera.example.test.") if name.endswith("arpa.") else ("A", "192.0.2.200")
        if deed is Deed.TAKES_A_FREE_NAME:
            self.by_hand |= self.world.primary.person_adds(name, *record, only_new=True)
        elif deed is Deed.ADDS_TEXT:
            self.by_hand |= self.world.primary.person_adds(name, "TXT", '"by hand"')
        elif deed is Deed.ADDS_ADDRESS:
            # a pointer beside a client's is the one thing that may go: `test_06_human_records` says when
            self.by_hand |= self.world.primary.person_adds(name, *record, only_new=record[0] == "PTR")
        elif all(record in self.by_hand for record in self.world.primary.content() if record[0] == owner):
            # what she takes from under a lease would come back with reconciling only
            self.world.primary.person_deletes(name)
            self.by_hand = {record for record in self.by_hand if record[0] != owner}

    # what holds at every moment

    @invariant()
    def all_is_well(self) -> None:
        self.what_was_acknowledged_is_kept()
        self.a_lease_and_its_registration_are_there_together()
        self.what_people_made_stays()
        self.registered_is_said_only_of_what_is_there()
        self.every_lease_has_one_reason_that_can_be_told()
        self.nothing_waits_for_ever()

    def what_was_acknowledged_is_kept(self) -> None:
        rows = {lease.address: lease for lease in self.world.bound()}
        for address, (number, until) in self.told.items():
            if until > self.world.now:
                assert rows[address].hardware[1:] == self.device(number).mac
                assert rows[address].ends_at >= until
        self.what_was_acknowledged_to_dhcpv6_is_kept(list(rows.values()))

    def a_lease_and_its_registration_are_there_together(self) -> None:
        wanted = {row[:3]: row for row in self.world.registrations() if not row.cause}
        assert wanted.keys() == {key for lease in self.world.bound() if (key := key_of(lease))}
        for lease in self.world.bound():
            if key := key_of(lease):
                row = wanted[key]
                assert row.until == lease.ends_at
                for is_ours, part in ((lease.forward, row.forward), (lease.reverse, row.reverse)):
                    assert (part.state != State.NONE) if is_ours else (part.state in NOT_OURS | {State.REMOVING}), row

    def what_people_made_stays(self) -> None:
        assert self.world.static | self.by_hand <= self.world.primary.content()

    def registered_is_said_only_of_what_is_there(self) -> None:
        content = self.world.primary.content()
        for row in self.world.registrations():
            if not row.cause:
                assert records_of(row) <= content

    def every_lease_has_one_reason_that_can_be_told(self) -> None:
        rows = {row[:3]: row for row in self.world.registrations()}
        for lease in self.world.bound():
            key = key_of(lease)
            if key is None:
                assert lease.reason in set(Reason)
                continue
            for part in parts(rows[key]):
                if part.state != State.NONE:
                    assert reason_text(part.reason) in WORDS.values()

    def nothing_waits_for_ever(self) -> None:
        for row in self.world.registrations():
            for part in parts(row):
                if part.state in {State.PENDING, State.REMOVING}:
                    assert part.due_at is not None, row

    # at the end: invariant 14

    def come_to_rest(self) -> None:
        """All is well again; then whatever there was, DNS comes to say what the leases say."""
        self.world.lease_store.dies = None
        self.world.primary.start()
        self.world.settle()
        self.dns_is_as_it_should_be()
        self.everybody_renews()
        self.world.settle()
        self.dns_is_as_it_should_be()
        for row in self.world.registrations():
            # who never heard its ACK does not renew
            if row.address in self.told or str(ip_address(row.address)) in self.told6:
                self.is_refused_for_good_reason(row)

    def is_refused_for_good_reason(self, row: Registration) -> None:
        for part in parts(row):
            assert part.state != State.REFUSED or part.reason in GOOD_REASONS, row
        if row.forward.state == State.REFUSED:
            assert {record for record in self.world.primary.content() if record[0] == row.name}, "nobody has the name"
        if row.reverse.reason == Reason.POINTER_TAKEN:
            assert {record for record in self.by_hand if record[0] == reverse_name(row.address)}, (
                "nobody has the address"
            )

    def everybody_renews(self) -> None:
        for which, address in enumerate(sorted(self.told)):
            if self.told[address][1] > self.world.now:
                number, device, text = self.holder(which)
                self.hears(number, device.renew(text))
        self.everybody_renews6()

    def dns_is_as_it_should_be(self) -> None:
        content = self.world.primary.content()
        rows = {row[:3]: row for row in self.world.registrations()}
        expected = self.world.static | self.by_hand | self.world.registered()
        assert not expected - content, "missing"
        for row in rows.values():  # a server that refused the update refused to take away what was there before as well
            if Reason.SERVER_REFUSED in {row.forward.reason, row.reverse.reason}:
                expected |= all_records_of(row)
        address = int(RRType.A)  # a marker stays as long as any address does (RFC 4703 section 5.5)
        kept = {name for name, rtype, _ in self.by_hand if rtype == address}
        expected |= {record for record in content if record[1] == RRType.DHCID and record[0] in kept}
        assert not content - expected, "too much"
        bound = self.world.bound()
        assert not [lease for lease in bound if is_over(lease, self.world.now)]
        assert rows.keys() == {key for lease in bound if (key := key_of(lease))}
        for lease in bound:
            if key := key_of(lease):
                self.is_settled(lease, rows[key], content)

    def is_settled(self, lease: Lease, row: Registration, content: Content) -> None:
        for is_ours, part in ((lease.forward, row.forward), (lease.reverse, row.reverse)):
            assert part.state in ({State.REGISTERED, State.REFUSED} if is_ours else NOT_OURS), row
            assert part.due_at is None
        if row.forward.reason in NAME_REFUSALS:
            assert (row.name, int(RRType.DHCID), row.dhcid) not in content
            assert not {record for record in content - self.by_hand if record[0] == reverse_name(row.address)}


TestHouse = House.TestCase
TestHouse.settings = settings(max_examples=60, stateful_step_count=50, report_multiple_bugs=False)
