"""The RFC 4703 exchanges of every conflict mode and start state, as BIND 9.18 answered: RCODEs, final records."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from dns_exchange import KEY, Authority

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "conflict.json").read_text())
DHCIDS = {"client-a": VECTORS["client_a_dhcid"], "client-b": VECTORS["client_b_dhcid"]}
WIRES = {(m["mode"], m["step"], m["address"]): bytes.fromhex(m["wire"]) for m in VECTORS["messages"]}
HEAD = "@ 300 NS ns\nns 300 A 192.0.2.1\n"


def spelled(line: str) -> str:
    """A record of the vectors, in which clients stand for their DHCIDs, as text of the zone."""
    for client, dhcid in DHCIDS.items():
        octets = bytes.fromhex(dhcid)
        line = line.replace(f"DHCID {client}", f"DHCID \\# {len(octets)} {dhcid}")
    kind, _, rest = line.partition(" ")
    data, _, ttl = rest.rpartition(" ttl=")
    return f"pc1 {ttl} {kind} {data}"


def wire(mode: str, step: str, address: str) -> bytes:
    """The captured message, about this address of the family."""
    like = "192.0.2.101" if "." in address else "2001:db8::101"
    return WIRES[mode, step, like].replace(ip_address(like).packed, ip_address(address).packed)


def name_of(scenario: dict[str, Any]) -> str:
    return "-".join(scenario[part] for part in ("mode", "operation", "address", "start"))


@pytest.mark.parametrize("scenario", VECTORS["scenarios"], ids=name_of)
def test_scenario(scenario: dict[str, Any]) -> None:
    authority = Authority(HEAD + "\n".join(map(spelled, scenario["before"])), origin="example.com.")
    steps = [step for step, _ in scenario["exchange"]]
    rcodes = [authority.rcode(wire(scenario["mode"], step, scenario["address"]), key=KEY) for step in steps]
    assert rcodes == [rcode for _, rcode in scenario["exchange"]]
    expected = Authority(HEAD + "\n".join(map(spelled, scenario["after"])), origin="example.com.")
    assert authority.zone.lines("pc1.example.com.") == expected.zone.lines("pc1.example.com.")


@pytest.mark.parametrize("reverse", VECTORS["reverse"], ids=lambda reverse: reverse["mode"])
def test_reverse_zone(reverse: dict[str, Any]) -> None:
    authority = Authority("@ 300 NS ns.example.com.\n", origin="2.0.192.in-addr.arpa.")
    for step, rcode, *after in reverse["steps"]:
        kind, _, start = step.partition(" ")
        if "another host" in start:
            other = "@ 300 NS ns.example.com.\n101 300 PTR someone.example.com.\n"
            authority = Authority(other, origin="2.0.192.in-addr.arpa.")
        assert authority.rcode(wire(reverse["mode"], kind, "192.0.2.101"), key=KEY) == rcode, step
        for lines in after:
            found = authority.zone.lines("101.2.0.192.in-addr.arpa.")
            assert [f"{line.rpartition('ttl=')[2]} {line.split()[1]}" for line in found] == lines
