"""What the machine can do to us: a port in use, a folder that cannot be written, a full disk, a database that goes.

Each time one clear line, no false ACK, and work as before once the trouble is over.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crowd import Crowd
from disk import remount, small_disk
from estate import Estate, estate
from network import eventually
from postgres_cluster import postgres_cluster


@pytest.fixture(name="small_disk")
def disk_of_48m(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small", "48m") as place:
        yield place


def complains(made: Estate, service: str, code: str) -> list[str]:
    """The lines in which the service tells of the problem."""
    return [line for line in made.log(service).splitlines() if code in line]


def fails_at_start(made: Estate, service: str) -> str:
    """A service that cannot start says why in its last line, and does not print a traceback."""
    popen = made.start(service)
    assert popen.wait(20) != 0
    said = made.log(service)
    assert "Traceback" not in said
    return said.strip().splitlines()[-1]


@pytest.mark.parametrize("service", ["dns", "dhcp"])
def test_a_port_in_use(tmp_path: Path, service: str) -> None:
    made = Estate(tmp_path, "sqlite:tenure.db")
    port = {"dns": made.dns_port, "dhcp": made.dhcp_port}[service]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        said = fails_at_start(made, service)
    assert f"127.0.0.1:{port}" in said
    assert "in use" in said


def test_a_folder_that_cannot_be_written(small_disk: Path, tmp_path: Path) -> None:
    made = Estate(tmp_path, f"sqlite:{small_disk}/tenure.db")
    remount(small_disk, "ro")
    said = fails_at_start(made, "dhcp")
    assert str(small_disk) in said
    assert "Read-only file system" in said


def survives(made: Estate, services: tuple[str, ...], trouble: Callable[[], object], end: Callable[[], object]) -> None:
    """Leases are given, then none while the trouble lasts, then all again; a service says so once."""
    crowd = Crowd(made.dhcp_port)
    try:
        crowd.join(range(10), 20)
        before = dict(crowd.promised)
        assert len(before) == 10
        trouble()
        crowd.join(range(10, 40), 4)
        assert crowd.promised == before, "an ACK was given that cannot have been kept"
        assert 1 <= len(complains(made, "dhcp", "ledger-unavailable")) <= 2
        end()
        crowd.join(range(10, 40), 20)
        assert len(crowd.promised) == 40
        for number in range(10):
            assert crowd.renew(number) == before[number]
        for service in services:
            assert made.running[service].poll() is None, made.log(service)
            assert "Traceback" not in made.log(service)
        for number, address in crowd.promised.items():
            name = f"dev{number}.estate.test."
            eventually(lambda n=name, a=address: made.named(n, a), name, 40, lambda: made.log("updater"))
    finally:
        crowd.close()


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    filler = small_disk / "filler"

    def fill() -> None:
        handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
        for size in (1 << 16, 512):  # the last few kilobytes in small steps
            with contextlib.suppress(OSError):
                while os.write(handle, bytes(size)):
                    pass
        os.close(handle)
        assert os.statvfs(small_disk).f_bavail == 0

    with estate(tmp_path, f"sqlite:{small_disk}/tenure.db") as made:
        survives(made, ("dhcp", "dns", "updater", "janitor"), fill, filler.unlink)


def test_the_database_goes_and_comes_back(tmp_path: Path) -> None:
    with postgres_cluster() as cluster, estate(tmp_path, cluster.new_database()) as made:
        survives(made, ("dhcp", "dns", "updater", "janitor"), lambda: cluster.stop(signal.SIGQUIT), cluster.start)
