"""`--user`: started as root, and root no more."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from network import eventually, network
from peers import need_root
from tenure_toml import entry, leased, section, write_toml

NOBODY = pwd.getpwnam("nobody")
TENURE = (sys.executable, "-P", "-m", "tenure")
CAPABILITIES = f"{1 << 10 | 1 << 13:016x}"  # CAP_NET_BIND_SERVICE, CAP_NET_RAW


def status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}


def processes_of(supervisor: int) -> list[int]:
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [supervisor, *map(int, children)]


def is_rootless(pid: int) -> bool:
    found = status(pid)
    assert found["Uid"] == [str(NOBODY.pw_uid)] * 4, found
    assert found["Gid"] == [str(NOBODY.pw_gid)] * 4, found
    assert found["Groups"] == [str(NOBODY.pw_gid)], found
    sets = {key: found[key] for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    assert set(map(tuple, sets.values())) == {(CAPABILITIES,)}, sets
    assert found["NoNewPrivs"] == ["1"]
    return True


@pytest.fixture
def config() -> Iterator[Path]:
    """In a folder that is the user's, as the file is."""
    need_root("to give root up")
    with tempfile.TemporaryDirectory(prefix="tenure-user-") as made:
        path = write_toml(
            Path(made),
            section("dns", listen=["127.0.0.1:53"]),
            *(entry("dns.zones", name=zone) for zone in ("lan.test.", "10.in-addr.arpa.")),
            leased("127.0.0.1:67", "10.0.0.0/8", "10.64.0.0-10.64.0.255", ddns_qualifying_suffix="lan.test."),
        )
        for one in (path.parent, path):
            shutil.chown(one, NOBODY.pw_uid, NOBODY.pw_gid)
        yield path


def test_ports_of_root_are_served_without_root_and_after_a_reload_too(config: Path) -> None:
    with network() as net:
        host = net.host("server")
        process = host.start(*TENURE, "serve", "-c", config, "--user", "nobody", private=False)

        def begun(times: int) -> bool:
            text = process.printed()
            return text.count("event=dns-listening") == times and text.count("service=dhcp event=listening") == times

        eventually(lambda: begun(1), "both listen", 60, process.printed)
        pid = process.popen.pid
        assert all(map(is_rootless, processes_of(pid)))
        assert host.run("dig", "+short", "lan.test.", "SOA", "@127.0.0.1")
        os.kill(pid, 1)
        eventually(lambda: begun(2), "both listen again", 60, process.printed)
        assert all(map(is_rootless, processes_of(pid)))
        assert {path.owner() for path in config.parent.iterdir()} == {"nobody"}


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ("nosuchuser", "--user nosuchuser: there is no such user; make it: useradd --system NAME"),
        ("root", "--user root: that is root; name a user without rights, or leave it out"),
    ],
)
@pytest.mark.parametrize("service", ["serve", "dns", "dhcp"])
def test_who_cannot_be_become(config: Path, user: str, says: str, service: str) -> None:
    command = (*TENURE, service, "-c", str(config), "--user", user)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.strip()) == (2, f"tenure: {says}")


def test_only_root_can_become_somebody_else(config: Path) -> None:
    command = (*TENURE, "dns", "-c", str(config), "--user", "daemon")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, user=NOBODY.pw_uid)
    assert "--user daemon: only root can become somebody else" in done.stderr, done.stderr


def test_what_the_user_cannot_read_is_said_at_the_start(config: Path) -> None:
    os.chown(config, 0, 0)
    command = (*TENURE, "dns", "-c", str(config), "--user", "nobody")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Permission denied" in done.stderr, done.stderr
