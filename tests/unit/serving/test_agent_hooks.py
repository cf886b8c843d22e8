"""Installing the hooks of DHCP clients: whole, again, and never over what somebody else made."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tenure.ledger.agent_memory import AgentMemory
from tenure.registering.client import Client
from tenure.registering.hooks import FOLDERS, scripts
from tenure.serving.agent.hooks import (
    hand_to_folder_owner,
    installed_hooks,
    own_command,
    plan_hooks,
    remove_hook,
    tells_late,
    write_hook,
)
from tenure.serving.errors import ServiceError

ENTER, EXIT = "etc/dhcp/dhclient-enter-hooks.d/tenure", "etc/dhcp/dhclient-exit-hooks.d/tenure"
DHCPCD, MANAGER = "usr/lib/dhcpcd/dhcpcd-hooks/90-tenure", "etc/NetworkManager/dispatcher.d/90-tenure"
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
    texts = {one.place: one.text for one in scripts(Client.DHCLIENT, COMMAND, str(CONFIG))}
    for place in (ENTER, EXIT):
        assert (root / place).read_text() == texts[place.removeprefix("etc/dhcp/")]
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
    with pytest.raises(ServiceError, match=r"none of \S+/etc/dhcp, .* is there; install the client"):
        plan_hooks(tmp_path, COMMAND, CONFIG)
    with pytest.raises(ServiceError, match=r"hooks of NetworkManager: none of \S+/etc/NetworkManager/dispatcher\.d is"):
        plan_hooks(tmp_path, COMMAND, CONFIG, [Client.NETWORK_MANAGER])
    assert list(tmp_path.iterdir()) == []


def test_the_clients_that_are_there_have_their_hooks_or_the_one_that_is_named(root: Path) -> None:
    for place in (DHCPCD, MANAGER):
        (root / place).parent.mkdir(parents=True)
    every = {ENTER: 0o644, EXIT: 0o644, DHCPCD: 0o644, MANAGER: 0o755}
    found = {str(hook.path.relative_to(root)): hook.mode for hook in plan_hooks(root, COMMAND, CONFIG)}
    assert found == every
    hooks = plan_hooks(root, COMMAND, CONFIG, [Client.NETWORK_MANAGER, Client.NETWORK_MANAGER])
    assert [hook.path for hook in hooks] == [root / MANAGER]
    write_hook(hooks[0])
    assert (root / MANAGER).stat().st_mode & 0o777 == 0o755
    (root / MANAGER).chmod(0o777)  # which its dispatcher would not run
    assert not plan_hooks(root, COMMAND, CONFIG, [Client.NETWORK_MANAGER])[0].is_there


@pytest.mark.parametrize("place", FOLDERS[Client.DHCPCD])
def test_dhcpcd_is_found_where_distributions_put_it(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    assert [hook.path for hook in plan_hooks(tmp_path, COMMAND, CONFIG)] == [tmp_path / place / "90-tenure"]


def test_networkd_has_no_file(root: Path) -> None:
    (root / "run/systemd/netif/leases").mkdir(parents=True)
    assert plan_hooks(root, COMMAND, CONFIG, [Client.NETWORKD]) == []


def test_what_is_removed_is_ours_and_nothing_else(root: Path) -> None:
    (root / "usr/lib/dhcpcd/dhcpcd-hooks").mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")  # the same folder by another name
    install(root)
    (root / EXIT).write_text("# mine\n")
    assert [str(hook.path.relative_to(root)) for hook in installed_hooks(root)] == [ENTER, DHCPCD]
    assert [hook.path for hook in installed_hooks(root, [Client.DHCPCD])] == [root / DHCPCD]
    for hook in installed_hooks(root):
        remove_hook(hook)
    assert installed_hooks(root) == []
    assert (root / EXIT).read_text() == "# mine\n"


def test_what_cannot_be_removed_is_named(root: Path) -> None:
    install(root)
    hooks = installed_hooks(root)
    (root / ENTER).unlink()
    (root / ENTER).mkdir()
    with pytest.raises(ServiceError, match=r"enter-hooks\.d/tenure: Is a directory; run this as root"):
        remove_hook(hooks[0])


def test_an_agent_knows_whether_to_wait_for_a_word(root: Path) -> None:
    install(root)
    assert not tells_late(root)  # dhclient tells before the address is there
    (root / DHCPCD).parent.mkdir(parents=True)
    (root / DHCPCD).write_text("# mine\n")
    assert not tells_late(root)
    (root / DHCPCD).unlink()
    install(root)
    assert tells_late(root)


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
