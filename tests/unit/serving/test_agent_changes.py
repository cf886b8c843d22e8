"""What an agent notices by itself: another name, another resolver, and that the host was asleep."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tenure.serving.agent import changes
from tenure.serving.agent.changes import HostWatch


class Host:
    """A host that a test changes."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = "pc"
        self.asleep = 100.0
        self.resolv_conf = folder / "resolv.conf"
        self.resolv_conf.write_text("nameserver 192.0.2.1\n")
        monkeypatch.setattr(changes, "read_host_name", lambda: self.name)
        self.watch = HostWatch(self.resolv_conf, lambda: self.asleep)

    def replace_resolv_conf(self) -> None:
        new = self.resolv_conf.with_name("new")
        new.write_text("nameserver 192.0.2.2\n")
        os.replace(new, self.resolv_conf)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_as_long_as_nothing_changes_nothing_is_said(host: Host) -> None:
    host.asleep += 0.5  # the two clocks are read one after the other
    assert host.watch.look() == []


def test_each_change_is_said_once(host: Host) -> None:
    host.name = "laptop"
    assert host.watch.look() == ["host-name-changed"]
    host.replace_resolv_conf()
    assert host.watch.look() == ["resolver-changed"]
    host.resolv_conf.unlink()
    assert host.watch.look() == ["resolver-changed"]
    host.asleep += 3600.0
    assert host.watch.look() == ["resumed"]
    assert host.watch.look() == []


def test_the_kernel_s_clocks_agree_while_nobody_sleeps(tmp_path: Path) -> None:
    watch = HostWatch(tmp_path / "resolv.conf")
    assert watch.look() == []
