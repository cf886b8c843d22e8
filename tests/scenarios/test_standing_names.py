"""A reservation's name is in DNS from its creation, through all that its device does, until it is deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dual_stack import Device, pointer
from standing_house import ON, StandingHouse
from world import LIFETIME

from tenure.dnswire.name import from_text, to_text
from tenure.ledger.name_orders import Order
from tenure.ledger.reading import RegistrationFilter

ANN = "02:00:00:00:00:01"  # the first device of a story; its name has three letters, so it has no client identifier
DESK = f'{{ hw-address = "{ANN}", ip-address = "10.1.0.5", hostname = "desk" }}'
STANDS = (
    "desk.example.test. A 10.1.0.5, DHCID",
    "5.0.1.10.in-addr.arpa. DHCID, PTR desk.example.test.",
)


@pytest.fixture
def house(tmp_path: Path, template: Path) -> Iterator[StandingHouse]:
    made = StandingHouse(tmp_path, template)
    made.configure(DESK)
    yield made
    made.world.close()


def proofs(house: StandingHouse) -> set[bytes]:
    return {rdata for owner, rtype, rdata in house.world.primary.content() if rtype == 49}


STORIES = {
    "created": "",
    "leased": "ann joins 10.1 as pc",
    "leased by a client that wants to write itself": "ann joins 10.1 as -:pc",
    "leased by a client that wants nothing written": "ann joins 10.1 as N:pc",
    "renewed": f"""
        ann joins 10.1 as pc
        {LIFETIME // 2} s pass
        ann renews
    """,
    "released": """
        ann joins 10.1 as pc
        the updater works
        ann releases
    """,
    "released and back": """
        ann joins 10.1 as pc
        ann releases
        ann joins 10.1 as other
    """,
    "expired": f"""
        ann joins 10.1 as pc
        the updater works
        {LIFETIME + 1} s pass
    """,
    "expired before the janitor came": f"""
        ann joins 10.1 as pc
        {LIFETIME + 1} s pass unnoticed
        the updater works
    """,
}


@pytest.mark.parametrize("told", STORIES.values(), ids=STORIES)
def test_it_stands_and_nothing_is_written_anew(house: StandingHouse, told: str) -> None:
    house.holds_exactly(*STANDS)
    with house.writes_nothing():
        house.tell(told)
        house.holds_exactly(*STANDS)


@pytest.mark.parametrize("told", STORIES.values(), ids=STORIES)
def test_it_stands_though_all_begins_anew_after_every_step(house: StandingHouse, told: str) -> None:
    for step in ["", *told.splitlines()]:
        house.tell(step)
        house.restart()
    house.holds_exactly(*STANDS)


@pytest.mark.parametrize("told", STORIES.values(), ids=STORIES)
def test_a_device_that_was_there_first_changes_nothing_but_that_it_stays(house: StandingHouse, told: str) -> None:
    house.configure(DESK, ddns="")
    house.tell(told)
    house.configure(DESK)
    house.tell(f"{2 * LIFETIME + 1} s pass")
    house.holds_exactly(*STANDS)


def test_without_the_word_a_name_comes_and_goes_with_the_lease(house: StandingHouse) -> None:
    house.configure(DESK, ddns="")
    house.holds_exactly()
    house.tell("ann joins 10.1 as pc")
    house.holds_exactly(*STANDS)
    house.tell("ann releases")
    house.holds_exactly()


def test_option_61_proves_the_name_as_the_hardware_address_does(house: StandingHouse) -> None:
    """The reservation knows the client by its hardware address, and the client calls itself by an identifier."""
    house.configure(DESK.replace(ANN, "02:00:00:00:00:02"))
    house.holds_exactly(*STANDS)
    before = proofs(house)
    with house.writes_nothing():
        house.tell("ann joins 10.2 as N:x", "anna joins 10.1 as pc", "anna has 10.1.0.5")
        house.holds_exactly(*STANDS)
        house.tell("anna releases")
        house.holds_exactly(*STANDS)
    assert proofs(house) == before


@pytest.mark.parametrize("leased", [False, True], ids=["not leased", "leased"])
def test_a_reservation_that_is_deleted_loses_its_name(house: StandingHouse, *, leased: bool) -> None:
    house.holds_exactly(*STANDS)
    if leased:
        house.tell("ann joins 10.1 as pc")
    house.configure("")
    if leased:  # it is the lease's until that ends
        house.holds_exactly(*STANDS)
        house.tell(f"{LIFETIME + 1} s pass")
    house.holds_exactly()
    assert not house.world.leases.standing_names()


def test_a_reservation_that_is_switched_off_is_as_one_that_is_deleted(house: StandingHouse) -> None:
    house.holds_exactly(*STANDS)
    house.configure(DESK.replace(" }", ", ddns-register-reservations = false }"))
    house.holds_exactly()
    house.configure(DESK.replace(" }", ", ddns-register-reservations = true }"), ddns="")
    house.holds_exactly(*STANDS)


def test_another_name(house: StandingHouse) -> None:
    house.holds_exactly(*STANDS)
    house.configure(DESK.replace("desk", "table"))
    house.holds_exactly(
        "table.example.test. A 10.1.0.5, DHCID", "5.0.1.10.in-addr.arpa. DHCID, PTR table.example.test."
    )


def test_another_name_while_it_is_leased_comes_with_the_next_renewal(house: StandingHouse) -> None:
    house.tell("ann joins 10.1 as pc")
    house.configure(DESK.replace("desk", "table"))
    house.holds_exactly(*STANDS)
    house.tell("ann renews")
    new = ("table.example.test. A 10.1.0.5, DHCID", "5.0.1.10.in-addr.arpa. DHCID, PTR table.example.test.")
    house.holds_exactly(*new)
    house.tell("ann releases")
    house.holds_exactly(*new)


@pytest.mark.parametrize("leased", [False, True], ids=["not leased", "leased"])
def test_another_address(house: StandingHouse, *, leased: bool) -> None:
    house.holds_exactly(*STANDS)
    if leased:
        house.tell("ann joins 10.1 as pc")
    house.configure(DESK.replace("10.1.0.5", "10.1.0.6"))
    if leased:
        house.tell(f"{LIFETIME + 1} s pass")
    house.holds_exactly("desk.example.test. A 10.1.0.6, DHCID", "6.0.1.10.in-addr.arpa. DHCID, PTR desk.example.test.")


def test_another_device(house: StandingHouse) -> None:
    house.holds_exactly(*STANDS)
    before = proofs(house)
    house.configure(DESK.replace(ANN, "02:00:00:00:00:09"))
    house.holds_exactly(*STANDS)
    assert not proofs(house) & before


def test_where_the_device_is_elsewhere_its_name_is_there(house: StandingHouse) -> None:
    house.holds_exactly(*STANDS)
    there = ("desk.example.test. A 10.2.0.100, DHCID", "100.0.2.10.in-addr.arpa. DHCID, PTR desk.example.test.")
    house.tell("ann joins 10.2 as pc")
    house.holds_exactly(*there)
    house.tell("ann moves to 10.1")
    house.holds_exactly(*STANDS)
    house.tell("ann moves to 10.2")
    house.holds_exactly(*there)
    house.tell(f"{LIFETIME + 1} s pass")
    house.holds_exactly(*STANDS)


def test_where_moving_leaves_names_behind_it_stands_beside_the_lease_elsewhere(house: StandingHouse) -> None:
    house.configure(DESK, ddns=f'{ON}\nddns-on-move = "all"')
    house.tell("ann joins 10.2 as pc")
    house.holds_exactly(
        "desk.example.test. A 10.1.0.5, A 10.2.0.100, DHCID",
        "5.0.1.10.in-addr.arpa. DHCID, PTR desk.example.test.",
        "100.0.2.10.in-addr.arpa. DHCID, PTR desk.example.test.",
    )


def test_an_address_that_is_somebody_elses_waits_for_that(house: StandingHouse) -> None:
    house.configure("")
    house.tell("bob joins 10.1 as box")
    bobs = ("box.example.test. A 10.1.0.100, DHCID", "100.0.1.10.in-addr.arpa. DHCID, PTR box.example.test.")
    house.holds_exactly(*bobs)
    house.configure(DESK.replace(ANN, "02:00:00:00:00:02").replace("10.1.0.5", "10.1.0.100"))
    house.holds_exactly(*bobs)
    house.tell("bob releases")
    house.holds_exactly(
        "desk.example.test. A 10.1.0.100, DHCID", "100.0.1.10.in-addr.arpa. DHCID, PTR desk.example.test."
    )


def test_an_address_in_which_somebody_else_was_found_has_no_name_while_that_lasts(house: StandingHouse) -> None:
    house.tell("ann joins 10.1 as pc", "ann declines")
    house.holds_exactly()
    house.tell("86500 s pass")
    house.holds_exactly(*STANDS)


def test_what_a_person_wrote_stays_and_its_end_is_noticed(house: StandingHouse) -> None:
    house.tell('a person writes desk.example.test. TXT "mine"', "all comes to rest")
    (row,) = house.world.registrations()
    assert (row.forward.reason, row.reverse.reason) == ("name-static", "forward-refused")
    house.tell("a person deletes desk.example.test.")
    house.reconciler.run()
    house.holds_exactly(*STANDS)


def test_a_start_tries_again_what_dns_refuses(house: StandingHouse) -> None:
    house.tell("dns is refusing", "all comes to rest", "dns is up", "all comes to rest")
    (row,) = house.world.registrations()
    assert row.forward.reason == "server-refused"
    house.restart()
    house.holds_exactly(*STANDS)


def test_a_person_may_take_it_out_until_the_next_start(house: StandingHouse) -> None:
    house.holds_exactly(*STANDS)
    order = Order("cli ann", house.world.now, "n-1")
    house.world.leases.name_orders.release([from_text("desk.example.test.")], order, lock=False)
    house.tell("60 s pass")
    house.holds_exactly()
    house.restart()
    house.holds_exactly(*STANDS)


def test_drift_is_put_right(house: StandingHouse) -> None:
    house.holds_exactly(*STANDS)
    house.tell("a person deletes desk.example.test.")
    house.reconciler.run()
    assert house.reconciler.found == ["missing forward desk"]
    house.holds_exactly(*STANDS)


def test_the_history_tells_of_it(house: StandingHouse) -> None:
    house.holds_exactly(*STANDS)
    house.configure("")
    house.holds_exactly()
    told = [(event.kind, event.cause, to_text(event.name or b"\0")) for event in house.world.events()]
    assert told[0] == ("reservation-named", "reservation", "desk.example.test.")
    assert ("reservation-unnamed", "reservation-gone", "desk.example.test.") in told


DUID = "00:04:" + ":".join(["07"] * 16)
DESK6 = f'{{ duid = "{DUID}", ip-addresses = ["2001:db8:101::5", "2001:db8:101::6"], hostname = "desk" }}'
STANDS6 = (
    "desk.example.test. AAAA 2001:db8:101::5, AAAA 2001:db8:101::6, DHCID",
    *(f"{pointer(f'2001:db8:101::{n}')} DHCID, PTR desk.example.test." for n in (5, 6)),
)
BOTH = ("desk.example.test. A 10.1.0.5, AAAA 2001:db8:101::5, AAAA 2001:db8:101::6, DHCID", *STANDS6[1:], STANDS[1])


def test_both_families_of_one_host_have_one_proof(house: StandingHouse) -> None:
    """Whichever is reserved first, and though a lease of one of them came before."""
    house.configure("", DESK6)
    house.holds_exactly(*STANDS6)
    house.configure(DESK, DESK6)
    house.holds_exactly(*BOTH)
    assert len({rdata for owner, rtype, rdata in house.world.primary.content() if rtype == 49}) == 1
    device = Device(house.world, 1, "pc", duid=bytes.fromhex("0004") + b"\7" * 16)
    with house.writes_nothing():
        for step in (device.join6, device.join4, device.renew6, device.release4, device.renew6, device.release6):
            step()
            house.tell("60 s pass")
            house.holds_exactly(*BOTH)
    assert not house.world.bound()
    house.configure("", "")
    house.holds_exactly()


def test_the_other_family_of_the_device_shares_the_proof_by_its_lease(house: StandingHouse) -> None:
    """Only IPv4 is reserved; what ties the two is the hardware address that the relay saw."""
    house.configure(DESK.replace(" }", f', duid = "{DUID}" }}'), "", f'{ON}\nddns-one-device = "seen"')
    device = Device(house.world, 1, "desk", duid=bytes.fromhex("0004") + b"\7" * 16)
    device.join6()
    address = device.held6[0]
    house.holds_exactly(
        f"desk.example.test. A 10.1.0.5, AAAA {address}, DHCID",
        STANDS[1],
        f"{pointer(address)} DHCID, PTR desk.example.test.",
    )
    device.release6()
    house.holds_exactly(*STANDS)


def test_every_registration_is_a_reservations(house: StandingHouse) -> None:
    house.configure(DESK, DESK6)
    house.holds_exactly(*BOTH)
    rows = house.world.leases.registrations(RegistrationFilter())
    assert {row[:3] for row in rows} == {one.claim for one in house.world.leases.standing_names()}
