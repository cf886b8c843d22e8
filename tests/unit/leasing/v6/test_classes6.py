"""Classes of DHCPv6 clients: who is in them, which places they open, and whose values count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp6_network import LINK, NAMING, Client, Network, client_class, fqdn, pool, prefix_pool, reserved, subnet
from dhcpv6 import NA, PD, ia, ip, oro

from tenure.dnswire.name import from_text
from tenure.leasing.level import Level
from tenure.leasing.v6.subnet import Subnet
from tenure.leasing.v6.verdict import Verdict

CAMERA = (16, b"\0\0\0\x09\0\6camera")
CAMERAS = client_class("cameras", "vendor-class[9].data == 'camera'")
DNS, SNTP = 23, 31
KEY = b"\2" + bytes.fromhex("00030001020000000001")  # client 1


def level(last: int, name: str = "", **more: object) -> Level:
    """A server of its own, and a name of its own."""
    naming = {"generated_prefix": name} if name else {}
    return Level(options={DNS: ip(f"2001:db8::{last}")}, naming=naming, **more)  # type: ignore[arg-type]


def guarded(**given: object) -> Subnet:
    """One pool of each kind for cameras, behind it one for everybody."""
    return replace(
        subnet(**given),
        pools=(pool(f"{LINK}10-{LINK}11", client_class="cameras"), pool(f"{LINK}100-{LINK}109")),
        prefix_pools=(
            prefix_pool("2001:db8:f0::/48", 49, client_class="cameras"),
            prefix_pool("2001:db8:f1::/48", 56),
        ),
    )


def told_dns(client: Client, *more: tuple[int, bytes]) -> str:
    """The server that a client which joins is told of, by its last digits."""
    address = client.join(1, oro(DNS), *more)
    return f"{client.renew(ia(NA, 1, address), oro(DNS), *more).said.options[DNS][-1]:x}"


def test_guarded_pools_are_for_members_who_may_use_the_others_too() -> None:
    net = Network(guarded(), classes=[CAMERAS])
    assert (net.client(1).join(), net.client(1).delegate(2)) == (f"{LINK}100", "2001:db8:f1::/56")
    cameras = [net.client(number).saying(CAMERA) for number in (2, 3, 4)]
    assert [one.join() for one in cameras] == [f"{LINK}10", f"{LINK}11", f"{LINK}101"]
    assert [one.delegate(2) for one in cameras] == [
        "2001:db8:f0::/49",
        "2001:db8:f0:8000::/49",
        "2001:db8:f1:100::/56",
    ]


def test_who_leaves_the_class_gets_another_address() -> None:
    net = Network(guarded(), classes=[CAMERAS])
    mine = net.client(1).saying(CAMERA).join()
    answer = net.client(1).renew(ia(NA, 1, mine))
    assert answer.leases == {mine: (0, 0), f"{LINK}100": (1800, 3600)}


def test_an_advertised_address_is_not_for_who_is_no_member_any_more() -> None:
    net = Network(guarded(), classes=[CAMERAS])
    assert net.client(1).saying(CAMERA).solicit().lease == f"{LINK}10"
    assert net.client(1).request(ia(NA, 1, f"{LINK}10")).lease == f"{LINK}100"


def test_an_address_of_a_guarded_pool_can_be_reserved_for_anybody() -> None:
    net = Network(guarded(reservations={KEY: reserved(f"{LINK}10", "2001:db8:f0::/49")}), classes=[CAMERAS])
    assert (net.client(1).join(), net.client(1).delegate(2)) == (f"{LINK}10", "2001:db8:f0::/49")


def test_a_guarded_subnet_is_there_for_members_alone() -> None:
    net = Network(subnet(guards=("cameras",)), classes=[CAMERAS])
    assert net.client(1).solicit().verdict is Verdict.NO_SUBNET
    address = net.client(1).saying(CAMERA).join()
    assert net.client(1).release(ia(NA, 1, address)).verdict is Verdict.RELEASED


def test_the_class_drop_is_not_answered() -> None:
    net = Network(classes=[client_class("DROP", "option[15].exists")])
    assert net.client(1).solicit(ia(NA, 1), (15, b"\0\1x")).verdict is Verdict.DROPPED
    assert net.client(1).join()


@pytest.mark.parametrize(
    ("test", "is_member"),
    [
        ("member('KNOWN')", True),
        ("member('UNKNOWN')", False),
        ("member('ALL') and not member('named')", False),
        ("member('VENDOR_CLASS_camera')", True),
    ],
)
def test_what_a_test_may_ask_for(test: str, is_member: bool) -> None:
    """A test that asks for what reservations give is made when the reservation is known."""
    classes = [client_class("named"), client_class("probe", test, options={SNTP: b"here"})]
    known = reserved(name="known", client_classes=("named",))
    net = Network(subnet(reservations={KEY: known}), classes=classes)
    answer = net.client(1).saying(CAMERA).solicit(ia(NA, 1), oro(SNTP))
    assert (SNTP in answer.said.options) is is_member


def test_the_server_that_counts_is_the_reservations_then_the_pools_the_subnets_the_classs_the_servers() -> None:
    """As in Kea, whose order for options is another one than that for parameters."""
    classes = [replace(CAMERAS, level=level(4))]
    inherited = {DNS: ip("2001:db8::5")}
    kept = {KEY: reserved(level=level(1), name="a")}
    pools = (pool(f"{LINK}100-{LINK}109", level=level(2)),)
    own = {DNS: ip("2001:db8::3")}
    whole = replace(subnet(), pools=pools, options=own, inherited_options=inherited, reservations=kept)
    found = []
    for taken_away in ({}, {"reservations": {}}, {"pools": subnet().pools}, {"options": {}}):
        whole = replace(whole, **taken_away)  # type: ignore[arg-type]
        found.append(told_dns(Network(whole, classes=classes).client(1), CAMERA))
    found.append(told_dns(Network(whole).client(1), CAMERA))
    assert found == ["1", "2", "3", "4", "5"]


def test_the_name_that_counts_is_the_reservations_then_the_classs_the_pools_the_subnets() -> None:
    classes = [replace(CAMERAS, level=level(4, "class"))]
    kept = {KEY: reserved(level=level(1, "reservation"))}
    pools = (pool(f"{LINK}100-{LINK}109", level=level(2, "pool")),)
    whole = replace(subnet(), pools=pools, reservations=kept)
    net = Network(whole, classes=classes)
    net.client(1).saying(CAMERA).join()
    net.client(2).saying(CAMERA).join()
    net.client(3).join()
    prefixes = sorted(name.split("-")[0] for name in net.names())
    assert prefixes == ["class", "pool", "reservation"]


def test_two_pools_of_one_subnet_name_one_client_each_in_its_way() -> None:
    suffix = from_text("cameras.example.test.")
    pools = (
        pool(f"{LINK}10-{LINK}10", level=Level(naming={"qualifying_suffix": suffix})),
        pool(f"{LINK}20-{LINK}20"),
    )
    net = Network(replace(subnet(), pools=pools))
    client = net.client(1).saying(fqdn("gate"))
    client.join(1)
    client.join(2)
    assert {want.name for want in net.view.wanted.values()} == {
        from_text("gate.cameras.example.test."),
        from_text("gate.example.test."),
    }


def test_lifetimes_of_a_class_a_pool_and_a_reservation() -> None:
    classes = [client_class("cameras", CAMERAS.test.text if CAMERAS.test else "", valid_lifetime=800)]
    pools = (pool(f"{LINK}100-{LINK}109", level=Level(valid_lifetime=4000, preferred_lifetime=100)),)
    prefixes = (prefix_pool("2001:db8:f1::/48", 56, level=Level(valid_lifetime=9000, max_valid_lifetime=10000)),)
    whole = replace(
        subnet(reservations={KEY: reserved(level=Level(preferred_lifetime=50))}), pools=pools, prefix_pools=prefixes
    )
    net = Network(whole, classes=classes)
    assert net.client(2).solicit().leases == {f"{LINK}100": (100, 4000)}
    assert net.client(2).saying(CAMERA).solicit().leases == {f"{LINK}100": (100, 800)}
    assert net.client(1).solicit().leases == {f"{LINK}101": (50, 4000)}
    asked = ia(PD, 1, "2001:db8:f1::/56", valid=20000)
    assert net.client(2).solicit(asked).leases == {"2001:db8:f1::/56": (5625, 10000)}


def test_classes_that_are_required_are_looked_for_when_the_pool_is_known() -> None:
    booting = client_class("booting", "option[61].exists", if_required=True, options={SNTP: b"boot"})
    pools = (
        pool(f"{LINK}10-{LINK}10", required_classes=("booting",), client_class="cameras"),
        pool(f"{LINK}100-{LINK}109"),
    )
    net = Network(replace(subnet(), pools=pools), classes=[CAMERAS, booting])
    asks = (ia(NA, 1), oro(SNTP), (61, b"\0\7"))
    assert SNTP not in net.client(1).solicit(*asks).said.options
    assert net.client(2).saying(CAMERA).solicit(*asks).said.options[SNTP] == b"boot"


def test_a_message_has_the_options_of_all_its_pools_that_of_an_address_first() -> None:
    whole = replace(
        subnet(),
        pools=(pool(f"{LINK}100-{LINK}109", level=level(1)),),
        prefix_pools=(
            prefix_pool("2001:db8:f1::/48", 56, level=Level(options={DNS: ip("2001:db8::9"), SNTP: b"of prefixes"})),
        ),
    )
    said = Network(whole).client(1).solicit(ia(PD, 2), ia(NA, 1), oro(DNS, SNTP)).said
    assert said.options[DNS] == ip("2001:db8::1")
    assert said.options[SNTP] == b"of prefixes"


def test_information_without_a_lease_is_that_of_the_clients_classes() -> None:
    net = Network(subnet(options={}), classes=[replace(CAMERAS, level=level(4))])
    assert net.client(1).inform(oro(DNS), CAMERA).said.options[DNS] == ip("2001:db8::4")
    assert DNS not in net.client(1).inform(oro(DNS)).said.options


def test_an_address_that_a_client_made_itself_is_named_by_its_classes() -> None:
    net = Network(subnet(naming=NAMING), classes=[replace(CAMERAS, level=Level(naming={"generated_prefix": "camera"}))])
    client = replace(net.client(1), source=f"{LINK}aaaa").saying(CAMERA)
    client.send(36, (5, ip(f"{LINK}aaaa") + (1800).to_bytes(4, "big") + (3600).to_bytes(4, "big")))
    assert [name.split("-")[0] for name in net.names()] == ["camera"]
