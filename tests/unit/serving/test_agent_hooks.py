"""Installing the hooks of DHCP clients: whole, again, and never over what somebody else made."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tenure.ledger.agent_memory import AgentMemory
from tenure.registering.hooks import ENTER, EXIT, dhclient_hooks
from tenure.serving.agent.hooks import hand_to_folder_owner, own_command, plan_hooks, write_hook
from tenure.serving.errors import ServiceError

COMMAND, CONFIG = ("/usr/bin/tenure",), Path("/etc/tenure/agent.toml")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for place in (ENTER, EXIT):
        (tmp_path / place).parent.mkdir(parents=True)
    return tmp_path


def install(root: Path) -> list[bool]:
    """Which files were there already."""
    hooks = plan_hooks(root, COMMAND, CONFIG)
    for hook in hooks:
        write_hook(hook)
    return [hook.is_there for hook in hooks]


def test_the_files_are_written_once_and_again_when_they_are_to_be_others(root: Path) -> None:
    assert install(root) == [False, False]
    for place, text in dhclient_hooks(COMMAND, str(CONFIG)).items():
        assert (root / place).read_text() == text
        assert (root / place).stat().st_mode & 0o777 == 0o644
        assert [one.name for one in (root / place).parent.iterdir()] == ["tenure"]
    assert install(root) == [True, True]
    assert [hook.is_there for hook in plan_hooks(root, ("/opt/tenure",), CONFIG)] == [False, False]


def test_what_somebody_else_made_is_not_written_over_and_nothing_else_is_written(root: Path) -> None:
    (root / EXIT).write_text("# mine\n")
    with pytest.raises(ServiceError, match=r"exit-hooks\.d/tenure: another program or a person made it; move it"):
        plan_hooks(root, COMMAND, CONFIG)
    assert not (root / ENTER).exists()
    assert (root / EXIT).read_text() == "# mine\n"


def test_without_the_client_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="etc/dhcp is not there; install isc-dhcp-client"):
        plan_hooks(tmp_path, COMMAND, CONFIG)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left_behind(root: Path) -> None:
    (root / ENTER).mkdir()
    with pytest.raises(ServiceError, match=r"enter-hooks.d/tenure: Is a directory"):
        plan_hooks(root, COMMAND, CONFIG)
    (root / ENTER).rmdir()
    hooks = plan_hooks(root, COMMAND, CONFIG)
    (root / ENTER).mkdir()
    with pytest.raises(ServiceError, match="run this as root"):
        write_hook(hooks[0])
    assert [one.name for one in (root / ENTER).parent.iterdir()] == ["tenure"]


def test_the_command_is_found_again_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tenure"
    program.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    for word in (str(program), "./tenure"):
        monkeypatch.setattr(sys, "argv", [word, "agent"])
        assert own_command() == (str(program),)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "__main__.py")])
    assert own_command() == (sys.executable, "-m", "tenure")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")
def test_a_memory_that_root_makes_is_the_agent_s(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 1234)
    memory = AgentMemory(tmp_path / "agent.db")
    hand_to_folder_owner(tmp_path / "agent.db")
    memory.close()
    assert {(one.stat().st_uid, one.stat().st_gid) for one in tmp_path.iterdir()} == {(1234, 1234)}
