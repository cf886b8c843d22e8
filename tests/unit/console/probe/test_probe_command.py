"""`tenure dhcp probe`: what it prints, as a table and as JSON, and how it ends."""

from __future__ import annotations

import json
from contextlib import nullcontext
from unittest.mock import MagicMock

import pytest
import typer
from dhcpv4 import request
from scripted_wire import Script, ScriptedWire
from typer.testing import CliRunner, Result

from tenure.console.cli.app import command_line
from tenure.console.probe.wire import OpenWire, Route, Wire
from tenure.console.reconciliation import Outcome

ADDRESS = b"\x0a\1\2\x37"


def commands(open_wire: OpenWire) -> typer.Typer:
    """The command line, whose service ends with 9 and whose other commands find nothing."""
    nothing = Outcome((), interrupted=False)
    return command_line(
        {"dhcp": "Run."},
        lambda _n, _p: 9,
        lambda _p: 9,
        lambda _user: "",
        open_wire,
        lambda _c, _q: [],
        lambda _c, _o: nothing,
        lambda _c, _tell: True,
        lambda _c: nullcontext(MagicMock()),
        host_agent=MagicMock(),
    )


class Command:
    """The command line, on wires that answer as a script says."""

    def __init__(self, script: Script) -> None:
        self.routes: list[Route] = []
        self.wires: list[ScriptedWire] = []
        self._script = script

    def open(self, route: Route) -> Wire:
        self.routes.append(route)
        self.wires.append(ScriptedWire(self._script))
        return self.wires[-1]

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(commands(self.open), ["dhcp", *arguments])


def served(octets: bytes) -> list[bytes]:
    """An offer or a lease, to whoever asks."""
    kind = {1: 2, 3: 5}[octets[242]]
    xid = int.from_bytes(octets[4:8], "big")
    answer = request(
        (53, bytes((kind,))), (54, b"\x0a\1\0\1"), (51, b"\0\0\0\x3c"), op=2, xid=xid, chaddr=octets[28:34]
    )
    return [answer[:16] + ADDRESS + answer[20:]]


def test_every_field_of_every_message_and_what_came_of_it() -> None:
    done = Command(served).run("probe", "--server", "10.1.0.1", "--mac", "02:00:00:00:0a:01", "--offer-only")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "DHCPDISCOVER to the servers, 300 octets"
    assert any(line.startswith("DHCPOFFER from a server after ") for line in lines)
    assert "  chaddr                            020000000a010000+  02:00:00:00:0a:01" in lines
    assert "  dhcp-lease-time (51)         0000003c           60 s" in lines
    assert lines[-1] == (
        "02:00:00:00:0a:01: offered: 10.1.2.55 by 10.1.0.1; no REQUEST was sent, so nothing is committed."
    )


def test_json_has_all_of_it() -> None:
    done = Command(served).run("probe", "--server", "10.1.0.1", "--mac", "02:00:00:00:0a:01", "-o", "json")
    (probe,) = json.loads(done.stdout)["probes"]
    assert (probe["done"], probe["address"], probe["hardware"]) == (True, "10.1.2.55", "02:00:00:00:0a:01")
    assert [one["message"] for one in probe["messages"]] == ["DHCPDISCOVER", "DHCPOFFER", "DHCPREQUEST", "DHCPACK"]
    offer = probe["messages"][1]
    assert (offer["direction"], offer["peer"], offer["note"]) == ("received", "a server", "")
    assert offer["milliseconds"] >= 0
    (lease_time,) = [line for line in offer["fields"] if line["code"] == "51"]
    assert lease_time == {
        "code": "51",
        "field": "dhcp-lease-time",
        "value": "60 s",
        "octets": "0000003c",
        "offset": 251,
        "problem": "",
        "depth": 0,
    }
    assert bytes.fromhex(offer["octets"])[251:255] == b"\0\0\0\x3c"


def test_several_clients_each_with_an_address_of_its_own() -> None:
    command = Command(served)
    done = command.run("probe", "--server", "127.0.0.1:6767", "--mac", "02:00:00:00:0a:01", "--count", "3")
    assert done.stdout.splitlines()[-1] == "3 of 3 clients were served."
    assert [wire.sent[0][28:34].hex() for wire in command.wires] == ["020000000a01", "020000000a02", "020000000a03"]
    assert command.routes[0].server == ("127.0.0.1", 6767)
    assert all(wire.is_closed for wire in command.wires)


def test_a_random_hardware_address_is_locally_administered_and_unicast() -> None:
    command = Command(served)
    command.run("probe", "--interface", "eth0")
    (route,) = command.routes
    assert (route.interface, route.server, route.hardware[0]) == ("eth0", None, 2)
    assert command.wires[0].sent[0][28:34] == route.hardware


@pytest.mark.parametrize(
    ("server", "place"),
    [("2001:db8::1", ("2001:db8::1", 547)), ("[::1]:5470", ("::1", 5470)), ("[2001:db8::1]", ("2001:db8::1", 547))],
)
def test_a_server_of_dhcpv6(server: str, place: tuple[str, int]) -> None:
    command = Command(lambda _octets: [])
    done = command.run("probe", "-6", "--server", server, "--timeout", "0.1")
    assert done.exit_code == 1
    assert (command.routes[0].version, command.routes[0].server) == (6, place)
    assert "nobody answered SOLICIT" in done.stdout


def test_no_answer_is_a_failure() -> None:
    done = Command(lambda _octets: []).run("probe", "--server", "10.1.0.1", "--timeout", "0.1")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1].endswith(": nobody answered DHCPDISCOVER within 0.1 s.")


def test_a_wire_that_cannot_be_opened_is_one_line() -> None:
    def broken(_route: Route) -> Wire:
        raise OSError("listening on interface eth9: there is no such interface; see `ip link`")

    done = CliRunner().invoke(commands(broken), ["dhcp", "probe", "--interface", "eth9"])
    assert done.exit_code == 1
    assert done.stderr == "tenure: listening on interface eth9: there is no such interface; see `ip link`\n"


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ([], "--server ADDRESS, or --interface NAME"),
        (["--server", "10.1.0.1", "--interface", "eth0"], "--server ADDRESS, or --interface NAME"),
        (["--server", "here"], "an IPv4 address is needed"),
        (["--server", "10.1.0.1:dhcp"], "no port from 1 to 65535"),
        (["--server", "10.1.0.1:0"], "no port from 1 to 65535"),
        (["-6", "--server", "10.1.0.1"], "an IPv6 address is needed"),
        (["-6", "--server", "[2001:db8::1]:dhcp"], "no port from 1 to 65535"),
        (["-6", "--server", "2001:db8::1", "--giaddr", "10.1.0.1"], "--giaddr is of DHCPv4"),
        (["--server", "10.1.0.1", "--mac", "here"], "a hardware address is written"),
        (["--server", "10.1.0.1", "--option", "routers"], "not NAME=VALUE"),
        (["--server", "10.1.0.1", "--option", "300=0x00"], "--option '300=0x00' is not an option; its code would be"),
        (["-6", "--interface", "eth0", "--option", "70000=0x00"], "--option '70000=0x00' is not an option"),
        (["--server", "10.1.0.1", "--giaddr", "here"], "an IPv4 address is needed"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], wrong: str) -> None:
    done = Command(served).run("probe", *arguments)
    assert done.exit_code == 2
    assert wrong in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_command_the_service_runs() -> None:
    command = Command(served)
    assert command.run("-c", "tenure.toml").exit_code == 9
    missing = command.run()
    assert missing.exit_code == 2
    assert missing.stderr == "tenure: `tenure dhcp` runs a service and needs its configuration; write -c FILE\n"


def informed(octets: bytes) -> list[bytes]:
    """Parameters, to whoever asks for them."""
    xid = int.from_bytes(octets[4:8], "big")
    return [request((53, b"\5"), (54, b"\x0a\1\0\1"), op=2, xid=xid, chaddr=octets[28:34])]


def test_a_client_that_informs_itself_asks_the_server_for_itself() -> None:
    command = Command(informed)
    done = command.run("probe", "--server", "10.1.0.1", "--inform", "10.1.2.55")
    assert done.exit_code == 0, done.output
    (route,), (wire,) = command.routes, command.wires
    assert (route.server, route.client) == (("10.1.0.1", 67), ADDRESS)
    (octets,) = wire.sent
    assert (octets[3], octets[12:16], octets[24:28]) == (0, ADDRESS, bytes(4)), "no relay has passed it on"


@pytest.mark.parametrize("said", [("--giaddr", "10.1.0.9"), ("--circuit-id", "port-7")])
def test_with_what_only_a_relay_says_an_inform_comes_through_one(said: tuple[str, str]) -> None:
    command = Command(informed)
    assert command.run("probe", "--server", "10.1.0.1", "--inform", "10.1.2.55", *said).exit_code == 0
    (octets,) = command.wires[0].sent
    assert (octets[3], octets[24:28]) == (1, b"\x0a\1\0\x09")
