"""Names that another device has, and guests: what `name_lease` makes of them in its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import pytest

from tenure.dhcpwire.fqdn import ClientFqdn, parse_fqdn81
from tenure.dnswire.name import Name, from_text, to_text
from tenure.naming.choice import Naming, name_lease
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.place import Obstacle, Place, guest_lifetime, is_randomized
from tenure.naming.policy import ConflictAction, NamingPolicy, RandomizedMac, WhenUnreachable
from tenure.naming.reason import Reason
from tenure.naming.registration import Claim
from tenure.naming.template import NameTemplate

ZONE = from_text("example.test.")
GUESTS = from_text("guest.example.test.")
REFUSE = NamingPolicy(qualifying_suffix=ZONE, forward_zones=frozenset({ZONE}), guest_suffix=GUESTS, hash_key=b"key")
SUFFIX = replace(REFUSE, conflict_action=ConflictAction.SUFFIX)
GUEST_ZONE = replace(REFUSE, conflict_action=ConflictAction.GUEST_ZONE)
ME, OTHER = (0, b"\1\2"), (0, b"\1\3")
ASSIGNED, RANDOMIZED = bytes.fromhex("0100005e100007"), bytes.fromhex("0102005e100007")


@dataclass
class Names:
    """A `naming.place.NameView`."""

    claims: list[tuple[Name, Claim]] = field(default_factory=list)
    failing: set[Name] = field(default_factory=set)

    def claims_on(self, name: Name) -> Sequence[Claim]:
        return [claim for claimed, claim in self.claims if claimed == name]

    def failing_zones(self) -> Collection[Name]:
        return self.failing

    def taken(self, *texts: str) -> Names:
        """Names that another device has."""
        self.claims += [(name, Claim(dhcid_rdata(*OTHER, name), True, False)) for name in map(from_text, texts)]
        return self

    def refused(self, *texts: str) -> Names:
        """Names that DNS has refused this device."""
        self.claims += [(name, Claim(dhcid_rdata(*ME, name), False, True)) for name in map(from_text, texts)]
        return self

    def mine(self, *texts: str) -> Names:
        """Names that this device has."""
        self.claims += [(name, Claim(dhcid_rdata(*ME, name), True, False)) for name in map(from_text, texts)]
        return self


def lease(
    policy: NamingPolicy,
    names: Names | None = None,
    *held: str,
    says: str = "pc",
    hardware: bytes = ASSIGNED,
    option: ClientFqdn | None = None,
    reserved: str | None = None,
    promised: str | None = None,
    circuit: bytes | None = None,
    static: Collection[str] | None = None,
    taken: Collection[str] = (),
) -> Naming:
    place = Place(
        hardware,
        bytes((10, 1, 0, 0)),
        circuit,
        reserved is not None,
        [from_text(one) for one in held],
        None if promised is None else from_text(promised),
        names or Names(),
    )
    host_name = says.encode() if says else None
    looked: Obstacle | None = None
    if static is not None:
        policy = replace(policy, own_zones=frozenset({ZONE}))

        def looked(name: Name, zone: Name, identity: tuple[int, bytes]) -> Reason | None:
            assert (zone, identity) == (ZONE, ME)
            if to_text(name) in taken:
                return Reason.NAME_TAKEN
            return Reason.NAME_STATIC if to_text(name) in static else None

    return name_lease(option, host_name, reserved, ME, bytes((10, 1, 2, 55)), 3600, policy, place, looked)


def text(found: Naming) -> str | None:
    return None if found.fqdn is None else to_text(found.fqdn)


# -- numbered ---------------------------------------------------------------------------------------------------------


def test_a_name_that_nobody_has_is_given() -> None:
    for policy in (REFUSE, SUFFIX, GUEST_ZONE):
        found = lease(policy)
        assert (text(found), found.reason) == ("pc.example.test.", Reason.HOST_NAME)


def test_a_name_that_another_device_has_gets_a_number_and_the_client_hears_it() -> None:
    found = lease(SUFFIX, Names().taken("pc.example.test.", "pc-2.example.test."))
    assert (text(found), found.reason) == ("pc-3.example.test.", Reason.NUMBERED)
    assert found.reply_host_name == b"pc-3.example.test"
    assert found.dhcid == dhcid_rdata(*ME, from_text("pc-3.example.test."))
    asked = parse_fqdn81(b"\5\0\0\2pc")
    found = lease(SUFFIX, Names().taken("pc.example.test."), option=asked)
    assert found.reply_fqdn == b"\5\xff\xff" + from_text("pc-2.example.test.")


def test_with_refuse_the_name_is_claimed_all_the_same_and_dns_decides() -> None:
    assert text(lease(REFUSE, Names().taken("pc.example.test."))) == "pc.example.test."


def test_a_name_that_dns_refused_gets_a_number_at_the_next_renewal() -> None:
    found = lease(SUFFIX, Names().refused("pc.example.test."), "pc.example.test.")
    assert (text(found), found.reason) == ("pc-2.example.test.", Reason.NUMBERED)


def test_the_number_sticks_to_the_device() -> None:
    free_again = Names()
    assert text(lease(SUFFIX, free_again, "pc-3.example.test.")) == "pc-3.example.test."
    assert text(lease(SUFFIX, Names().mine("pc-3.example.test."), "pc-3.example.test.")) == "pc-3.example.test."
    # but not if somebody else has it meanwhile, or the device says another name
    taken = Names().taken("pc-3.example.test.", "pc.example.test.")
    assert text(lease(SUFFIX, taken, "pc-3.example.test.")) == "pc-2.example.test."
    assert text(lease(SUFFIX, free_again, "pc-3.example.test.", says="laptop")) == "laptop.example.test."
    assert text(lease(SUFFIX, free_again, "pc-x.example.test.")) == "pc.example.test."
    assert text(lease(SUFFIX, free_again, "pc-3.lab.example.test.")) == "pc.example.test."


def test_a_name_of_ones_own_stays_although_another_device_claims_it_too() -> None:
    names = Names().mine("pc.example.test.").taken("pc.example.test.")
    assert text(lease(SUFFIX, names, "pc.example.test.")) == "pc.example.test."


def test_a_crowd_of_one_name_does_not_count_through() -> None:
    crowd = Names().taken("pc.example.test.", *(f"pc-{number}.example.test." for number in range(2, 10)))
    found = text(lease(SUFFIX, crowd))
    assert found is not None
    number = int(found.removeprefix("pc-").removesuffix(".example.test."))
    assert 1000 <= number <= 9999
    assert text(lease(SUFFIX, crowd)) == found, "the same for the same device"
    longer = text(lease(SUFFIX, crowd.taken(found)))
    assert longer is not None
    assert len(longer) == len(found) + 2


def test_there_is_an_end_to_numbers() -> None:
    class Everything(Names):
        def claims_on(self, name: Name) -> Sequence[Claim]:
            return [Claim(dhcid_rdata(*OTHER, name), True, False)]

    found = lease(SUFFIX, Everything(), option=parse_fqdn81(b"\5\0\0\2pc"))
    assert (found.fqdn, found.reason) == (None, Reason.NAME_TAKEN)
    assert found.reply_fqdn is not None
    assert found.reply_fqdn[0] == 0x0E  # N and O: nothing is done


def test_a_long_name_gives_room_to_its_number() -> None:
    label = "a" * 61 + "-b"
    found = lease(SUFFIX, Names().taken(f"{label}.example.test."), says=label)
    assert text(found) == "a" * 61 + "-2.example.test."


def test_reserved_and_numbered_names_stay_apart() -> None:
    policy = replace(SUFFIX, reserved_names=frozenset({from_text("pc-2.example.test.")}))
    assert text(lease(policy, Names().taken("pc.example.test."))) == "pc-3.example.test."


def test_a_reservations_name_is_its_own_or_nobodys() -> None:
    assert text(lease(SUFFIX, Names().taken("desk.example.test."), reserved="desk")) == "desk.example.test."


# -- a person's names in zones of ours ---------------------------------------------------------------------------------


def test_a_persons_name_is_not_promised() -> None:
    found = lease(REFUSE, static=["pc.example.test."], option=parse_fqdn81(b"\5\0\0\2pc"))
    assert (found.fqdn, found.reason) == (None, Reason.NAME_STATIC)
    assert found.reply_fqdn == b"\x0e\xff\xff\2pc"  # N and O
    found = lease(REFUSE, static=["pc.example.test."])
    assert (found.fqdn, found.reason, found.reply_host_name) == (None, Reason.NAME_STATIC, None)
    assert text(lease(REFUSE, static=["other.example.test."])) == "pc.example.test."


def test_a_persons_name_gets_a_number_or_goes_to_the_guest_zone() -> None:
    static = ["pc.example.test.", "pc-2.example.test."]
    found = lease(SUFFIX, static=static)
    assert (text(found), found.reason) == ("pc-3.example.test.", Reason.NUMBERED)
    found = lease(GUEST_ZONE, static=static)
    assert (text(found), found.reason) == ("pc.guest.example.test.", Reason.GUEST_NAME)


def test_a_name_with_another_clients_dhcid_in_our_zone() -> None:
    found = lease(REFUSE, static=[], taken=["pc.example.test."], option=parse_fqdn81(b"\5\0\0\2pc"))
    assert (found.fqdn, found.reason) == (None, Reason.NAME_TAKEN)
    assert found.reply_fqdn == b"\x0e\xff\xff\2pc"  # N and O
    found = lease(SUFFIX, static=["pc-2.example.test."], taken=["pc.example.test."])
    assert (text(found), found.reason) == ("pc-3.example.test.", Reason.NUMBERED)
    found = lease(GUEST_ZONE, static=[], taken=["pc.example.test.", "pc.guest.example.test."])
    assert (text(found), found.reason) == ("pc-2.guest.example.test.", Reason.GUEST_NAME)


def test_a_reservation_gives_no_name_that_a_person_wrote() -> None:
    found = lease(SUFFIX, reserved="desk", static=["desk.example.test."])
    assert (found.fqdn, found.reason) == (None, Reason.NAME_STATIC)


def test_a_client_that_keeps_its_record_itself_is_not_looked_after() -> None:
    found = lease(REFUSE, static=["pc.example.test."], option=parse_fqdn81(b"\4\0\0\2pc"))
    assert (text(found), found.forward, found.reason) == ("pc.example.test.", False, Reason.CLIENT_UPDATES)


def test_what_is_generated_and_zones_of_others_are_not_looked_up() -> None:
    assert text(lease(REFUSE, says="", static=["host-10-1-2-55.example.test."])) == "host-10-1-2-55.example.test."
    below = from_text("lab.example.test.")
    policy = replace(REFUSE, forward_zones=frozenset({ZONE, below}))
    assert text(lease(policy, says="pc.lab.example.test", static=["pc.lab.example.test."])) == "pc.lab.example.test."


def test_a_name_that_was_refused_is_not_tried_again_behind_others() -> None:
    refused = Names().refused("pc-3.example.test.")
    assert text(lease(SUFFIX, refused, "pc-3.example.test.")) == "pc-4.example.test."


# -- guests -----------------------------------------------------------------------------------------------------------


def test_a_name_that_another_device_has_goes_to_the_guest_zone() -> None:
    found = lease(GUEST_ZONE, Names().taken("pc.example.test."))
    assert (text(found), found.reason) == ("pc.guest.example.test.", Reason.GUEST_NAME)
    found = lease(GUEST_ZONE, Names().taken("pc.example.test.", "pc.guest.example.test."))
    assert (text(found), found.reason) == ("pc-2.guest.example.test.", Reason.GUEST_NAME)
    assert text(lease(GUEST_ZONE, Names(), "pc.guest.example.test.")) == "pc.guest.example.test."


@pytest.mark.parametrize(
    ("hardware", "is_one"),
    [
        ("0102005e100007", True),
        ("01da112233445 5".replace(" ", ""), True),
        ("0100005e100007", False),
        ("0103005e100007", False),  # a group
        ("0602005e100007", False),  # not Ethernet
        ("0102005e1000", False),
        ("01", False),
    ],
)
def test_which_addresses_are_randomised(hardware: str, is_one: bool) -> None:
    assert is_randomized(bytes.fromhex(hardware)) is is_one


def test_devices_with_randomised_addresses_can_be_left_unnamed() -> None:
    policy = replace(REFUSE, randomized_mac=RandomizedMac.UNNAMED)
    found = lease(policy, hardware=RANDOMIZED, option=parse_fqdn81(b"\5\0\0\2pc"))
    assert (found.fqdn, found.reason, found.heard) == (None, Reason.RANDOMIZED_MAC, "pc")
    assert found.reply_fqdn == b"\x0e\xff\xff\2pc"
    assert text(lease(policy, hardware=ASSIGNED)) == "pc.example.test."
    assert text(lease(policy, hardware=RANDOMIZED, reserved="desk")) == "desk.example.test."
    assert text(lease(REFUSE, hardware=RANDOMIZED)) == "pc.example.test."


def test_of_two_guests_one_has_a_number() -> None:
    """It is in the guest zone for its hardware address, and not because somebody else has its name."""
    policy = replace(GUEST_ZONE, randomized_mac=RandomizedMac.GUEST)
    found = lease(policy, Names().taken("pc.guest.example.test."), hardware=RANDOMIZED)
    assert (text(found), found.reason) == ("pc-2.guest.example.test.", Reason.NUMBERED)


def test_or_be_guests_with_short_leases() -> None:
    policy = replace(REFUSE, randomized_mac=RandomizedMac.GUEST)
    found = lease(policy, hardware=RANDOMIZED, says="pc.corp.example.test.")
    assert (text(found), found.reason) == ("pc.guest.example.test.", Reason.GUEST_DEVICE)
    found = lease(policy, hardware=RANDOMIZED, says="")
    assert (text(found), found.reason) == ("host-10-1-2-55.guest.example.test.", Reason.GUEST_DEVICE)
    assert guest_lifetime(3600, RANDOMIZED, policy) == 900
    assert guest_lifetime(600, RANDOMIZED, policy) == 600
    assert guest_lifetime(3600, ASSIGNED, policy) == guest_lifetime(3600, RANDOMIZED, REFUSE) == 3600


# -- generated --------------------------------------------------------------------------------------------------------


def test_generated_names_come_from_the_template() -> None:
    policy = replace(REFUSE, name_template=NameTemplate("{mac}-{subnet}"))
    found = lease(policy, says="")
    assert (text(found), found.reason) == ("00-00-5e-10-00-07-10-1-0-0.example.test.", Reason.GENERATED)


def test_what_the_template_cannot_give_is_no_name() -> None:
    policy = replace(REFUSE, name_template=NameTemplate("{circuit}"))
    found = lease(policy, says="")
    assert (found.fqdn, found.reason, found.reply_host_name) == (None, Reason.TEMPLATE_UNFILLED, None)
    assert text(lease(policy, says="", circuit=b"port-7")) == "port-7.example.test."


# -- zones that fail --------------------------------------------------------------------------------------------------

FAILING = {ZONE}
BOTH, CLIENT_DOES, NOTHING = 1, 0, 8


@pytest.mark.parametrize(
    ("when", "flags", "reply", "does", "reason"),
    [
        ("promise", BOTH, 1, (True, True), Reason.CLIENT_FQDN),
        ("client", BOTH, 2, (False, True), Reason.ZONE_FAILING),  # O: not what it asked for
        ("none", BOTH, 10, (False, False), Reason.ZONE_FAILING),
        ("promise", CLIENT_DOES, 0, (False, True), Reason.CLIENT_UPDATES),
        ("client", CLIENT_DOES, 0, (False, True), Reason.CLIENT_UPDATES),
        ("none", CLIENT_DOES, 0, (False, True), Reason.CLIENT_UPDATES),
        ("client", NOTHING, 8, (False, False), Reason.CLIENT_DECLINES),
        ("none", NOTHING, 8, (False, False), Reason.CLIENT_DECLINES),
    ],
)
def test_what_is_promised_while_a_zone_fails(
    when: str, flags: int, reply: int, does: tuple[bool, bool], reason: Reason
) -> None:
    policy = replace(REFUSE, when_unreachable=WhenUnreachable(when))
    found = lease(policy, Names(failing=FAILING), option=parse_fqdn81(bytes((flags, 0, 0)) + b"pc"))
    assert ((found.forward, found.reverse), found.reason) == (does, reason)
    assert found.reply_fqdn is not None
    assert found.reply_fqdn[0] == reply


def test_a_policy_that_takes_over_gives_back_while_a_zone_fails() -> None:
    policy = replace(
        REFUSE, when_unreachable=WhenUnreachable.CLIENT, override_client_update=True, override_no_update=True
    )
    for flags in (CLIENT_DOES, NOTHING):
        found = lease(policy, Names(failing=FAILING), option=parse_fqdn81(bytes((flags, 0, 0)) + b"pc"))
        assert found.reply_fqdn is not None
        assert found.reply_fqdn[0] == 0
        assert (found.forward, found.reverse) == (False, True)


@pytest.mark.parametrize("when", WhenUnreachable)
def test_promises_are_kept_and_who_is_told_nothing_is_registered(when: WhenUnreachable) -> None:
    policy = replace(REFUSE, when_unreachable=when)
    kept = lease(policy, Names(failing=FAILING), option=parse_fqdn81(b"\1\0\0pc"), promised="pc.example.test.")
    assert (kept.forward, kept.reason) == (True, Reason.CLIENT_FQDN)
    assert lease(policy, Names(failing=FAILING)).forward
    elsewhere = Names(failing={from_text("other.test.")})
    assert lease(policy, elsewhere, option=parse_fqdn81(b"\1\0\0pc")).forward


def test_only_who_asks_is_registered_where_that_is_wanted() -> None:
    policy = replace(REFUSE, update_unasked=False)
    assert lease(policy).reason is Reason.NOT_ASKED
    assert lease(policy, option=parse_fqdn81(b"\1\0\0pc")).forward
