"""Keys of running services: rotated without a restart and without a name left behind, and refusals that explain."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dhcp_device import DhcpDevice
from peers import program
from tenure_command import tenure_process
from tenure_serve import MINIMAL, TenureServe, eventually, tenure_serve

CONFIG = '[[keys]]\nname = "peer."\nin-store = true\n' + MINIMAL.replace(
    'name = "example.test."\n',
    'name = "example.test."\npolicy = ["grant updater.tenure. zonesub ANY", "grant peer. zonesub ANY"]\n',
)
UPDATER, PEER = "updater.tenure.", "peer."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TenureServe]:
    with tenure_serve(tmp_path, CONFIG) as running:
        yield running


def tenure(server: TenureServe, *words: str) -> str:
    done = tenure_process(*words, "-c", server.config)
    assert done.returncode == 0, done.stderr
    return done.stdout


def secrets(server: TenureServe, key: str) -> list[dict[str, Any]]:
    return server.rows("key", "show", key)  # type: ignore[no-any-return]


def knows(server: TenureServe, key: str, count: int) -> None:
    """Wait until the DNS service knows of so many secrets."""
    mark = f"service=dns event=key-changed key={key} secrets={count}"
    eventually(lambda: mark in server.log, mark)


def nsupdate(server: TenureServe, key: Path, name: str) -> str:
    lines = [f"server 127.0.0.1 {server.dns_port}", "zone example.test.", f"update add {name} 60 A 10.0.0.1", "send"]
    command = [program("nsupdate"), "-k", str(key)]
    text = "\n".join(lines) + "\n"
    return subprocess.run(command, input=text, check=False, capture_output=True, text=True, timeout=60).stderr


def test_our_own_key_is_rotated_while_leases_go_on(server: TenureServe) -> None:
    def join(number: int) -> None:
        with DhcpDevice(
            server.dhcp, mac=f"02:00:5e:10:00:{number:02x}", relay="10.1.0.1", host_name=f"pc{number}"
        ) as pc:
            address = pc.join()
            eventually(lambda: server.query(f"pc{number}.example.test.", "A") == [address], "the name")

    join(1)
    (first,) = secrets(server, UPDATER)
    tenure(server, "key", "rotate", UPDATER, "--overlap", "1s", "--algorithm", "hmac-sha512")
    for number in range(2, 6):
        join(number)
    eventually(lambda: [row["state"] for row in secrets(server, UPDATER)] == ["current", "ended"], "the old one ended")
    knows(server, UPDATER, 1)
    join(6)
    eventually(lambda: len(secrets(server, UPDATER)[0]["last_used_by"]) == 2, "the use of the new one is noted")
    new, old = secrets(server, UPDATER)
    assert old["secret"] == first["secret"]
    assert new["algorithm"] == "hmac-sha512"
    assert new["last_used_by"] == old["last_used_by"] == ["dns", "updater"]
    assert "BADSIG" not in server.log


def test_a_peer_is_told_a_new_secret_and_the_old_one_ends(server: TenureServe, tmp_path: Path) -> None:
    old, new = tmp_path / "old.key", tmp_path / "new.key"
    tenure(server, "key", "export", PEER, "nsupdate", "--out", str(old))
    assert nsupdate(server, old, "one.example.test.") == ""
    tenure(server, "key", "rotate", PEER)
    knows(server, PEER, 2)
    tenure(server, "key", "export", PEER, "nsupdate", "--out", str(new))
    assert nsupdate(server, old, "two.example.test.") == ""
    assert nsupdate(server, new, "three.example.test.") == ""
    tenure(server, "key", "retire", PEER)
    knows(server, PEER, 1)
    assert "BADSIG" in nsupdate(server, old, "four.example.test.")
    assert nsupdate(server, new, "five.example.test.") == ""
    told = tenure(server, "explain", "four.example.test.")
    assert "the MAC is wrong: it was made with an earlier secret of peer., which has ended" in told
    assert server.query("four.example.test.", "A") == []
