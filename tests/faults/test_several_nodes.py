"""Two nodes with a lease service, an updater and a janitor each, on one PostgreSQL, of which any part dies at any time.

Whatever falls: no address is given twice, nothing that was acknowledged is lost, every lease gets its name, and each
node goes on with what the other one gave.
"""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from pathlib import Path

import pytest
from crowd import Crowd
from crowd6 import Crowd6, duid
from estate import ZONE, Estate
from network import eventually
from postgres_cluster import PostgresCluster, postgres_cluster
from tenure_toml import constant, entry, section, served

REVERSE6 = "8.b.d.0.1.0.0.2.ip6.arpa."
OF_A_NODE = ("dhcp", "updater", "janitor")
ADDRESSES = ("127.0.0.1", "127.0.0.2")  # of the nodes; they are their server identifiers too
MOST_DEVICES = 2000  # the pool has 2,304 addresses
BALANCED = pytest.mark.parametrize("balanced", [False, True], ids=["each answers everybody", "balanced"])


@dataclass
class House:
    """The database and the nodes; the first one has the DNS service."""

    cluster: PostgresCluster
    nodes: list[Estate] = field(default_factory=list)

    def kill(self, node: Estate, service: str) -> None:
        """A service falls by SIGKILL and is started again."""
        node.stop(service, signal.SIGKILL)
        node.start(service)
        node.ready()

    def crash(self) -> None:
        """The database falls, and comes back."""
        self.cluster.stop(signal.SIGQUIT)
        self.cluster.start()

    def said(self) -> str:
        """What all the services have said."""
        return "".join(node.log(service) for node in self.nodes for service in node.running)


@contextmanager
def house(folder: Path, configure: Callable[[Estate, int], None], lifetime: int = 600) -> Iterator[House]:
    """Both nodes at work; `configure` is given a node and its number, from 0."""
    with postgres_cluster() as cluster, ExitStack() as ending:
        made, store = House(cluster), cluster.new_database()
        for number in range(len(ADDRESSES)):
            place = folder / str(number + 1)
            place.mkdir()
            node = Estate(place, store, lifetime)
            if made.nodes:
                text = node.config.read_text()
                node.config.write_text(text.replace(str(node.dns_port), str(made.nodes[0].dns_port)))
                node.dns_port = made.nodes[0].dns_port
            configure(node, number)
            made.nodes.append(node)
            ending.callback(end, node)
            for service in OF_A_NODE if number else ("dns", *OF_A_NODE):
                node.start(service)
                node.ready()
        yield made


def dhcp4(node: Estate, number: int, *, balanced: bool) -> None:
    """The node hears relays at its address, and has its share of them where shares are given."""
    text = node.config.read_text().replace(f"127.0.0.1:{node.dhcp_port}", f"{ADDRESSES[number]}:{node.dhcp_port}")
    node.config.write_text(text.replace("[dhcp4]\n", f"[dhcp4]\n{share(number, balanced)}"))


def dhcp6(node: Estate, number: int, *, balanced: bool) -> None:
    """The same for DHCPv6, instead of DHCPv4."""
    text, server = node.config.read_text(), f"127.0.0.1:{node.dns_port}"
    zone = served(server, REVERSE6, policy=["grant test. zonesub ANY"])
    subnet = entry(
        "dhcp6.subnets",
        subnet="2001:db8:9::/64",
        pools=["2001:db8:9:0:1::/80"],
        **constant(node.lifetime),
        ddns_qualifying_suffix=ZONE,
    )
    parts = [
        text[: text.index("[dhcp4]")],
        zone[zone.index("[[dns.zones]]") :],
        entry("ddns.reverse", zone=REVERSE6, servers=[server], key="test."),
        section("dhcp6", listen=[f"[::1]:{node.dhcp_port}"]) + share(number, balanced),
        subnet + 'pd-pools = [{ prefix = "2001:db8:9000::", prefix-len = 36, delegated-len = 56 }]\n',
    ]
    node.config.write_text("\n".join(parts))


def share(number: int, balanced: bool) -> str:
    """The share of a node."""
    return f"load-balance = {{ nodes = 2, node = {number + 1}, max-delay = 2 }}\n" if balanced else ""


def end(node: Estate) -> None:
    """Ends what still runs."""
    for service, popen in list(node.running.items()):
        if popen.poll() is None:
            node.stop(service)


def join_while_all_falls(made: House, crowd: Crowd | Crowd6, seed: int) -> int:
    """New devices come all the time while one part after the other dies and is back; how many devices came.

    They come at a pace that leaves addresses for all, however fast the machine is.
    """
    chance = random.Random(seed)
    parts = [partial(made.kill, node, service) for node in made.nodes for service in ("dhcp", "updater")]
    parts += [partial(made.kill, made.nodes[0], "janitor"), made.crash]  # type: ignore[list-item]
    chance.shuffle(parts)
    failed: list[BaseException] = []

    def fall() -> None:
        try:
            for part in parts:
                part()
        except BaseException as error:  # noqa: BLE001 - the test raises it
            failed.append(error)

    falling = threading.Thread(target=fall)
    falling.start()
    numbers = count()
    came = 0
    while falling.is_alive():
        if came < MOST_DEVICES:
            crowd.join(islice(numbers, 20), 3, window=10)
            came += 20
        falling.join(0.2)
    falling.join()
    assert not failed, failed
    crowd.join([number for number in range(came) if number not in crowd.promised], 60)
    return came


@BALANCED
def test_dhcpv4_while_everything_falls(tmp_path: Path, balanced: bool) -> None:
    with house(tmp_path, partial(dhcp4, balanced=balanced)) as made:
        places = [(address, node.dhcp_port) for address, node in zip(ADDRESSES, made.nodes, strict=True)]
        with closing(Crowd(places[0][1], [places[1]])) as crowd:
            came = join_while_all_falls(made, crowd, seed=4)
            assert sorted(crowd.promised) == list(range(came)), made.said()
            assert len(set(crowd.promised.values())) == came, "an address was promised to two devices"
            rows = made.nodes[0].show("leases")
            held = {row["address"]: row["hardware"].lower() for row in rows}
            assert len(held) == len(rows)
            for number, address in crowd.promised.items():
                assert held[address].endswith(number.to_bytes(4, "big").hex(":"))
            for place in places:  # whoever gave the lease
                crowd.servers = [place]
                for number in range(0, came, 5):
                    assert crowd.renew(number) == crowd.promised[number]
            are_named(made, {f"dev{number}.{ZONE}": address for number, address in crowd.promised.items()})


@BALANCED
def test_dhcpv6_while_everything_falls(tmp_path: Path, balanced: bool) -> None:
    with house(tmp_path, partial(dhcp6, balanced=balanced)) as made:
        ports = [node.dhcp_port for node in made.nodes]
        with closing(Crowd6(ports[0], ports[1:])) as crowd:
            came = join_while_all_falls(made, crowd, seed=6)
            assert sorted(crowd.promised) == list(range(came)), made.said()
            leases = [lease for of_one in crowd.promised.values() for lease in of_one]
            assert len(leases) == len(set(leases)) == 2 * came, "a lease was promised to two devices, or one is missing"
            held = {row["address"]: row["client"] for row in made.nodes[1].show("leases")}
            for number, promised in crowd.promised.items():
                for lease in promised:
                    assert duid(number).hex(":") in held[lease]
            for port in ports:
                crowd.ports = [port]
                for number in range(0, came, 5):
                    assert sorted(crowd.renew(number)) == sorted(crowd.promised[number])
            names = {
                f"six{number}.{ZONE}": next(lease for lease in promised if "/" not in lease)
                for number, promised in crowd.promised.items()
            }
            are_named(made, names)


def test_two_janitors_and_two_updaters_do_each_thing_once(tmp_path: Path) -> None:
    with house(tmp_path, partial(dhcp4, balanced=False), lifetime=5) as made:
        node = made.nodes[0]
        with closing(Crowd(node.dhcp_port, [(ADDRESSES[1], made.nodes[1].dhcp_port)])) as crowd:
            crowd.join(range(40), 30)
            assert len(crowd.promised) == 40
            eventually(lambda: not node.show("names"), "no name is left", 60, made.said)
            eventually(lambda: not node.show("leases"), "no lease is left", 60, made.said)
            told = Counter((row["event"], row["address"]) for row in node.show("history", "--limit", "10000"))
            for address in crowd.promised.values():
                assert told["lease-expired", address] == 1
                for kind in ("registration-confirmed", "registration-removed"):
                    assert told[kind, address] == 2, "forward and reverse, each by one updater"
            for number in crowd.promised:
                assert not node.ask(f"dev{number}.{ZONE}", "A")
                assert not node.ask(f"dev{number}.{ZONE}", "DHCID")


def are_named(made: House, names: dict[str, str]) -> None:
    """Each lease has its registration, and DNS says so in the end."""
    node = made.nodes[0]
    wanted = {row["name"].rstrip(".") + ".": row["address"] for row in node.show("names")}
    assert wanted == names
    for name, address in names.items():
        eventually(lambda n=name, a=address: node.named(n, a), f"{name} is {address}", 60, made.said)
