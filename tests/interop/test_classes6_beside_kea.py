"""Kea as an independent reader of tests for classes of DHCPv6 clients: the same texts, about the same message.

Each class sets an option of its own, so the reply shows which classes Kea found the client in.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from class_expressions6 import DUID, FALSE, OURS_ALONE, RELAY, SERVER, TRUE, octets
from dhcpv6 import oro, read
from lan6 import settled
from network import Host, eventually, network
from peers import program

from tenure.leasing.expression.parser import parse_test
from tenure.leasing.expression.tokens import ExpressionError
from tenure.leasing.expression.v6 import V6

TEXTS = [*TRUE, *FALSE]
FIRST = 1000  # the code of the option that stands for the first text
SENDER = """
import socket, sys
one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
one.bind((sys.argv[3], 547))
one.settimeout(5)
one.sendto(bytes.fromhex(sys.argv[1]), (sys.argv[2], 547))
print(one.recv(65535).hex())
"""


def kea(texts: list[str], *interfaces: str) -> dict[str, object]:
    """A configuration with a class for each text."""
    named = [{"name": "lab", "test": f"option[1].hex == 0x{DUID.hex()}"}]
    tested = [
        {"name": f"c{code}", "test": text, "option-data": [{"code": code, "data": "01", "csv-format": False}]}
        for code, text in enumerate(texts, FIRST)
    ]
    return {
        "Dhcp6": {
            "interfaces-config": {"interfaces": list(interfaces)},
            "lease-database": {"type": "memfile", "persist": False},
            "option-def": [
                {"name": f"o{code}", "code": code, "type": "binary"} for code in range(FIRST, FIRST + len(texts))
            ],
            "client-classes": named + tested,
            "subnet6": [
                {
                    "subnet": "2001:db8:1::/64",
                    "pools": [{"pool": "2001:db8:1::100-2001:db8:1::10f"}],
                    "reservations": [{"duid": DUID.hex(":"), "hostname": "known"}],
                }
            ],
            "loggers": [{"name": "kea-dhcp6", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
        }
    }


def write(folder: Path, configuration: dict[str, object]) -> Path:
    path = folder / "kea6.json"
    path.write_text(json.dumps(configuration))
    return path


@pytest.fixture(scope="module")
def found() -> set[str]:
    """The texts that Kea found true."""
    with network() as net:
        server, relay = net.host("server"), net.host("relay")
        net.wire(server, f"{SERVER}/64", relay, f"{RELAY}/64")
        for host in (server, relay):
            eventually(lambda h=host: settled(h, "2001") and settled(h, "fe80"), "the addresses can be used")
        return answer(server, relay, TEXTS)


def answer(server: Host, relay: Host, texts: list[str]) -> set[str]:
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(server.folder / "lib")}
    (server.folder / "lib" / "kea").mkdir(exist_ok=True)
    process = server.start(
        program("kea-dhcp6"), "-c", write(server.folder, kea(texts, f"eth0/{SERVER}")), env=environment
    )
    eventually(lambda: ":547 " in server.run("ss", "-lun"), "Kea listens", 20, process.printed)
    asked = oro(*range(FIRST, FIRST + len(texts)))
    said = read(bytes.fromhex(relay.run(sys.executable, "-c", SENDER, octets(asked).hex(), SERVER, RELAY).strip()))
    return {text for code, text in enumerate(texts, FIRST) if code in said.options}


def test_kea_finds_what_we_find(found: set[str]) -> None:
    assert [text for text in TEXTS if text in found] == TRUE


WRONG = [
    "option[1].hex",
    "relay4[1].exists",
    "pkt4.msgtype == 1",
    "pkt6.mac == 0x01",
    "relay6[0].colour == 'a'",
    "relay6[33].peeraddr == ::",
    "option[dhcp-message-type].exists",
]


def is_taken(folder: Path, text: str) -> bool:
    """Whether Kea takes the text as a test."""
    command = [program("kea-dhcp6"), "-t", str(write(folder, kea([text])))]
    environment = {"KEA_LOCKFILE_DIR": "none"}
    return subprocess.run(command, check=False, capture_output=True, timeout=30, env=environment).returncode == 0


@pytest.mark.parametrize("text", WRONG)
def test_what_we_refuse_kea_refuses(tmp_path: Path, text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_test(text, V6)
    assert is_taken(tmp_path, TRUE[0])
    assert not is_taken(tmp_path, text)


@pytest.mark.parametrize("text", OURS_ALONE)
def test_what_is_ours_alone(tmp_path: Path, text: str) -> None:
    assert parse_test(text, V6)
    assert not is_taken(tmp_path, text)
