"""What the rooms make of thousands of messages and of a few stories, a line each: `python both_forms.py`.

Run once with compiled rooms and once as plain Python, it must print the same. Messages are good ones that were damaged
at random, always in the same way.
"""

from __future__ import annotations

import inspect
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dhcp6_network
import dhcpv6
from dhcp4_network import DECLINE, DISCOVER, INFORM, RELEASE, REQUEST, Network, ip, relayed, subnet
from dhcpv4 import request
from dns_exchange import KEY, NOW, Authority, TransferBegun
from story import Story
from world import LIFETIME, World

from tenure.compiled import form
from tenure.dhcpwire.v4.packet import parse_packet
from tenure.dhcpwire.v6.message import parse_datagram
from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import from_text, to_text
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import add, delete_name, delete_rrset, name_in_use, name_not_in_use
from tenure.naming.hostname import normalise, split_text
from tenure.octets import Malformed
from tenure.signing.tsig import sign_request

TIMES = 400
ZONE, HOST = from_text("example.test."), from_text("host.example.test.")
A, SOA, ANY, IXFR, AXFR = 1, 6, 255, 251, 252
CLIENTS = 6
STORIES = (
    f"""
    ann joins 10.1 as pc
    bob joins 10.1 as S:pc
    the updater works
    ann renews as laptop
    dns is down
    ann moves to 10.2
    the updater works
    dns is up
    all comes to rest
    bob releases
    {LIFETIME + 1} s pass
    all comes to rest
    """,
    """
    a person writes web.example.test. A 192.0.2.7
    ann joins 10.1 as web
    bob joins 10.2 as N:pc
    the updater works
    bob declines
    ann renews as -:pc
    all comes to rest
    """,
)


def damaged(octets: bytes, chance: random.Random) -> bytes:
    """The octets with some of them changed, cut off, or put twice."""
    found = bytearray(octets)
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(found)) if found else 0
        match chance.randrange(4):
            case 0:
                found[place : place + 1] = bytes((chance.choice((0, 1, 63, 64, 192, 255, chance.randrange(256))),))
            case 1:
                del found[place:]
            case 2:
                found[place:place] = found[place : place + chance.randrange(12)]
            case _:
                del found[place : place + chance.randrange(4)]
    return bytes(found)


def outcome(function: Callable[[bytes], Any], octets: bytes) -> str:
    """What it returned or raised."""
    try:
        return in_words(function(octets))
    except (Malformed, TransferBegun) as error:
        return f"{type(error).__name__} {error}"


def in_words(value: object) -> str:
    """A value with its parts, also where it is of a class that only makes and has them."""
    if type(value) is tuple:
        return f"({', '.join(map(in_words, value))})"
    if type(value).__repr__ is not object.__repr__:
        return repr(value)
    parts = [f"{name}={in_words(getattr(value, name))}" for name in inspect.signature(type(value)).parameters]
    return f"{type(value).__name__}({', '.join(parts)})"


def dns_messages() -> list[bytes]:
    """Questions, transfers and updates, some of them signed."""
    records: Sequence[tuple[Sequence[RR], Sequence[RR]]] = (
        ((name_not_in_use(HOST),), (add(HOST, A, 300, b"\1\2\3\4"),)),
        ((name_in_use(HOST),), (delete_rrset(HOST, A), add(HOST, A, 60, b"\1\2\3\5"))),
        ((), (delete_name(HOST),)),
    )
    updates = [build_message(7, 0x2800, [Question(ZONE, SOA, 1)], *sections) for sections in records]
    questions = [
        build_message(8, 0x100, [Question(name, rtype, 1)], (), ())
        for name in (ZONE, HOST, from_text("*.example.test."), from_text("elsewhere."))
        for rtype in (A, SOA, ANY, IXFR, AXFR)
    ]
    return [*updates, *questions, *(sign_request(octets, KEY, NOW)[0] for octets in updates)]


def packets4() -> list[bytes]:
    """Every kind of message, with what clients put into them."""
    options = (
        (55, bytes((1, 3, 6, 15, 81))),
        (12, b"Ann's PC"),
        (81, b"\1\0\0pc"),
        (61, b"\1\2\3\4\5\6\7"),
        (82, b"\1\3abc"),
    )
    return [
        request(
            (53, bytes((kind,))),
            *options[:count],
            (50, ip("10.1.0.101")),
            chaddr=b"\2\0\0\0\0\7",
            giaddr=ip("10.1.0.254"),
        )
        for kind in (DISCOVER, REQUEST, DECLINE, RELEASE, INFORM)
        for count in range(len(options) + 1)
    ]


def messages6() -> list[bytes]:
    """Messages with an association each, relayed and not."""
    link = dhcp6_network.LINK
    plain = [
        dhcpv6.message(kind, (1, b"\0\3\0\1\2\0\0\0\0\7"), dhcpv6.ia(dhcpv6.NA, 1, f"{link}105"), dhcpv6.oro(23, 39))
        for kind in (dhcpv6.SOLICIT, dhcpv6.REQUEST, dhcpv6.RENEW, dhcpv6.RELEASE, dhcpv6.INFORMATION)
    ]
    return [*plain, *(dhcpv6.relayed(octets, f"{link}1") for octets in plain)]


def parsed() -> Iterator[str]:
    """Messages of each protocol, read, and answered by servers that go through all of them."""
    chance = random.Random(2026)
    authority, network, network6 = Authority(), Network(subnet()), dhcp6_network.Network()
    network.now, network6.now = float(network.now), float(network6.now)  # compiled, an int becomes one
    arrival, arrival6 = relayed(), dhcp6_network.from_relay()
    for samples, functions in (
        (dns_messages(), (parse_message, authority.send)),
        (packets4(), (parse_packet, lambda octets: network.decide(octets, arrival))),
        (messages6(), (parse_datagram, lambda octets: network6.decide(octets, arrival6))),
        (
            [b"Ann's PC", b"pc.example.test", "büro".encode(), b"xn--bro-hoa"],
            (split_text, lambda text: normalise(split_text(text)[0])),
        ),
    ):
        for number in range(TIMES):
            octets = damaged(samples[number % len(samples)], chance)
            for function in functions:
                yield outcome(function, octets)


def told(folder: Path) -> Iterator[str]:
    """Stories of the whole house: every row of the ledger and every record of the zones after each."""
    for number, story in enumerate(STORIES):
        place = folder / str(number)
        place.mkdir()
        world = World(place)
        try:
            Story(world).tell(story)
            yield from map(repr, world.all_leases())
            yield from map(repr, world.registrations())
            yield from map(repr, world.events())
            yield from sorted(f"{to_text(record[0])} {record[1:]!r}" for record in world.primary.content())
        finally:
            world.close()


def main() -> None:
    """Print all of it; the first line says in which form it was made."""
    random.seed(2026)  # how long the updater backs off
    print(form())
    for line in parsed():
        print(line)
    with tempfile.TemporaryDirectory() as folder:
        for line in told(Path(folder)):
            print(line)


if __name__ == "__main__":
    main()
