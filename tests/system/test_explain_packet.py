"""`tenure explain --packet` beside a running server: it says what the server then does, and leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dhcp_device import ACK, REQUEST, DhcpDevice
from dhcpv4 import request
from dhcpv6 import DUID, NA, PD, SOLICIT, ia, message, relayed
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import wrpcap
from tenure_command import tenure
from tenure_serve import DUAL_STACK, MINIMAL, TenureServe, eventually, tenure_serve

MAC = bytes.fromhex("02000000aa01")
GIADDR = bytes((10, 1, 0, 1))
SERVER = bytes((127, 0, 0, 1))
QUIET = "\n[ddns]\ncheck-interval = 0\n"  # what the updater tries out by itself is in the history of our own DNS


def selecting(address: bytes, *options: tuple[int, bytes]) -> bytes:
    return request((53, b"\3"), (54, SERVER), (50, address), *options, chaddr=MAC, giaddr=GIADDR, hops=1)


def explain(server: TenureServe, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = server.rows("explain", *arguments)
    return found


def everything(server: TenureServe) -> Any:
    """All rows, but for how old they are by now."""
    tables = [server.rows(command) for command in ("leases", "names", "history")]
    return [[{key: row[key] for key in row if key != "age"} for row in rows] for rows in tables]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenureServe]:
    """A server that has leased nothing, for tests that only ask it what it would do."""
    with tenure_serve(tmp_path_factory.mktemp("serve")) as running:
        yield running


def test_what_is_told_is_what_the_server_does_and_nothing_is_kept(tmp_path: Path) -> None:
    with (
        tenure_serve(tmp_path, MINIMAL + QUIET) as server,
        DhcpDevice(server.dhcp, mac="02:00:00:00:aa:09", relay="10.1.0.1", host_name="other") as other,
        DhcpDevice(server.dhcp, mac="02:00:00:00:aa:01", relay="10.1.0.1", host_name="Told Host") as device,
    ):
        other.join()
        confirmed = {"registered"}
        eventually(
            lambda: {row[way] for row in server.rows("names") for way in ("forward", "reverse")} == confirmed,
            "the other name is in DNS",
        )
        assert server.query("other.example.test.", "A") == [other.address]
        before = everything(server)

        octets = selecting(bytes((10, 1, 0, 77)), (12, b"Told Host"))
        (told,) = explain(server, "--packet", octets.hex())["packets"]
        assert everything(server) == before
        assert server.query("toldhost.example.test.", "A") == []

        assert device.ask(REQUEST, {50: bytes((10, 1, 0, 77)), 54: SERVER}).kind == ACK
        eventually(lambda: server.query("toldhost.example.test.", "A") == ["10.1.0.77"], "the name is in DNS")
        (lease,) = [row for row in server.rows("leases") if row["address"] == "10.1.0.77"]
        (marker,) = server.query("toldhost.example.test.", "DHCID")

    (told_lease,) = told["leases"]
    assert {**told_lease, "ends": lease["ends"]} == lease
    assert told["verdict"] == "acknowledged"
    assert told["answer"]["message"] == "DHCPACK"
    assert [line["value"] for line in told["answer"]["fields"] if line["code"] == "12"] == ["toldhost.example.test"]
    forward, reverse = told["updates"]
    (look,) = (stage for stage in forward["stages"] if stage["step"] == "look-txt-marker")
    assert (look["asks"], look["prerequisites"], look["updates"]) == ("toldhost.example.test. IN TXT", [], [])
    assert forward["stages"][0]["asks"] == ""
    assert forward["stages"][0]["prerequisites"] == ["toldhost.example.test. 0 NONE ANY"]
    assert forward["stages"][0]["updates"] == [
        "toldhost.example.test. 1200 IN A 10.1.0.77",
        f"toldhost.example.test. 1200 IN DHCID {''.join(marker.split())}",
    ]
    assert (forward["key"], forward["servers"]) == ("updater.tenure.", [f"127.0.0.1 port {server.dns_port}"])
    assert reverse["name"] == "77.0.1.10.in-addr.arpa."


def test_a_capture_is_told_in_its_order_each_packet_seeing_the_ones_before_it(
    server: TenureServe, tmp_path: Path
) -> None:
    discover = request((53, b"\1"), chaddr=MAC, giaddr=GIADDR)
    release = request((53, b"\7"), (54, SERVER), chaddr=MAC, ciaddr=bytes((10, 1, 0, 50)))
    frames = [
        Ether() / IP(src=source, dst="127.0.0.1") / UDP(sport=67, dport=67) / Raw(octets)
        for source, octets in (
            ("10.1.0.1", discover),
            ("10.1.0.1", selecting(bytes((10, 1, 0, 50)))),
            ("10.1.0.50", release),
            ("10.1.0.50", b"\1\1\6" + bytes(20)),
        )
    ]
    capture = tmp_path / "dhcp.pcap"
    wrpcap(str(capture), frames)
    told = explain(server, "--packet", str(capture), "--at", "2030-01-01 12:00")
    assert server.rows("leases") == []
    assert told["at"].startswith("2030-01-01 12:00:00")
    packets = told["packets"]
    assert [one["message"] for one in packets] == [
        *("DHCPDISCOVER", "DHCPREQUEST", "DHCPRELEASE", "a message without a type")
    ]
    assert [one["verdict"] for one in packets] == ["offered", "acknowledged", "released", "malformed"]
    assert packets[1]["leases"][0]["ends"].startswith("2030-01-01 13:00:00")
    assert packets[2]["leases"][0]["state"] == "released"
    assert packets[3]["fields"][-1]["problem"].startswith("the message ends here")


def test_both_protocols_in_one_capture(tmp_path: Path) -> None:
    template = DUAL_STACK
    solicit = message(SOLICIT, (1, DUID), (39, b"\1\3pc6"), ia(NA, 1), ia(PD, 1))
    request6 = message(3, (1, DUID), (39, b"\1\3pc6"), ia(NA, 1))
    relay = IPv6(src="2001:db8:1::1", dst="2001:db8::1") / UDP(sport=547, dport=547)
    frames = [
        Ether() / IP(src="10.1.0.1", dst="127.0.0.1") / UDP(sport=67, dport=67) / Raw(selecting(bytes((10, 1, 0, 50)))),
        Ether() / relay / Raw(relayed(solicit, "2001:db8:1::1")),
        Ether() / relay / Raw(relayed(request6, "2001:db8:1::1")),
        Ether() / relay / Raw(b"\1ab"),
    ]
    capture = tmp_path / "both.pcap"
    wrpcap(str(capture), frames)
    with tenure_serve(tmp_path, template) as server:
        told = explain(server, "--packet", str(capture))["packets"]
        bare = explain(server, "--packet", relayed(solicit, "2001:db8:1::1").hex())["packets"]
        assert server.rows("leases") == []
    assert [one["message"] for one in told] == ["DHCPREQUEST", "SOLICIT", "REQUEST", "SOLICIT"]
    assert [one["verdict"] for one in told] == ["acknowledged", "advertised", "other-server", "malformed"]
    assert told[1]["answer"]["message"] == bare[0]["answer"]["message"] == "ADVERTISE"
    assert "the relay's link-address 2001:db8:1::1 leads to 2001:db8:1::/64" in [
        rule["text"] for rule in told[1]["rules"]
    ]


def test_a_table_for_people(server: TenureServe) -> None:
    done = server.run("explain", "--packet", selecting(bytes((10, 1, 0, 77)), (12, b"pc7")).hex())
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    for line in (
        "Packet 1: DHCPREQUEST",
        "Where it came from:",
        "  giaddr 10.1.0.1 leads to 10.1.0.0/16",
        "  nothing speaks against 10.1.0.77",
        "  the lease was committed and acknowledged (acknowledged)",
        "The answer, DHCPACK to 10.1.0.1 port 67:",
        "The forward record, pc7.example.test.:",
        "    if       pc7.example.test. 0 NONE ANY",
        "    then     pc7.example.test. 1200 IN A 10.1.0.77",
        "    YXDOMAIN replace",
        "Nothing of this was sent, and nothing is kept of it.",
    ):
        assert line in lines, line


@pytest.mark.parametrize(
    ("arguments", "status", "wrong"),
    [
        ([], 2, "what to explain?"),
        (["pc1", "--packet", "00"], 2, "what to explain?"),
        (["pc1", "--at", "2030-01-01"], 2, "are about --packet"),
        (["--packet", "nowhere.pcap"], 2, "neither pairs of hex digits nor a file"),
        (["--packet", "00", "--from", "here"], 2, "--from 'here' is not an address"),
        (["--packet", "00", "--at", "soon"], 2, "'soon' is not a time"),
        (["--packet", ""], 2, "--packet is empty; write the octets of a message in hex"),
        (["--packet", "."], 2, "is a folder"),
    ],
)
def test_what_cannot_be_told_is_one_line(tmp_path: Path, arguments: list[str], status: int, wrong: str) -> None:
    config = tmp_path / "tenure.toml"
    config.write_text(MINIMAL.format(dns=5300, dhcp=6767))
    done = tenure("explain", *arguments, "-c", config)
    assert done.returncode == status
    assert wrong in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_interface_that_the_server_does_not_have_is_told_with_those_that_it_has(tmp_path: Path) -> None:
    config = tmp_path / "tenure.toml"
    listening = MINIMAL.format(dns=5300, dhcp=6767)
    config.write_text(listening)
    discover = request((53, b"\1"), chaddr=MAC).hex()
    done = tenure("explain", "--packet", discover, "--interface", "nix", "-c", config)
    assert done.returncode == 2
    assert "--interface 'nix' is not known: [dhcp4] has no interfaces" in done.stderr
    config.write_text(listening.replace("[dhcp4]", '[dhcp4]\ninterfaces = ["lo", "eth7"]', 1))
    done = tenure("explain", "--packet", discover, "--interface", "nix", "-c", config)
    assert done.returncode == 2
    assert done.stderr == "tenure: --interface 'nix' is none of [dhcp4] interfaces, which are lo, eth7\n"
    assert tenure("explain", "--packet", discover, "--interface", "lo", "-c", config).returncode == 0


def test_before_the_first_start_the_store_is_as_if_empty_and_is_not_made(tmp_path: Path) -> None:
    config = tmp_path / "tenure.toml"
    config.write_text(DUAL_STACK.format(dns=5300, dhcp=6767))
    solicit = relayed(message(SOLICIT, (1, DUID), ia(NA, 1)), "2001:db8:1::1")
    for octets, verdict in ((selecting(bytes((10, 1, 0, 77)), (12, b"pc7")), "acknowledged"), (solicit, "advertised")):
        done = tenure("explain", "--packet", octets.hex(), "-o", "json", "-c", config)
        assert done.returncode == 0, done.stderr
        (told,) = json.loads(done.stdout)["packets"]
        assert told["verdict"] == verdict
    assert [path.name for path in tmp_path.iterdir()] == ["tenure.toml"]


def test_without_a_dhcp_server_there_is_nothing_to_tell(tmp_path: Path) -> None:
    config = tmp_path / "tenure.toml"
    config.write_text("")
    done = tenure("explain", "--packet", "00", "-c", config)
    assert done.returncode == 2
    assert json.dumps(done.stderr).count("dhcp4") == 1
