"""Client classes: who is in them, which places they open, and whose values count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp4_network import NAMING, Client, Network, client_class, ip, subnet
from dhcpv4 import tlv

from tenure.dnswire.name import from_text
from tenure.leasing.classes import ClientClass
from tenure.leasing.level import Level
from tenure.leasing.pool import Pool
from tenure.leasing.v4.subnet import Reservation, Subnet
from tenure.leasing.v4.verdict import Verdict

PHONE = (60, b"phone v2")
PHONES = client_class("phones", "substring(option[60].hex, 0, 5) == 'phone'")
DNS = 6


def mac_key(number: int) -> bytes:
    return b"\0\1" + bytes((2, 0, 0, 0)) + number.to_bytes(2, "big")


def pool(text: str, client_class: str | None = None, required: tuple[str, ...] = (), **level: object) -> Pool:
    first, last = text.split("-")
    return Pool(ip(first), ip(last), client_class, required, Level(**level))  # type: ignore[arg-type]


def two_pools(**given: object) -> Subnet:
    """One pool for phones, behind it one for everybody."""
    pools = (pool("10.1.0.10-10.1.0.11", "phones"), pool("10.1.0.100-10.1.0.109"))
    return replace(subnet(**given), pools=pools)


def test_a_guarded_pool_is_for_members_who_may_use_the_others_too() -> None:
    network = Network(two_pools(), classes=[PHONES])
    assert network.client(1).join().yiaddr == "10.1.0.100"
    phones = [network.client(number).join(PHONE).yiaddr for number in (2, 3, 4)]
    assert phones == ["10.1.0.10", "10.1.0.11", "10.1.0.101"]


def test_who_leaves_the_class_loses_the_address() -> None:
    network = Network(two_pools(), classes=[PHONES])
    mine = network.client().join(PHONE).yiaddr
    refused = network.client().renew(mine)
    assert refused.verdict is Verdict.REFUSED_CLASS
    assert refused.options[56] == b"the address is in a pool for clients of another class"
    assert network.client().discover().yiaddr == "10.1.0.100"


def test_who_joins_the_class_keeps_the_address() -> None:
    network = Network(two_pools(), classes=[PHONES])
    mine = network.client().join().yiaddr
    assert network.client().renew(mine, PHONE).verdict is Verdict.ACKNOWLEDGED


def test_an_address_of_a_guarded_pool_can_be_reserved_for_anybody() -> None:
    reserved = two_pools(
        reservations={mac_key(1): Reservation(ip("10.1.0.10"), None)}, reserved_addresses={ip("10.1.0.10"): mac_key(1)}
    )
    network = Network(reserved, classes=[PHONES])
    assert network.client(1).join().yiaddr == "10.1.0.10"


def test_a_guarded_subnet_is_silent_to_others() -> None:
    network = Network(subnet(guards=("phones",)), classes=[PHONES])
    assert network.client().discover().verdict is Verdict.NO_SUBNET
    assert network.client().join(PHONE).yiaddr == "10.1.0.100"


def test_nothing_that_no_one_speaks_of_is_tested() -> None:
    idle = client_class("idle", "option[60].exists")
    assert Network(classes=[idle]).subnets.classes.is_empty
    assert not Network(two_pools(), classes=[PHONES, idle]).subnets.classes.is_empty


VENDOR = "VENDOR_CLASS_phone v2"


@pytest.mark.parametrize(
    ("guard", "number", "options", "admitted"),
    [
        ("ALL", 1, (), True),
        ("KNOWN", 1, (), True),
        ("KNOWN", 2, (), False),
        ("UNKNOWN", 1, (), False),
        ("UNKNOWN", 2, (), True),
        (VENDOR, 2, (PHONE,), True),
        (VENDOR, 2, ((60, b"phone v3"),), False),
        ("staff", 1, (), True),  # by reservation
        ("staff", 2, (), False),
        ("late", 1, (), True),  # by a test that asks for a class that only a reservation gives
        ("late", 2, (), False),
        ("stranger", 2, (), True),
        ("stranger", 1, (), False),
    ],
)
def test_built_in_classes_and_those_of_reservations(
    guard: str, number: int, options: tuple[tuple[int, bytes], ...], admitted: bool
) -> None:
    reservations = {mac_key(1): Reservation(None, None, client_classes=("staff",))}
    classes = [
        client_class("staff"),
        client_class("late", "member('staff')"),
        client_class("stranger", "not member('late') and unknown"),
    ]
    network = Network(subnet(guards=(guard,), reservations=reservations), classes=classes)
    answer = network.client(number).discover(*options)
    assert answer.verdict is (Verdict.OFFERED if admitted else Verdict.NO_SUBNET)


def test_a_packet_in_drop_is_not_answered() -> None:
    network = Network(classes=[client_class("DROP", "option[60].hex == 'rogue'")])
    assert network.client().discover((60, b"rogue")).verdict is Verdict.DROPPED
    assert network.client().discover().verdict is Verdict.OFFERED


def options_of(network: Network, client: Client, *options: tuple[int, bytes]) -> bytes:
    return client.join(*options).options[DNS]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"global", "class", "subnet", "pool", "reservation"}, "reservation"),
        ({"global", "class", "subnet", "pool"}, "pool"),
        ({"global", "class", "subnet"}, "subnet"),
        ({"global", "class"}, "class"),
        ({"global"}, "global"),
    ],
)
def test_whose_option_counts(levels: set[str], expected: str) -> None:
    """Kea's order: reservation, pool, subnet, class, server."""

    def said(level: str) -> dict[int, bytes]:
        return {DNS: level.encode()} if level in levels else {}

    network = Network(
        replace(
            subnet(
                options=said("subnet"),
                inherited_options=said("global"),
                reservations={mac_key(1): Reservation(None, None, Level(options=said("reservation")))},
            ),
            pools=(pool("10.1.0.100-10.1.0.109", options=said("pool")),),
        ),
        classes=[client_class("phones", "option[60].exists", options=said("class"))],
    )
    assert options_of(network, network.client(), PHONE) == expected.encode()


def test_of_two_classes_the_first_one_counts() -> None:
    classes = [
        client_class("one", "option[60].exists", options={DNS: b"one."}),
        client_class("two", "option[60].exists", options={DNS: b"two.", 42: b"time"}),
    ]
    answer = Network(subnet(options={}), classes=classes).client().join(PHONE)
    assert (answer.options[DNS], answer.options[42]) == (b"one.", b"time")


@pytest.mark.parametrize("highest", ["reservation", "class", "pool", "subnet"])
def test_whose_parameters_count(highest: str) -> None:
    """Reservation, class, pool, subnet: of lifetimes, boot fields and names alike."""
    order = ["subnet", "pool", "class", "reservation"]
    below = order[: order.index(highest) + 1]

    def level(name: str) -> Level:
        if name not in below:
            return Level()
        number = order.index(name) + 1
        return Level(
            naming={"generated_prefix": name},
            valid_lifetime=1000 * number,
            next_server=bytes((number,) * 4),
            server_name=name.encode(),
            boot_file_name=name.encode() + b".bin",
        )

    own = level("subnet")
    network = Network(
        replace(
            subnet(
                naming=replace(NAMING, generated_prefix="subnet"),
                valid_lifetime=own.valid_lifetime,
                next_server=own.next_server,
                server_name=own.server_name,
                boot_file_name=own.boot_file_name,
                reservations={mac_key(1): Reservation(None, None, level("reservation"))},
            ),
            pools=(Pool(ip("10.1.0.100"), ip("10.1.0.109"), level=level("pool")),),
        ),
        classes=[ClientClass("phones", client_class("", "option[60].exists").test, level("class"))],
    )
    answer = network.client().join(PHONE)
    number = order.index(highest) + 1
    assert answer.lease_time == 1000 * number
    assert answer.octets[20:24] == bytes((number,) * 4)
    assert answer.octets[44:108].rstrip(b"\0") == highest.encode()
    assert answer.octets[108:236].rstrip(b"\0") == highest.encode() + b".bin"
    assert network.view.rows[ip(answer.yiaddr)].fqdn == from_text(f"{highest}-10-1-0-100.example.test.")


def test_the_lifetimes_of_a_class_go_together() -> None:
    wish = (51, (86400).to_bytes(4, "big"))
    short = [client_class("phones", "option[60].exists", valid_lifetime=300)]
    assert Network(classes=short).client().join(PHONE, wish).lease_time == 300
    bounded = [client_class("phones", "option[60].exists", valid_lifetime=300, max_valid_lifetime=900)]
    assert Network(classes=bounded).client().join(PHONE, wish).lease_time == 900
    assert Network(classes=bounded).client().join(wish).lease_time == 86400


def test_a_required_class_is_tested_where_it_is_required() -> None:
    extra = client_class("extra", "option[60].exists", if_required=True, options={42: b"time"})
    pools = (pool("10.1.0.10-10.1.0.10", required=("extra",)), pool("10.1.0.100-10.1.0.109"))
    network = Network(replace(subnet(), pools=pools), classes=[extra])
    first, second = network.client(1).join(PHONE), network.client(2).join(PHONE)
    assert (first.yiaddr, first.options.get(42)) == ("10.1.0.10", b"time")
    assert (second.yiaddr, second.options.get(42)) == ("10.1.0.100", None)
    whole = Network(subnet(required_classes=("extra",)), classes=[extra])
    assert whole.client(1).join(PHONE).options[42] == b"time"
    assert 42 not in whole.client(2).join().options


def test_a_circuit_has_a_class_pool_and_reservation() -> None:
    circuit = (82, tlv(1, b"port 7"))
    key = b"\3port 7"
    network = Network(
        subnet(reservations={key: Reservation(ip("10.1.0.7"), None)}, reserved_addresses={ip("10.1.0.7"): key}),
    )
    assert network.client(1).discover(circuit).yiaddr == "10.1.0.7"
    assert network.client(2).discover(circuit).yiaddr == "10.1.0.100"  # offered to the first one
    assert network.client(3).discover((82, tlv(1, b"port 8"))).yiaddr == "10.1.0.101"
