"""What tcpdump caught of a real client, explained: how it came, what it is, and that the server did just so."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest
from clients import dhclient_fqdn
from lan import Lan, lan
from network import eventually
from peers import program


@pytest.fixture(scope="module")
def wire() -> Iterator[Lan]:
    with lan("tenure") as made:
        yield made


@pytest.mark.parametrize("link", ["eth0", "any"])
def test_a_capture_of_dhclient(wire: Lan, link: str) -> None:
    capture = wire.server.folder / f"{link}.pcap"
    command = [program("tcpdump"), "-i", link, "-U", "-w", str(capture), "-Z", "root", "udp port 67 or udp port 68"]
    tcpdump = wire.server.start(*command)
    eventually(lambda: "listening on" in tcpdump.printed(), "tcpdump listens", log=tcpdump.printed)
    host = wire.client(f"caught-{link}")
    dhclient_fqdn(host, f"caught-{link}")
    address = wire.leased(host)
    eventually(lambda: wire.names(f"caught-{link}", address), "the name is in DNS")
    eventually(lambda: capture.stat().st_size > 1000, "both answers are in the capture")
    tcpdump.stop(signal.SIGINT)

    options = ("--packet", str(capture), "--interface", "eth0", "-o", "json")
    packets = json.loads(wire.tenure("explain", *options))["packets"]
    kinds = [one["message"] for one in packets]
    assert kinds[0] == "DHCPDISCOVER"
    assert set(kinds) == {"DHCPDISCOVER", "DHCPOFFER", "DHCPREQUEST", "DHCPACK"}
    assert all(one["captured"] for one in packets)
    assert not [line["problem"] for one in packets for line in one["fields"] if line["problem"]]
    requested = next(one for one in packets if one["message"] == "DHCPREQUEST")
    rules = [rule["text"] for rule in requested["rules"]]
    assert "it came from 0.0.0.0 port 68 to everybody on eth0, from the client itself" in rules
    assert "the interface eth0 leads to 10.77.0.0/24" in rules
    assert requested["verdict"] == "acknowledged"
    (lease,) = requested["leases"]
    assert (lease["address"], lease["name"]) == (address, f"caught-{link}.lan.test.")
    answered = {one["verdict"] for one in packets if one["message"] in {"DHCPOFFER", "DHCPACK"}}
    assert answered == {"not-a-request"}
