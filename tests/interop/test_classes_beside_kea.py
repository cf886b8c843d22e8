"""Kea as an independent reader of tests for classes: the same texts, put to it about the same packet.

Each class sets an option of its own, so the reply shows which classes Kea found the client in.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from class_expressions import FALSE, GIADDR, MAC, OTHERWISE, OURS_ALONE, RELAY, SERVER, TRUE, packet
from network import Host, eventually, network
from peers import program

from tenure.dhcpwire.identity import hardware_to_text
from tenure.dhcpwire.v4.options import BY_CODE
from tenure.leasing.expression.parser import parse_test
from tenure.leasing.expression.tokens import ExpressionError
from tenure.leasing.expression.v4 import V4

TEXTS = [*TRUE, *FALSE, *OTHERWISE]
CODES = [code for code in range(128, 255) if code not in BY_CODE]  # of the options that stand for the classes
SENDER = """
import socket, sys
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.bind(("0.0.0.0", 67))
one.settimeout(5)
one.sendto(bytes.fromhex(sys.argv[1]), (sys.argv[2], 67))
print(one.recv(4096).hex())
"""


def kea(texts: list[str], *interfaces: str) -> dict[str, object]:
    """A configuration with a class for each text."""
    codes = CODES[: len(texts)]
    named = [{"name": "lab", "test": f"pkt4.mac == 0x{MAC.hex()}"}]
    tested = [
        {"name": f"c{code}", "test": text, "option-data": [{"code": code, "data": "01", "csv-format": False}]}
        for code, text in zip(codes, texts, strict=True)
    ]
    return {
        "Dhcp4": {
            "interfaces-config": {"interfaces": list(interfaces), "dhcp-socket-type": "udp"},
            "lease-database": {"type": "memfile", "persist": False},
            "option-def": [{"name": f"o{code}", "code": code, "type": "binary"} for code in codes],
            "client-classes": named + tested,
            "subnet4": [
                {
                    "subnet": "10.1.0.0/24",
                    "pools": [{"pool": "10.1.0.100-10.1.0.139"}],
                    "reservations": [{"hw-address": hardware_to_text(b"\1" + MAC), "hostname": "known"}],
                }
            ],
            "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
        }
    }


def write(folder: Path, configuration: dict[str, object]) -> Path:
    path = folder / "kea.json"
    path.write_text(json.dumps(configuration))
    return path


@pytest.fixture(scope="module")
def found() -> dict[str, bool]:
    """What Kea made of each text."""
    with network() as net:
        server, relay = net.host("server"), net.host("relay")
        net.wire(server, f"{SERVER}/24", relay, f"{RELAY}/24")
        relay.run("ip", "addr", "add", f"{GIADDR}/32", "dev", "eth0")
        server.run("ip", "route", "add", f"{GIADDR}/32", "via", RELAY)
        return answer(server, relay, TEXTS)


def answer(server: Host, relay: Host, texts: list[str]) -> dict[str, bool]:
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(server.folder / "lib")}
    (server.folder / "lib" / "kea").mkdir(exist_ok=True)
    process = server.start(
        program("kea-dhcp4"), "-c", write(server.folder, kea(texts, f"eth0/{SERVER}")), env=environment
    )
    eventually(lambda: ":67 " in server.run("ss", "-lun"), "Kea listens", 20, process.printed)
    asked = (55, bytes(CODES[: len(texts)]))
    printed = relay.run(sys.executable, "-c", SENDER, packet(asked).hex(), SERVER)
    octets, told = bytes.fromhex(printed.strip()), set[int]()
    offset = 240
    while octets[offset] != 255:
        told.add(octets[offset])
        offset += 2 + octets[offset + 1]
    return {text: code in told for code, text in zip(CODES, texts, strict=False)}


def test_kea_finds_what_we_find(found: dict[str, bool]) -> None:
    assert len(TEXTS) <= len(CODES)
    assert [text for text in TEXTS if found[text]] == TRUE


WRONG = [
    "option[60].hex",
    "option[60].hex = 'a'",
    "option[60].hex == and",
    "option[60].octets == 'a'",
    "relay6[0].option[1].exists",
    "pkt6.msgtype == 1",
    "known and 'a'",
    "known == 'a'",
    "(known",
    "member(lab)",
    "substring('a', 0) == 'a'",
    "not 'a'",
    "frobnicate('a')",
]


def is_taken(folder: Path, text: str) -> bool:
    """Whether Kea takes the text as a test."""
    command = [program("kea-dhcp4"), "-t", str(write(folder, kea([text])))]
    environment = {"KEA_LOCKFILE_DIR": "none"}
    return subprocess.run(command, check=False, capture_output=True, timeout=30, env=environment).returncode == 0


@pytest.mark.parametrize("text", WRONG)
def test_what_we_refuse_kea_refuses(tmp_path: Path, text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_test(text, V4)
    assert is_taken(tmp_path, TRUE[0])
    assert not is_taken(tmp_path, text)


@pytest.mark.parametrize("text", OURS_ALONE)
def test_what_is_ours_alone(tmp_path: Path, text: str) -> None:
    assert parse_test(text, V4)
    assert not is_taken(tmp_path, text)
